"""Accepting an invitation with a new account or, for a cohort, with an existing one."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_security.utils import hash_password, login_user

from app.accounts.forms import ADDRESS_TAKEN, InvitationForm, add_error
from app.accounts.signing_in import get_home_path
from app.accounts.views import blueprint
from app.clock import now
from app.db import db, end_read_transaction
from app.models import Cohort, Invitation, Role
from app.services.cohorts import accepting, invitations, trainers
from app.services.cohorts.invitations import InvitationState
from app.services.people import users
from app.web import confirmation, limits
from app.web.access import current_account as own_account
from app.web.address_key import get_address_key
from app.web.identity import get_viewer


@blueprint.route("/invitation/<token>", methods=["GET", "POST"])
def accept_invitation(token: str) -> ResponseReturnValue:
    """Accept an invitation: create the account and sign in, or join the cohort with an existing account.

    :raise 404: no such invitation.
    """
    found = invitations.get_by_token(db.session, token) or abort(404)
    if request.method == "POST":
        limits.throttle_invitation(found)
    state = invitations.get_state(db.session, found, now())
    cohort = invitations.get_cohort(db.session, found)
    if state is not InvitationState.OPEN or (cohort is not None and cohort.archived_at is not None):
        return _show_unusable(state)
    if get_viewer().user is not None:
        return _answer_signed_in(found, cohort)
    form = InvitationForm(name=found.name, email=found.email)
    if form.validate_on_submit() and (done := _accept_with_new_account(found, cohort, form)) is not None:
        return done
    page = render_template("accounts/invitation.html", form=form, invitation=found, **_get_page_data(cohort))
    return page, 422 if form.errors else 200


def _answer_signed_in(found: Invitation, cohort: Cohort | None) -> ResponseReturnValue:
    """Let signed-in users join the cohort. They cannot create a second account."""
    if cohort is None:
        return render_template("accounts/invitation_signed_in.html", invitation=found)
    if request.method == "POST":
        return _accept_with_account(found)
    return render_template("accounts/invitation_to_cohort.html", invitation=found, **_get_page_data(cohort))


def _accept_with_account(found: Invitation) -> ResponseReturnValue:
    user, learner = own_account(), get_viewer().learner
    assert learner is not None
    end_read_transaction()  # this endpoint starts without the write lock, and the next statement writes
    try:
        cohort = accepting.accept_with_account(db.session, found, user, learner, now(), get_address_key())
    except invitations.UnusableError:
        db.session.rollback()
        return _show_unusable(invitations.get_state(db.session, found, now()))
    db.session.commit()
    return _redirect_accepted(found, cohort)


def _accept_with_new_account(
    found: Invitation, cohort: Cohort | None, form: InvitationForm
) -> ResponseReturnValue | None:
    """Create the account. If the address is taken, add an error to the form, leave the invitation open, return None."""
    try:
        user = accepting.accept(
            db.session,
            found,
            name=form.name.data,
            email=form.email.data,
            password_hash=hash_password(form.password.data),
            time_zone=form.time_zone.data,
            now=now(),
            key=get_address_key(),
        )
    except users.AddressTakenError:
        db.session.rollback()
        add_error(form.email, ADDRESS_TAKEN)
        return None
    except invitations.UnusableError:
        db.session.rollback()
        return _show_unusable(invitations.get_state(db.session, found, now()))
    confirmation.start(user)
    login_user(user, remember=False, authn_via=["invitation"])
    db.session.commit()
    return _redirect_accepted(found, cohort, True)


def _redirect_accepted(found: Invitation, cohort: Cohort | None, is_new: bool = False) -> ResponseReturnValue:
    if is_new:
        flash(_("Your account was created, and you are signed in."))
    if cohort is None:
        return redirect(get_home_path(), 303)
    if found.role is Role.TRAINER:
        flash(_("You now teach %(title)s.", title=cohort.title))
        return redirect(url_for("teach.show_cohort", cohort_id=cohort.id), 303)
    flash(_("You have joined %(title)s. Anything assigned to you is listed under “To do”.", title=cohort.title))
    return redirect(url_for("learn.show_course"), 303)


def _get_page_data(cohort: Cohort | None) -> dict[str, object]:
    names = [user.name for user in trainers.list_for(db.session, cohort)] if cohort else []
    return {"cohort": cohort, "trainers": names, "here": request.path}


def _show_unusable(state: InvitationState) -> ResponseReturnValue:
    return render_template("accounts/invitation_over.html", is_used=state is InvitationState.USED), 410
