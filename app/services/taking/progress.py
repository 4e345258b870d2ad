"""Where a learner is: the course page, what comes next, scores over time, mastery by objective."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from app.domain.assignment import Result
from app.domain.attempt import Purpose, State, percent
from app.domain.mastery import WINDOW, Level, level
from app.models import (
    Assignment,
    AssignmentException,
    Attempt,
    Learner,
    LessonProgress,
    Mark,
    ModuleRow,
    ObjectiveRow,
    Standing,
)
from app.services.assigned.due import is_score_released, result_of
from app.services.course import catalogue
from app.services.course.catalogue import LessonLine
from app.services.taking.releases import is_correctness_released

RECENT_MARKS = 600
"""Mastery reads at most this many of a learner's latest marks, so that a page costs the same after years."""

RECENT_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class LessonState:
    slug: str
    title: str
    hook: str
    minutes: int
    is_done: bool
    is_opened: bool
    is_changed: bool
    """Finished, and changed since."""


@dataclass(frozen=True, slots=True)
class ModuleState:
    slug: str
    position: int
    title: str
    summary: str
    lessons: tuple[LessonState, ...]
    best_percent: int | None
    is_passed: bool

    @property
    def done(self) -> int:
        return sum(lesson.is_done for lesson in self.lessons)

    @property
    def minutes(self) -> int:
        return sum(lesson.minutes for lesson in self.lessons)

    @property
    def is_started(self) -> bool:
        return any(lesson.is_opened for lesson in self.lessons) or self.best_percent is not None


@dataclass(frozen=True, slots=True)
class Next:
    """What comes next: a lesson to read (``section`` is where it was left), or a test that is due to be taken."""

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


@dataclass(frozen=True, slots=True)
class CourseView:
    modules: tuple[ModuleState, ...]
    next: Next | None
    open_attempts: tuple[OpenAttempt, ...]


@dataclass(frozen=True, slots=True)
class Score:
    attempt_id: int
    purpose: Purpose
    module_title: str
    number: int
    submitted_at: datetime
    percent: int
    is_passed: bool | None


@dataclass(frozen=True, slots=True)
class ObjectiveLevel:
    title: str
    module_slug: str
    level: Level


@dataclass(frozen=True, slots=True)
class ProgressView:
    course: CourseView
    scores: tuple[Score, ...]
    objectives: tuple[tuple[str, tuple[ObjectiveLevel, ...]], ...]


def course(session: Session, learner: Learner | None, now: datetime) -> CourseView:
    """The course as one learner stands in it: at most five statements; two for a visitor."""
    modules = catalogue.list_modules(session)
    lessons = catalogue.list_lessons(session)
    read = _read(session, learner)
    standings = _standings(session, learner, now)
    states = tuple(_module_state(module, lessons, read, standings) for module in modules)
    return CourseView(
        modules=states, next=_next(modules, lessons, states, read), open_attempts=_open_attempts(session, learner, now)
    )


def module(session: Session, learner: Learner | None, row: ModuleRow, now: datetime) -> ModuleState:
    """One module as one learner stands in it: at most three statements."""
    return _module_state(
        row, catalogue.list_lessons(session, row.id), _read(session, learner), _standings(session, learner, now)
    )


def progress(session: Session, learner: Learner, now: datetime) -> ProgressView:
    """Everything of the progress page: a fixed number of statements, each bounded."""
    return ProgressView(
        course=course(session, learner, now),
        scores=_scores(session, learner, now),
        objectives=_mastery(session, learner, now),
    )


# On every module's page, and built once.
_READ = select(LessonProgress).where(LessonProgress.learner_id == bindparam("learner_id"))
_STANDINGS = (
    select(Standing, Assignment, AssignmentException)
    .outerjoin(Assignment, Assignment.id == Standing.assignment_id)
    .outerjoin(
        AssignmentException,
        and_(
            AssignmentException.assignment_id == Standing.assignment_id,
            AssignmentException.learner_id == Standing.learner_id,
        ),
    )
    .where(Standing.learner_id == bindparam("learner_id"), Standing.purpose == Purpose.TEST)
)


def _read(session: Session, learner: Learner | None) -> dict[int, LessonProgress]:
    if learner is None:
        return {}
    return {row.lesson_id: row for row in session.scalars(_READ, {"learner_id": learner.id})}


def _standings(session: Session, learner: Learner | None, now: datetime) -> dict[int, Result]:
    """The best result in each module's tests whose score is released, assigned ones included: a pass counts wherever it was earned."""
    best: dict[int, Result] = {}
    if learner is None:
        return best
    for row, assignment, exception in session.execute(_STANDINGS, {"learner_id": learner.id}):
        if assignment is not None and not is_score_released(assignment, row, now, exception):
            continue
        found, held = result_of(assignment, row), best.get(row.module_id)
        if held is None or (found.is_passed, found.percent) > (held.is_passed, held.percent):
            best[row.module_id] = found
    return best


def _module_state(
    module: ModuleRow,
    lessons: Sequence[LessonLine],
    read: Mapping[int, LessonProgress],
    standings: Mapping[int, Result],
) -> ModuleState:
    found = standings.get(module.id)
    return ModuleState(
        slug=module.slug,
        position=module.position,
        title=module.title,
        summary=module.summary,
        lessons=tuple(_lesson_state(row, read.get(row.id)) for row in lessons if row.module_id == module.id),
        best_percent=percent(found.percent, 100) if found else None,
        is_passed=found is not None and found.is_passed,
    )


