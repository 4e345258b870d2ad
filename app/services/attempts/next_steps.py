"""The step that a page offers first, with its only filled button."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from app.domain.attempt import Purpose
from app.services.assignments.learner_assignments import AssignmentView
from app.services.attempts.attempts import OwnAttempt
from app.services.attempts.progress import ModuleState
from app.services.attempts.results import ResultView


class ModuleStep(StrEnum):
    """The next useful step on a module: an assigned test, a lesson, the module's own test, or practice."""

    ASSIGNED = "assigned"
    LESSON = "lesson"
    TEST = "test"
    PRACTICE = "practice"


def find_urgent(assigned: Sequence[AssignmentView], now: datetime) -> AssignmentView | None:
    """Return the first assignment that is overdue, or is open and due soon."""
    return next((item for item in assigned if item.is_overdue or (item.is_open and item.is_due_soon(now))), None)


def find_by_attempt(assigned: Sequence[AssignmentView], attempt_id: int) -> AssignmentView | None:
    """Return the assignment of an open attempt; None if the attempt is at a module's own test."""
    return next((item for item in assigned if item.open_attempt_id == attempt_id), None)


def find_next_test(assigned: Sequence[AssignmentView]) -> AssignmentView | None:
    """Return the first assigned test that can start or is running."""
    return next((item for item in assigned if item.is_next), None)


def choose_module_step(state: ModuleState, assigned: Sequence[AssignmentView], *, may_take_test: bool) -> ModuleStep:
    if find_next_test(assigned):
        return ModuleStep.ASSIGNED
    if state.next_lesson:
        return ModuleStep.LESSON
    if may_take_test and not assigned and not state.is_passed:
        return ModuleStep.TEST
    return ModuleStep.PRACTICE


def count_missed_practice(loaded: OwnAttempt, result: ResultView) -> int:
    """Return how many questions a practice of what was missed has, see :func:`app.services.course.selection.select_practice`.

    It restates that rule for a result whose correctness is released, so that a page needs no draw.
    """
    usual = loaded.module.practice_questions
    if loaded.attempt.purpose is Purpose.PRACTICE:
        again = sum(answer.is_right is False and answer.since is None for answer in result.answers)
        if again:
            return again
    return min(usual, sum(score.practice_questions for score in result.to_review) or usual)
