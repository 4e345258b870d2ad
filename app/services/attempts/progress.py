"""A learner's progress through the course: modules, lessons, the next step and attempts under way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, case, select
from sqlalchemy.orm import Session

from app.domain.assignment import GradingMethod
from app.domain.attempt import AttemptState, Purpose, percent
from app.domain.scope import REVIEW
from app.models import (
    Assignment,
    AssignmentException,
    Attempt,
    Learner,
    LessonProgress,
    ModuleRow,
    ScopeResult,
)
from app.services.assignments import assignment_sql
from app.services.assignments.availability import get_result, is_score_released
from app.services.course.catalogue import LessonLine
from app.services.course.outline import CourseOutline, ModuleLine, get_outline


@dataclass(frozen=True, slots=True)
class LessonState:
    slug: str
    title: str
    hook: str
    minutes: int
    is_done: bool
    is_opened: bool
    is_changed: bool
    """Whether the lesson changed since the learner finished it."""


@dataclass(frozen=True, slots=True)
class ModuleState:
    slug: str
    position: int
    title: str
    summary: str
    lessons: tuple[LessonState, ...]
    best_percent: int | None
    is_passed: bool
    is_safety_missed: bool = False
    """Whether only a missed safety-critical question keeps the best result from being a pass."""

    @property
    def done(self) -> int:
        return sum(lesson.is_done for lesson in self.lessons)

    @property
    def next_lesson(self) -> LessonState | None:
        """The lesson to go on with: the first that was opened and not finished, else the first not finished."""
        unread = [lesson for lesson in self.lessons if not lesson.is_done]
        return next((lesson for lesson in unread if lesson.is_opened), unread[0] if unread else None)

    @property
    def minutes(self) -> int:
        return sum(lesson.minutes for lesson in self.lessons)

    @property
    def is_started(self) -> bool:
        return any(lesson.is_opened for lesson in self.lessons) or self.best_percent is not None


@dataclass(frozen=True, slots=True)
class BestResult:
    """A learner's best released result in a module; see :class:`ModuleState`."""

    percent: float
    is_passed: bool
    is_safety_missed: bool


@dataclass(frozen=True, slots=True)
class NextStep:
    """The next lesson, or the module's test if ``lesson`` is None. ``section`` is where reading stopped."""

    module_slug: str
    module_title: str
    lesson: LessonState | None
    section: str | None
    is_begun: bool


@dataclass(frozen=True, slots=True)
class OpenAttempt:
    id: int
    purpose: Purpose
    module_title: str
    started_at: datetime
    deadline_at: datetime | None
    scope: str

    @property
    def is_review(self) -> bool:
        return self.scope == REVIEW


@dataclass(frozen=True, slots=True)
class CourseView:
    modules: tuple[ModuleState, ...]
    next: NextStep | None
    open_attempts: tuple[OpenAttempt, ...]


def view_course(session: Session, learner: Learner | None, now: datetime) -> CourseView:
    """Return the course with one learner's progress, or without any for a visitor."""
    states, following = view_modules(session, learner, now)
    return CourseView(states, following, _list_open_attempts(session, learner, now))


def view_modules(
    session: Session, learner: Learner | None, now: datetime
) -> tuple[tuple[ModuleState, ...], NextStep | None]:
    """Return the modules of the course with one learner's progress, and what comes next."""
    outline = get_outline(session)
    read = _get_lesson_progress(session, learner)
    results = _get_best_results(session, learner, now)
    states = tuple(
        _build_module_state(module, outline.by_module[module.id], read, results) for module in outline.modules
    )
    return states, _choose_next(outline, states, read)


def view_module(session: Session, learner: Learner | None, row: ModuleRow, now: datetime) -> ModuleState:
    """Return one module with a learner's progress, or without any for a visitor."""
    return _build_module_state(
        row,
        get_outline(session, row.library_id).by_module.get(row.id, ()),
        _get_lesson_progress(session, learner),
        _get_best_results(session, learner, now),
    )


# Built once, because every module page runs them.
_LESSON_PROGRESS = select(LessonProgress).where(LessonProgress.learner_id == bindparam("learner_id"))
_COUNTED_ID = case(
    (Assignment.counts == GradingMethod.LATEST, ScopeResult.latest_attempt_id), else_=ScopeResult.best_attempt_id
)
_RESULTS = (
    select(ScopeResult, Assignment, AssignmentException, Attempt.is_critical_missed, Attempt.pass_mark_percent)
    .outerjoin(Assignment, Assignment.id == ScopeResult.assignment_id)
    .join(Attempt, Attempt.id == _COUNTED_ID)
    .outerjoin(AssignmentException, assignment_sql.is_exception_of(ScopeResult))
    .where(ScopeResult.learner_id == bindparam("learner_id"), ScopeResult.purpose == Purpose.TEST)
    # A composed test asks about several modules, and passes none of them.
    .where(~assignment_sql.is_pretest(), Assignment.test_id.is_(None))
)


