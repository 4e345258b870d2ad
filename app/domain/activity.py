"""The activity calendar: how many questions were answered on each day of the learner's own calendar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.domain import spacing

WEEKS = 26

QUARTER_HOUR = 900
"""Seconds. Every time zone differs from UTC by whole quarters of an hour, so none of them crosses midnight."""

STEPS = (1, 5, 15, 30)
"""From how many answers a day is drawn darker."""


@dataclass(frozen=True, slots=True)
class ActiveDay:
    """A day with the number of questions answered. ``is_future`` days fill up the last week."""

    day: date
    count: int
    is_future: bool

    @property
    def step(self) -> int:
        """From 0, no answer, to 4."""
        return sum(self.count >= least for least in STEPS)


@dataclass(frozen=True, slots=True)
class ActiveWeek:
    """Seven days from Monday."""

    days: tuple[ActiveDay, ...]

    @property
    def count(self) -> int:
        return sum(day.count for day in self.days)

    @property
    def active_days(self) -> int:
        return sum(day.count > 0 for day in self.days)


def get_calendar_start(now: datetime, zone: str) -> datetime:
    """Return the moment at which the calendar of the last :data:`WEEKS` weeks begins: a Monday in a time zone."""
    return spacing.get_day_start(_get_first_day(spacing.get_day(now, zone)), zone)


def _get_first_day(today: date) -> date:
    return today - timedelta(days=today.weekday(), weeks=WEEKS - 1)


def build_calendar(quarters: Iterable[tuple[int, int]], now: datetime, zone: str) -> tuple[ActiveWeek, ...]:
    """Build the calendar, the oldest week first.

    :param quarters: pairs of the beginning of a quarter of an hour, in seconds since 1970, and the number of answers.
    """
    place, today = ZoneInfo(zone), spacing.get_day(now, zone)
    by_day: Counter[date] = Counter()
    for second, count in quarters:
        by_day[datetime.fromtimestamp(second, UTC).astimezone(place).date()] += count
    first = _get_first_day(today)
    days = [first + timedelta(days=n) for n in range(7 * WEEKS)]
    built = [ActiveDay(day, by_day[day], is_future=day > today) for day in days]
    return tuple(ActiveWeek(tuple(built[start : start + 7])) for start in range(0, len(built), 7))
