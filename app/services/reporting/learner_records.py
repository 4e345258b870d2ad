"""One learner as the trainers of one cohort see them.

The record covers the cohort's assignments with their attempts, and the finished lessons of its modules. Mastery is
computed from the tests of this cohort only. Practice, modules' own tests and other cohorts are private and not read
here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from app.domain.assignment import LearnerTerms, resolve_terms
from app.domain.attempt import AttemptState, percent, resolve_state
from app.domain.gradebook import GradebookColumn
from app.domain.mastery import RECENT_MARKS, UNSEEN, ObjectiveMastery, levels
from app.domain.scope import build_assignment_scope
from app.models import (
    Assignment,
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
from app.permissions import draws_on
from app.services.log import subjects
from app.services.reporting import gradebook
from app.services.reporting.gradebook import Gradebook, GradebookQuery, GradebookRow
from app.services.reporting.gradebook_cells import list_columns
from app.services.reporting.gradebook_members import GradebookMember

MAX_EVENTS = 200
"""The maximum number of events in the timeline."""


class EventType(StrEnum):
    JOINED = "joined"
    REMOVED = "removed"
    LESSON = "lesson"
    STARTED = "started"
    SUBMITTED = "submitted"
    MARK = "mark"
    GRANTED = "granted"


@dataclass(frozen=True, slots=True)
class AttemptLine:
    """An attempt at an assignment of the cohort.

    ``percent`` is None until it is marked; ``counts`` is set if it is the result.
    """

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
class TimelineEvent:
    """One line of the timeline.

    ``about`` is a title, ``taken`` the attempt it belongs to, ``position`` the question whose mark was changed, and
    ``by`` the actor if not the learner.
    """

    at: datetime
    what: EventType
    about: str = ""
    taken: AttemptLine | None = None
    detail: str = ""
    by: str | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True)
class ExceptionLine:
    """An exception of the learner, with its assignment."""

    column: GradebookColumn
    exception: AssignmentException


@dataclass(frozen=True, slots=True)
class ObjectiveLine:
    title: str
    level: ObjectiveMastery


@dataclass(frozen=True, slots=True)
class LearnerRecord:
    """Everything that trainers see about a learner.

    ``goals`` are the objectives of the cohort's modules by module title, in course order; ``events`` starts with the
    latest.
    """

    member: GradebookMember
    row: GradebookRow
    columns: tuple[GradebookColumn, ...]
    attempts: tuple[AttemptLine, ...]
    granted: tuple[ExceptionLine, ...]
    goals: tuple[tuple[str, tuple[ObjectiveLine, ...]], ...]
    events: tuple[TimelineEvent, ...]


def get_member(session: Session, cohort: Cohort, learner_id: int) -> GradebookMember | None:
    """Return a current or former member of the cohort; None for an erased account."""
    row = session.execute(
        select(
            Learner.id,
            User.name,
            User.email,
            Membership.joined_at,
            Membership.removed_at,
            ~User.active,
            func.coalesce(Membership.student_number, ""),
        )
        .join(User, User.id == Learner.user_id)
        .join(Membership, Membership.learner_id == Learner.id)
        .where(Membership.cohort_id == cohort.id, Learner.id == learner_id)
    ).one_or_none()
    return GradebookMember(*row) if row else None


def get_record(session: Session, cohort: Cohort, member: GradebookMember, now: datetime) -> LearnerRecord:
    """Return the whole record of a member."""
    everything = list_columns(session, cohort)
    exceptions = _load_exceptions(session, everything, member)
    columns = tuple(column for column in everything if not column.is_withdrawn)
    book = Gradebook(cohort, GradebookQuery(), columns, len(everything) - len(columns), 0, (member,))
    (row,) = gradebook.load_rows(session, book, [member], now)
    attempts = _list_attempts(session, everything, exceptions, member, row, now)
    return LearnerRecord(
        member=member,
        row=row,
        columns=columns,
        attempts=attempts,
        granted=tuple(
            ExceptionLine(column, exceptions[column.assignment_id])
            for column in everything
            if column.assignment_id in exceptions
        ),
        goals=_list_mastery(session, everything, member),
        events=_list_events(session, everything, member, attempts),
    )


def _get_scopes(columns: Sequence[GradebookColumn]) -> list[str]:
    return [build_assignment_scope(column.assignment_id) for column in columns]


def _load_exceptions(
    session: Session, columns: Sequence[GradebookColumn], member: GradebookMember
) -> dict[int, AssignmentException]:
    """Return the learner's exceptions by assignment."""
    ids = [column.assignment_id for column in columns]
    rows = session.scalars(
        select(AssignmentException).where(
            AssignmentException.assignment_id.in_(ids), AssignmentException.learner_id == member.learner_id
        )
    )
    return {row.assignment_id: row for row in rows}


