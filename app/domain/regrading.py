"""Regrading: totals and summaries after marks have changed, and the passes that must not be taken away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.marking import MarkResult
from app.domain.sections import MarkedItem


@dataclass(frozen=True, slots=True)
class SubmittedAttempt:
    """The parts of a submitted attempt that a summary depends on."""

    attempt_id: int
    points: float
    max_points: float
    is_passed: bool
    submitted_at: datetime

    @property
    def percent(self) -> float:
        return 100 * self.points / self.max_points if self.max_points else 0.0


@dataclass(frozen=True, slots=True)
class ScopeSummary:
    """A summary of a learner's attempts: their number, the best, the latest, and when the learner first passed."""

    attempts: int
    best: SubmittedAttempt
    latest: SubmittedAttempt
    passed_at: datetime | None


def summarize(attempts: Sequence[SubmittedAttempt]) -> ScopeSummary:
    """Summarize attempts given in the order of their numbers.

    A pass beats a higher score without one; of equal attempts the later is the best.

    :raise ValueError: there are no attempts.
    """
    if not attempts:
        raise ValueError("cannot summarize without attempts")
    best = attempts[0]
    for attempt in attempts[1:]:
        if is_better(attempt, best):
            best = attempt
    passed = [attempt.submitted_at for attempt in attempts if attempt.is_passed]
    return ScopeSummary(len(attempts), best, attempts[-1], passed[0] if passed else None)


def is_better(later: SubmittedAttempt, best: SubmittedAttempt) -> bool:
    """Return whether a later attempt replaces the best so far."""
    return (later.is_passed, later.percent) >= (best.is_passed, best.percent)


def to_marked_item(result: MarkResult, *, is_critical: bool, section: int | None = None) -> MarkedItem:
    """Reduce a mark to what passing depends on; a void mark also removes its question from the safety gate."""
    return MarkedItem(result.points, result.max_points, result.is_right, is_critical and not result.is_void, section)


def is_pass_protected(*, was_passed: bool, is_passed: bool, is_released: bool, may_lower: bool) -> bool:
    """Return whether an attempt keeps its marks because a change would take away a released pass.

    ``may_lower`` permits that change.
    """
    return was_passed and not is_passed and is_released and not may_lower
