"""Who teaches a cohort: invited, and removed as long as somebody else can still teach it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.db import locked
from app.models import Cohort, CohortTrainer, Role, User
from app.services import audit
from app.services.people import invitations
from app.services.people.invitations import Sent
from app.services.teaching import cohorts


class LastTrainerError(Exception):
    """Without this trainer nobody could teach the cohort."""


class TeachesAlreadyError(Exception):
    """Whoever has this address is among the cohort's trainers, as its page shows."""


def list_for(session: Session, cohort: Cohort) -> list[User]:
    """A cohort's trainers by name, with one statement; also those whose account was deactivated or lost its role."""
    taught_by = select(User).join(CohortTrainer, CohortTrainer.user_id == User.id)
    found = taught_by.where(CohortTrainer.cohort_id == cohort.id).order_by(func.lower(User.name), User.id)
    return list(session.scalars(found))


def invite(session: Session, actor: User, cohort: Cohort, email: str, now: datetime) -> Sent:
    """Invite whoever has a normalised address to teach a cohort too.

    What is made does not depend on whether there is such an account, and who looks at the page can't tell: whoever opens the link while
    signed in teaches the cohort by one press, others make a trainer's account with it. Who is invited already gets a new link.

    :raise TeachesAlreadyError: they do.
    :raise ArchivedError: see :func:`app.services.teaching.cohorts.demand_active`.
    """
    cohorts.demand_active(cohort)
    if any(trainer.email == email for trainer in list_for(session, cohort)):
        raise TeachesAlreadyError
    waiting = invitations.list_of_cohort(session, cohort, Role.TRAINER, email).invitations
    if same := [one for one in waiting if one.email == email]:
        return invitations.renew(session, actor, cohort, same[0], now)
    issued = invitations.create(session, actor, Role.TRAINER, now, email=email, cohort=cohort)
    audit.record(
        session, actor, "cohort.invite_trainer", cohorts.subject_of(cohort), now, invitation=issued.invitation.id
    )
    return Sent("", email, issued.token, issued.invitation.expires_at)


def remove(session: Session, actor: User, cohort: Cohort, user_id: int, now: datetime) -> bool:
    """Let somebody teach a cohort no longer, from the next request on; False where they did not.

    :raise LastTrainerError: nobody would be left who can.
    :raise ArchivedError: see :func:`app.services.teaching.cohorts.demand_active`.
    """
    cohorts.demand_active(cohort)
    its = select(CohortTrainer).where(CohortTrainer.cohort_id == cohort.id).order_by(CohortTrainer.user_id)
    # Locked, so that two trainers can't remove each other at one moment.
    teaching = [row.user_id for row in session.scalars(locked(its, CohortTrainer))]
    if user_id not in teaching:
        return False
    others = [other for other in teaching if other != user_id]
    can_teach = select(User.id).where(User.id.in_(others), User.active, User.role != Role.LEARNER)
    if session.scalar(can_teach.limit(1)) is None:
        raise LastTrainerError
    session.execute(delete(CohortTrainer).where(CohortTrainer.cohort_id == cohort.id, CohortTrainer.user_id == user_id))
    audit.record(session, actor, "cohort.remove_trainer", cohorts.subject_of(cohort), now, user=user_id)
    return True
