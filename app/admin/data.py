"""Exporting and erasing the data of one person."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.admin import blueprint
from app.admin.forms import EraseForm
from app.admin.people import LAST_ADMIN_MESSAGE, get_user_or_404
from app.clock import now
from app.db import db
from app.models import User
from app.services.log import audit
from app.services.people import users
from app.services.privacy import data_locations, erasure, export
from app.web.access import admins_only, current_account
from app.web.address_key import get_address_key
from app.web.downloads import attachment
from app.web.erasing import finish_erasure
from app.web.identity import sign_out


@blueprint.post("/users/<int:user_id>/export")
@admins_only
def export_user(user_id: int) -> ResponseReturnValue:
    """Download all data about one person.

    It is a POST because the export is logged.
    """
    found = get_user_or_404(user_id)
    audit.record(db.session, current_account(), "user.export", users.get_subject(found), now())
    data = export.build_zip(export.collect(db.session, found, now()))
    db.session.commit()
    return attachment(data, "application/zip", f"palpate-account-{found.id}.zip")


@blueprint.route("/users/<int:user_id>/erase", methods=["GET", "POST"])
@admins_only
def erase_user(user_id: int) -> ResponseReturnValue:
    """Show what erasure removes and keeps, and erase the person permanently after checking the typed address."""
    found, form = get_user_or_404(user_id), EraseForm()
    if not form.validate_on_submit() or not form.names(found):
        return _show_erase_form(found, form), 422 if form.errors else 200
    name, address, is_own = found.name, found.email, found.id == current_account().id
    try:
        erasure.erase(db.session, current_account(), found, now(), get_address_key())
    except users.LastAdminError:
        db.session.rollback()
        flash(LAST_ADMIN_MESSAGE, "error")
        return _show_erase_form(found, form), 409
    finish_erasure(user_id, address)
    if is_own:
        sign_out(address)
    flash(_("%(name)s was erased. Copies in backups remain until those are deleted.", name=name))
    return redirect(url_for("learn.show_course" if is_own else "admin.list_users"), 303)


def _show_erase_form(found: User, form: EraseForm) -> str:
    preview = erasure.preview(db.session, found)
    return render_template(
        "admin/user_erase.html",
        user=found,
        form=form,
        preview=preview,
        stored=[_describe_count(what, number) for what, number in preview.counts],
        promise=data_locations.ERASURE_NOTES,
    )


def _describe_count(what: str, number: int) -> str:
    """Describe how much of something is stored, such as ``3 attempts``."""
    return {
        "sign-in": ngettext("%(num)s sign-in", "%(num)s sign-ins", number),
        "membership": ngettext("%(num)s membership", "%(num)s memberships", number),
        "attempt": ngettext("%(num)s attempt", "%(num)s attempts", number),
        "certificate": ngettext("%(num)s certificate", "%(num)s certificates", number),
        "entry of the CPD record": ngettext(
            "%(num)s own entry in the CPD record", "%(num)s own entries in the CPD record", number
        ),
        "report of a question": ngettext("%(num)s question report", "%(num)s question reports", number),
        "message received": ngettext("%(num)s message received", "%(num)s messages received", number),
        "message sent": ngettext("%(num)s message sent", "%(num)s messages sent", number),
        "invitation": ngettext("%(num)s invitation", "%(num)s invitations", number),
        "library": ngettext("%(num)s library", "%(num)s libraries", number),
        "cohort taught": ngettext("%(num)s cohort taught", "%(num)s cohorts taught", number),
        "test composed": ngettext("%(num)s test composed", "%(num)s tests composed", number),
        "assignment made": ngettext("%(num)s assignment created", "%(num)s assignments created", number),
        "change of others’ marks": ngettext(
            "%(num)s change of other people’s marks", "%(num)s changes of other people’s marks", number
        ),
        "marking of others’ answers": ngettext(
            "%(num)s marking of other people’s answers", "%(num)s markings of other people’s answers", number
        ),
    }[what]
