"""The list of browsers in which an account is signed in, and signing out there."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.forms import ConfirmPasswordForm, add_error, is_own_password
from app.accounts.views import blueprint
from app.clock import now
from app.db import db
from app.models import SignIn
from app.services.people import sign_ins
from app.web import origins
from app.web.access import current_account as own_account
from app.web.access import signed_in
from app.web.identity import get_idle_limit, get_token_hash
from app.web.urls import parse_id


@blueprint.route("/account/sign-ins", methods=["GET", "POST"])
@signed_in
def edit_sign_ins() -> ResponseReturnValue:
    """List the browsers that are signed in, and sign out one or all others after checking the password.

    :raise 400: neither a sign-in nor all others were chosen.
    """
    user, form = own_account(), ConfirmPasswordForm()
    chosen = request.values.get("end", "")
    if request.method == "POST" and chosen != "others" and parse_id(chosen) is None:
        abort(400)
    if form.validate_on_submit():
        if not is_own_password(user, form.password.data):
            add_error(form.password, _("This is not your password."))
        else:
            _end(chosen)
            db.session.commit()
            flash(_("Signed out there. Change your password as well if you did not sign in there yourself."))
            return redirect(url_for("accounts.edit_sign_ins"), 303)
    return _show_list(form, chosen), 422 if form.errors else 200


def _show_list(form: ConfirmPasswordForm, chosen: str) -> str:
    """Show all sign-ins, or ask for the password to end those that were ``chosen``."""
    active, own = sign_ins.list_active(db.session, own_account(), now(), get_idle_limit()), get_token_hash()
    others = [one for one in active if one.token_hash != own]
    page = {"others": others, "network": origins.read_origin(request).network}
    one = next((one for one in others if str(one.id) == chosen), None)
    if one is not None or (chosen == "others" and others):
        return render_template("accounts/end_sign_in.html", form=form, chosen=one, **page)
    listed = sorted(active, key=lambda one: one.token_hash != own)
    return render_template("accounts/sign_ins.html", sign_ins=listed, own=own, **page)


def _end(chosen: str) -> None:
    """End the sign-in with this id, or all ``others``."""
    if chosen == "others":
        sign_ins.end_all(db.session, own_account(), now(), but=get_token_hash())
    else:
        sign_ins.end_one(db.session, own_account(), int(chosen), now())


@blueprint.app_template_filter("browser_name")
def name_browser(one: SignIn) -> str:
    if one.browser and one.system:
        return _("%(browser)s on %(system)s", browser=one.browser, system=one.system)
    return one.browser or one.system or _("Unknown browser")
