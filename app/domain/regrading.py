"""Regrading: totals and standings from marks that were changed afterwards, and the passes that it may not take away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.attempt import MarkedItem
from app.domain.marking import Result


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A submitted attempt as far as a standing depends on it."""

    attempt_id: int
    points: float
    max_points: float
    is_passed: bool
    submitted_at: datetime

    @property
    def percent(self) -> float:
        return 100 * self.points / self.max_points if self.max_points else 0.0


@dataclass(frozen=True, slots=True)
class Stood:
    """Where a learner stands after some attempts: how many, the best, the latest, and when they first passed."""

    attempts: int
    best: HandedIn
    latest: HandedIn
    passed_at: datetime | None


def stood(attempts: Sequence[HandedIn]) -> Stood:
    """Add attempts up, given in the order of their numbers. A pass beats a higher score without one; of equals the later is the best.

    :raise ValueError: there are none.
    """
    if not attempts:
        raise ValueError("nobody stands anywhere without an attempt")
    best = attempts[0]
    for attempt in attempts[1:]:
        if is_better(attempt, best):
            best = attempt
    passed = [attempt.submitted_at for attempt in attempts if attempt.is_passed]
    return Stood(len(attempts), best, attempts[-1], passed[0] if passed else None)


def is_better(later: HandedIn, best: HandedIn) -> bool:
    """Whether a later attempt takes the place of the best so far."""
    return (later.is_passed, later.percent) >= (best.is_passed, best.percent)


def counted(result: Result, *, is_critical: bool) -> MarkedItem:
    """A mark as passing depends on it: a void one does not, nor does the safety of its question."""
    return MarkedItem(result.points, result.max_points, result.is_right, is_critical and not result.is_void)


def is_kept(*, was_passed: bool, is_passed: bool, is_released: bool, may_lower: bool) -> bool:
    """Whether an attempt keeps its marks because a pass that its learner was told of would be lost, and nobody said that it may."""
    return was_passed and not is_passed and is_released and not may_lower
