"""A learner's assignments: what they may start now and what is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Integer, Select, and_, bindparam, case, or_, select
from sqlalchemy.orm import Session, aliased

from app.db import UtcDateTimeType
from app.domain import attempt as rules
from app.domain.assignment import (
    AssignmentState,
    CountedResult,
    GradingMethod,
    resolve_terms,
    select_counted_result,
)
from app.domain.attempt import AttemptError, AttemptState, LearnerExcused, resolve_state
from app.domain.release import is_mark_released
from app.models import (
    Assignment,
    AssignmentException,
    AssignmentLesson,
    Attempt,
    Cohort,
    Learner,
    LessonProgress,
    LessonRow,
    Membership,
    ModuleRow,
    ScopeResult,
    User,
)
from app.permissions import draws_on, is_assigned_to
from app.services.assignments import assignment_sql
from app.services.assignments.assignment_sql import CELL_SEPARATOR, LINE_SEPARATOR
from app.services.assignments.learner_assignments import (
    DONE_STATES,
    OVER_STATES,
    STATES,
    AssignmentView,
    AvailableAssignment,
    UnreadLesson,
)
from app.services.course import selection
from app.services.course.selection import PaperContent

_ME: BindParameter[int] = bindparam("learner_id", type_=Integer())
_NOW: BindParameter[datetime] = bindparam("now", type_=UtcDateTimeType())

_COUNTED = aliased(Attempt)
_COUNTED_ID = case(
    (Assignment.counts == GradingMethod.LATEST, ScopeResult.latest_attempt_id), else_=ScopeResult.best_attempt_id
)

# Built once, because building this statement takes longer than running it.
_SET = (
    select(
        Assignment,
        ModuleRow,
        Cohort,
        User.name,
        AssignmentException,
        ScopeResult,
        Attempt,
        Membership.joined_at,
        select(_COUNTED.is_critical_missed)
        .where(_COUNTED.id == _COUNTED_ID)
        .correlate(Assignment, ScopeResult)
        .scalar_subquery()
        .label("is_critical_missed"),
        *assignment_sql.being_marked(_ME),
        assignment_sql.chosen_lesson_slugs().label("chosen"),
        assignment_sql.pending_pretest(_ME, _NOW).label("before"),
        assignment_sql.unmet_prerequisites(_ME, _NOW).label("required"),
        assignment_sql.unread_lessons(_ME).label("to_read"),
        assignment_sql.dependent_posttests().label("after"),
    )
    .join(Cohort, Cohort.id == Assignment.cohort_id)
    .join(Membership, Membership.cohort_id == Cohort.id)
    .join(ModuleRow, ModuleRow.id == Assignment.module_id)
    .outerjoin(User, User.id == Assignment.created_by_id)
    .outerjoin(AssignmentException, assignment_sql.is_exception(Assignment.id, _ME))
    .outerjoin(ScopeResult, assignment_sql.in_scope(ScopeResult, Assignment, _ME))
    .outerjoin(Attempt, and_(assignment_sql.in_scope(Attempt, Assignment, _ME), Attempt.state == AttemptState.OPEN))
    .where(Membership.learner_id == _ME, Membership.removed_at.is_(None), is_assigned_to(Assignment, _ME))
)
_OPEN_TO_LEARNER = _SET.where(Assignment.withdrawn_at.is_(None), Cohort.archived_at.is_(None))
_OPEN_TO_LEARNER_ONE = _OPEN_TO_LEARNER.where(Assignment.id == bindparam("assignment_id"))
# An attempt under way can be finished after its module left the course.
_DUE = _OPEN_TO_LEARNER.where(
    or_(ModuleRow.retired_at.is_(None), Assignment.test_id.is_not(None), Attempt.id.is_not(None))
)
_DUE_IN_MODULE = _DUE.where(draws_on(Assignment, bindparam("module_id", type_=Integer())))
_ONE = _SET.where(Assignment.id == bindparam("assignment_id"))
# Changing terms or exceptions locks the assignment exclusively, so no attempt starts under terms that are being
# changed.
_STARTABLE = select(Assignment.id).where(Assignment.id == bindparam("assignment_id")).with_for_update(read=True)


def get_available(
    session: Session, learner: Learner, assignment_id: int, now: datetime, *, for_start: bool = False
) -> AvailableAssignment | None:
    """Return an assignment of a learner, or None if it is not for them. ``for_start`` locks it against changes."""
    params = {"assignment_id": assignment_id}
    if for_start and session.scalar(_STARTABLE, params) is None:
        return None
    row = session.execute(_ONE, params | {"learner_id": learner.id, "now": now}).one_or_none()
    return _build_available(row, learner) if row else None


def list_due(session: Session, learner: Learner, now: datetime) -> list[AssignmentView]:
    """List a learner's assignments: to do, then over, then done; each by due date, those without one last.

    What is no longer offered, because its module left the course, is left out.
    """
    return sorted(_list_views(session, learner, now, _DUE, {}), key=_get_sort_key)


def list_due_in_module(session: Session, learner: Learner, module: ModuleRow, now: datetime) -> list[AssignmentView]:
    """List the assignments of :func:`list_due` on one module."""
    return sorted(_list_views(session, learner, now, _DUE_IN_MODULE, {"module_id": module.id}), key=_get_sort_key)


def get_due(session: Session, learner: Learner, assignment_id: int, now: datetime) -> AssignmentView | None:
    """Return one assignment, even if it is no longer offered.

    None if it is not for the learner or is withdrawn, or its cohort is archived.
    """
    params = {"assignment_id": assignment_id, "learner_id": learner.id, "now": now}
    row = session.execute(_OPEN_TO_LEARNER_ONE, params).one_or_none()
    return _build_views(session, [row], learner, now)[0] if row else None


def _list_views(
    session: Session, learner: Learner, now: datetime, statement: Select[Any], params: dict[str, int]
) -> list[AssignmentView]:
    rows = session.execute(statement, params | {"learner_id": learner.id, "now": now}).all()
    views = _build_views(session, rows, learner, now)
    return [view for view in views if view.state is not AssignmentState.NOT_OFFERED]


def _build_views(session: Session, rows: Sequence[Any], learner: Learner, now: datetime) -> list[AssignmentView]:
    contents = [get_content(row.Assignment, row.ModuleRow, frozenset(_split_rows(row.chosen))) for row in rows]
    counts = selection.count_tests(session, contents)
    return [_build_view(row, learner, now, questions) for row, questions in zip(rows, counts, strict=True)]


def get_content(assignment: Assignment, module: ModuleRow, lessons: frozenset[str]) -> PaperContent:
    """Return what the test of an assignment asks. ``lessons`` are the slugs of those chosen for it."""
    return PaperContent(module, lessons, assignment.question_use, assignment.test_id)


@dataclass(frozen=True, slots=True)
class AssignedLesson:
    """A lesson that is part of an assignment."""

    slug: str
    title: str
    minutes: int
    is_done: bool


def list_lessons(session: Session, learner: Learner | None, assignment_id: int) -> list[AssignedLesson]:
    """List the lessons of an assignment, with whether the learner has finished each."""
    rows = session.execute(
        select(LessonRow.slug, LessonRow.title, LessonRow.minutes, LessonProgress.done_at.is_not(None))
        .select_from(Assignment)
        .join(LessonRow, assignment_sql.is_lesson_set(LessonRow))
        .outerjoin(
            LessonProgress,
            and_(LessonProgress.lesson_id == LessonRow.id, LessonProgress.learner_id == (learner.id if learner else 0)),
        )
        .where(Assignment.id == assignment_id)
        .order_by(LessonRow.position)
    )
    return [AssignedLesson(*row) for row in rows]


def is_score_released(
    assignment: Assignment, attempts: int, now: datetime, exception: AssignmentException | None = None
) -> bool:
    """Whether the learner may see the score of their attempts at an assignment. ``attempts`` is how many they submitted."""
    terms = resolve_terms(assignment.base_terms, exception.terms if exception else None)
    return is_mark_released(
        assignment.policy,
        number=attempts,
        attempts_allowed=terms.attempts_allowed,
        closes_at=terms.over_at,
        now=now,
    )


def get_result(assignment: Assignment | None, result: ScopeResult) -> CountedResult:
    """Return the result that counts: the best for a module's own test."""
    best = CountedResult(result.best_percent, result.passed_at is not None)
    if assignment is None:
        return best
    return select_counted_result(assignment.counts, best, CountedResult(result.latest_percent, result.latest_is_passed))


