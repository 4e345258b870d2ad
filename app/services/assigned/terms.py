"""The terms of assignments in SQL: for whom one is, when it closes, what has to come first. What they mean is :mod:`app.domain.assignment`."""

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

from app.domain.assignment import Counts
from app.domain.attempt import State
from app.domain.release import When
from app.models import (
    Assignment,
    AssignmentException,
    AssignmentLesson,
    AssignmentRecipient,
    Attempt,
    LessonProgress,
    LessonRow,
    Prerequisite,
    Standing,
)

LINE, CELL = "\n", "\t"
"""What stands between the entries, and within one, where a column holds several. Neither is in a title: they are lines."""

Now = datetime | BindParameter[datetime]
Id = InstrumentedAttribute[int] | BindParameter[int]


_SCOPE = "test:assignment:"


def assignment_scope(assignment_id: int) -> str:
    """The scope of attempts at an assignment."""
    return f"{_SCOPE}{assignment_id}"


def in_scope(row: Any, assignment: Any, learner_id: Id) -> ColumnElement[bool]:
    """Whether a row of ``Attempt`` or ``Standing`` is this learner's in an assignment.

    By the scope: that is what both are looked up by. By the id of the assignment every learner of the cohort would be read.
    """
    scope = literal(_SCOPE, String) + cast(assignment.id, String)
    return and_(row.learner_id == learner_id, row.scope == scope)


def is_of(attempt: Any) -> ColumnElement[bool]:
    """Whether a row of ``AssignmentException`` is that of an attempt's learner in its assignment."""
    return and_(
        AssignmentException.assignment_id == attempt.assignment_id, AssignmentException.learner_id == attempt.learner_id
    )


def is_for(assignment: Any, learner_id: Id) -> ColumnElement[bool]:
    """Whether an assignment (the table or an alias of it) is for a member of its cohort."""
    named = exists().where(
        AssignmentRecipient.assignment_id == assignment.id, AssignmentRecipient.learner_id == learner_id
    )
    return or_(assignment.is_for_all, named.correlate_except(AssignmentRecipient))


def is_excused(assignment: Any, learner_id: Id) -> ColumnElement[bool]:
    excused = exists().where(
        AssignmentException.assignment_id == assignment.id,
        AssignmentException.learner_id == learner_id,
        AssignmentException.is_excused,
    )
    return excused.correlate_except(AssignmentException)


def allowed(assignment: Any, learner_id: Id) -> ColumnElement[int | None]:
    """How many attempts this learner has; null is any number."""
    more = (
        select(AssignmentException.more_attempts)
        .where(AssignmentException.assignment_id == assignment.id, AssignmentException.learner_id == learner_id)
        .correlate_except(AssignmentException)
        .scalar_subquery()
    )
    return assignment.attempts_allowed + func.coalesce(more, 0)  # type: ignore[no-any-return]


def closes(assignment: Any) -> ColumnElement[bool]:
    """Whether it ends when it is due."""
    moments = (
        assignment.release_mark,
        assignment.release_correctness,
        assignment.release_key,
        assignment.release_explanation,
    )
    return and_(assignment.due_at.is_not(None), or_(*(moment == When.CLOSING for moment in moments)))


def is_over(assignment: Any, now: Now) -> ColumnElement[bool]:
    """Whether it closed for everybody: nobody's later due date is still to come."""
    is_extended = and_(assignment.extended_until.is_not(None), assignment.extended_until >= now)
    return and_(closes(assignment), assignment.due_at < now, ~is_extended)


def is_mark_released(assignment: Any, standing: Any, learner_id: Id, now: Now) -> ColumnElement[bool]:
    """:func:`app.domain.release.is_mark_released` for a standing."""
    is_last = standing.attempts >= allowed(assignment, learner_id)
    return or_(
        assignment.release_mark.in_((When.EACH_ANSWER, When.SUBMISSION)),
        and_(
            assignment.release_mark == When.LAST_ATTEMPT, or_(func.coalesce(is_last, False), is_over(assignment, now))
        ),
        and_(assignment.release_mark == When.CLOSING, is_over(assignment, now)),
    )


def is_passed(assignment: Any, standing: Any) -> ColumnElement[bool]:
    """Whether the attempt that counts was passed; false where there is none."""
    counted = case(
        (assignment.counts == Counts.LATEST, standing.latest_is_passed), else_=standing.passed_at.is_not(None)
    )
    return and_(standing.attempts.is_not(None), counted)


