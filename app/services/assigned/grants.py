"""Exceptions: what single learners are granted in one assignment, on top of what applies to everybody."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.domain.assignment import Effective, Grant, effective
from app.models import Assignment, AssignmentException, AssignmentRecipient, Learner, Membership, User
from app.services import audit
from app.services.assigned import promises
from app.services.assigned.assignments import Taught, local_text, subject_of


@dataclass(frozen=True, slots=True)
class Person:
    """A learner the assignment is for, with what they have in it; ``exception`` None is: what everybody has."""

    learner_id: int
    name: str
    extra_time_everywhere: int
    exception: AssignmentException | None
    effective: Effective


class AlreadyGranted(Exception):
    """Some of them have an exception already: it is changed there, so that two never overlap. ``learner_ids`` names them."""

    def __init__(self, learner_ids: Collection[int]) -> None:
        super().__init__(learner_ids)
        self.learner_ids = frozenset(learner_ids)


class Moved(Exception):
    """Somebody changed the exception since it was looked at."""


class NotTheirs(Exception):
    """The assignment is not for somebody who was named, or there is no such exception."""


def list_people(session: Session, taught: Taught) -> list[Person]:
    """Everybody the assignment is for, by name, with one statement."""
    assignment = taught.assignment
    rows = session.execute(
        select(Learner, User.name, AssignmentException)
        .select_from(Membership)
        .join(Learner, Learner.id == Membership.learner_id)
        .join(User, User.id == Learner.user_id)
        .outerjoin(AssignmentException, _of(assignment, Membership.learner_id))
        .where(Membership.cohort_id == taught.cohort.id, Membership.removed_at.is_(None), _is_for(assignment))
        .order_by(func.lower(User.name), Learner.id)
    )
    return [
        Person(
            learner.id,
            name,
            learner.extra_time_percent,
            exception,
            effective(assignment.for_all, exception.grant if exception else None, learner.extra_time_percent),
        )
        for learner, name, exception in rows
    ]


def give(
    session: Session,
    actor: User,
    taught: Taught,
    learner_ids: Collection[int],
    grant: Grant,
    now: datetime,
    note: str | None = None,
) -> None:
    """Make an exception for these learners, all of them or none; what they are at gets it at once.

    ``taught`` was loaded for update, ``grant`` found good by :func:`app.domain.assignment.unfit_grant`.

    :raise AlreadyGranted: some have one. :raise NotTheirs: the assignment is not for some of them.
    """
    _demand_people(session, taught, learner_ids)
    had = set(session.scalars(select(AssignmentException.learner_id).where(_among(taught, learner_ids))))
    if had:
        raise AlreadyGranted(had)
    try:
        with session.begin_nested():
            for learner_id in sorted(set(learner_ids)):
                exception = AssignmentException(assignment_id=taught.assignment.id, learner_id=learner_id)
                _set(exception, taught.assignment, grant, note)
                session.add(exception)
    except IntegrityError as error:
        raise AlreadyGranted(learner_ids) from error
    audit.record(session, actor, "assignment.grant", subject_of(taught.assignment), now, **_noted(learner_ids, grant))
    promises.keep(session, taught.assignment, now, learner_ids)


def state_of(exception: AssignmentException) -> str:
    """What an exception grants and says, as a short text that differs wherever two exceptions do."""
    said = repr((exception.grant, exception.note))
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def change(
    session: Session,
    actor: User,
    taught: Taught,
    learner_id: int,
    grant: Grant,
    now: datetime,
    note: str | None = None,
    *,
    seen: str | None = None,
) -> None:
    """Change the exception of one learner. An attempt under way gains by it, and loses nothing.

    ``seen`` is its :func:`state_of` when it was looked at.

    :raise NotTheirs: there is none. :raise Moved: it is another one now.
    """
    exception = get(session, taught, learner_id)
    if exception is None:
        raise NotTheirs
    if seen and seen != state_of(exception):
        raise Moved
    _set(exception, taught.assignment, grant, note)
    audit.record(
        session, actor, "assignment.change_grant", subject_of(taught.assignment), now, **_noted([learner_id], grant)
    )
    promises.keep(session, taught.assignment, now, [learner_id])


def take_back(session: Session, actor: User, taught: Taught, learner_id: int, now: datetime) -> None:
    """Take an exception back; an attempt under way keeps the time it was promised. Without one it is done already."""
    gone = session.execute(
        delete(AssignmentException)
        .where(_among(taught, [learner_id]))
        .returning(AssignmentException.learner_id)
        .execution_options(synchronize_session="fetch")
    ).all()
    if gone:
        audit.record(
            session, actor, "assignment.take_back", subject_of(taught.assignment), now, **_noted([learner_id], None)
        )
        promises.keep(session, taught.assignment, now, [learner_id])


def get(session: Session, taught: Taught, learner_id: int) -> AssignmentException | None:
    return session.scalar(select(AssignmentException).where(_among(taught, [learner_id])))


def _set(exception: AssignmentException, assignment: Assignment, grant: Grant, note: str | None) -> None:
    exception.extra_time_percent = grant.extra_time_percent
    exception.due_local, exception.due_at = local_text(grant.due_at, assignment.time_zone), grant.due_at
    exception.more_attempts = grant.more_attempts
    exception.is_excused = grant.is_excused
    exception.note = note


def _demand_people(session: Session, taught: Taught, learner_ids: Collection[int]) -> None:
    theirs = select(Membership.learner_id).where(
        Membership.cohort_id == taught.cohort.id,
        Membership.removed_at.is_(None),
        Membership.learner_id.in_(learner_ids),
        _is_for(taught.assignment),
    )
    if set(session.scalars(theirs)) != set(learner_ids):
        raise NotTheirs


def _of(assignment: Assignment, learner_id: object) -> ColumnElement[bool]:
    return and_(AssignmentException.assignment_id == assignment.id, AssignmentException.learner_id == learner_id)


def _among(taught: Taught, learner_ids: Collection[int]) -> ColumnElement[bool]:
    return and_(
        AssignmentException.assignment_id == taught.assignment.id, AssignmentException.learner_id.in_(learner_ids)
    )


def _is_for(assignment: Assignment) -> ColumnElement[bool]:
    if assignment.is_for_all:
        return true()
    named = select(AssignmentRecipient.learner_id).where(AssignmentRecipient.assignment_id == assignment.id)
    return Membership.learner_id.in_(named)


def _noted(learner_ids: Collection[int], grant: Grant | None) -> dict[str, object]:
    """For the audit log: who was granted what. The note is left out: it may say why, and that is nobody else's business."""
    granted = (
        {}
        if grant is None
        else {
            "extra_time_percent": grant.extra_time_percent,
            "due_at": grant.due_at.isoformat() if grant.due_at else None,
            "more_attempts": grant.more_attempts,
            "is_excused": grant.is_excused,
        }
    )
    return {"learners": sorted(set(learner_ids)), **granted}