def _build_available(row: Any, learner: Learner) -> AvailableAssignment:
    exception = row.AssignmentException
    lessons = sorted(
        (entry.split(CELL_SEPARATOR) for entry in _split_rows(row.to_read)), key=lambda entry: int(entry[0])
    )
    return AvailableAssignment(
        assignment=row.Assignment,
        module=row.ModuleRow,
        cohort=row.Cohort,
        learner_terms=resolve_terms(
            row.Assignment.base_terms,
            exception.terms if exception else None,
            learner.extra_time_percent,
            row.joined_at,
        ),
        chosen=frozenset(_split_rows(row.chosen)),
        first=tuple(dict.fromkeys([*_split_rows(row.before), *sorted(_split_rows(row.required))])),
        to_read=tuple(UnreadLesson(slug, title) for _position, slug, title in lessons),
        after=tuple(sorted(_split_rows(row.after))),
    )


def _split_rows(column: str | None) -> list[str]:
    return column.split(LINE_SEPARATOR) if column else []


def _build_view(row: Any, learner: Learner, now: datetime, questions: int) -> AssignmentView:
    available, open_attempt, result = _build_available(row, learner), row.Attempt, row.ScopeResult
    assignment = available.assignment
    used = (result.attempts if result else 0) + row.being_marked + (1 if open_attempt else 0)
    is_running = (
        open_attempt is not None
        and resolve_state(open_attempt.state, open_attempt.deadline_at, now) is AttemptState.OPEN
    )
    is_unmarked = (open_attempt is not None and not is_running) or row.being_marked > 0
    is_released = result is not None and is_score_released(assignment, result.attempts, now, row.AssignmentException)
    hindrance = available.find_hindrance(now, used=used, questions=questions)
    counted = get_result(assignment, result) if result and is_released else None
    state = _get_state(assignment, result, hindrance, counted, is_unmarked=is_unmarked, is_used=used > 0)
    view = replace(
        _build_base_view(available, now, questions),
        state=AssignmentState.UNDER_WAY if is_running else state,
        set_by=row.name,
        attempts_used=used,
        hindrance=hindrance,
        open_attempt_id=open_attempt.id if is_running else None,
        open_until=open_attempt.deadline_at if is_running else None,
        unmarked_attempt_id=open_attempt.id if open_attempt and not is_running else row.being_marked_id,
        is_being_marked=row.being_marked > 0,
        counted_attempt_id=_get_counted_attempt_id(assignment, result) if result else None,
        percent=rules.percent(counted.percent, 100) if counted else None,
        is_critical_missed=row.is_critical_missed if counted else None,
    )
    return replace(view, is_overdue=view.is_overdue and view.is_to_do)