def to_be_passed(learner_id: BindParameter[int], now: Now) -> ScalarSelect[str]:
    """The titles of what has to be passed before the statement's ``Assignment``, and is not, as far as the learner may know.

    What was withdrawn, or is not for this learner, or excuses them, holds nobody up.
    """
    required, reached = aliased(Assignment), aliased(Standing)
    is_done = and_(is_passed(required, reached), is_mark_released(required, reached, learner_id, now))
    return (
        select(func.aggregate_strings(required.title, LINE))
        .select_from(Prerequisite)
        .join(required, required.id == Prerequisite.required_id)
        .outerjoin(reached, in_scope(reached, required, learner_id))
        .where(Prerequisite.assignment_id == Assignment.id, required.withdrawn_at.is_(None))
        .where(is_for(required, learner_id), ~is_excused(required, learner_id), ~func.coalesce(is_done, False))
        .correlate(Assignment)
        .scalar_subquery()
    )


def to_be_taken(learner_id: BindParameter[int], now: Now) -> ScalarSelect[str]:
    """The title of the pre-test of the statement's ``Assignment``, where its learner can still take it and has not: a gain has a before."""
    before, granted = aliased(Assignment), aliased(AssignmentException)
    taken = exists().where(
        in_scope(Attempt, before, learner_id),
        or_(Attempt.state == State.SUBMITTED, Attempt.deadline_at < now),
    )
    is_open = or_(~closes(before), before.due_at >= now, func.coalesce(granted.due_at >= now, False))
    return (
        select(before.title)
        .outerjoin(granted, and_(granted.assignment_id == before.id, granted.learner_id == learner_id))
        .where(before.id == Assignment.pretest_id, before.withdrawn_at.is_(None), is_for(before, learner_id))
        .where(~is_excused(before, learner_id), ~taken.correlate_except(Attempt))
        .where(or_(before.opens_at.is_(None), before.opens_at <= now), is_open)
        .correlate(Assignment)
        .scalar_subquery()
    )


def measured_from_it() -> ScalarSelect[str]:
    """The titles of the assignments whose gain is measured from the statement's ``Assignment``: its right answers wait for them."""
    after = aliased(Assignment)
    return (
        select(func.aggregate_strings(after.title, LINE))
        .where(after.cohort_id == Assignment.cohort_id, after.pretest_id == Assignment.id, after.withdrawn_at.is_(None))
        .correlate(Assignment)
        .scalar_subquery()
    )


def chosen_lessons() -> ScalarSelect[str]:
    """The slugs of the lessons that were chosen for the statement's ``Assignment``; null where all of the module are set."""
    return (
        select(func.aggregate_strings(LessonRow.slug, LINE))
        .select_from(AssignmentLesson)
        .join(LessonRow, LessonRow.id == AssignmentLesson.lesson_id)
        .where(AssignmentLesson.assignment_id == Assignment.id)
        .correlate(Assignment)
        .scalar_subquery()
    )


def is_set(lesson: Any) -> ColumnElement[bool]:
    """Whether a lesson is set with the statement's ``Assignment``."""
    chosen = exists().where(AssignmentLesson.assignment_id == Assignment.id).correlate(Assignment)
    this = exists().where(AssignmentLesson.assignment_id == Assignment.id, AssignmentLesson.lesson_id == lesson.id)
    of_module = and_(lesson.module_id == Assignment.module_id, lesson.retired_at.is_(None))
    return and_(of_module, or_(~chosen, this.correlate(Assignment, lesson)))


def to_be_read(learner_id: BindParameter[int]) -> ScalarSelect[str]:
    """Position, slug and title of each lesson that has to be finished before the statement's ``Assignment``, and is not."""
    entry = cast(LessonRow.position, String) + CELL + LessonRow.slug + CELL + LessonRow.title
    read = and_(LessonProgress.lesson_id == LessonRow.id, LessonProgress.learner_id == learner_id)
    return (
        select(func.aggregate_strings(entry, LINE))
        .select_from(LessonRow)
        .outerjoin(LessonProgress, read)
        .where(Assignment.lessons_first, is_set(LessonRow), LessonProgress.done_at.is_(None))
        .correlate(Assignment)
        .scalar_subquery()
    )
