"""Cohorts: made by trainers, joined by code, left when a trainer removes somebody."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.models import Assignment, Cohort, CohortTrainer, Learner, Membership, User
from app.permissions import Viewer, may_administer
from app.services import audit

CODE_VALID = timedelta(days=60)

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32 (https://www.crockford.com/base32.html): no letter that reads like a digit."""

_CODE_LENGTH = 10
_FORGIVEN = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who is in a cohort now."""

    learner_id: int
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Listed:
    cohort: Cohort
    learners: int
    assignments: int


def code_from(typed: str) -> str:
    """What a typed code means: case and dashes don't matter, O is read as 0, I and L as 1."""
    return typed.strip().upper().translate(_FORGIVEN)


def code_shown(code: str) -> str:
    """A code in two halves, easier to read out."""
    return f"{code[: _CODE_LENGTH // 2]}-{code[_CODE_LENGTH // 2 :]}"


def create(session: Session, actor: User, title: str, time_zone: str, now: datetime) -> Cohort:
    """Make a cohort that ``actor`` teaches."""
    cohort = Cohort(
        title=title, time_zone=time_zone, join_code=_new_code(), join_expires_at=now + CODE_VALID, created_at=now
    )
    session.add(cohort)
    session.flush()  # its trainer's row and the audit log name it by its id
    session.add(CohortTrainer(cohort_id=cohort.id, user_id=actor.id))
    audit.record(session, actor, "cohort.create", subject_of(cohort), now)
    return cohort


def get_for(session: Session, viewer: Viewer, cohort_id: int) -> Cohort | None:
    """A cohort the viewer teaches; an administrator may see all."""
    if viewer.user is None:
        return None
    found = select(Cohort).where(Cohort.id == cohort_id)
    if not may_administer(viewer):
        found = found.join(CohortTrainer, CohortTrainer.cohort_id == Cohort.id).where(
            CohortTrainer.user_id == viewer.user.id
        )
    return session.scalar(found)


def list_for(session: Session, viewer: Viewer) -> list[Listed]:
    """The cohorts the viewer teaches (an administrator: all), newest first, with one statement."""
    if viewer.user is None:
        return []
    learners = (
        select(func.count()).where(Membership.cohort_id == Cohort.id, Membership.removed_at.is_(None)).scalar_subquery()
    )
    assignments = select(func.count()).where(Assignment.cohort_id == Cohort.id).scalar_subquery()
    found = select(Cohort, learners, assignments).order_by(Cohort.id.desc())
    if not may_administer(viewer):
        found = found.join(CohortTrainer, CohortTrainer.cohort_id == Cohort.id).where(
            CohortTrainer.user_id == viewer.user.id
        )
    return [Listed(*row) for row in session.execute(found)]


def get_by_code(session: Session, code: str) -> Cohort | None:
    """The cohort of a code from :func:`code_from`, whether or not the code is still good."""
    return session.scalar(select(Cohort).where(Cohort.join_code == code))


def may_join(cohort: Cohort, now: datetime) -> bool:
    return now < cohort.join_expires_at


def list_trainers(session: Session, cohort: Cohort) -> Sequence[str]:
    """The names of a cohort's trainers."""
    taught_by = (
        select(User.name)
        .join(CohortTrainer, CohortTrainer.user_id == User.id)
        .where(CohortTrainer.cohort_id == cohort.id)
    )
    return session.scalars(taught_by.order_by(func.lower(User.name))).all()


def list_members(session: Session, cohort: Cohort) -> list[Member]:
    """Who is in a cohort now, by name, with one statement."""
    rows = session.execute(
        select(Learner.id, User.name, User.email)
        .join(User, User.id == Learner.user_id)
        .join(Membership, Membership.learner_id == Learner.id)
        .where(Membership.cohort_id == cohort.id, Membership.removed_at.is_(None))
        .order_by(func.lower(User.name), Learner.id)
    )
    return [Member(*row) for row in rows]


def is_member(session: Session, cohort: Cohort, learner: Learner) -> bool:
    found = session.get(Membership, (cohort.id, learner.id))
    return found is not None and found.removed_at is None


def join(session: Session, cohort: Cohort, learner: Learner, now: datetime) -> None:
    """Make a learner a member; joining again takes the same row up, joining twice changes nothing."""
    again = session.execute(
        update(Membership)
        .where(Membership.cohort_id == cohort.id, Membership.learner_id == learner.id)
        .values(removed_at=None)
        .returning(Membership.learner_id)
    ).all()
    if again:
        return
    try:
        with session.begin_nested():
            session.add(Membership(cohort_id=cohort.id, learner_id=learner.id, joined_at=now))
    except IntegrityError:
        return  # the same learner, at the same moment, from another tab


def renew_code(session: Session, actor: User, cohort: Cohort, now: datetime) -> None:
    """Give a cohort a new code; the old one is worth nothing from now on."""
    cohort.join_code, cohort.join_expires_at = _new_code(), now + CODE_VALID
    audit.record(session, actor, "cohort.renew_code", subject_of(cohort), now)


def remove(session: Session, actor: User, cohort: Cohort, learner_id: int, now: datetime) -> bool:
    """End a membership, keeping all that was learned; False where there is none to end."""
    ended = session.execute(
        update(Membership)
        .where(Membership.cohort_id == cohort.id, Membership.learner_id == learner_id, Membership.removed_at.is_(None))
        .values(removed_at=now)
        .returning(Membership.learner_id)
    ).all()
    if not ended:
        return False
    audit.record(session, actor, "cohort.remove_learner", subject_of(cohort), now, learner=learner_id)
    return True


def subject_of(cohort: Cohort) -> str:
    return f"cohort:{cohort.id}"


def _new_code() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
