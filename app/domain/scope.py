"""Scopes name what is attempted. Each learner's attempts are numbered, and results summarized, within a scope."""

from __future__ import annotations

ASSIGNMENT = "test:assignment:"
"""The prefix of all assignment scopes, for conditions on rows."""


def build_assignment_scope(assignment_id: int) -> str:
    return f"{ASSIGNMENT}{assignment_id}"


def build_module_test_scope(module_id: int) -> str:
    """Return the scope of a module's own test."""
    return f"test:module:{module_id}"


def build_practice_scope(module_id: int, missed_in_id: int | None = None) -> str:
    """Return the scope of practice on a module, or on what was missed in one attempt at it."""
    whole = f"practice:module:{module_id}"
    return whole if missed_in_id is None else f"{whole}:missed:{missed_in_id}"


def build_objective_scope(objective_id: int) -> str:
    """Return the scope of practising one objective."""
    return f"practice:objective:{objective_id}"


REVIEW = "practice:review"
"""The scope of reviews. They ask about objectives of all modules that are due."""


def build_check_scope(lesson_id: int, question_id: int) -> str:
    """Return the scope of one question in a lesson."""
    return f"check:lesson:{lesson_id}:{question_id}"


def find_check_lesson(scope: str) -> int | None:
    """Return the id of the lesson whose check a scope is; None for other scopes."""
    first, _, rest = scope.partition(":lesson:")
    return int(rest.partition(":")[0]) if first == "check" else None
