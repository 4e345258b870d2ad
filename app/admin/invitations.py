"""Invitations: links with which somebody makes an account of a role."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.access import account, admins_only
from app.admin import blueprint
from app.admin.forms import ROLES, InviteForm
from app.clock import now
from app.db import db
from app.local import absolute
from app.models import Role
from app.services import once
from app.services.people import invitations


@blueprint.route("/invitations", methods=["GET", "POST"], endpoint="invitations")
@admins_only
def invitations_page() -> ResponseReturnValue:
    """Invite somebody: the link is shown this once. Below, the open invitations."""
    form = InviteForm()
    link = None
    if form.validate_on_submit():
        if not once.is_first(db.session, account(), form.form_id.data, now()):
            flash(
                "That form was sent before, and made one invitation. If you missed its link, withdraw it and invite again."
            )
            return redirect(url_for("admin.invitations"), 303)
        link = _invite(form)
        db.session.commit()
        form = InviteForm(formdata=None)
    found = invitations.list_open(db.session, now())
    page = render_template("admin/invitations.html", form=form, link=link, invitations=found, roles=ROLES)
    return page, 422 if form.errors else 200


def _invite(form: InviteForm) -> str:
    """Make the invitation; return its link, which can be shown this once."""
    role, email, name = Role(form.role.data), form.email.data or None, form.name.data or None
    issued = invitations.create(db.session, account(), role, now(), email=email, name=name)
    return absolute(url_for("accounts.invitation", token=issued.token))


@blueprint.post("/invitations/<int:invitation_id>/withdraw")
@admins_only
def invitation_withdraw(invitation_id: int) -> ResponseReturnValue:
    found = invitations.get(db.session, invitation_id) or abort(404)
    invitations.withdraw(db.session, account(), found, now())
    db.session.commit()
    flash("The invitation is withdrawn.")
    return redirect(url_for("admin.invitations"), 303)
