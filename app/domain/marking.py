"""Marking: from a response and a key to points."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from app.domain.content import Kind

MAX_POINTS = 1.0

_CERTAINTY_RIGHT = {1: 1, 2: 2, 3: 3}
_CERTAINTY_WRONG = {1: 0, 2: -2, 3: -6}


@dataclass(frozen=True, slots=True)
class Result:
    """``points`` run from 0 to ``max_points`` and are accuracy alone; ``certainty_points`` (-6 to 3) are kept beside them."""

    points: float
    max_points: float
    is_right: bool
    certainty_points: int


def mark(
    kind: Kind, correct: Collection[int], response: Collection[int] | None, certainty: int | None = None
) -> Result:
    """Mark one answer.

    ``correct`` and ``response`` are indexes of options in the author's order; an empty or missing response is blank and earns nothing.

    - single, true/false: 1 when the one right option was chosen, else 0.
    - several: max(0, (right ticks - wrong ticks) / number of right options), so that ticking everything never pays where there are at
      least as many wrong options as right ones (the content checker demands it).
    """
    chosen = frozenset(response or ())
    keyed = frozenset(correct)
    if not keyed:
        raise ValueError("a question without a key can't be marked")
    is_right = chosen == keyed
    if kind is Kind.SEVERAL:
        points = max(0.0, (len(chosen & keyed) - len(chosen - keyed)) / len(keyed))
    else:
        points = 1.0 if is_right else 0.0
    return Result(points, MAX_POINTS, is_right, certainty_points(certainty, is_right=is_right, is_blank=not chosen))


def certainty_points(certainty: int | None, *, is_right: bool, is_blank: bool = False) -> int:
    """Certainty-based marks after Gardner-Medwin (https://tmedwin.net/cbm/): fully right 1/2/3, else 0/-2/-6, blank 0.

    ``certainty`` is 1 (guessing), 2 (fairly sure) or 3 (certain); not given counts as 1.
    """
    if is_blank:
        return 0
    return (_CERTAINTY_RIGHT if is_right else _CERTAINTY_WRONG)[certainty or 1]
