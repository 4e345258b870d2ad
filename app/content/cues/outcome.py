"""How often an attack succeeds, with a confidence interval."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.domain.analysis.intervals import wilson_interval


@dataclass(frozen=True, slots=True)
class AttackOutcome:
    """``won`` of ``questions``.

    An attack that cannot decide between two options wins half of the question if one of them is right.
    """

    won: float
    questions: int

    @property
    def rate(self) -> float:
        """The share won, from 0 to 1; 0 if there are no questions."""
        return self.won / self.questions if self.questions else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95% interval of the rate by Wilson's score method."""
        if not self.questions:
            return 0.0, 1.0
        found = wilson_interval(self.rate, self.questions)
        return found.low, found.high


def sum_shares(shares: Iterable[float]) -> AttackOutcome:
    """Add up the shares won of single questions."""
    listed = list(shares)
    return AttackOutcome(sum(listed), len(listed))