def _list_attempts(
    session: Session,
    columns: Sequence[GradebookColumn],
    exceptions: Mapping[int, AssignmentException],
    member: GradebookMember,
    row: GradebookRow,
    now: datetime,
) -> tuple[AttemptLine, ...]:
    """Return all attempts at the cohort's assignments, the latest first."""
    by_id = {column.assignment_id: column for column in columns}
    counted = {it.attempt_id for it in row.cells if it.is_handed_in}
    holds = {
        number: resolve_terms(
            column.terms, exceptions[number].terms if number in exceptions else None, joined_at=member.joined_at
        )
        for number, column in by_id.items()
    }
    rows = session.scalars(
        select(Attempt)
        .where(Attempt.learner_id == member.learner_id, Attempt.scope.in_(_get_scopes(columns)))
        .order_by(Attempt.id.desc())
    )
    return tuple(
        _build_attempt(
            attempt, by_id[attempt.assignment_id], holds[attempt.assignment_id], now, counts=attempt.id in counted
        )
        for attempt in rows
        if attempt.assignment_id is not None
    )


def _build_attempt(
    attempt: Attempt, column: GradebookColumn, holds: LearnerTerms, now: datetime, *, counts: bool
) -> AttemptLine:
    is_over = resolve_state(attempt.state, attempt.deadline_at, now) is AttemptState.SUBMITTED
    submitted_at = attempt.submitted_at or (attempt.deadline_at if is_over else None)
    return AttemptLine(
        attempt_id=attempt.id,
        assignment_id=column.assignment_id,
        title=column.title,
        number=attempt.number,
        started_at=attempt.started_at,
        submitted_at=submitted_at,
        percent=None if attempt.points is None else percent(attempt.points, attempt.max_points or 0),
        is_passed=bool(attempt.is_passed),
        is_critical_missed=bool(attempt.is_critical_missed),
        late_by=holds.late_by(submitted_at) if submitted_at else None,
        counts=counts,
    )


def _list_mastery(
    session: Session, columns: Sequence[GradebookColumn], member: GradebookMember
) -> tuple[tuple[str, tuple[ObjectiveLine, ...]], ...]:
    """Compute mastery of the objectives of the cohort's modules from the latest marks in its tests."""
    latest = session.execute(
        select(Mark.objective_id, Mark.is_right)
        .join(Attempt, Attempt.id == Mark.attempt_id)
        .where(
            Attempt.learner_id == member.learner_id,
            Attempt.scope.in_(_get_scopes(columns)),
            Attempt.state == AttemptState.SUBMITTED,
            Mark.is_void.is_(False),
        )
        .order_by(Mark.attempt_id.desc(), Mark.position.desc())
        .limit(RECENT_MARKS)
    )
    found = levels((objective_id, is_right) for objective_id, is_right in latest)
    ids = [column.assignment_id for column in columns]
    is_asked = exists().where(Assignment.id.in_(ids), draws_on(Assignment, ModuleRow.id))
    rows = session.execute(
        select(ObjectiveRow.id, ObjectiveRow.title, ModuleRow.title)
        .join(ModuleRow, ModuleRow.id == ObjectiveRow.module_id)
        .where(is_asked.correlate(ModuleRow), ObjectiveRow.retired_at.is_(None))
        .order_by(ModuleRow.position, ObjectiveRow.position)
    )
    goals: dict[str, list[ObjectiveLine]] = defaultdict(list)
    for objective_id, title, module in rows:
        goals[module].append(ObjectiveLine(title, found.get(objective_id, UNSEEN)))
    return tuple((module, tuple(lines)) for module, lines in goals.items())


