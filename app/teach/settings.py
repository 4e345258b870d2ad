"""The settings of a cohort: its title, time zone and trainers, copying and archiving."""

from __future__ import annotations

from datetime import datetime

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db
from app.domain import wall_clock
from app.models import Cohort, Role, User
from app.permissions import may_administer, may_remove_trainer
from app.services.assignments import copies
from app.services.cohorts import cohorts, invitations, trainers
from app.services.cohorts.cohorts import ArchivedError
from app.services.people.notices import NoticeKind
from app.teach import blueprint
from app.teach.cohorts import get_cohort_or_404
from app.teach.invitations import InvitationLink, issue_links
from app.teach.people_forms import CopyForm, SettingsForm, TrainerForm
from app.web import kept_forms, mail
from app.web.access import current_account, trainers_only
from app.web.forms import is_first_submission
from app.web.identity import get_viewer
from app.web.undo import flash_with_undo
from app.web.urls import parse_id


@blueprint.app_errorhandler(ArchivedError)
def handle_archived(error: ArchivedError) -> ResponseReturnValue:
    """Explain that an archived cohort cannot be changed, and how to restore it."""
    db.session.rollback()
    form = kept_forms.collect()
    return render_template("teach/archived.html", cohort=error.cohort, texts=form.texts if form else ()), 409


@blueprint.get("/cohorts/<int:cohort_id>/settings")
@trainers_only
def show_settings(cohort_id: int) -> ResponseReturnValue:
    return _render_page(get_cohort_or_404(cohort_id))


@blueprint.post("/cohorts/<int:cohort_id>/settings")
@trainers_only
def change_settings(cohort_id: int) -> ResponseReturnValue:
    """Change the title and the time zone of a cohort."""
    cohort, form = get_cohort_or_404(cohort_id), SettingsForm()
    if not form.validate_on_submit():
        return _render_page(cohort, settings=form), 422
    cohorts.edit(db.session, current_account(), cohort, form.title.data, form.time_zone.data, now())
    return _redirect_done(cohort, _("Settings saved."))


@blueprint.post("/cohorts/<int:cohort_id>/archive")
@trainers_only
def archive_cohort(cohort_id: int) -> ResponseReturnValue:
    cohort = get_cohort_or_404(cohort_id)
    cohorts.archive(db.session, current_account(), cohort, now())
    return _redirect_done(cohort, _("%(title)s was archived. You can still read everything in it.", title=cohort.title))


@blueprint.post("/cohorts/<int:cohort_id>/restore")
@trainers_only
def restore_cohort(cohort_id: int) -> ResponseReturnValue:
    cohort = get_cohort_or_404(cohort_id)
    cohorts.restore(db.session, current_account(), cohort, now())
    return _redirect_done(cohort, _("%(title)s is active again. Check its due dates.", title=cohort.title))


@blueprint.post("/cohorts/<int:cohort_id>/copy")
@trainers_only
def copy_cohort(cohort_id: int) -> ResponseReturnValue:
    """Copy a cohort with its assignments, but without its people."""
    cohort, form = get_cohort_or_404(cohort_id), CopyForm()
    if not form.validate_on_submit():
        return _render_page(cohort, copying=form), 422
    if not is_first_submission(form):
        return redirect(url_for("teach.list_cohorts"), 303)
    made = copies.copy_cohort(db.session, current_account(), cohort, form.new_title.data, now(), form.shift)
    db.session.commit()
    if form.shift is None:
        flash(_("%(title)s created. Set its dates, then open joining under People.", title=made.title))
    else:
        flash(_("%(title)s created with new dates. Check them, then open joining under People.", title=made.title))
    return redirect(url_for("teach.show_cohort", cohort_id=made.id), 303)


# -- trainers ----------------------------------------------------------------------------------------------------------


@blueprint.post("/cohorts/<int:cohort_id>/trainers")
@trainers_only
def invite_trainer(cohort_id: int) -> ResponseReturnValue:
    """Invite a trainer. The page does not reveal whether the address has an account."""
    cohort, form = get_cohort_or_404(cohort_id), TrainerForm()
    if not form.validate_on_submit():
        return _render_page(cohort, inviting=form), 422
    if not is_first_submission(form):
        flash(
            _("You have already sent this form. One invitation was created. If you missed its link, create a new one."),
            "warn",
        )
        return redirect(url_for("teach.show_settings", cohort_id=cohort.id), 303)
    try:
        sent = trainers.invite(db.session, current_account(), cohort, form.email.data, now())
    except trainers.AlreadyTrainerError:
        db.session.rollback()
        form.email.errors = [*form.email.errors, _("This person already teaches the cohort.")]
        return _render_page(cohort, inviting=form), 422
    letter = issue_links(cohort, [sent], Role.TRAINER)[0]
    db.session.commit()
    return _render_page(cohort, letter=letter)


