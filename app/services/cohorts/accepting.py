"""Accepting invitations, with a new account or an existing one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.models import Cohort, CohortTrainer, Invitation, Learner, Membership, Role, User
from app.services.cohorts import cohorts, invitations, rejoining
from app.services.cohorts.invitations import UnusableError
from app.services.cohorts.rejoining import AddressKey
from app.services.log import audit
from app.services.people import sign_ins, users


def accept(
    session: Session,
    invitation: Invitation,
    *,
    name: str,
    email: str,
    password_hash: str,
    time_zone: str,
    now: datetime,
    key: AddressKey,
) -> User:
    """Create the account and add it to the cohort, if any. Of two concurrent attempts only one succeeds.

    :raise UnusableError: the invitation was used or withdrawn or has expired, its maker may no longer invite, its cohort
        is archived, or an erased account with this address was removed from the cohort after it was issued.
    :raise AddressTakenError: another account has the address. Roll back to keep the invitation usable.
    """
    cohort = _claim(session, invitation, now)
    if cohort is not None and _was_erased_since(session, invitation, cohort, email, key):
        raise UnusableError
    user = users.create(
        session, name=name, email=email, password_hash=password_hash, now=now, role=invitation.role, time_zone=time_zone
    )
    audit.record(session, user, "invitation.accept", invitations.get_subject(invitation), now, user=user.id)
    if cohort is not None:
        _add_to_cohort(session, invitation, cohort, user, sign_ins.get_learner(session, user), now, key)
    return user


def accept_with_account(
    session: Session, invitation: Invitation, user: User, learner: Learner, now: datetime, key: AddressKey
) -> Cohort:
    """Let the holder of an account join or teach the cohort of an invitation.

    :raise UnusableError: the invitation was used or withdrawn or has expired, its maker may no longer invite, it leads
        to no cohort or an archived one, or the learner, or an erased account with the same address, was removed from
        the cohort after it was issued.
    """
    cohort = _claim(session, invitation, now)
    if cohort is None or _was_removed_since(session, invitation, cohort, learner):
        raise UnusableError
    if _was_erased_since(session, invitation, cohort, user.email, key):
        raise UnusableError
    audit.record(session, user, "invitation.accept", invitations.get_subject(invitation), now, user=user.id)
    _add_to_cohort(session, invitation, cohort, user, learner, now, key)
    return cohort


def _claim(session: Session, invitation: Invitation, now: datetime) -> Cohort | None:
    """Mark an invitation as used and return its cohort, if any.

    :raise UnusableError: it was used or withdrawn or has expired, its maker may no longer invite, or its cohort is
        archived.
    """
    used = session.execute(
        update(Invitation)
        .where(
            Invitation.id == invitation.id,
            Invitation.used_at.is_(None),
            Invitation.withdrawn_at.is_(None),
            Invitation.expires_at > now,
        )
        .values(used_at=now)
        .returning(Invitation.cohort_id)
    ).all()
    if not used or not invitations.may_still_invite(session, invitation):
        raise UnusableError
    if used[0].cohort_id is None:
        return None
    cohort = session.get_one(Cohort, used[0].cohort_id, populate_existing=True)
    if cohort.archived_at is not None:
        raise UnusableError
    return cohort


def _was_removed_since(session: Session, invitation: Invitation, cohort: Cohort, learner: Learner) -> bool:
    """Whether a trainer removed this learner after the link to join was issued.

    A newer link can readmit them; this one can't. Learners who left by themselves can use it.
    """
    if invitation.role is not Role.LEARNER:
        return False
    held = session.get(Membership, (cohort.id, learner.id))
    made_at = _get_issue_time(invitation)
    return held is not None and not held.has_left and held.removed_at is not None and held.removed_at > made_at


def _was_erased_since(session: Session, invitation: Invitation, cohort: Cohort, address: str, key: AddressKey) -> bool:
    """Like :func:`_was_removed_since`, for a learner with this address whose account was erased after the removal."""
    if invitation.role is not Role.LEARNER:
        return False
    return rejoining.was_removed(session, cohort, address, key, since=_get_issue_time(invitation))


def _get_issue_time(invitation: Invitation) -> datetime:
    """Return when a link to join a cohort was issued or renewed."""
    return invitation.expires_at - invitations.JOIN_VALIDITY


def _add_to_cohort(
    session: Session,
    invitation: Invitation,
    cohort: Cohort,
    user: User,
    learner: Learner,
    now: datetime,
    key: AddressKey,
) -> None:
    if invitation.role is Role.LEARNER:
        cohorts.join(session, cohort, learner, now, address=user.email, key=key)
        _keep_number(session, invitation, cohort, learner)
        return
    if user.role is Role.LEARNER:
        audit.record(session, user, "user.set_role", users.get_subject(user), now, old=user.role, new=Role.TRAINER)
        user.role = Role.TRAINER
    try:
        with session.begin_nested():
            session.add(CohortTrainer(cohort_id=cohort.id, user_id=user.id))
    except IntegrityError:
        return  # they teach it already
    audit.record(session, user, "cohort.add_trainer", cohorts.get_subject(cohort), now, user=user.id)


def _keep_number(session: Session, invitation: Invitation, cohort: Cohort, learner: Learner) -> None:
    """Give the membership the student number and the name to sort by from the roster."""
    given = {"student_number": invitation.student_number, "sort_name": invitation.sort_name}
    if values := {name: value for name, value in given.items() if value}:
        its = (Membership.cohort_id == cohort.id, Membership.learner_id == learner.id)
        session.execute(update(Membership).where(*its).values(values))
