"""SQL for the terms of assignments: recipients, closing, prerequisites. :mod:`app.domain.assignment` has the rules."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    ScalarSelect,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.domain.assignment import GradingMethod
from app.domain.attempt import AttemptState
from app.domain.release import ReleaseMoment
from app.domain.scope import ASSIGNMENT
from app.models import (
    Assignment,
    AssignmentException,
    AssignmentLesson,
    Attempt,
    LessonProgress,
    LessonRow,
    Prerequisite,
    ScopeResult,
)
from app.permissions import is_assigned_to

LINE_SEPARATOR, CELL_SEPARATOR = "\n", "\t"
"""Separators for a column with several entries, and within an entry. Titles contain neither."""

MomentParam = datetime | BindParameter[datetime]
IdParam = InstrumentedAttribute[int] | BindParameter[int]


def in_scope(row: Any, assignment: Any, learner_id: IdParam) -> ColumnElement[bool]:
    """Whether a row of ``Attempt`` or ``ScopeResult`` belongs to this learner and assignment.

    Both tables are indexed by learner and scope. Comparing ``assignment_id`` would read the whole cohort's rows.
    """
    scope = literal(ASSIGNMENT, String) + cast(assignment.id, String)
    return and_(row.learner_id == learner_id, row.scope == scope)


def is_exception(assignment_id: Any, learner_id: Any, exception: Any = AssignmentException) -> ColumnElement[bool]:
    """Whether a row of ``AssignmentException``, or of an alias, belongs to this learner and assignment."""
    return and_(exception.assignment_id == assignment_id, exception.learner_id == learner_id)


def is_exception_of(row: Any) -> ColumnElement[bool]:
    """Return :func:`is_exception` for a row of ``Attempt`` or ``ScopeResult``."""
    return is_exception(row.assignment_id, row.learner_id)


def own_due(assignment: Any, exception: Any) -> ColumnElement[datetime | None]:
    """Return the due date as in :func:`app.domain.assignment.resolve_terms`; ``exception`` is outer-joined."""
    return case((exception.due_at > assignment.due_at, exception.due_at), else_=assignment.due_at)


def is_excused(assignment: Any, learner_id: IdParam) -> ColumnElement[bool]:
    excused = exists().where(is_exception(assignment.id, learner_id), AssignmentException.is_excused)
    return excused.correlate_except(AssignmentException)


def attempts_allowed(assignment: Any, learner_id: IdParam) -> ColumnElement[int | None]:
    """Return this learner's number of attempts; null means unlimited."""
    more = (
        select(AssignmentException.more_attempts)
        .where(is_exception(assignment.id, learner_id))
        .correlate_except(AssignmentException)
        .scalar_subquery()
    )
    return assignment.attempts_allowed + func.coalesce(more, 0)  # type: ignore[no-any-return]


def is_closed_when_due(assignment: Any) -> ColumnElement[bool]:
    """Whether an assignment has a due date, and :attr:`app.domain.release.ReleasePolicy.waits_for_closing` is true."""
    moments = (
        assignment.release_mark,
        assignment.release_correctness,
        assignment.release_key,
        assignment.release_explanation,
    )
    return and_(assignment.due_at.is_not(None), or_(*(moment == ReleaseMoment.CLOSING for moment in moments)))


def is_over(assignment: Any, now: MomentParam) -> ColumnElement[bool]:
    """Whether an assignment is closed for everyone, including learners with a later due date."""
    is_extended = and_(assignment.extended_until.is_not(None), assignment.extended_until >= now)
    return and_(is_closed_when_due(assignment), assignment.due_at < now, ~is_extended)


def is_mark_released(assignment: Any, result: Any, learner_id: IdParam, now: MomentParam) -> ColumnElement[bool]:
    """Return the SQL equivalent of :func:`app.domain.release.is_mark_released` for a row of ``ScopeResult``."""
    is_last = result.attempts >= attempts_allowed(assignment, learner_id)
    return or_(
        assignment.release_mark.in_((ReleaseMoment.EACH_ANSWER, ReleaseMoment.SUBMISSION)),
        and_(
            assignment.release_mark == ReleaseMoment.LAST_ATTEMPT,
            or_(func.coalesce(is_last, False), is_over(assignment, now)),
        ),
        and_(assignment.release_mark == ReleaseMoment.CLOSING, is_over(assignment, now)),
    )


def is_passed(assignment: Any, result: Any) -> ColumnElement[bool]:
    """Whether the attempt that counts was passed; false if there is none."""
    counted = case(
        (assignment.counts == GradingMethod.LATEST, result.latest_is_passed), else_=result.passed_at.is_not(None)
    )
    return and_(result.attempts.is_not(None), counted)


