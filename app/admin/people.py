"""Accounts: search, roles, extra time, deactivation and password reset links."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from app.admin import blueprint
from app.admin.forms import ROLE_LABELS, AccountSearchForm, AddressForm, ExtraTimeForm, RoleForm
from app.clock import now
from app.db import db
from app.models import Role, User
from app.services.assignments import extra_time
from app.services.log import audit
from app.services.people import directory, notices, sign_ins, users
from app.services.people.directory import AccountOrder, AccountQuery
from app.services.people.notices import NoticeKind
from app.web import confirmation, mail, reset_links
from app.web.access import admins_only, current_account
from app.web.confirmation import AddressChange
from app.web.identity import get_idle_limit, get_token_hash
from app.web.urls import parse_choice

LAST_ADMIN_MESSAGE = _l("This is the last active administrator. Appoint another one first.")


@blueprint.get("")
@admins_only
def index() -> ResponseReturnValue:
    return redirect(url_for("admin.list_users"))


@blueprint.get("/users")
@admins_only
def list_users() -> ResponseReturnValue:
    """List and search accounts, 50 per page. Invalid filters are ignored."""
    form = AccountSearchForm(formdata=MultiDict(request.args), meta={"csrf": False})
    form.validate()
    sought = AccountQuery(
        text=form.q.data or "",
        role=parse_choice(Role, form.role.data),
        is_active={"active": True, "gone": False}.get(form.state.data or ""),
        order=parse_choice(AccountOrder, form.order.data) or AccountOrder.NAME,
    )
    page = directory.list_page(db.session, sought, request.args.get("page", 1, type=int))
    query = {name: value for name, value in request.args.items() if value and name in form}
    return render_template(
        "admin/users.html",
        form=form,
        page=page,
        guests=directory.count_guests(db.session),
        query=query,
        roles=ROLE_LABELS,
        order=sought.order.value,
    )


@blueprint.get("/users/<int:user_id>")
@admins_only
def show_user(user_id: int) -> ResponseReturnValue:
    """Show an account with its role, state and log entries.

    :raise 404: no such account.
    """
    return _render_user(get_user_or_404(user_id), RoleForm())


@blueprint.post("/users/<int:user_id>/role")
@admins_only
def change_role(user_id: int) -> ResponseReturnValue:
    found, form = get_user_or_404(user_id), RoleForm()
    if not form.validate_on_submit():
        return _render_user(found, form), 422
    try:
        users.set_role(db.session, current_account(), found, Role(form.role.data), now())
    except users.LastAdminError:
        return _redirect_refused(found, LAST_ADMIN_MESSAGE)
    return _redirect_done(
        found, _("%(name)s now has the role: %(role)s.", name=found.name, role=ROLE_LABELS[found.role])
    )


@blueprint.post("/users/<int:user_id>/extra-time")
@admins_only
def change_extra_time(user_id: int) -> ResponseReturnValue:
    """Set a person's extra time for all time limits. Running tests are extended at once."""
    found, form = get_user_or_404(user_id), ExtraTimeForm()
    if not form.validate_on_submit():
        return _render_user(found, RoleForm(formdata=None), extra=form), 422
    extra_time.set_percent(db.session, current_account(), found, form.percent.data, now())
    return _redirect_done(
        found, _("%(name)s now has %(percent)s%% extra time in all tests.", name=found.name, percent=form.percent.data)
    )


@blueprint.post("/users/<int:user_id>/email")
@admins_only
def change_user_email(user_id: int) -> ResponseReturnValue:
    """Change the address of an account, for example if it was mistyped. The old address is told.

    Administrators change their own on their account page, which asks for the password.
    """
    found, form = get_user_or_404(user_id), AddressForm()
    if found.id == current_account().id:
        return redirect(url_for("accounts.change_email"), 303)
    if not form.validate_on_submit():
        return _render_user(found, RoleForm(formdata=None), address=form), 422
    try:
        change = confirmation.change_address(current_account(), found, form.email.data)
    except users.AddressTakenError:
        form.email.errors = [*form.email.errors, _("Another account has this address.")]
        return _render_user(found, RoleForm(formdata=None), address=form), 422
    if change is AddressChange.NONE:
        return _redirect_done(found, _("The address is the same as before."))
    words = {"name": found.name, "email": form.email.data}
    if change is AddressChange.REQUESTED:
        done = _("A link was sent to %(email)s. The address changes when %(name)s confirms it.", **words)
        return _redirect_done(found, done)
    return _redirect_done(found, _("%(name)s now signs in with %(email)s, and was signed out everywhere.", **words))


