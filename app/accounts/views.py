"""Pages about oneself: the account, what a guest left behind, and joining a cohort by its code."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from app.access import account as own_account
from app.access import ask_to_sign_in, signed_in
from app.accounts.forms import AccountForm, CodeForm, EmailForm, is_own_password, refuse
from app.clock import now
from app.db import db
from app.domain import wall_clock
from app.identity import forget_guest, guest_left_behind, viewer
from app.models import Cohort
from app.services.people import guests, users
from app.services.teaching import cohorts

blueprint = Blueprint("accounts", __name__)


@blueprint.record_once
def _guard_registration(state: BlueprintSetupState) -> None:
    views = state.app.view_functions
    views["security.register"] = _by_link_alone(_told_when_taken(views["security.register"]))


def _by_link_alone(register: Callable[..., Any]) -> Callable[..., Any]:
    """Where accounts are by invitation, the link or code of a cohort is one: it travels along as the place to go on to."""

    @wraps(register)
    def registering() -> Any:
        if current_app.config["PALPATE"].registration == "open" or _comes_to_join():
            return register()
        return render_template("accounts/register_closed.html"), 403

    return registering


def _comes_to_join() -> bool:
    code = request.values.get("next", "").removeprefix(url_for("accounts.join") + "/")
    cohort = cohorts.get_by_code(db.session, cohorts.code_from(code))
    return cohort is not None and cohorts.may_join(cohort, now())


def _told_when_taken(register: Callable[..., Any]) -> Callable[..., Any]:
    """Two people can register one address at one moment. The slower one's form is checked again, and then says so."""

    @wraps(register)
    def registering() -> Any:
        try:
            return register()
        except users.AddressTakenError:
            db.session.rollback()
            return register()

    return registering


@blueprint.app_context_processor
def _guest_work() -> dict[str, Any]:
    """What a guest did before somebody signed in here; asked about once, until then on every page."""

    def count() -> int:
        guest = guest_left_behind() if session.get("guest") else None
        return users.count_guest_work(db.session, guest) if guest else 0

    return {"count_guest_work": count}


@blueprint.route("/account", methods=["GET", "POST"])
@signed_in
def account() -> ResponseReturnValue:
    """Change name and time zone; links to e-mail and password."""
    user, learner = own_account(), viewer().learner
    assert learner is not None
    form = AccountForm(obj=user, time_zone=learner.time_zone)
    if form.validate_on_submit():
        user.name, learner.time_zone = form.name.data, form.time_zone.data
        db.session.commit()
        flash("Your account was changed.")
        return redirect(url_for("accounts.account"), 303)
    page = render_template("accounts/account.html", form=form, user=user, zones=wall_clock.zones())
    return page, 422 if form.errors else 200


@blueprint.route("/account/email", methods=["GET", "POST"])
@signed_in
def email() -> ResponseReturnValue:
    """Change the address one signs in with; needs the password."""
    user = own_account()
    form = EmailForm()
    if form.validate_on_submit():
        if not is_own_password(user, form.password.data):
            refuse(form.password, "This is not your password.")
        else:
            try:
                users.change_email(db.session, user, form.email.data, now())
            except users.AddressTakenError:
                refuse(form.email, "Another account has this address.")
            else:
                db.session.commit()
                flash(f"You now sign in with {user.email}.")
                return redirect(url_for("accounts.account"), 303)
    return render_template("accounts/email.html", form=form, user=user), 422 if form.errors else 200


@blueprint.post("/account/guest")
@signed_in
def guest() -> ResponseReturnValue:
    """Take what a guest did in this browser over, or leave it."""
    learner, left = viewer().learner, guest_left_behind()
    assert learner is not None
    if left is not None and left.is_guest and request.form.get("keep") == "1":
        guests.move_work(db.session, left, learner, now())
        flash("It is yours now. You find it under Progress.")
    forget_guest()
    db.session.commit()
    return redirect(url_for("learn.course"), 303)


# -- joining a cohort -------------------------------------------------------------------------------------------------


@blueprint.route("/join", methods=["GET", "POST"], defaults={"code": None})
@blueprint.route("/join/<code>", methods=["GET", "POST"])
def join(code: str | None) -> ResponseReturnValue:
    """Enter a code; then see whose cohort it is, and confirm."""
    if code is None:
        return _enter_code()
    cohort = cohorts.get_by_code(db.session, cohorts.code_from(code))
    if cohort is None:
        form = CodeForm(formdata=None, code=code)
        return _no_such_code(form)
    if not cohorts.may_join(cohort, now()):
        return render_template("accounts/join_over.html", is_archived=cohort.archived_at is not None), 410
    learner = viewer().learner
    if learner is not None and cohorts.was_removed(db.session, cohort, learner):
        return render_template("accounts/join_over.html", is_removed=True), 403
    if request.method == "POST":
        return _join(cohort)
    is_member = viewer().user is not None and learner is not None and cohorts.is_member(db.session, cohort, learner)
    trainers = cohorts.list_trainers(db.session, cohort)
    return render_template(
        "accounts/join.html", cohort=cohort, trainers=trainers, is_member=is_member, here=_join_path(cohort)
    )


def _enter_code() -> ResponseReturnValue:
    form = CodeForm()
    if not form.validate_on_submit():
        return render_template("accounts/join_code.html", form=form), 422 if form.errors else 200
    cohort = cohorts.get_by_code(db.session, cohorts.code_from(form.code.data))
    return redirect(_join_path(cohort), 303) if cohort else _no_such_code(form)


def _no_such_code(form: CodeForm) -> ResponseReturnValue:
    refuse(form.code, "No cohort has this code. Look at it again, or ask your trainer for the link.")
    return render_template("accounts/join_code.html", form=form), 404


def _join(cohort: Cohort) -> ResponseReturnValue:
    learner = viewer().learner
    if viewer().user is None or learner is None:
        return ask_to_sign_in(_join_path(cohort))
    cohorts.join(db.session, cohort, learner, now())
    db.session.commit()
    flash(f"You are in {cohort.title}. What is set for you is under Due.")
    return redirect(url_for("learn.course"), 303)


def _join_path(cohort: Cohort) -> str:
    return url_for("accounts.join", code=cohorts.code_shown(cohort.join_code))
