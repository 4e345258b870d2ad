"""What is set for a learner: what they may start now, and what is due, in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BindParameter, Integer, and_, bindparam, select
from sqlalchemy.orm import Session

from app.db import UTCDateTime
from app.domain import attempt as rules
from app.domain.assignment import Counts, Effective, Result, effective, result
from app.domain.attempt import (
    AssignmentClosed,
    AssignmentWithdrawn,
    AttemptError,
    CohortArchived,
    ExcusedFromIt,
    LessonsFirst,
    NotOpenYet,
    OthersFirst,
    State,
    state_at,
)
from app.domain.release import Policy, is_mark_released
from app.models import (
    Assignment,
    AssignmentException,
    Attempt,
    Cohort,
    Learner,
    LessonProgress,
    LessonRow,
    Membership,
    ModuleRow,
    Standing,
    User,
)
from app.services.assigned import terms
from app.services.assigned.terms import CELL, LINE


@dataclass(frozen=True, slots=True)
class ToRead:
    """A lesson that has to be finished before the test."""

    slug: str
    title: str


@dataclass(frozen=True, slots=True)
class Granted:
    """An assignment that is for a learner, with what holds for them and what keeps them from starting.

    ``chosen`` are the slugs of its lessons, none where all of the module are set; ``first`` the titles of what comes before it, ``after`` of
    what measures a gain from it.
    """

    assignment: Assignment
    module: ModuleRow
    cohort: Cohort
    effective: Effective
    chosen: frozenset[str]
    first: tuple[str, ...]
    to_read: tuple[ToRead, ...]
    after: tuple[str, ...]

    @property
    def module_slug(self) -> str:
        return self.module.slug

    @property
    def extra_time_percent(self) -> int:
        return self.effective.extra_time_percent

    def hindrance(self, now: datetime) -> AttemptError | None:
        """Why no attempt can be started at ``now``, but for their number; None where one can."""
        opens, closes = self.effective.opens_at, self.effective.closes_at
        if self.assignment.withdrawn_at is not None:
            return AssignmentWithdrawn()
        if self.cohort.archived_at is not None:
            return CohortArchived()
        if self.effective.is_excused:
            return ExcusedFromIt()
        if closes is not None and now > closes:
            return AssignmentClosed()
        if opens is not None and now < opens:
            return NotOpenYet(opens)
        if self.first:
            return OthersFirst(self.first)
        return LessonsFirst([lesson.title for lesson in self.to_read]) if self.to_read else None


class DueState(StrEnum):
    """Where a learner is with an assignment.

    ``HANDED_IN``: the score is not released yet. ``CLOSED``: not passed, and no attempt can be started any more. ``WAITING``: other
    assignments come first; ``LESSONS``: lessons do.
    """

    NOT_STARTED = "not_started"
    UNDER_WAY = "under_way"
    HANDED_IN = "handed_in"
    NOT_PASSED = "not_passed"
    PASSED = "passed"
    CLOSED = "closed"
    OPENS_LATER = "opens_later"
    WAITING = "waiting"
    LESSONS = "lessons"
    EXCUSED = "excused"


_STATE_OF: dict[type[AttemptError], DueState] = {
    AssignmentClosed: DueState.CLOSED,
    NotOpenYet: DueState.OPENS_LATER,
    OthersFirst: DueState.WAITING,
    LessonsFirst: DueState.LESSONS,
    ExcusedFromIt: DueState.EXCUSED,
}
_DONE = (DueState.PASSED, DueState.EXCUSED)
_OVER = (DueState.HANDED_IN, DueState.CLOSED)


@dataclass(frozen=True, slots=True)
class Due:
    """One assignment as its learner sees it: times and limits are those that hold for them.

    ``attempts_used`` counts the one under way; ``percent`` is that of the attempt that counts, None before the first result that is released.
    ``is_late``: it was due, and is still to be done. ``time_limit_minutes`` is without, ``minutes`` with their extra time.
    """

    assignment_id: int
    title: str
    module_slug: str
    module_title: str
    cohort_title: str
    time_zone: str
    set_by: str | None
    opens_at: datetime | None
    due_at: datetime | None
    closes_at: datetime | None
    attempts_allowed: int | None
    attempts_used: int
    time_limit_minutes: int | None
    minutes: int | None
    pass_mark_percent: int
    asks_certainty: bool
    lessons_first: bool
    is_latest_counted: bool
    policy: Policy
    state: DueState
    is_late: bool
    first: tuple[str, ...]
    to_read: tuple[ToRead, ...]
    after: tuple[str, ...]
    open_attempt_id: int | None
    percent: int | None


_ME: BindParameter[int] = bindparam("learner_id", type_=Integer())
_NOW: BindParameter[datetime] = bindparam("now", type_=UTCDateTime())

# Built once: building it takes longer than running it.
_SET = (
    select(
        Assignment,
        ModuleRow,
        Cohort,
        User.name,
        AssignmentException,
        Standing,
        Attempt,
        terms.chosen_lessons().label("chosen"),
        terms.to_be_taken(_ME, _NOW).label("before"),
        terms.to_be_passed(_ME, _NOW).label("required"),
        terms.to_be_read(_ME).label("to_read"),
        terms.measured_from_it().label("after"),
    )
    .join(Cohort, Cohort.id == Assignment.cohort_id)
    .join(Membership, Membership.cohort_id == Cohort.id)
    .join(ModuleRow, ModuleRow.id == Assignment.module_id)
    .outerjoin(User, User.id == Assignment.created_by_id)
    .outerjoin(
        AssignmentException,
        and_(AssignmentException.assignment_id == Assignment.id, AssignmentException.learner_id == _ME),
    )
    .outerjoin(Standing, terms.in_scope(Standing, Assignment, _ME))
    .outerjoin(Attempt, and_(terms.in_scope(Attempt, Assignment, _ME), Attempt.state == State.OPEN))
    .where(Membership.learner_id == _ME, Membership.removed_at.is_(None), terms.is_for(Assignment, _ME))
)
_DUE = _SET.where(Assignment.withdrawn_at.is_(None), Cohort.archived_at.is_(None))
_DUE_ONE = _DUE.where(Assignment.id == bindparam("assignment_id"))
_ONE = _SET.where(Assignment.id == bindparam("assignment_id"))
# Whoever changes terms or exceptions waits for those who start, and they for them: so nobody begins under terms that are just being changed.
_BEGINNING = select(Assignment.id).where(Assignment.id == bindparam("assignment_id")).with_for_update(read=True)


def get_granted(
    session: Session, learner: Learner, assignment_id: int, now: datetime, *, for_start: bool = False
) -> Granted | None:
    """An assignment that is for a learner now, with one statement, two ``for_start``; None where it is not for them."""
    asked = {"assignment_id": assignment_id}
    if for_start and session.scalar(_BEGINNING, asked) is None:
        return None
    row = session.execute(_ONE, asked | {"learner_id": learner.id, "now": now}).one_or_none()
    return _granted(row, learner) if row else None


def list_due(session: Session, learner: Learner, now: datetime) -> list[Due]:
    """What is set for a learner: what is to be done first, by due date, those without one last; then what is over, then what is done.

    One statement, whatever the number of assignments.
    """
    rows = session.execute(_DUE, {"learner_id": learner.id, "now": now})
    return sorted((_due(row, learner, now) for row in rows), key=_urgency)


def get_due(session: Session, learner: Learner, assignment_id: int, now: datetime) -> Due | None:
    """One of them, with one statement; None where it is not for the learner, was withdrawn, or its cohort is archived."""
    asked = {"assignment_id": assignment_id, "learner_id": learner.id, "now": now}
    row = session.execute(_DUE_ONE, asked).one_or_none()
    return _due(row, learner, now) if row else None


@dataclass(frozen=True, slots=True)
class SetLesson:
    """A lesson that is set with an assignment."""

    slug: str
    title: str
    minutes: int
    is_done: bool


def list_lessons(session: Session, learner: Learner | None, assignment_id: int) -> list[SetLesson]:
    """The lessons that are set with an assignment, and which of them a learner has finished: one statement."""
    rows = session.execute(
        select(LessonRow.slug, LessonRow.title, LessonRow.minutes, LessonProgress.done_at.is_not(None))
        .select_from(Assignment)
        .join(LessonRow, terms.is_set(LessonRow))
        .outerjoin(
            LessonProgress,
            and_(LessonProgress.lesson_id == LessonRow.id, LessonProgress.learner_id == (learner.id if learner else 0)),
        )
        .where(Assignment.id == assignment_id)
        .order_by(LessonRow.position)
    )
    return [SetLesson(*row) for row in rows]


def is_score_released(
    assignment: Assignment, standing: Standing, now: datetime, exception: AssignmentException | None = None
) -> bool:
    """Whether the learner may know how their attempts at an assignment went; ``exception`` is theirs."""
    holds = effective(assignment.for_all, exception.grant if exception else None)
    return is_mark_released(
        assignment.policy,
        number=standing.attempts,
        attempts_allowed=holds.attempts_allowed,
        closes_at=holds.over_at,
        now=now,
    )


def result_of(assignment: Assignment | None, standing: Standing) -> Result:
    """The result that counts; of a module's own test the best."""
    best = Result(standing.best_percent, standing.passed_at is not None)
    if assignment is None:
        return best
    return result(assignment.counts, best, Result(standing.latest_percent, standing.latest_is_passed))


