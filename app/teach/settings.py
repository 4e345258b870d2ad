"""The settings of a cohort: its title and time zone, who teaches it, copying and archiving it."""

from __future__ import annotations

from datetime import datetime

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import account, trainers_only
from app.clock import now
from app.db import db
from app.domain import wall_clock
from app.identity import viewer
from app.models import Cohort, Role
from app.permissions import may_administer
from app.services import once
from app.services.people import invitations
from app.services.teaching import cohort_copies, cohorts, trainers
from app.services.teaching.cohorts import ArchivedError
from app.teach import blueprint
from app.teach.cohorts import found_cohort
from app.teach.invitations import Letter, hand_out
from app.teach.people_forms import CopyForm, SettingsForm, TrainerForm


@blueprint.app_errorhandler(ArchivedError)
def refuse_archived(error: ArchivedError) -> ResponseReturnValue:
    """Whatever was to be changed in an archived cohort: nothing was, and the page says the way out."""
    db.session.rollback()
    return render_template("teach/archived.html", cohort=error.cohort), 409


@blueprint.get("/cohorts/<int:cohort_id>/settings", endpoint="settings")
@trainers_only
def show_settings(cohort_id: int) -> ResponseReturnValue:
    return _page(found_cohort(cohort_id))


@blueprint.post("/cohorts/<int:cohort_id>/settings", endpoint="settings_change")
@trainers_only
def change_settings(cohort_id: int) -> ResponseReturnValue:
    """Rename it, or set another time zone."""
    cohort, form = found_cohort(cohort_id), SettingsForm()
    if not form.validate_on_submit():
        return _page(cohort, settings=form), 422
    cohorts.edit(db.session, account(), cohort, form.title.data, form.time_zone.data, now())
    return _done(cohort, "The settings are changed.")


@blueprint.post("/cohorts/<int:cohort_id>/archive")
@trainers_only
def archive(cohort_id: int) -> ResponseReturnValue:
    cohort = found_cohort(cohort_id)
    cohorts.archive(db.session, account(), cohort, now())
    return _done(cohort, f"{cohort.title} is archived. Everything in it can still be read.")


@blueprint.post("/cohorts/<int:cohort_id>/restore")
@trainers_only
def restore(cohort_id: int) -> ResponseReturnValue:
    cohort = found_cohort(cohort_id)
    cohorts.restore(db.session, account(), cohort, now())
    return _done(cohort, f"{cohort.title} is out of the archive. Look at its due dates.")


@blueprint.post("/cohorts/<int:cohort_id>/copy")
@trainers_only
def copy(cohort_id: int) -> ResponseReturnValue:
    """Make a cohort like this one for the next people."""
    cohort, form = found_cohort(cohort_id), CopyForm()
    if not form.validate_on_submit():
        return _page(cohort, copying=form), 422
    if not once.is_first(db.session, account(), form.form_id.data, now()):
        return redirect(url_for("teach.cohorts"), 303)
    made = cohort_copies.copy(db.session, account(), cohort, form.new_title.data, now())
    db.session.commit()
    flash(f"{made.title} is made. Set its dates, then open joining under People.")
    return redirect(url_for("teach.cohort", cohort_id=made.id), 303)


# -- who teaches it ----------------------------------------------------------------------------------------------------


@blueprint.post("/cohorts/<int:cohort_id>/trainers")
@trainers_only
def trainer_invite(cohort_id: int) -> ResponseReturnValue:
    """Invite somebody to teach it too. The page is the same whether or not the address has an account."""
    cohort, form = found_cohort(cohort_id), TrainerForm()
    if not form.validate_on_submit():
        return _page(cohort, inviting=form), 422
    if not once.is_first(db.session, account(), form.form_id.data, now()):
        flash("That form was sent before, and made one invitation. If you missed its link, make a new one.", "warn")
        return redirect(url_for("teach.settings", cohort_id=cohort.id), 303)
    try:
        sent = trainers.invite(db.session, account(), cohort, form.email.data, now())
    except trainers.TeachesAlreadyError:
        db.session.rollback()
        form.email.errors = [*form.email.errors, "This trainer teaches the cohort already."]
        return _page(cohort, inviting=form), 422
    db.session.commit()
    return _page(cohort, letter=hand_out(cohort, [sent], Role.TRAINER)[0])


@blueprint.post("/cohorts/<int:cohort_id>/trainers/remove")
@trainers_only
def trainer_remove(cohort_id: int) -> ResponseReturnValue:
    cohort = found_cohort(cohort_id)
    user_id = request.form.get("user", type=int)
    try:
        is_removed = user_id is not None and trainers.remove(db.session, account(), cohort, user_id, now())
    except trainers.LastTrainerError:
        db.session.rollback()
        flash("Nobody else could teach this cohort: add another trainer first.", "error")
        return _page(cohort), 409
    if not is_removed:
        abort(404)
    db.session.commit()
    if user_id == account().id and not may_administer(viewer()):
        flash(f"You no longer teach {cohort.title}.")
        return redirect(url_for("teach.cohorts"), 303)
    return _done(cohort, "Removed. They no longer see this cohort.")


def _done(cohort: Cohort, words: str) -> ResponseReturnValue:
    db.session.commit()
    flash(words)
    return redirect(url_for("teach.settings", cohort_id=cohort.id), 303)


def _page(
    cohort: Cohort,
    *,
    settings: SettingsForm | None = None,
    copying: CopyForm | None = None,
    inviting: TrainerForm | None = None,
    letter: Letter | None = None,
) -> str:
    waiting = invitations.list_of_cohort(db.session, cohort, Role.TRAINER)
    return render_template(
        "teach/settings.html",
        cohort=cohort,
        settings=settings or SettingsForm(formdata=None, title=cohort.title, time_zone=cohort.time_zone),
        copying=copying or CopyForm(formdata=None, new_title=_next_title(cohort.title, now())),
        inviting=inviting or TrainerForm(formdata=None),
        zones=wall_clock.zones(),
        trainers=trainers.list_for(db.session, cohort),
        waiting=waiting,
        letter=letter,
    )


def _next_title(title: str, at: datetime) -> str:
    """The title with the year moved on, where it names this year or the last; else marked as a copy."""
    for year in (at.year, at.year - 1):
        if str(year) in title:
            return title.replace(str(year), str(year + 1))
    return f"{title[:190]} (copy)"
