"""What is kept about oneself: as a file, and deleted with the account."""

from __future__ import annotations

from flask import Response, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app import mail
from app.access import account as own_account
from app.access import signed_in
from app.accounts.forms import DeleteForm, is_own_password, refuse
from app.accounts.views import blueprint
from app.clock import now
from app.db import db, forget_deleted
from app.identity import sign_out
from app.services import audit
from app.services.people import erasure, person_export, personal, users


@blueprint.post("/account/data")
@signed_in
def data() -> ResponseReturnValue:
    """Everything that is kept about oneself, as a file. It is a POST because that somebody took it is noted."""
    user = own_account()
    audit.record(db.session, user, "user.export", users.subject_of(user), now())
    file = person_export.as_zip(person_export.collect(db.session, user, now()))
    db.session.commit()
    response = Response(file, mimetype="application/zip")
    response.headers["Content-Disposition"] = 'attachment; filename="my-palpate-data.zip"'
    return response


@blueprint.route("/account/delete", methods=["GET", "POST"])
@signed_in
def delete() -> ResponseReturnValue:
    """What goes and what stays; then, with the password, delete the account for good."""
    user, form = own_account(), DeleteForm()
    name, address = user.name, user.email
    if form.validate_on_submit():
        if not is_own_password(user, form.password.data):
            refuse(form.password, "This is not your password.")
        else:
            try:
                erasure.erase(db.session, user, user, now())
            except users.LastAdminError:
                db.session.rollback()
                refuse(form.password, "You are the last active administrator: make another one first.")
            else:
                return _deleted(name, address)
    page = render_template("accounts/delete.html", form=form, promise=personal.PROMISE)
    return page, 422 if form.errors else 200


def _deleted(name: str, address: str) -> ResponseReturnValue:
    db.session.commit()
    forget_deleted(db.engine)
    mail.forget(current_app.config["PALPATE"], name, address)
    sign_out()
    flash("Your account is deleted. What you answered stays without your name.")
    return redirect(url_for("learn.course"), 303)