@blueprint.get("/cohorts/<int:cohort_id>/trainers/<int:user_id>")
@trainers_only
def confirm_trainer_removal(cohort_id: int, user_id: int) -> ResponseReturnValue:
    """Ask before a trainer is removed.

    :raise 404: not the viewer's cohort, or nobody who teaches it or did lately.
    """
    cohort = get_cohort_or_404(cohort_id)
    found = next((one for one in trainers.list_for(db.session, cohort) if one.id == user_id), None)
    if found is None:
        return _redirect_removed(cohort, user_id)
    is_allowed = may_remove_trainer(current_account(), cohort, user_id)
    return render_template("teach/trainer_remove.html", cohort=cohort, trainer=found, is_allowed=is_allowed)


@blueprint.post("/cohorts/<int:cohort_id>/trainers/remove")
@trainers_only
def remove_trainer(cohort_id: int) -> ResponseReturnValue:
    """Remove a trainer, who is told by mail and on their next page; the next page offers to undo it."""
    cohort = get_cohort_or_404(cohort_id)
    user_id = parse_id(request.form.get("user", ""))
    try:
        is_removed = user_id is not None and trainers.remove(db.session, current_account(), cohort, user_id, now())
    except trainers.LastTrainerError:
        return _refuse_removal(cohort, _("Nobody else could teach this cohort. Invite another trainer first."))
    except trainers.CreatorError:
        return _refuse_removal(cohort, _("Only an administrator can remove the trainer who created this cohort."))
    if not is_removed:
        return _redirect_removed(cohort, user_id)
    if user_id == current_account().id:
        db.session.commit()
        flash(_("You no longer teach %(title)s.", title=cohort.title))
        is_visible = may_administer(get_viewer())
        return redirect(_get_settings_path(cohort) if is_visible else url_for("teach.list_cohorts"), 303)
    return _announce_removal(cohort, db.session.get_one(User, user_id))


def _announce_removal(cohort: Cohort, removed: User) -> ResponseReturnValue:
    mail.send_cohort_notice(removed, cohort.title, NoticeKind.TEACHING_ENDED)
    db.session.commit()
    flash_with_undo(
        _("%(name)s no longer teaches %(title)s.", name=removed.name, title=cohort.title),
        url_for("teach.restore_trainer", cohort_id=cohort.id),
        _("Undo"),
        user=removed.id,
    )
    return redirect(_get_settings_path(cohort), 303)


@blueprint.post("/cohorts/<int:cohort_id>/trainers/restore")
@trainers_only
def restore_trainer(cohort_id: int) -> ResponseReturnValue:
    """Undo the removal of a trainer, within a week."""
    cohort = get_cohort_or_404(cohort_id)
    user_id = parse_id(request.form.get("user", "")) or abort(404)
    if not trainers.restore(db.session, current_account(), cohort, user_id, now()):
        flash(_("This can’t be undone: the trainer is back already, or was removed over a week ago."), "warn")
        return redirect(_get_settings_path(cohort), 303)
    restored = db.session.get_one(User, user_id)
    mail.send_cohort_notice(restored, cohort.title, NoticeKind.TEACHING_RESTORED)
    db.session.commit()
    flash(_("%(name)s teaches %(title)s again.", name=restored.name, title=cohort.title))
    return redirect(_get_settings_path(cohort), 303)


def _redirect_removed(cohort: Cohort, user_id: int | None) -> ResponseReturnValue:
    """Say that somebody else removed the trainer meanwhile.

    :raise 404: nobody who taught the cohort lately.
    """
    removed = trainers.list_removed(db.session, cohort, now())
    found = next((one for one in removed if one.id == user_id), None) or abort(404)
    flash(_("%(name)s no longer teaches %(title)s.", name=found.name, title=cohort.title), "warn")
    return redirect(_get_settings_path(cohort), 303)


def _refuse_removal(cohort: Cohort, message: str) -> ResponseReturnValue:
    db.session.rollback()
    flash(message, "error")
    return _render_page(cohort), 409


def _get_settings_path(cohort: Cohort) -> str:
    return url_for("teach.show_settings", cohort_id=cohort.id)


def _redirect_done(cohort: Cohort, words: str) -> ResponseReturnValue:
    db.session.commit()
    flash(words)
    return redirect(_get_settings_path(cohort), 303)


def _render_page(
    cohort: Cohort,
    *,
    settings: SettingsForm | None = None,
    copying: CopyForm | None = None,
    inviting: TrainerForm | None = None,
    letter: InvitationLink | None = None,
) -> str:
    waiting = invitations.list_for_cohort(db.session, cohort, Role.TRAINER)
    return render_template(
        "teach/settings.html",
        cohort=cohort,
        settings=settings or SettingsForm(formdata=None, title=cohort.title, time_zone=cohort.time_zone),
        copying=copying or CopyForm(formdata=None, new_title=_make_next_title(cohort.title, now())),
        inviting=inviting or TrainerForm(formdata=None),
        zones=wall_clock.list_time_zones(),
        trainers=trainers.list_for(db.session, cohort),
        waiting=waiting,
        removed=trainers.list_removed(db.session, cohort, now()),
        letter=letter,
    )


def _make_next_title(title: str, at: datetime) -> str:
    """Increase this or last year's number in the title by one, or mark the title as a copy."""
    for year in (at.year, at.year - 1):
        if str(year) in title:
            return title.replace(str(year), str(year + 1))
    return _("%(title)s (copy)", title=title[:180])