def unmet_prerequisites(learner_id: BindParameter[int], now: MomentParam) -> ScalarSelect[str]:
    """Return the titles of the unmet prerequisites of the statement's ``Assignment``.

    A prerequisite is met if it is passed and its score is released. It is ignored if it is withdrawn, is not for this
    learner or excuses them.
    """
    required, reached = aliased(Assignment), aliased(ScopeResult)
    is_done = and_(is_passed(required, reached), is_mark_released(required, reached, learner_id, now))
    return (
        select(func.aggregate_strings(required.title, LINE_SEPARATOR))
        .select_from(Prerequisite)
        .join(required, required.id == Prerequisite.required_id)
        .outerjoin(reached, in_scope(reached, required, learner_id))
        .where(Prerequisite.assignment_id == Assignment.id, required.withdrawn_at.is_(None))
        .where(is_assigned_to(required, learner_id), ~is_excused(required, learner_id), ~func.coalesce(is_done, False))
        .correlate(Assignment)
        .scalar_subquery()
    )


def pending_pretest(learner_id: BindParameter[int], now: MomentParam) -> ScalarSelect[str]:
    """Return the title of the pre-test of the statement's ``Assignment`` if the learner can and must still take it."""
    before, granted = aliased(Assignment), aliased(AssignmentException)
    taken = exists().where(
        in_scope(Attempt, before, learner_id),
        or_(Attempt.state == AttemptState.SUBMITTED, Attempt.deadline_at < now),
    )
    is_open = or_(~is_closed_when_due(before), own_due(before, granted) >= now)
    return (
        select(before.title)
        .outerjoin(granted, is_exception(before.id, learner_id, granted))
        .where(before.id == Assignment.pretest_id, before.withdrawn_at.is_(None), is_assigned_to(before, learner_id))
        .where(~is_excused(before, learner_id), ~taken.correlate_except(Attempt))
        .where(or_(before.opens_at.is_(None), before.opens_at <= now), is_open)
        .correlate(Assignment)
        .scalar_subquery()
    )


def being_marked(learner_id: IdParam) -> tuple[ColumnElement[int], ColumnElement[int | None]]:
    """Return how many attempts of a learner at the statement's ``Assignment`` people still mark, and the latest's id."""
    marked = aliased(Attempt)
    its = (in_scope(marked, Assignment, learner_id), marked.state == AttemptState.SUBMITTED, marked.points.is_(None))
    count = select(func.count(marked.id)).where(*its).correlate(Assignment).scalar_subquery()
    latest = select(func.max(marked.id)).where(*its).correlate(Assignment).scalar_subquery()
    return count.label("being_marked"), latest.label("being_marked_id")


def dependent_posttests() -> ScalarSelect[str]:
    """Return the titles of the assignments whose pre-test is the statement's ``Assignment``: its key waits for them."""
    after = aliased(Assignment)
    return (
        select(func.aggregate_strings(after.title, LINE_SEPARATOR))
        .where(after.cohort_id == Assignment.cohort_id, after.pretest_id == Assignment.id, after.withdrawn_at.is_(None))
        .correlate(Assignment)
        .scalar_subquery()
    )


def is_pretest() -> ColumnElement[bool]:
    """Return the condition that learning gain is measured from the statement's ``Assignment``."""
    after = aliased(Assignment)
    return exists().where(after.pretest_id == Assignment.id, after.withdrawn_at.is_(None)).correlate(Assignment)


def chosen_lesson_slugs() -> ScalarSelect[str]:
    """Return the slugs of the lessons chosen for the statement's ``Assignment``; null if it has all of the module."""
    return (
        select(func.aggregate_strings(LessonRow.slug, LINE_SEPARATOR))
        .select_from(AssignmentLesson)
        .join(LessonRow, LessonRow.id == AssignmentLesson.lesson_id)
        .where(AssignmentLesson.assignment_id == Assignment.id)
        .correlate(Assignment)
        .scalar_subquery()
    )


def is_lesson_set(lesson: Any) -> ColumnElement[bool]:
    """Whether a lesson is part of the statement's ``Assignment``. A composed test comes without lessons."""
    chosen = exists().where(AssignmentLesson.assignment_id == Assignment.id).correlate(Assignment)
    this = exists().where(AssignmentLesson.assignment_id == Assignment.id, AssignmentLesson.lesson_id == lesson.id)
    of_module = and_(lesson.module_id == Assignment.module_id, lesson.retired_at.is_(None))
    return and_(Assignment.test_id.is_(None), of_module, or_(~chosen, this.correlate(Assignment, lesson)))


def unread_lessons(learner_id: BindParameter[int]) -> ScalarSelect[str]:
    """Return position, slug and title of each lesson that must be finished before the statement's ``Assignment``."""
    entry = cast(LessonRow.position, String) + CELL_SEPARATOR + LessonRow.slug + CELL_SEPARATOR + LessonRow.title
    read = and_(LessonProgress.lesson_id == LessonRow.id, LessonProgress.learner_id == learner_id)
    return (
        select(func.aggregate_strings(entry, LINE_SEPARATOR))
        .select_from(LessonRow)
        .outerjoin(LessonProgress, read)
        .where(Assignment.lessons_first, is_lesson_set(LessonRow), LessonProgress.done_at.is_(None))
        .correlate(Assignment)
        .scalar_subquery()
    )