# -- the timeline ------------------------------------------------------------------------------------------------------


def _list_events(
    session: Session, columns: Sequence[GradebookColumn], member: GradebookMember, attempts: Sequence[AttemptLine]
) -> tuple[TimelineEvent, ...]:
    events = [
        TimelineEvent(member.joined_at, EventType.JOINED),
        *_build_attempt_events(attempts),
        *_list_lesson_events(session, columns, member),
        *_list_change_events(session, attempts),
        *_list_exception_events(session, columns, member),
    ]
    if member.removed_at is not None:
        events.append(TimelineEvent(member.removed_at, EventType.REMOVED))
    return tuple(sorted(events, key=lambda event: event.at, reverse=True)[:MAX_EVENTS])


def _build_attempt_events(attempts: Iterable[AttemptLine]) -> Iterator[TimelineEvent]:
    for taken in attempts:
        # Yielded before the start: if both have the same time, the stable sort keeps the submission above the start.
        if taken.submitted_at is not None:
            yield TimelineEvent(taken.submitted_at, EventType.SUBMITTED, taken.title, taken)
        yield TimelineEvent(taken.started_at, EventType.STARTED, taken.title, taken)


def _list_lesson_events(
    session: Session, columns: Sequence[GradebookColumn], member: GradebookMember
) -> Iterator[TimelineEvent]:
    """Yield the finished lessons of the cohort's modules, of a former member until they left."""
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
        if done_at is not None and (member.removed_at is None or done_at <= member.removed_at):
            yield TimelineEvent(done_at, EventType.LESSON, title)


def _list_change_events(session: Session, attempts: Sequence[AttemptLine]) -> Iterator[TimelineEvent]:
    by_id: Mapping[int, AttemptLine] = {taken.attempt_id: taken for taken in attempts}
    rows = session.execute(
        select(MarkChange.changed_at, MarkChange.attempt_id, MarkChange.position, MarkChange.reason, User.name)
        .outerjoin(User, User.id == MarkChange.actor_id)
        .where(MarkChange.attempt_id.in_(by_id))
    )
    for at, attempt_id, position, reason, actor in rows:
        taken = by_id[attempt_id]
        yield TimelineEvent(at, EventType.MARK, taken.title, taken, reason, actor, position)


def _list_exception_events(
    session: Session, columns: Sequence[GradebookColumn], member: GradebookMember
) -> Iterator[TimelineEvent]:
    """Read events from the audit log, because an exception holds only its current terms."""
    titles = {subjects.make_reference("assignment", column.assignment_id): column.title for column in columns}
    rows = session.execute(
        select(AuditEvent, User.name)
        .outerjoin(User, User.id == AuditEvent.actor_id)
        .where(AuditEvent.subject.in_(titles), AuditEvent.action.in_(_EXCEPTION_ACTIONS))
    )
    for event, actor in rows:
        if member.learner_id in event.details.get("learners", ()):
            yield TimelineEvent(
                event.at, EventType.GRANTED, titles[event.subject], detail=_EXCEPTION_ACTIONS[event.action], by=actor
            )


_EXCEPTION_ACTIONS = {
    "assignment.grant": "set",
    "assignment.change_grant": "changed",
    "assignment.take_back": "removed",
}
"""What each action of the audit log did to an exception."""