def _granted(row: Any, learner: Learner) -> Granted:
    exception = row.AssignmentException
    lessons = sorted((entry.split(CELL) for entry in _entries(row.to_read)), key=lambda entry: int(entry[0]))
    return Granted(
        assignment=row.Assignment,
        module=row.ModuleRow,
        cohort=row.Cohort,
        effective=effective(row.Assignment.for_all, exception.grant if exception else None, learner.extra_time_percent),
        chosen=frozenset(_entries(row.chosen)),
        first=tuple(dict.fromkeys([*_entries(row.before), *sorted(_entries(row.required))])),
        to_read=tuple(ToRead(slug, title) for _position, slug, title in lessons),
        after=tuple(sorted(_entries(row.after))),
    )


def _entries(column: str | None) -> list[str]:
    return column.split(LINE) if column else []


def _due(row: Any, learner: Learner, now: datetime) -> Due:
    granted, begun, standing = _granted(row, learner), row.Attempt, row.Standing
    assignment = granted.assignment
    is_running = begun is not None and state_at(begun.state, begun.deadline_at, now) is State.OPEN
    used = (standing.attempts if standing else 0) + (1 if begun else 0)
    is_told = standing is not None and is_score_released(assignment, standing, now, row.AssignmentException)
    return _shown(
        granted,
        now,
        state=DueState.UNDER_WAY if is_running else _state(granted, standing, used, now, is_told=is_told),
        set_by=row.name,
        attempts_used=used,
        open_attempt_id=begun.id if is_running else None,
        percent=rules.percent(result_of(assignment, standing).percent, 100) if standing and is_told else None,
    )


