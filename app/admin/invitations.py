"""Invitations: links for creating an account with a role."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.admin import blueprint
from app.admin.forms import ROLE_LABELS, InviteForm
from app.clock import now
from app.db import db
from app.models import Role
from app.services.cohorts import invitations
from app.web.access import admins_only, current_account
from app.web.forms import is_first_submission
from app.web.urls import make_absolute


@blueprint.route("/invitations", methods=["GET", "POST"])
@admins_only
def manage_invitations() -> ResponseReturnValue:
    """List open invitations and create new ones. A link is shown only once."""
    form = InviteForm()
    link = None
    if form.validate_on_submit():
        if not is_first_submission(form):
            flash(
                _(
                    "You have already sent this form. One invitation was created. If you missed its link, withdraw it and invite again."
                )
            )
            return redirect(url_for("admin.manage_invitations"), 303)
        link = _create_invitation(form)
        db.session.commit()
        form = InviteForm(formdata=None)
    found = invitations.list_open(db.session, now())
    page = render_template("admin/invitations.html", form=form, link=link, invitations=found, roles=ROLE_LABELS)
    return page, 422 if form.errors else 200


def _create_invitation(form: InviteForm) -> str:
    """Create the invitation and return its link, which is not stored."""
    role, email, name = Role(form.role.data), form.email.data or None, form.name.data or None
    issued = invitations.create(db.session, current_account(), role, now(), email=email, name=name)
    return make_absolute(url_for("accounts.accept_invitation", token=issued.token))


@blueprint.post("/invitations/<int:invitation_id>/withdraw")
@admins_only
def withdraw_invitation(invitation_id: int) -> ResponseReturnValue:
    found = invitations.get(db.session, invitation_id) or abort(404)
    invitations.withdraw(db.session, current_account(), found, now())
    db.session.commit()
    flash(_("The invitation was withdrawn."))
    return redirect(url_for("admin.manage_invitations"), 303)
