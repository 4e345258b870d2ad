"""Cohorts: made by trainers, joined by code, left when a trainer removes somebody."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.models import Assignment, Cohort, CohortTrainer, Learner, Membership, User
from app.permissions import Viewer, may_administer
from app.services import audit

CODE_VALID = timedelta(days=60)


class ArchivedError(Exception):
    """``cohort`` is archived: it can be read, and not changed."""

    def __init__(self, cohort: Cohort) -> None:
        super().__init__(cohort.id)
        self.cohort = cohort


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
    """A cohort in the list: ``open_now`` of its assignments can be worked on, the next of them is due at ``next_due_at``."""

    cohort: Cohort
    learners: int
    assignments: int
    open_now: int
    next_due_at: datetime | None


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


def list_for(session: Session, viewer: Viewer, now: datetime) -> list[Listed]:
    """The cohorts the viewer teaches (an administrator: all), newest first, with one statement."""
    if viewer.user is None:
        return []
    learners = (
        select(func.count()).where(Membership.cohort_id == Cohort.id, Membership.removed_at.is_(None)).scalar_subquery()
    )
    its = (Assignment.cohort_id == Cohort.id, Assignment.withdrawn_at.is_(None))
    assignments = select(func.count()).where(*its).scalar_subquery()
    is_open = (
        or_(Assignment.opens_at.is_(None), Assignment.opens_at <= now),
        or_(Assignment.due_at.is_(None), Assignment.due_at > now),
    )
    open_now = select(func.count()).where(*its, *is_open).scalar_subquery()
    next_due_at = select(func.min(Assignment.due_at)).where(*its, *is_open).scalar_subquery()
    found = select(Cohort, learners, assignments, open_now, next_due_at).order_by(Cohort.id.desc())
    if not may_administer(viewer):
        found = found.join(CohortTrainer, CohortTrainer.cohort_id == Cohort.id).where(
            CohortTrainer.user_id == viewer.user.id
        )
    return [Listed(*row) for row in session.execute(found)]


def get_by_code(session: Session, code: str) -> Cohort | None:
    """The cohort of a code from :func:`code_from`, whether or not the code is still good."""
    return session.scalar(select(Cohort).where(Cohort.join_code == code))


def may_join(cohort: Cohort, now: datetime) -> bool:
    return cohort.archived_at is None and now < cohort.join_expires_at


def demand_active(cohort: Cohort) -> None:
    """Let a change of a cohort go on.

    :raise ArchivedError: it is archived.
    """
    if cohort.archived_at is not None:
        raise ArchivedError(cohort)


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


def was_removed(session: Session, cohort: Cohort, learner: Learner) -> bool:
    """Whether a trainer took this learner out: only trainers bring them back, the code that everybody knows does not."""
    found = session.get(Membership, (cohort.id, learner.id))
    return found is not None and found.removed_at is not None


def join(session: Session, cohort: Cohort, learner: Learner, now: datetime) -> None:
    """Make a learner a member; joining again takes the same row up, joining twice changes nothing.

    Who may is the caller's to ask: :func:`may_join` and :func:`was_removed` of whoever comes with the code.
    """
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


def edit(session: Session, actor: User, cohort: Cohort, title: str, time_zone: str, now: datetime) -> None:
    """Give it another title or time zone; what is assigned already keeps the zone that its dates were meant in.

    :raise ArchivedError: see :func:`demand_active`.
    """
    demand_active(cohort)
    changed = {}
    for name, value in {"title": title, "time_zone": time_zone}.items():
        if getattr(cohort, name) != value:
            changed[name] = [getattr(cohort, name), value]
            setattr(cohort, name, value)
    if changed:
        audit.record(session, actor, "cohort.edit", subject_of(cohort), now, **changed)


def archive(session: Session, actor: User, cohort: Cohort, now: datetime) -> None:
    """Put a cohort away: nobody joins, nothing in it is due, nothing can be changed."""
    if cohort.archived_at is None:
        cohort.archived_at = now
        audit.record(session, actor, "cohort.archive", subject_of(cohort), now)


def restore(session: Session, actor: User, cohort: Cohort, now: datetime) -> None:
    """Take a cohort back out of the archive."""
    if cohort.archived_at is not None:
        cohort.archived_at = None
        audit.record(session, actor, "cohort.restore", subject_of(cohort), now)


def renew_code(session: Session, actor: User, cohort: Cohort, now: datetime, valid: timedelta = CODE_VALID) -> None:
    """Give a cohort a new code; the old one is worth nothing from now on.

    :raise ArchivedError: see :func:`demand_active`.
    """
    demand_active(cohort)
    cohort.join_code, cohort.join_expires_at = _new_code(), now + valid
    audit.record(session, actor, "cohort.renew_code", subject_of(cohort), now, until=cohort.join_expires_at.isoformat())


def keep_open(session: Session, actor: User, cohort: Cohort, now: datetime, valid: timedelta) -> None:
    """Let people join by the code that there is for so long from now; for no time at all, joining is closed at once.

    :raise ArchivedError: see :func:`demand_active`.
    """
    demand_active(cohort)
    cohort.join_expires_at = now + valid
    audit.record(session, actor, "cohort.keep_open", subject_of(cohort), now, until=cohort.join_expires_at.isoformat())


def remove(session: Session, actor: User, cohort: Cohort, learner_id: int, now: datetime) -> bool:
    """End a membership, keeping all that was learned; False where there is none to end.

    :raise ArchivedError: see :func:`demand_active`.
    """
    demand_active(cohort)
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


def readmit(session: Session, actor: User, cohort: Cohort, learner_id: int, now: datetime) -> bool:
    """Take a removed learner back in, with all they did; False where nobody such was removed.

    :raise ArchivedError: see :func:`demand_active`.
    """
    demand_active(cohort)
    again = session.execute(
        update(Membership)
        .where(
            Membership.cohort_id == cohort.id, Membership.learner_id == learner_id, Membership.removed_at.is_not(None)
        )
        .values(removed_at=None)
        .returning(Membership.learner_id)
    ).all()
    if not again:
        return False
    audit.record(session, actor, "cohort.readmit_learner", subject_of(cohort), now, learner=learner_id)
    return True


def subject_of(cohort: Cohort) -> str:
    return f"cohort:{cohort.id}"


def _new_code() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
