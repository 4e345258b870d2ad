"""Estimated recall: what a learner or a cohort would remember of each objective on a day (see :mod:`app.domain.spacing`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from app.domain import spacing
from app.domain.spacing import Memory

FORECAST_YEAR = timedelta(days=365)
"""How far ahead a forecast goes."""

CURVE_DAYS = (0, 7, 14, 30, 60, 90)
"""The days from today for which a forecast is drawn."""

_DAY = 86_400
"""Seconds."""


class RecallBand(StrEnum):
    """How well an objective is probably remembered, the best first."""

    FIRM = "firm"
    FADING = "fading"
    FAINT = "faint"
    LOST = "lost"

    @property
    def low(self) -> int:
        """The lowest recall in per cent."""
        return _LOW[self]


_LOW = {RecallBand.FIRM: 90, RecallBand.FADING: 75, RecallBand.FAINT: 50, RecallBand.LOST: 0}


@dataclass(frozen=True, slots=True)
class Estimate:
    """The probability, from 0 to 1, that an objective is remembered now, and on the chosen day."""

    today: float
    then: float

    @property
    def percent_today(self) -> int:
        return to_percent(self.today)

    @property
    def percent_then(self) -> int:
        return to_percent(self.then)

    @property
    def band(self) -> RecallBand:
        """The band on the chosen day."""
        return judge_recall(self.percent_then)


@dataclass(frozen=True, slots=True)
class ForecastMoment:
    """The chosen day, and the moments now and then. On another day, the moment is at the same time of day as now."""

    day: date
    now: datetime
    then: datetime
    is_today: bool


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """The mean recall in per cent, ``days`` from today, if nothing is answered until then."""

    days: int
    day: date
    percent: int


def to_percent(recall: float) -> int:
    """Return a probability in whole per cent, rounded down like a score, so that only certainty is 100."""
    return int(recall * 100 + 1e-9)


def judge_recall(percent: int) -> RecallBand:
    return next(band for band in RecallBand if percent >= band.low)


def choose_moment(asked: date | None, now: datetime, zone: str) -> ForecastMoment:
    """Return the moment of a forecast for a day in a time zone; None is today.

    :raise ValueError: the day is past, or more than a year ahead.
    """
    today = spacing.get_day(now, zone)
    if asked is None or asked == today:
        return ForecastMoment(today, now, now, is_today=True)
    if not today < asked <= today + FORECAST_YEAR:
        raise ValueError(f"no forecast for {asked}")
    passed = now - spacing.get_day_start(today, zone)
    return ForecastMoment(asked, now, spacing.get_day_start(asked, zone) + passed, is_today=False)


def estimate_recall(memory: Memory, moment: ForecastMoment) -> Estimate:
    today = spacing.predict_recall(memory, moment.now)
    return Estimate(today, today if moment.is_today else spacing.predict_recall(memory, moment.then))


def forecast_curve(memories: Sequence[Memory], now: datetime, today: date) -> tuple[CurvePoint, ...]:
    """Return the mean recall of these objectives today and on some later days; nothing without any memory."""
    if not memories:
        return ()
    return tuple(
        CurvePoint(days, today + timedelta(days=days), to_percent(_compute_mean(memories, now + timedelta(days=days))))
        for days in CURVE_DAYS
    )


def _compute_mean(memories: Sequence[Memory], moment: datetime) -> float:
    return sum(spacing.predict_recall(memory, moment) for memory in memories) / len(memories)


@dataclass(slots=True)
class RecallSum:
    """The recall of one objective by several learners, added up."""

    learners: int = 0
    today: float = 0.0
    then: float = 0.0

    def get_mean(self) -> Estimate:
        return Estimate(self.today / self.learners, self.then / self.learners)


def add_up(rows: Iterable[tuple[int, float, int]], moment: ForecastMoment) -> dict[int, RecallSum]:
    """Add up the recall of many learners by objective, as :func:`estimate_recall` gives it for each.

    :param rows: the id of an objective, a stability, and the time of the latest answer in seconds since 1970.
    """
    sums: dict[int, RecallSum] = defaultdict(RecallSum)
    now, then = moment.now.timestamp(), moment.then.timestamp()
    compute = spacing.compute_retrievability
    for objective_id, stability, reviewed_at in rows:
        one = sums[objective_id]
        one.learners += 1
        today = compute(stability, max(0, int((now - reviewed_at) / _DAY + 0.5)))
        one.today += today
        one.then += today if moment.is_today else compute(stability, max(0, int((then - reviewed_at) / _DAY + 0.5)))
    return dict(sums)


def count_bands(estimates: Iterable[Estimate]) -> Mapping[RecallBand, int]:
    """Count estimates by band, the best first."""
    bands = [one.band for one in estimates]
    return {band: bands.count(band) for band in RecallBand}
