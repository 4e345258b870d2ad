"""One learner as the trainers of one cohort see them.

Only what concerns that cohort: its assignments and what was attempted at them, and the lessons of its modules that were finished. Mastery is
told from the tests of this cohort alone. What somebody practised, the module's own tests, and other cohorts are theirs, and not read here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.attempt import State, percent
from app.domain.gradebook import Column
from app.domain.mastery import WINDOW, Level, level
from app.models import (
    AssignmentException,
    Attempt,
    AuditEvent,
    Cohort,
    Learner,
    LessonProgress,
    LessonRow,
    Mark,
    MarkChange,
    Membership,
    ModuleRow,
    ObjectiveRow,
    User,
)
from app.services.assigned.terms import assignment_scope
from app.services.teaching import gradebook
from app.services.teaching.cells import list_columns
from app.services.teaching.gradebook import Asked, Book, Member, Row

RECENT_MARKS = 600
"""Mastery looks at the latest marks only: more than enough for five on each objective."""

EVENTS = 200
"""The timeline ends somewhere, even for somebody who takes a test every day."""


class Happened(StrEnum):
    JOINED = "joined"
    REMOVED = "removed"
    LESSON = "lesson"
    STARTED = "started"
    HANDED_IN = "handed in"
    MARK = "mark"
    GRANTED = "granted"


@dataclass(frozen=True, slots=True)
class Taken:
    """An attempt at an assignment of the cohort. ``percent`` is None while it is under way; ``counts``: it is the one that counts."""

    attempt_id: int
    assignment_id: int
    title: str
    number: int
    started_at: datetime
    submitted_at: datetime | None
    percent: int | None
    is_passed: bool
    is_critical_missed: bool
    late_by: timedelta | None
    counts: bool


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the timeline. ``about`` is a title; ``taken`` the attempt it belongs to; ``by`` who did it, where it was not the learner."""

    at: datetime
    what: Happened
    about: str = ""
    taken: Taken | None = None
    detail: str = ""
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Granted:
    """What the learner was granted in an assignment."""

    column: Column
    exception: AssignmentException


@dataclass(frozen=True, slots=True)
class Goal:
    title: str
    level: Level


@dataclass(frozen=True, slots=True)
class LearnerRecord:
    """``goals`` are the objectives of the cohort's modules by title of the module, in the order of the course; ``events`` the latest first."""

    member: Member
    row: Row
    columns: tuple[Column, ...]
    attempts: tuple[Taken, ...]
    granted: tuple[Granted, ...]
    goals: tuple[tuple[str, tuple[Goal, ...]], ...]
    events: tuple[Event, ...]


def get_member(session: Session, cohort: Cohort, learner_id: int) -> Member | None:
    """Somebody who is in the cohort, or was."""
    row = session.execute(
        select(Learner.id, User.name, User.email, Membership.joined_at, Membership.removed_at)
        .join(User, User.id == Learner.user_id)
        .join(Membership, Membership.learner_id == Learner.id)
        .where(Membership.cohort_id == cohort.id, Learner.id == learner_id)
    ).one_or_none()
    return Member(*row) if row else None


def read(session: Session, cohort: Cohort, member: Member, now: datetime) -> LearnerRecord:
    """Everything of the page: a fixed number of statements."""
    everything = list_columns(session, cohort)
    columns = tuple(column for column in everything if not column.is_withdrawn)
    book = Book(cohort, Asked(), columns, len(everything) - len(columns), 0, (member,))
    (row,) = gradebook.read(session, book, [member], now)
    attempts = _attempts(session, everything, member, row)
    return LearnerRecord(
        member=member,
        row=row,
        columns=columns,
        attempts=attempts,
        granted=_granted(session, everything, member),
        goals=_goals(session, everything, member),
        events=_events(session, everything, member, attempts),
    )


def _scopes(columns: Sequence[Column]) -> list[str]:
    return [assignment_scope(column.assignment_id) for column in columns]


def _attempts(session: Session, columns: Sequence[Column], member: Member, row: Row) -> tuple[Taken, ...]:
    """All attempts at the cohort's assignments, the latest first."""
    by_id = {column.assignment_id: column for column in columns}
    counted = {it.attempt_id for it in row.cells if it.is_handed_in}
    own_due = {
        column.assignment_id: it.due_at
        for column, it in zip((one for one in columns if not one.is_withdrawn), row.cells, strict=True)
    }
    rows = session.scalars(
        select(Attempt)
        .where(Attempt.learner_id == member.learner_id, Attempt.scope.in_(_scopes(columns)))
        .order_by(Attempt.id.desc())
    )
    return tuple(
        _taken(attempt, by_id[attempt.assignment_id], own_due.get(attempt.assignment_id), attempt.id in counted)
        for attempt in rows
        if attempt.assignment_id is not None
    )


def _taken(attempt: Attempt, column: Column, due_at: datetime | None, counts: bool) -> Taken:
    submitted_at = attempt.submitted_at
    is_late = due_at is not None and submitted_at is not None and submitted_at > due_at
    return Taken(
        attempt_id=attempt.id,
        assignment_id=column.assignment_id,
        title=column.title,
        number=attempt.number,
        started_at=attempt.started_at,
        submitted_at=submitted_at,
        percent=None if attempt.points is None else percent(attempt.points, attempt.max_points or 0),
        is_passed=bool(attempt.is_passed),
        is_critical_missed=bool(attempt.is_critical_missed),
        late_by=submitted_at - due_at if is_late and submitted_at and due_at else None,
        counts=counts,
    )


