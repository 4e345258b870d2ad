"""What learners gained between a test before and a test after."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.domain.analysis import moments
from app.domain.analysis.intervals import Interval, quantile_of_t

ENOUGH = 10
"""Of fewer learners a mean gain says more about chance than about the teaching."""

MEDIUM = 30.0
HIGH = 70.0
"""From which normalised gain on, in per cent, Hake calls it medium and high (https://doi.org/10.1119/1.18809)."""


class Size(StrEnum):
    """A normalised gain in a word; lost is below 0."""

    LOST = "lost"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Pair:
    """The scores of one learner before and after, in per cent."""

    before: float
    after: float

    @property
    def gain(self) -> float:
        """In points of a hundred; below 0 for who scored less."""
        return self.after - self.before

    @property
    def share(self) -> float | None:
        """The gain in per cent of what there was to gain; None for who had everything right before, and who lost."""
        return 100 * self.gain / (100 - self.before) if self.before < 100 and self.gain >= 0 else None


@dataclass(frozen=True, slots=True)
class GainFigures:
    """The figures of a group. Means and the interval of the mean gain are points of a hundred, ``normalised`` is per cent."""

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
        return self.learners >= ENOUGH

    @property
    def size(self) -> Size | None:
        if self.normalised is None:
            return None
        if self.normalised < 0:
            return Size.LOST
        return Size.LOW if self.normalised < MEDIUM else Size.MEDIUM if self.normalised < HIGH else Size.HIGH


def figures(pairs: Sequence[Pair]) -> GainFigures:
    """The gain of a group.

    Normalised gain = 100·(mean after - mean before)/(100 - mean before), Hake's average normalised gain of a class
    (https://doi.org/10.1119/1.18809); None where everybody had everything right before. The interval is that of a mean of paired differences,
    mean ± t·sd/√n.
    """
    gains = [pair.gain for pair in pairs]
    before, after = moments.mean([pair.before for pair in pairs]), moments.mean([pair.after for pair in pairs])
    gain, spread, n = moments.mean(gains), moments.spread(gains), len(pairs)
    bounds = None
    if gain is not None and spread is not None:
        reach = quantile_of_t(n - 1) * spread / math.sqrt(n)
        bounds = Interval(gain - reach, gain + reach)
    return GainFigures(
        learners=n,
        before=before,
        after=after,
        gain=gain,
        gain_interval=bounds,
        normalised=100 * gain / (100 - before) if gain is not None and before is not None and before < 100 else None,
        rose=sum(one > moments.SAME for one in gains),
        same=sum(abs(one) <= moments.SAME for one in gains),
        fell=sum(one < -moments.SAME for one in gains),
    )
