"""Accounts: found, given a role, let in or kept out, and helped to a new password."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security.recoverable import generate_reset_password_token
from werkzeug.datastructures import MultiDict

from app.access import account, admins_only
from app.admin import blueprint
from app.admin.forms import ROLES, ExtraTimeForm, PeopleForm, RoleForm
from app.clock import now
from app.db import db
from app.local import absolute
from app.models import Role, User
from app.services import audit
from app.services.people import directory, extra_time, users
from app.services.people.directory import Order, Sought

LAST_ADMIN = "This is the last active administrator: make another one first."


@blueprint.get("")
@admins_only
def index() -> ResponseReturnValue:
    return redirect(url_for("admin.users"))


@blueprint.get("/users", endpoint="users")
@admins_only
def users_page() -> ResponseReturnValue:
    """The accounts that are sought, 50 a page. What can't be sought for is left out, as in an old address."""
    form = PeopleForm(formdata=MultiDict(request.args), meta={"csrf": False})
    form.validate()
    sought = Sought(
        text=form.q.data or "",
        role=Role(form.role.data) if form.role.data in ROLES else None,
        is_active={"active": True, "gone": False}.get(form.state.data or ""),
        order=Order(form.order.data) if form.order.data in set(Order) else Order.NAME,
    )
    page = directory.list_page(db.session, sought, request.args.get("page", 1, type=int))
    query = {name: value for name, value in request.args.items() if value and name in form}
    return render_template("admin/users.html", form=form, page=page, query=query, roles=ROLES)


@blueprint.get("/users/<int:user_id>")
@admins_only
def user(user_id: int) -> ResponseReturnValue:
    """One account: its role and state, a reset link, and what was done to it.

    :raise 404: no such account.
    """
    return _user_page(found_user(user_id), RoleForm())


@blueprint.post("/users/<int:user_id>/role")
@admins_only
def user_role(user_id: int) -> ResponseReturnValue:
    found, form = found_user(user_id), RoleForm()
    if not form.validate_on_submit():
        return _user_page(found, form), 422
    try:
        users.set_role(db.session, account(), found, Role(form.role.data), now())
    except users.LastAdminError:
        return _refused(found, LAST_ADMIN)
    return _done(found, f"{found.name} is now: {ROLES[found.role].lower()}.")


@blueprint.post("/users/<int:user_id>/extra-time")
@admins_only
def user_extra_time(user_id: int) -> ResponseReturnValue:
    """Give somebody more time wherever there is a limit; tests under way are lengthened at once."""
    found, form = found_user(user_id), ExtraTimeForm()
    if not form.validate_on_submit():
        return _user_page(found, RoleForm(formdata=None), extra=form), 422
    extra_time.grant_everywhere(db.session, account(), found, form.percent.data, now())
    return _done(found, f"{found.name} has {form.percent.data} % more time wherever there is a limit.")


@blueprint.post("/users/<int:user_id>/deactivate")
@admins_only
def user_deactivate(user_id: int) -> ResponseReturnValue:
    found = found_user(user_id)
    try:
        users.deactivate(db.session, account(), found, now())
    except users.LastAdminError:
        return _refused(found, LAST_ADMIN)
    return _done(
        found, f"{found.name} is signed out everywhere and can't sign in any more. Everything learned is kept."
    )


@blueprint.post("/users/<int:user_id>/reactivate")
@admins_only
def user_reactivate(user_id: int) -> ResponseReturnValue:
    found = found_user(user_id)
    users.reactivate(db.session, account(), found, now())
    return _done(found, f"{found.name} can sign in again.")


@blueprint.post("/users/<int:user_id>/reset-link")
@admins_only
def user_reset_link(user_id: int) -> ResponseReturnValue:
    """Show a link with which this person chooses a new password: good once, and for a day."""
    found = found_user(user_id)
    if not found.active:
        return _refused(found, "A deactivated account needs no password: reactivate it first.")
    link = absolute(url_for("security.reset_password", token=_reset_token(found)))
    audit.record(db.session, account(), "user.reset_link", users.subject_of(found), now())
    db.session.commit()
    return _user_page(found, RoleForm(formdata=None), link=link)


def _reset_token(user: User) -> str:
    return str(generate_reset_password_token(user))  # type: ignore[no-untyped-call]


def found_user(user_id: int) -> User:
    return users.get(db.session, user_id) or abort(404)


def _done(found: User, message: str) -> ResponseReturnValue:
    db.session.commit()
    flash(message)
    return redirect(url_for("admin.user", user_id=found.id), 303)


def _refused(found: User, message: str) -> ResponseReturnValue:
    db.session.rollback()
    flash(message, "error")
    return _user_page(found, RoleForm(formdata=None)), 409


def _user_page(found: User, form: RoleForm, link: str | None = None, extra: ExtraTimeForm | None = None) -> str:
    if extra is None:
        extra = ExtraTimeForm(formdata=None, percent=extra_time.everywhere(db.session, found))
    if not form.is_submitted() or link or form.role.data is None:
        form.role.data = found.role.value
    return render_template(
        "admin/user.html",
        user=found,
        form=form,
        extra=extra,
        link=link,
        events=audit.list_latest(db.session, users.subject_of(found)),
        seen_at=directory.last_seen(db.session, [found.id]).get(found.id),
        belongs=directory.list_belongs(db.session, found),
        roles=ROLES,
    )