def _get_lesson_progress(session: Session, learner: Learner | None) -> dict[int, LessonProgress]:
    if learner is None:
        return {}
    return {row.lesson_id: row for row in session.scalars(_LESSON_PROGRESS, {"learner_id": learner.id})}


def _get_best_results(session: Session, learner: Learner | None, now: datetime) -> dict[int, BestResult]:
    """Return the best released result by module.

    Assigned tests count as well as the module's own, but neither pre-tests nor composed tests.
    """
    best: dict[int, BestResult] = {}
    if learner is None:
        return best
    for row, assignment, exception, is_critical_missed, pass_mark in session.execute(
        _RESULTS, {"learner_id": learner.id}
    ):
        if assignment is not None and not is_score_released(assignment, row.attempts, now, exception):
            continue
        found, held = get_result(assignment, row), best.get(row.module_id)
        if held is None or (found.is_passed, found.percent) > (held.is_passed, held.percent):
            is_enough = percent(found.percent, 100) >= pass_mark
            best[row.module_id] = BestResult(
                found.percent, found.is_passed, is_enough and bool(is_critical_missed) and not found.is_passed
            )
    return best


def _build_module_state(
    module: ModuleRow | ModuleLine,
    lessons: Sequence[LessonLine],
    read: Mapping[int, LessonProgress],
    results: Mapping[int, BestResult],
) -> ModuleState:
    found = results.get(module.id)
    return ModuleState(
        slug=module.slug,
        position=module.position,
        title=module.title,
        summary=module.summary,
        lessons=tuple(_build_lesson_state(row, read.get(row.id)) for row in lessons),
        best_percent=percent(found.percent, 100) if found else None,
        is_passed=found is not None and found.is_passed,
        is_safety_missed=found is not None and found.is_safety_missed,
    )


def _build_lesson_state(row: LessonLine, progress: LessonProgress | None) -> LessonState:
    is_done = progress is not None and progress.done_at is not None
    return LessonState(
        slug=row.slug,
        title=row.title,
        hook=row.hook,
        minutes=row.minutes,
        is_done=is_done,
        is_opened=progress is not None,
        is_changed=is_done and progress is not None and (progress.done_revision or 0) < row.revision,
    )


def _choose_next(
    outline: CourseOutline,
    states: Sequence[ModuleState],
    read: Mapping[int, LessonProgress],
) -> NextStep | None:
    """Choose the unfinished lesson read last, else the first unfinished lesson, else the first module not passed."""
    unfinished = sorted(
        (row for row in read.values() if row.done_at is None), key=lambda row: row.read_at, reverse=True
    )
    by_id = {row.id: row for row in outline.lessons}
    titles = {module.id: module for module in outline.modules}
    for progress in unfinished:
        row = by_id.get(progress.lesson_id)
        if row is not None:
            home = titles[row.module_id]
            return NextStep(home.slug, home.title, _build_lesson_state(row, progress), progress.section, is_begun=True)
    for state in states:
        for lesson in state.lessons:
            if not lesson.is_done:
                return NextStep(state.slug, state.title, lesson, None, is_begun=bool(read))
    for state in states:
        if not state.is_passed:
            return NextStep(state.slug, state.title, None, None, is_begun=True)
    return None


# Built once, because every view of Home runs it.
_OPEN_ATTEMPTS = (
    select(Attempt.id, Attempt.purpose, ModuleRow.title, Attempt.started_at, Attempt.deadline_at, Attempt.scope)
    .join(ModuleRow, ModuleRow.id == Attempt.module_id)
    .where(Attempt.learner_id == bindparam("learner_id"), Attempt.state == AttemptState.OPEN)
    .order_by(Attempt.started_at.desc())
)


def _list_open_attempts(session: Session, learner: Learner | None, now: datetime) -> tuple[OpenAttempt, ...]:
    if learner is None:
        return ()
    rows = session.execute(_OPEN_ATTEMPTS, {"learner_id": learner.id})
    return tuple(OpenAttempt(*row) for row in rows if row.deadline_at is None or row.deadline_at > now)
