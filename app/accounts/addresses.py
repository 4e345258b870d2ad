"""Changing one's e-mail address, and confirming a new one with a link that was mailed there."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.forms import ConfirmForm, EmailForm, add_error, is_own_password
from app.accounts.views import blueprint
from app.clock import now
from app.db import db
from app.models import User
from app.services.people import addresses, users
from app.web import confirmation, mail
from app.web.access import current_account as own_account
from app.web.access import signed_in
from app.web.confirmation import AddressChange
from app.web.identity import get_token_hash, keep_signed_in


@blueprint.route("/account/email", methods=["GET", "POST"])
@signed_in
def change_email() -> ResponseReturnValue:
    """Change the address used to sign in, after checking the password. With mail, it must be confirmed first."""
    user, form = own_account(), EmailForm()
    if form.validate_on_submit():
        if not is_own_password(user, form.password.data):
            add_error(form.password, _("This is not your password."))
        else:
            try:
                change = confirmation.change_address(user, user, form.email.data, stays_in=get_token_hash())
            except users.AddressTakenError:
                add_error(form.email, _("Another account has this address."))
            else:
                keep_signed_in(user)
                db.session.commit()
                flash(_describe(change))
                return redirect(url_for("accounts.edit_account"), 303)
    page = render_template("accounts/email.html", form=form, user=user, is_confirmed_first=_is_confirmed_first())
    return page, 422 if form.errors else 200


@blueprint.route("/account/email/confirm/<token>", methods=["GET", "POST"])
@signed_in
def confirm_email(token: str) -> ResponseReturnValue:
    """Confirm a new address with the link that was mailed there. The page asks; only its button confirms.

    :raise 410: the link was used, has expired or was replaced, or it was sent for another account.
    """
    user, is_sent = own_account(), ConfirmForm().validate_on_submit()
    if is_sent:
        addresses.lock(db.session, user)
    if not confirmation.is_valid(token, user):
        return render_template("accounts/confirm_over.html"), 410
    if not is_sent:
        return render_template("accounts/confirm.html", user=user)
    try:
        is_changed = _confirm(user)
    except users.AddressTakenError:
        return render_template("accounts/confirm_over.html", is_taken=True), 410
    db.session.commit()
    flash(_describe(AddressChange.DONE) if is_changed else _("Your e-mail address is confirmed."))
    return redirect(url_for("accounts.edit_account"), 303)


def _confirm(user: User) -> bool:
    """Confirm the address; if it replaces another one, tell that and stay signed in here. Return whether it does.

    :raise AddressTakenError: another account has the address by now.
    """
    old_address = user.email
    addresses.confirm(db.session, user, now(), stays_in=get_token_hash())
    if user.email == old_address:
        return False
    keep_signed_in(user)
    mail.send_address_notice(user, old_address)
    return True


@blueprint.post("/account/email/resend")
@signed_in
def resend_confirmation() -> ResponseReturnValue:
    """Mail another link to the address that is not confirmed yet."""
    user = own_account()
    if user.unconfirmed_email is not None and mail.is_delivering():
        if confirmation.send_link(user):
            flash(_("A new link was sent to %(email)s. Earlier ones no longer work.", email=user.unconfirmed_email))
        else:
            flash(_("Several links were sent to this address already. Try again in an hour."), "warn")
    db.session.commit()
    return redirect(url_for("accounts.edit_account"), 303)


@blueprint.post("/account/email/cancel")
@signed_in
def cancel_email_change() -> ResponseReturnValue:
    """Keep the present address. The link that was sent to the new one stops working."""
    addresses.cancel_change(own_account())
    db.session.commit()
    flash(_("Your e-mail address stays %(email)s.", email=own_account().email))
    return redirect(url_for("accounts.edit_account"), 303)


def _is_confirmed_first() -> bool:
    """Whether a new address counts only after it has been confirmed."""
    return mail.is_delivering() and not own_account().is_unconfirmed


def _describe(change: AddressChange) -> str:
    user = own_account()
    if change is AddressChange.REQUESTED:
        return _(
            "Open the link that was sent to %(email)s. Your address changes when you confirm it there.",
            email=user.unconfirmed_email,
        )
    if change is AddressChange.NONE:
        return _("Your e-mail address stays %(email)s.", email=user.email)
    return _(
        "Your e-mail address was changed. Sign in with %(email)s from now on. Other browsers were signed out.",
        email=user.email,
    )