def _lesson_state(row: LessonLine, progress: LessonProgress | None) -> LessonState:
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


def _next(
    modules: Sequence[ModuleRow],
    lessons: Sequence[LessonLine],
    states: Sequence[ModuleState],
    read: Mapping[int, LessonProgress],
) -> Next | None:
    """The lesson that was left last, else the first that was not finished, in the order of the course."""
    unfinished = sorted(
        (row for row in read.values() if row.done_at is None), key=lambda row: row.read_at, reverse=True
    )
    by_id = {row.id: row for row in lessons}
    titles = {module.id: module for module in modules}
    for progress in unfinished:
        row = by_id.get(progress.lesson_id)
        if row is not None:
            home = titles[row.module_id]
            return Next(home.slug, home.title, _lesson_state(row, progress), progress.section, is_begun=True)
    for state in states:
        for lesson in state.lessons:
            if not lesson.is_done:
                return Next(state.slug, state.title, lesson, None, is_begun=bool(read))
    for state in states:
        if not state.is_passed:
            return Next(state.slug, state.title, None, None, is_begun=True)
    return None


def _open_attempts(session: Session, learner: Learner | None, now: datetime) -> tuple[OpenAttempt, ...]:
    if learner is None:
        return ()
    rows = session.execute(
        select(Attempt.id, Attempt.purpose, ModuleRow.title, Attempt.started_at, Attempt.deadline_at)
        .join(ModuleRow, ModuleRow.id == Attempt.module_id)
        .where(Attempt.learner_id == learner.id, Attempt.state == State.OPEN)
        .order_by(Attempt.started_at.desc())
    )
    return tuple(OpenAttempt(*row) for row in rows if row.deadline_at is None or row.deadline_at > now)


def _scores(session: Session, learner: Learner, now: datetime) -> tuple[Score, ...]:
    """The latest results, oldest first; those whose score is not released are left out."""
    rows = session.execute(
        select(Attempt, ModuleRow.title, Assignment, Standing, AssignmentException)
        .join(ModuleRow, ModuleRow.id == Attempt.module_id)
        .outerjoin(Assignment, Assignment.id == Attempt.assignment_id)
        .outerjoin(Standing, and_(Standing.learner_id == Attempt.learner_id, Standing.scope == Attempt.scope))
        .outerjoin(
            AssignmentException,
            and_(
                AssignmentException.assignment_id == Attempt.assignment_id,
                AssignmentException.learner_id == Attempt.learner_id,
            ),
        )
        .where(Attempt.learner_id == learner.id, Attempt.purpose != Purpose.CHECK, Attempt.points.is_not(None))
        .order_by(Attempt.submitted_at.desc())
        .limit(RECENT_ATTEMPTS)
    ).all()
    return tuple(
        Score(
            attempt_id=attempt.id,
            purpose=attempt.purpose,
            module_title=title,
            number=attempt.number,
            submitted_at=attempt.submitted_at or attempt.started_at,
            percent=percent(attempt.points or 0, attempt.max_points or 0),
            is_passed=attempt.is_passed,
        )
        for attempt, title, assignment, standing, exception in reversed(rows)
        if assignment is None or standing is None or is_score_released(assignment, standing, now, exception)
    )


def _mastery(session: Session, learner: Learner, now: datetime) -> tuple[tuple[str, tuple[ObjectiveLevel, ...]], ...]:
    """Mastery of every objective, by module, from the learner's latest marks."""
    recent = session.execute(
        select(Mark.objective_id, Mark.is_right)
        .join(Attempt, Attempt.id == Mark.attempt_id)
        .outerjoin(Assignment, Assignment.id == Attempt.assignment_id)
        .outerjoin(Standing, and_(Standing.learner_id == Attempt.learner_id, Standing.scope == Attempt.scope))
        .where(Mark.learner_id == learner.id, Mark.is_void.is_(False), is_correctness_released(now))
        .order_by(Mark.settled_at.desc(), Mark.attempt_id.desc(), Mark.position.desc())
        .limit(RECENT_MARKS)
    )
    results: dict[int, list[bool]] = defaultdict(list)
    for objective_id, is_right in recent:
        if len(results[objective_id]) < WINDOW:
            results[objective_id].append(is_right)
    rows = session.execute(
        select(ObjectiveRow.id, ObjectiveRow.title, ModuleRow.slug, ModuleRow.title)
        .join(ModuleRow, ModuleRow.id == ObjectiveRow.module_id)
        .where(ObjectiveRow.retired_at.is_(None), ModuleRow.retired_at.is_(None))
        .order_by(ModuleRow.position, ObjectiveRow.position)
    )
    by_module: dict[str, list[ObjectiveLevel]] = defaultdict(list)
    for objective_id, title, module_slug, module_title in rows:
        by_module[module_title].append(ObjectiveLevel(title, module_slug, level(results.get(objective_id, []))))
    return tuple((title, tuple(levels)) for title, levels in by_module.items())
