"""Joining a cohort with its code, registering in the same step, and leaving a cohort."""

from __future__ import annotations

from typing import Any

from flask import Flask, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.forms import CodeForm, RegisterForm, add_error
from app.accounts.views import blueprint
from app.clock import now
from app.db import db
from app.models import Cohort, Learner, User
from app.services.cohorts import cohorts, rejoining
from app.services.people import sign_ins
from app.web import confirmation, identity, limits
from app.web.access import ask_to_sign_in, signed_in
from app.web.access import current_account as own_account
from app.web.address_key import get_address_key
from app.web.identity import get_viewer
from app.web.undo import flash_with_undo


@blueprint.route("/join", methods=["GET", "POST"], defaults={"code": None})
@blueprint.route("/join/<code>", methods=["GET", "POST"])
def join_cohort(code: str | None) -> ResponseReturnValue:
    """Enter a join code, see the cohort and join it; visitors register in the same step."""
    if code is None:
        return _show_code_form()
    limits.check_guesser()
    cohort = cohorts.get_by_code(db.session, code)
    if cohort is None:
        return _refuse_code(CodeForm(formdata=None, code=code))
    if not cohorts.may_join(cohort, now()):
        return render_template("accounts/join_over.html", is_archived=cohort.archived_at is not None), 410
    learner = get_viewer().learner
    if learner is not None and _was_removed(cohort, learner):
        return render_template("accounts/join_over.html", is_removed=True), 403
    if request.method == "POST":
        return _join_found(cohort)
    if get_viewer().user is None:
        form = RegisterForm(formdata=None, next=get_join_path(cohort))
        return render_template("accounts/register.html", register_user_form=form)
    is_member = learner is not None and cohorts.is_member(db.session, cohort, learner)
    return render_template(
        "accounts/join.html",
        cohort=cohort,
        trainers=cohorts.list_trainers(db.session, cohort),
        is_member=is_member,
        here=get_join_path(cohort),
    )


@blueprint.post("/account/cohorts/<int:cohort_id>/leave")
@signed_in
def leave_cohort(cohort_id: int) -> ResponseReturnValue:
    """Leave a cohort, for example one joined by mistake. All work is kept, and joining again brings it back.

    :raise 404: the viewer is not in it.
    :raise 409: it is archived.
    """
    learner, cohort = get_viewer().learner, db.session.get(Cohort, cohort_id)
    if cohort is not None and learner is not None and cohort.archived_at is not None:
        abort(409 if cohorts.is_member(db.session, cohort, learner) else 404)
    if cohort is None or learner is None or not cohorts.leave(db.session, own_account(), cohort, learner, now()):
        abort(404)
    db.session.commit()
    done = _("You have left %(title)s. Your work is kept.", title=cohort.title)
    if cohorts.may_join(cohort, now()):
        flash_with_undo(done, get_join_path(cohort), _("Join again"))
    else:
        flash(done)
    return redirect(url_for("accounts.edit_account", _anchor="cohorts"), 303)


def throttle_asked_codes() -> None:
    """Count wrong codes in ``next`` like those in join links.

    Otherwise, the page for registering would reveal which codes exist, without a limit.

    :raise TooManyRequests: there were too many.
    """
    codes = [code for path in request.values.getlist("next") if (code := _get_code(path))]
    if not codes:
        return
    limits.check_guesser()
    for code in codes:
        if cohorts.get_by_code(db.session, code) is None and limits.count_guess() == 429:
            abort(429)


def get_asked_cohort() -> Cohort | None:
    """Return the cohort of the join link in ``next``, if people can join it."""
    return _find_cohort(request.values.get("next"))


def _find_cohort(path: str | None) -> Cohort | None:
    """Return the cohort of a join link's path, if people can join it."""
    code = _get_code(path)
    cohort = cohorts.get_by_code(db.session, code) if code else None
    return cohort if cohort is not None and cohorts.may_join(cohort, now()) else None


def _was_removed(cohort: Cohort, learner: Learner) -> bool:
    """Whether a trainer removed this learner, or an erased account with their address."""
    if cohorts.was_removed(db.session, cohort, learner):
        return True
    user = get_viewer().user
    if user is None or cohorts.is_member(db.session, cohort, learner):
        return False
    return rejoining.was_removed(db.session, cohort, user.email, get_address_key())


def _get_code(path: str | None) -> str | None:
    """Return the code in the path of a join link, if it is one."""
    parent = url_for("accounts.join_cohort") + "/"
    return path.removeprefix(parent) if path and path.startswith(parent) else None


def get_join_path(cohort: Cohort) -> str:
    return url_for("accounts.join_cohort", code=cohorts.format_code(cohort.join_code))


def on_registered(app: Flask, user: User, **_extra: Any) -> None:
    """Give a new account its learner, who joins the cohort whose link they came with: the button said so."""
    identity.on_registered(app, user)
    confirmation.start(user)
    cohort = get_asked_cohort()
    if cohort is None:
        return
    db.session.flush()  # the membership needs the id of the new learner
    learner = sign_ins.get_learner(db.session, user)
    if rejoining.was_removed(db.session, cohort, user.email, get_address_key()):
        flash(_("A trainer removed you from %(title)s. Only a trainer can bring you back.", title=cohort.title), "warn")
        return
    cohorts.join(db.session, cohort, learner, now(), address=user.email, key=get_address_key())
    flash(
        _("Welcome. You have joined %(title)s. Anything assigned to you is listed under “To do”.", title=cohort.title)
    )


@blueprint.app_context_processor
def _provide_asked_cohort() -> dict[str, Any]:
    """Provide the page of registration with the cohort that the new account will join."""

    def find(next_path: str | None) -> dict[str, Any] | None:
        cohort = _find_cohort(next_path)
        if cohort is None:
            return None
        return {"cohort": cohort, "trainers": cohorts.list_trainers(db.session, cohort)}

    return {"find_asked_cohort": find}


def _show_code_form() -> ResponseReturnValue:
    form = CodeForm()
    if not form.validate_on_submit():
        return render_template("accounts/join_code.html", form=form), 422 if form.errors else 200
    limits.check_guesser()
    cohort = cohorts.get_by_code(db.session, form.code.data)
    return redirect(get_join_path(cohort), 303) if cohort else _refuse_code(form)


def _refuse_code(form: CodeForm) -> ResponseReturnValue:
    add_error(form.code, _("No cohort has this code. Check it, or ask your trainer for the link."))
    return render_template("accounts/join_code.html", form=form), limits.count_guess()


def _join_found(cohort: Cohort) -> ResponseReturnValue:
    learner = get_viewer().learner
    if get_viewer().user is None or learner is None:
        return ask_to_sign_in(get_join_path(cohort))
    cohorts.join(db.session, cohort, learner, now(), address=own_account().email, key=get_address_key())
    db.session.commit()
    flash(_("You have joined %(title)s. Anything assigned to you is listed under “To do”.", title=cohort.title))
    return redirect(url_for("learn.show_course"), 303)
