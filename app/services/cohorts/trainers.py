"""The trainers of a cohort: list, invite and remove them."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db import lock_rows
from app.models import AuditEvent, Cohort, CohortTrainer, Role, User
from app.permissions import may_remove_trainer
from app.services.cohorts import cohorts, invitations
from app.services.cohorts.invitations import IssuedJoinInvitation
from app.services.log import audit
from app.services.people import notices
from app.services.people.notices import NoticeKind

UNDO_PERIOD = timedelta(days=7)


class LastTrainerError(Exception):
    """The trainer is the only one who can teach the cohort."""


class CreatorError(Exception):
    """The trainer created the cohort, so only they or an administrator can end their teaching it."""


class AlreadyTrainerError(Exception):
    """The account with this address already teaches the cohort."""


def list_for(session: Session, cohort: Cohort) -> list[User]:
    """Return a cohort's trainers by name, including deactivated accounts and accounts that lost the role."""
    taught_by = select(User).join(CohortTrainer, CohortTrainer.user_id == User.id)
    found = taught_by.where(CohortTrainer.cohort_id == cohort.id).order_by(User.folded, User.id)
    return list(session.scalars(found))


def invite(session: Session, actor: User, cohort: Cohort, email: str, now: datetime) -> IssuedJoinInvitation:
    """Invite the owner of a normalised address to teach a cohort.

    The result does not depend on whether an account has the address, so the page does not reveal it. A signed-in user
    accepts the link with one click; others create a trainer's account with it. A pending invitation gets a new link.

    :raise AlreadyTrainerError: a trainer of the cohort has this address.
    :raise ArchivedError: see :func:`app.services.cohorts.cohorts.require_active`.
    """
    cohorts.require_active(cohort)
    if any(trainer.email == email for trainer in list_for(session, cohort)):
        raise AlreadyTrainerError
    waiting = invitations.list_for_cohort(session, cohort, Role.TRAINER, email).items
    if same := [one for one in waiting if one.email == email]:
        return invitations.renew(session, actor, cohort, same[0], now)
    issued = invitations.create(session, actor, Role.TRAINER, now, email=email, cohort=cohort)
    audit.record(
        session, actor, "cohort.invite_trainer", cohorts.get_subject(cohort), now, invitation=issued.invitation.id
    )
    return IssuedJoinInvitation("", email, issued.token, issued.invitation.expires_at)


def remove(session: Session, actor: User, cohort: Cohort, user_id: int, now: datetime) -> bool:
    """Remove a trainer from a cohort, from the next request on; return False if they did not teach it.

    They read it on their next page, unless they removed themselves. Open links to teach the cohort are withdrawn.

    :raise CreatorError: a co-trainer can't remove who created the cohort.
    :raise LastTrainerError: no other trainer of the cohort can teach it.
    :raise ArchivedError: see :func:`app.services.cohorts.cohorts.require_active`.
    """
    cohorts.require_active(cohort)
    its = select(CohortTrainer).where(CohortTrainer.cohort_id == cohort.id).order_by(CohortTrainer.user_id)
    # Locked, so that two trainers can't remove each other at once.
    teaching = [row.user_id for row in session.scalars(lock_rows(its, CohortTrainer))]
    if user_id not in teaching:
        return False
    if not may_remove_trainer(actor, cohort, user_id):
        raise CreatorError
    others = [other for other in teaching if other != user_id]
    can_teach = select(User.id).where(User.id.in_(others), User.active, User.role != Role.LEARNER)
    if session.scalar(can_teach.limit(1)) is None:
        raise LastTrainerError
    session.execute(delete(CohortTrainer).where(CohortTrainer.cohort_id == cohort.id, CohortTrainer.user_id == user_id))
    audit.record(session, actor, "cohort.remove_trainer", cohorts.get_subject(cohort), now, user=user_id)
    invitations.withdraw_to_teach(session, actor, cohort, now)
    if user_id != actor.id:
        notices.add(session.get_one(User, user_id), NoticeKind.TEACHING_ENDED, now, cohort.title)
    return True


def list_removed(session: Session, cohort: Cohort, now: datetime) -> list[User]:
    """Return the accounts that were removed as trainers within :data:`UNDO_PERIOD`, and may teach it again."""
    events = session.scalars(
        select(AuditEvent.details).where(
            AuditEvent.subject == cohorts.get_subject(cohort),
            AuditEvent.action == "cohort.remove_trainer",
            AuditEvent.at >= now - UNDO_PERIOD,
        )
    )
    ids = {details["user"] for details in events if "user" in details}
    teaching = select(CohortTrainer.user_id).where(CohortTrainer.cohort_id == cohort.id)
    found = select(User).where(User.id.in_(ids), User.active, User.role != Role.LEARNER, User.id.not_in(teaching))
    return list(session.scalars(found.order_by(User.folded, User.id)))


def restore(session: Session, actor: User, cohort: Cohort, user_id: int, now: datetime) -> bool:
    """Undo :func:`remove`; return False if the trainer was not removed, or too long ago.

    :raise ArchivedError: see :func:`app.services.cohorts.cohorts.require_active`.
    """
    cohorts.require_active(cohort)
    found = [user for user in list_removed(session, cohort, now) if user.id == user_id]
    if not found:
        return False
    try:
        with session.begin_nested():
            session.add(CohortTrainer(cohort_id=cohort.id, user_id=user_id))
    except IntegrityError:
        return True  # restored at the same moment in another tab
    audit.record(session, actor, "cohort.restore_trainer", cohorts.get_subject(cohort), now, user=user_id)
    notices.add(found[0], NoticeKind.TEACHING_RESTORED, now, cohort.title)
    return True
