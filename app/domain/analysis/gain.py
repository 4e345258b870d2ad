"""What learners gained from one test to a later one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.domain.analysis import moments
from app.domain.analysis.intervals import Interval, student_t_quantile
from app.domain.analysis.thresholds import FEW_LEARNERS

MEDIUM = 30.0
HIGH = 70.0
"""The normalised gain in per cent from which Hake calls it medium or high (https://doi.org/10.1119/1.18809)."""


class GainSize(StrEnum):
    """The size of a normalised gain; ``LOST`` is below 0."""

    LOST = "lost"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class ScorePair:
    """The scores of one learner before and after, in per cent."""

    before: float
    after: float

    @property
    def gain(self) -> float:
        """The gain in percentage points; negative if the score fell."""
        return self.after - self.before

    @property
    def share(self) -> float | None:
        """The gain in per cent of the possible gain; None if it was negative, or everything was right before."""
        return 100 * self.gain / (100 - self.before) if self.before < 100 and self.gain >= 0 else None


@dataclass(frozen=True, slots=True)
class GainStatistics:
    """The figures of a group.

    Means and the interval of the mean gain are in percentage points, ``normalised`` is per cent.
    """

    learners: int
    before: float | None
    after: float | None
    gain: float | None
    gain_interval: Interval | None
    normalised: float | None
    rose: int
    same: int
    fell: int

    @property
    def is_enough(self) -> bool:
        return self.learners >= FEW_LEARNERS

    @property
    def size(self) -> GainSize | None:
        if self.normalised is None:
            return None
        if self.normalised < 0:
            return GainSize.LOST
        return (
            GainSize.LOW if self.normalised < MEDIUM else GainSize.MEDIUM if self.normalised < HIGH else GainSize.HIGH
        )


def compute(pairs: Sequence[ScorePair]) -> GainStatistics:
    """Compute the gain of a group.

    Normalised gain = 100·(mean after - mean before)/(100 - mean before), Hake's average normalised gain of a class
    (https://doi.org/10.1119/1.18809); None if everybody had everything right before. The interval is that of a mean of
    paired differences, mean ± t·sd/√n.
    """
    gains = [pair.gain for pair in pairs]
    before, after = moments.mean([pair.before for pair in pairs]), moments.mean([pair.after for pair in pairs])
    gain, spread, n = moments.mean(gains), moments.standard_deviation(gains), len(pairs)
    bounds = None
    if gain is not None and spread is not None:
        reach = student_t_quantile(n - 1) * spread / math.sqrt(n)
        bounds = Interval(gain - reach, gain + reach)
    return GainStatistics(
        learners=n,
        before=before,
        after=after,
        gain=gain,
        gain_interval=bounds,
        normalised=100 * gain / (100 - before) if gain is not None and before is not None and before < 100 else None,
        rose=sum(one > moments.EPSILON for one in gains),
        same=sum(abs(one) <= moments.EPSILON for one in gains),
        fell=sum(one < -moments.EPSILON for one in gains),
    )