def list_after(session: Session, assignment: Assignment) -> tuple[str, ...]:
    """The titles of what measures a gain from an assignment."""
    found = select(terms.measured_from_it()).select_from(Assignment).where(Assignment.id == assignment.id)
    return tuple(sorted(_entries(session.scalar(found))))


def as_anybody(session: Session, assignment: Assignment, module: ModuleRow, cohort: Cohort, now: datetime) -> Due:
    """The assignment as a learner without exceptions sees it before they begin: one statement."""
    holds, after = effective(assignment.for_all, None), list_after(session, assignment)
    granted = Granted(assignment, module, cohort, holds, frozenset(), (), (), after)
    return _shown(granted, now, state=DueState.NOT_STARTED)


def _shown(
    granted: Granted,
    now: datetime,
    *,
    state: DueState,
    set_by: str | None = None,
    attempts_used: int = 0,
    open_attempt_id: int | None = None,
    percent: int | None = None,
) -> Due:
    assignment, holds = granted.assignment, granted.effective
    limit = assignment.time_limit_minutes
    return Due(
        assignment_id=assignment.id,
        title=assignment.title,
        module_slug=granted.module.slug,
        module_title=granted.module.title,
        cohort_title=granted.cohort.title,
        time_zone=assignment.time_zone,
        set_by=set_by,
        opens_at=holds.opens_at,
        due_at=holds.due_at,
        closes_at=holds.closes_at,
        attempts_allowed=holds.attempts_allowed,
        attempts_used=attempts_used,
        time_limit_minutes=limit,
        minutes=limit and limit * (100 + holds.extra_time_percent) // 100,
        pass_mark_percent=assignment.pass_mark_percent,
        asks_certainty=assignment.asks_certainty,
        lessons_first=assignment.lessons_first,
        is_latest_counted=assignment.counts is Counts.LATEST,
        policy=assignment.policy,
        state=state,
        is_late=holds.due_at is not None and holds.due_at < now and state not in (*_DONE, *_OVER),
        first=granted.first,
        to_read=granted.to_read,
        after=granted.after,
        open_attempt_id=open_attempt_id,
        percent=percent,
    )


def _state(granted: Granted, standing: Standing | None, used: int, now: datetime, *, is_told: bool) -> DueState:
    """The state where nothing is under way."""
    if standing is not None and is_told and result_of(granted.assignment, standing).is_passed:
        return DueState.PASSED
    if granted.effective.is_excused:
        return DueState.EXCUSED
    if standing is not None and not is_told:
        return DueState.HANDED_IN
    allowed = granted.effective.attempts_allowed
    if allowed is not None and used >= allowed:
        return DueState.CLOSED
    hindrance = granted.hindrance(now)
    if hindrance is not None:
        return _STATE_OF[type(hindrance)]
    return DueState.NOT_PASSED if used else DueState.NOT_STARTED


def _urgency(due: Due) -> tuple[int, float, int]:
    turn = 2 if due.state in _DONE else 1 if due.state in _OVER else 0
    return turn, due.due_at.timestamp() if due.due_at else float("inf"), due.assignment_id
