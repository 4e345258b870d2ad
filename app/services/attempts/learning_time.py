"""How long learning for a test took: the reading time of its lessons and the time of the test."""

from __future__ import annotations

from sqlalchemy import ColumnElement, case, func, select

from app.models import AssignmentLesson, Attempt, LessonRow

MAX_TEST_MINUTES = 180
"""A test without a time limit may stay open for days. No more than this counts as learning time."""


def reading_minutes() -> ColumnElement[int]:
    """Return the reading time of the lessons set with the statement's ``Attempt``, or else of all of its module.

    It is 0 for a composed test.
    """
    lessons = select(func.sum(LessonRow.minutes)).where(LessonRow.retired_at.is_(None))
    of_module = lessons.where(LessonRow.module_id == Attempt.module_id).correlate(Attempt).scalar_subquery()
    chosen = (
        lessons.join(AssignmentLesson, AssignmentLesson.lesson_id == LessonRow.id)
        .where(AssignmentLesson.assignment_id == Attempt.assignment_id)
        .correlate(Attempt)
        .scalar_subquery()
    )
    # A composed test comes without lessons.
    return case((Attempt.sections.is_not(None), 0), else_=func.coalesce(func.nullif(chosen, 0), of_module, 0))


def measure_minutes(attempt: Attempt, reading: int) -> int:
    """Return the learning time of a submitted attempt in minutes; ``reading`` is :func:`reading_minutes`."""
    assert attempt.submitted_at is not None
    taken = round((attempt.submitted_at - attempt.started_at).total_seconds() / 60)
    return int(reading) + min(taken, MAX_TEST_MINUTES)
