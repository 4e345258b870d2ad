"""What is kept about one person: as a file for them, and erased."""

from __future__ import annotations

from flask import Response, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app import mail
from app.access import account, admins_only
from app.admin import blueprint
from app.admin.forms import EraseForm
from app.admin.people import LAST_ADMIN, found_user
from app.clock import now
from app.db import db, forget_deleted
from app.identity import sign_out
from app.models import User
from app.services import audit
from app.services.people import erasure, person_export, personal, users


@blueprint.post("/users/<int:user_id>/export")
@admins_only
def user_export(user_id: int) -> ResponseReturnValue:
    """Everything about one person as a file. It is a POST because that somebody took it is noted."""
    found = found_user(user_id)
    audit.record(db.session, account(), "user.export", users.subject_of(found), now())
    data = person_export.as_zip(person_export.collect(db.session, found, now()))
    db.session.commit()
    response = Response(data, mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="palpate-account-{found.id}.zip"'
    return response


@blueprint.route("/users/<int:user_id>/erase", methods=["GET", "POST"])
@admins_only
def user_erase(user_id: int) -> ResponseReturnValue:
    """What goes and what stays; then, where the address was typed, erase this person for good."""
    found, form = found_user(user_id), EraseForm()
    if not form.validate_on_submit() or not form.names(found):
        return _erase_page(found, form), 422 if form.errors else 200
    name, address, is_own = found.name, found.email, found.id == account().id
    try:
        erasure.erase(db.session, account(), found, now())
    except users.LastAdminError:
        db.session.rollback()
        flash(LAST_ADMIN, "error")
        return _erase_page(found, form), 409
    db.session.commit()
    forget_deleted(db.engine)
    mail.forget(current_app.config["PALPATE"], name, address)
    if is_own:
        sign_out()
    flash(f"{name} is erased. Copies in backups go when those are thrown away.")
    return redirect(url_for("learn.course" if is_own else "admin.users"), 303)


def _erase_page(found: User, form: EraseForm) -> str:
    preview = erasure.preview(db.session, found)
    return render_template("admin/user_erase.html", user=found, form=form, preview=preview, promise=personal.PROMISE)