@blueprint.post("/users/<int:user_id>/end-sign-ins")
@admins_only
def end_sign_ins(user_id: int) -> ResponseReturnValue:
    """Sign somebody out of all browsers, or oneself out of all others."""
    found = get_user_or_404(user_id)
    is_own = found.id == current_account().id
    users.end_sign_ins(db.session, current_account(), found, now(), stays_in=get_token_hash() if is_own else None)
    if is_own:
        return _redirect_done(found, _("You were signed out of all other browsers."))
    return _redirect_done(found, _("%(name)s was signed out everywhere.", name=found.name))


@blueprint.post("/users/<int:user_id>/deactivate")
@admins_only
def deactivate_user(user_id: int) -> ResponseReturnValue:
    found = get_user_or_404(user_id)
    try:
        users.deactivate(db.session, current_account(), found, now())
    except users.LastAdminError:
        return _redirect_refused(found, LAST_ADMIN_MESSAGE)
    return _redirect_done(
        found, _("%(name)s was signed out everywhere and can no longer sign in. All work is kept.", name=found.name)
    )


@blueprint.post("/users/<int:user_id>/reactivate")
@admins_only
def reactivate_user(user_id: int) -> ResponseReturnValue:
    found = get_user_or_404(user_id)
    users.reactivate(db.session, current_account(), found, now())
    return _redirect_done(found, _("%(name)s can sign in again.", name=found.name))


@blueprint.post("/users/<int:user_id>/reset-link")
@admins_only
def create_reset_link(user_id: int) -> ResponseReturnValue:
    """Create a link for choosing a new password. It works once, within a day.

    Administrators change their own password on a page that asks for the current one.
    """
    found = get_user_or_404(user_id)
    if found.id == current_account().id:
        return redirect(url_for("security.change_password"), 303)
    if not found.active:
        return _redirect_refused(found, _("Reactivate the account first."))
    link = reset_links.create(current_account(), found)
    audit.record(db.session, current_account(), "user.reset_link", users.get_subject(found), now())
    notices.add(found, NoticeKind.RESET_LINK, now())
    mail.send_reset_link_notice(found)
    db.session.commit()
    return _render_user(found, RoleForm(formdata=None), link=link)


def get_user_or_404(user_id: int) -> User:
    return users.get(db.session, user_id) or abort(404)


def _redirect_done(found: User, message: str) -> ResponseReturnValue:
    db.session.commit()
    flash(message)
    return redirect(url_for("admin.show_user", user_id=found.id), 303)


def _redirect_refused(found: User, message: str) -> ResponseReturnValue:
    db.session.rollback()
    flash(message, "error")
    return _render_user(found, RoleForm(formdata=None)), 409


def _render_user(
    found: User,
    form: RoleForm,
    link: str | None = None,
    extra: ExtraTimeForm | None = None,
    address: AddressForm | None = None,
) -> str:
    if extra is None:
        extra = ExtraTimeForm(formdata=None, percent=extra_time.get_percent(db.session, found))
    if not form.is_submitted() or link or form.role.data is None:
        form.role.data = found.role.value
    return render_template(
        "admin/user.html",
        user=found,
        form=form,
        extra=extra,
        link=link,
        address=address or AddressForm(formdata=None, email=found.email),
        events=audit.list_latest(db.session, users.get_subject(found), _),
        seen_at=directory.get_last_seen(db.session, [found.id]).get(found.id),
        sign_ins=sign_ins.list_active(db.session, found, now(), get_idle_limit()),
        belongs=directory.list_cohort_roles(db.session, found),
        roles=ROLE_LABELS,
    )
