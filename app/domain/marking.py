"""Marking: from a response to its mark. The author's manual describes how each kind awards points."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.domain.kinds.base import K, QuestionKind, Response

MAX_POINTS = 1.0

MAX_CERTAINTY_POINTS = 3
_CERTAINTY_RIGHT = {1: 1, 2: 2, 3: 3}
_CERTAINTY_WRONG = {1: 0, 2: -2, 3: -6}


class Outcome(StrEnum):
    """What a mark means to its reader, in one word. ``VOID``: the question does not count."""

    CORRECT = "correct"
    PARTLY = "partly"
    INCORRECT = "incorrect"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class MarkResult:
    """A mark. ``points`` (0 to ``max_points``) measure accuracy alone; ``certainty_points`` are -6 to 3.

    A void mark counts for nothing: its points and maximum are 0, and it is neither right nor wrong.
    """

    points: float
    max_points: float
    is_right: bool
    certainty_points: int
    is_void: bool = False


def mark_response(kind: QuestionKind[K], key: K, response: Response | None, certainty: int | None = None) -> MarkResult:
    """Mark one response by its kind; a missing response is blank and earns nothing."""
    points = kind.mark(key, response) if response else 0.0
    is_right = points == MAX_POINTS
    return MarkResult(
        points, MAX_POINTS, is_right, compute_certainty_points(certainty, is_right=is_right, is_blank=not response)
    )


def get_outcome(points: float, *, is_right: bool, is_void: bool = False) -> Outcome:
    if is_void:
        return Outcome.VOID
    if is_right:
        return Outcome.CORRECT
    return Outcome.PARTLY if points > 0 else Outcome.INCORRECT


def compute_certainty_points(certainty: int | None, *, is_right: bool, is_blank: bool = False) -> int:
    """Return certainty-based marks: 1/2/3 if fully right, else 0/-2/-6; 0 if blank.

    ``certainty`` is 1 (guessing), 2 (fairly sure) or 3 (certain); None counts as 1. After Gardner-Medwin
    (https://tmedwin.net/cbm/).
    """
    if is_blank:
        return 0
    return (_CERTAINTY_RIGHT if is_right else _CERTAINTY_WRONG)[certainty or 1]