def _granted(session: Session, columns: Sequence[Column], member: Member) -> tuple[Granted, ...]:
    by_id = {column.assignment_id: column for column in columns}
    rows = session.scalars(
        select(AssignmentException).where(
            AssignmentException.assignment_id.in_(by_id), AssignmentException.learner_id == member.learner_id
        )
    )
    found = [Granted(by_id[exception.assignment_id], exception) for exception in rows]
    order = list(by_id)
    return tuple(sorted(found, key=lambda one: order.index(one.column.assignment_id)))


def _goals(session: Session, columns: Sequence[Column], member: Member) -> tuple[tuple[str, tuple[Goal, ...]], ...]:
    """Mastery of the objectives of the cohort's modules, from the latest marks in its tests."""
    latest = session.execute(
        select(Mark.objective_id, Mark.is_right)
        .join(Attempt, Attempt.id == Mark.attempt_id)
        .where(
            Attempt.learner_id == member.learner_id,
            Attempt.scope.in_(_scopes(columns)),
            Attempt.state == State.SUBMITTED,
            Mark.is_void.is_(False),
        )
        .order_by(Mark.attempt_id.desc(), Mark.position.desc())
        .limit(RECENT_MARKS)
    )
    results: dict[int, list[bool]] = defaultdict(list)
    for objective_id, is_right in latest:
        if len(results[objective_id]) < WINDOW:
            results[objective_id].append(is_right)
    rows = session.execute(
        select(ObjectiveRow.id, ObjectiveRow.title, ModuleRow.title)
        .join(ModuleRow, ModuleRow.id == ObjectiveRow.module_id)
        .where(ModuleRow.id.in_({column.module_id for column in columns}), ObjectiveRow.retired_at.is_(None))
        .order_by(ModuleRow.position, ObjectiveRow.position)
    )
    goals: dict[str, list[Goal]] = defaultdict(list)
    for objective_id, title, module in rows:
        goals[module].append(Goal(title, level(results.get(objective_id, []))))
    return tuple((module, tuple(of_it)) for module, of_it in goals.items())


# -- the timeline --------------------------------------------------------------------------------------------------------


def _events(
    session: Session, columns: Sequence[Column], member: Member, attempts: Sequence[Taken]
) -> tuple[Event, ...]:
    events = [
        Event(member.joined_at, Happened.JOINED),
        *_of_attempts(attempts),
        *_lessons(session, columns, member),
        *_changes(session, attempts),
        *_grants(session, columns, member),
    ]
    if member.removed_at is not None:
        events.append(Event(member.removed_at, Happened.REMOVED))
    return tuple(sorted(events, key=lambda event: event.at, reverse=True)[:EVENTS])


def _of_attempts(attempts: Iterable[Taken]) -> Iterator[Event]:
    for taken in attempts:
        # Before the start: of two events at one moment, the list of the latest first shows the end first.
        if taken.submitted_at is not None:
            yield Event(taken.submitted_at, Happened.HANDED_IN, taken.title, taken)
        yield Event(taken.started_at, Happened.STARTED, taken.title, taken)


def _lessons(session: Session, columns: Sequence[Column], member: Member) -> Iterator[Event]:
    rows = session.execute(
        select(LessonProgress.done_at, LessonRow.title)
        .join(LessonRow, LessonRow.id == LessonProgress.lesson_id)
        .where(
            LessonProgress.learner_id == member.learner_id,
            LessonProgress.done_at.is_not(None),
            LessonRow.module_id.in_({column.module_id for column in columns}),
        )
    )
    for done_at, title in rows:
        if done_at is not None:
            yield Event(done_at, Happened.LESSON, title)


def _changes(session: Session, attempts: Sequence[Taken]) -> Iterator[Event]:
    by_id: Mapping[int, Taken] = {taken.attempt_id: taken for taken in attempts}
    rows = session.execute(
        select(MarkChange.changed_at, MarkChange.attempt_id, MarkChange.position, MarkChange.reason, User.name)
        .outerjoin(User, User.id == MarkChange.actor_id)
        .where(MarkChange.attempt_id.in_(by_id))
    )
    for at, attempt_id, position, reason, actor in rows:
        taken = by_id[attempt_id]
        yield Event(at, Happened.MARK, f"question {position}, {taken.title}", taken, reason, actor)


def _grants(session: Session, columns: Sequence[Column], member: Member) -> Iterator[Event]:
    """From the audit log: exceptions themselves say only what holds now."""
    titles = {f"assignment:{column.assignment_id}": column.title for column in columns}
    rows = session.execute(
        select(AuditEvent, User.name)
        .outerjoin(User, User.id == AuditEvent.actor_id)
        .where(AuditEvent.subject.in_(titles), AuditEvent.action.in_(_GRANTS))
    )
    for event, actor in rows:
        if member.learner_id in event.details.get("learners", ()):
            yield Event(event.at, Happened.GRANTED, titles[event.subject], detail=_GRANTS[event.action], by=actor)


_GRANTS = {
    "assignment.grant": "set",
    "assignment.change_grant": "changed",
    "assignment.take_back": "taken back",
}
"""What is done to exceptions, as the log calls it and in words."""
