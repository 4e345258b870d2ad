"""Taking up an invitation: with a new account, or, where it leads to a cohort, with the one that somebody has."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_security.utils import hash_password, login_user

from app.access import account as own_account
from app.accounts.forms import TAKEN, InvitationForm, refuse
from app.accounts.views import blueprint
from app.clock import now
from app.db import db, end_read
from app.identity import viewer
from app.models import Cohort, Invitation, Role
from app.services.people import invitations, users
from app.services.people.invitations import InvitationState
from app.services.teaching import trainers


@blueprint.route("/invitation/<token>", methods=["GET", "POST"])
def invitation(token: str) -> ResponseReturnValue:
    """Make the account that was offered, and sign in; or join a cohort with the account one has.

    :raise 404: no such invitation.
    """
    found = invitations.get_by_token(db.session, token) or abort(404)
    state = invitations.state_at(found, now())
    cohort = invitations.cohort_of(db.session, found)
    if state is not InvitationState.OPEN or (cohort is not None and cohort.archived_at is not None):
        return _unusable(state)
    if viewer().user is not None:
        return _signed_in(found, cohort)
    form = InvitationForm(name=found.name, email=found.email)
    if form.validate_on_submit() and (done := _accept(found, cohort, form)) is not None:
        return done
    page = render_template("accounts/invitation.html", form=form, invitation=found, **_about(cohort))
    return page, 422 if form.errors else 200


def _signed_in(found: Invitation, cohort: Cohort | None) -> ResponseReturnValue:
    """With an account one can't be given another; but one can join."""
    if cohort is None:
        return render_template("accounts/invitation_signed_in.html", invitation=found)
    if request.method == "POST":
        return _take_up(found)
    return render_template("accounts/invitation_to_cohort.html", invitation=found, **_about(cohort))


def _take_up(found: Invitation) -> ResponseReturnValue:
    user, learner = own_account(), viewer().learner
    assert learner is not None
    end_read()  # the other way to take one up hashes a password first; this one writes at once
    try:
        cohort = invitations.take_up(db.session, found, user, learner, now())
    except invitations.UnusableError:
        db.session.rollback()
        return _unusable(InvitationState.USED)
    db.session.commit()
    return _arrive(found, cohort, "")


def _accept(found: Invitation, cohort: Cohort | None, form: InvitationForm) -> ResponseReturnValue | None:
    """Make the account; None where the address is taken, which the form then says. Nothing is used up by that."""
    try:
        user = invitations.accept(
            db.session,
            found,
            name=form.name.data,
            email=form.email.data,
            password_hash=hash_password(form.password.data),
            time_zone=form.time_zone.data,
            now=now(),
        )
    except users.AddressTakenError:
        db.session.rollback()
        refuse(form.email, TAKEN)
        return None
    except invitations.UnusableError:
        db.session.rollback()
        return _unusable(InvitationState.USED)
    login_user(user, remember=False, authn_via=["invitation"])
    db.session.commit()
    return _arrive(found, cohort, "Your account is made, and you are signed in. ")


def _arrive(found: Invitation, cohort: Cohort | None, said: str) -> ResponseReturnValue:
    if cohort is None:
        flash(said.strip())
        return redirect(url_for("learn.course"), 303)
    if found.role is Role.TRAINER:
        flash(f"{said}You teach {cohort.title} now.")
        return redirect(url_for("teach.cohort", cohort_id=cohort.id), 303)
    flash(f"{said}You are in {cohort.title}. What is set for you is under Due.")
    return redirect(url_for("learn.course"), 303)


def _about(cohort: Cohort | None) -> dict[str, object]:
    names = [user.name for user in trainers.list_for(db.session, cohort)] if cohort else []
    return {"cohort": cohort, "trainers": names, "here": request.path}


def _unusable(state: InvitationState) -> ResponseReturnValue:
    return render_template("accounts/invitation_over.html", is_used=state is InvitationState.USED), 410
