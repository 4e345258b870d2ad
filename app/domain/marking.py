"""Marking: from a response and a key to points. What each kind earns is described in the author's manual."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations

from app.domain.content import Key, Kind
from app.domain.response import Response

MAX_POINTS = 1.0
NEAR_POINTS = 0.5
"""What a region earns that is not the right one, but lies close by the key."""

MOST_CERTAINTY_POINTS = 3
_CERTAINTY_RIGHT = {1: 1, 2: 2, 3: 3}
_CERTAINTY_WRONG = {1: 0, 2: -2, 3: -6}


@dataclass(frozen=True, slots=True)
class Result:
    """``points`` run from 0 to ``max_points`` and are accuracy alone; ``certainty_points`` (-6 to 3) are kept beside them.

    A void one counts for nothing: its points and what could be earned are 0, and it is neither right nor wrong.
    """

    points: float
    max_points: float
    is_right: bool
    certainty_points: int
    is_void: bool = False


def mark(kind: Kind, key: Key, response: Response | None, certainty: int | None = None) -> Result:
    """Mark one answer, in the author's indexes (see :mod:`app.domain.response`); a missing response is blank and earns nothing.

    - single, true/false: 1 when the one right option was chosen, else 0.
    - several: max(0, (right ticks - wrong ticks) / number of right options), so that ticking everything never pays where there are at
      least as many wrong options as right ones (the content checker demands it).
    - region: 1 for a right region, :data:`NEAR_POINTS` for one close by, else 0.
    - match: the share of prompts that got their own option. Giving all of them the same one earns what one of them is worth.
    - order: max(0, (pairs in the right order - pairs in the wrong order) / all pairs), after Kendall's tau: one step that went astray
      costs little, the reverse order earns nothing. A step without a place, and two with the same one, are no pair.
    - numeric: 1 within the tolerance, its ends included, else 0.

    :raise ValueError: the key holds nothing to mark by.
    """
    if not key.correct and key.value is None:
        raise ValueError("a question without a key can't be marked")
    points = 0.0 if not response else min(MAX_POINTS, _POINTS[kind](key, response))
    is_right = points == MAX_POINTS
    return Result(points, MAX_POINTS, is_right, certainty_points(certainty, is_right=is_right, is_blank=not response))


def certainty_points(certainty: int | None, *, is_right: bool, is_blank: bool = False) -> int:
    """Certainty-based marks after Gardner-Medwin (https://tmedwin.net/cbm/): fully right 1/2/3, else 0/-2/-6, blank 0.

    ``certainty`` is 1 (guessing), 2 (fairly sure) or 3 (certain); not given counts as 1.
    """
    if is_blank:
        return 0
    return (_CERTAINTY_RIGHT if is_right else _CERTAINTY_WRONG)[certainty or 1]


def _one(key: Key, response: Response) -> float:
    return float(set(response) == set(key.correct))


def _several(key: Key, response: Response) -> float:
    chosen, keyed = set(response), set(key.correct)
    return max(0.0, (len(chosen & keyed) - len(chosen - keyed)) / len(keyed))


def _region(key: Key, response: Response) -> float:
    chosen = response[0]
    return 1.0 if chosen in key.correct else NEAR_POINTS if chosen in key.near else 0.0


def _match(key: Key, response: Response) -> float:
    return sum(given == own for given, own in zip(response, key.correct, strict=True)) / len(key.correct)


def _order(key: Key, response: Response) -> float:
    ranks = [response[step] for step in key.correct]
    pairs = [
        (first < second) - (first > second)
        for first, second in combinations(ranks, 2)
        if isinstance(first, int) and isinstance(second, int)
    ]
    return max(0, sum(pairs)) / (len(ranks) * (len(ranks) - 1) / 2)


def _numeric(key: Key, response: Response) -> float:
    if key.value is None or not isinstance(response, str):
        raise ValueError("a number is marked by a number")
    # As binary fractions 0.3 lies outside 0.2 ± 0.1: a billionth of the number is forgiven.
    slack = 1e-9 * max(1.0, abs(key.value))
    return float(abs(float(response) - key.value) <= (key.tolerance or 0.0) + slack)


_POINTS: Mapping[Kind, Callable[[Key, Response], float]] = {
    Kind.SINGLE: _one,
    Kind.TRUE_FALSE: _one,
    Kind.SEVERAL: _several,
    Kind.REGION: _region,
    Kind.MATCH: _match,
    Kind.ORDER: _order,
    Kind.NUMERIC: _numeric,
}