def list_posttests(session: Session, assignment: Assignment) -> tuple[str, ...]:
    """List the titles of the assignments that measure gain from this one."""
    found = select(assignment_sql.dependent_posttests()).select_from(Assignment).where(Assignment.id == assignment.id)
    return tuple(sorted(_split_rows(session.scalar(found))))


def view_without_exceptions(
    session: Session, assignment: Assignment, module: ModuleRow, cohort: Cohort, now: datetime
) -> AssignmentView:
    """Return the assignment as a learner without exceptions sees it before starting."""
    terms, after = resolve_terms(assignment.base_terms, None), list_posttests(session, assignment)
    chosen = select(LessonRow.slug).join(AssignmentLesson, AssignmentLesson.lesson_id == LessonRow.id)
    slugs = session.scalars(chosen.where(AssignmentLesson.assignment_id == assignment.id))
    available = AvailableAssignment(assignment, module, cohort, terms, frozenset(slugs), (), (), after)
    [questions] = selection.count_tests(session, [get_content(assignment, module, available.chosen)])
    return _build_base_view(available, now, questions)


def _build_base_view(available: AvailableAssignment, now: datetime, questions: int) -> AssignmentView:
    """Return the view of a learner who has not started."""
    assignment, terms = available.assignment, available.learner_terms
    return AssignmentView(
        assignment_id=assignment.id,
        module_id=assignment.module_id,
        title=assignment.title,
        module_slug=available.module.slug,
        module_title=available.module.title,
        cohort_title=available.cohort.title,
        time_zone=assignment.time_zone,
        set_by=None,
        opens_at=terms.opens_at,
        due_at=terms.due_at,
        closes_at=terms.closes_at,
        over_at=terms.over_at,
        attempts_allowed=terms.attempts_allowed,
        attempts_used=0,
        questions=questions,
        time=terms.get_time(now),
        pass_mark_percent=assignment.pass_mark_percent,
        asks_certainty=assignment.asks_certainty,
        lessons_first=assignment.lessons_first,
        is_latest_counted=assignment.counts is GradingMethod.LATEST,
        policy=assignment.policy,
        state=AssignmentState.NOT_STARTED,
        is_overdue=terms.is_overdue(now),
        was_due_before_joining=terms.was_due_before_joining,
        first=available.first,
        to_read=available.to_read,
        after=available.after,
        test_id=assignment.test_id,
    )


def _get_counted_attempt_id(assignment: Assignment, result: ScopeResult) -> int:
    return result.latest_attempt_id if assignment.counts is GradingMethod.LATEST else result.best_attempt_id


def _get_state(
    assignment: Assignment,
    result: ScopeResult | None,
    hindrance: AttemptError | None,
    counted: CountedResult | None,
    *,
    is_unmarked: bool,
    is_used: bool,
) -> AssignmentState:
    """Return the state if no attempt is in progress. ``counted`` is the released result that counts."""
    is_lost = is_unmarked and assignment.counts is GradingMethod.LATEST
    if counted is not None and counted.is_passed and not is_lost:
        return AssignmentState.PASSED
    if isinstance(hindrance, LearnerExcused):
        return AssignmentState.EXCUSED
    # An attempt that ended by its deadline may turn out to be a pass.
    if is_unmarked or (result is not None and counted is None):
        return AssignmentState.SUBMITTED
    if hindrance is not None:
        return STATES[type(hindrance)]
    return AssignmentState.NOT_PASSED if is_used else AssignmentState.NOT_STARTED


def _get_sort_key(due: AssignmentView) -> tuple[int, float, int]:
    turn = 2 if due.state in DONE_STATES else 1 if due.state in OVER_STATES else 0
    return turn, due.due_at.timestamp() if due.due_at else float("inf"), due.assignment_id
