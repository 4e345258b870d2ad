"""Exporting one's own data and deleting one's own account."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.forms import DeleteForm, add_error, is_own_password
from app.accounts.views import blueprint
from app.clock import now
from app.db import db
from app.services.log import audit
from app.services.people import users
from app.services.privacy import data_locations, erasure, export
from app.web.access import current_account as own_account
from app.web.access import signed_in
from app.web.address_key import get_address_key
from app.web.downloads import attachment
from app.web.erasing import finish_erasure
from app.web.identity import sign_out


@blueprint.post("/account/data")
@signed_in
def export_data() -> ResponseReturnValue:
    """Download all data about one's own account.

    It is a POST because the export is logged.
    """
    user = own_account()
    audit.record(db.session, user, "user.export", users.get_subject(user), now())
    file = export.build_zip(export.collect(db.session, user, now()))
    db.session.commit()
    return attachment(file, "application/zip", "my-palpate-data.zip")


@blueprint.route("/account/delete", methods=["GET", "POST"])
@signed_in
def delete_account() -> ResponseReturnValue:
    """Show what deletion removes and keeps, and delete the account permanently after checking the password."""
    user, form = own_account(), DeleteForm()
    user_id, address = user.id, user.email
    if form.validate_on_submit():
        if not is_own_password(user, form.password.data):
            add_error(form.password, _("This is not your password."))
        else:
            try:
                erasure.erase(db.session, user, user, now(), get_address_key())
            except users.LastAdminError:
                db.session.rollback()
                add_error(form.password, _("You are the last active administrator. Appoint another one first."))
            else:
                return _finish_deletion(user_id, address)
    page = render_template("accounts/delete.html", form=form, promise=data_locations.ERASURE_NOTES)
    return page, 422 if form.errors else 200


def _finish_deletion(user_id: int, address: str) -> ResponseReturnValue:
    finish_erasure(user_id, address)
    sign_out(address)
    flash(_("Your account was deleted. Your answers stay without your name."))
    return redirect(url_for("learn.show_course"), 303)
