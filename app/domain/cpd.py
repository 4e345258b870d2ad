"""Continuing professional development (CPD): kinds of activity, hours, and the totals of a period."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.domain.numbers import parse_number

MAX_HOURS = 1000
"""In one entry."""

_MINUTES_PER_HOUR = 60


class CpdKind(StrEnum):
    """The kinds of activity by which the Health and Care Professions Council (HCPC) groups CPD.

    Source: https://www.hcpc-uk.org/cpd/your-cpd/cpd-activities/
    """

    WORK_BASED = "work_based"
    PROFESSIONAL = "professional"
    FORMAL = "formal"
    SELF_DIRECTED = "self_directed"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class CpdLine:
    """One line of a CPD record: an own entry, or a passed test.

    ``entry_id`` is set for an own entry, ``attempt_id`` for a passed test. ``certificate_code`` is that of the valid
    certificate of the test, if there is one.
    """

    done_on: date
    title: str
    minutes: int
    kind: CpdKind
    reflection: str
    evidence: str
    entry_id: int | None = None
    attempt_id: int | None = None
    certificate_code: str | None = None


@dataclass(frozen=True, slots=True)
class KindTotal:
    kind: CpdKind
    count: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Period:
    """Days from ``first`` to ``last``, both included; None is open."""

    first: date | None = None
    last: date | None = None

    def contains(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class CpdRecord:
    """The lines of a period, the latest first."""

    period: Period
    lines: tuple[CpdLine, ...]

    @property
    def minutes(self) -> int:
        return sum(line.minutes for line in self.lines)

    @property
    def totals(self) -> tuple[KindTotal, ...]:
        """The totals of the kinds that occur, in the order of :class:`CpdKind`."""
        found = ((kind, [line.minutes for line in self.lines if line.kind is kind]) for kind in CpdKind)
        return tuple(KindTotal(kind, len(minutes), sum(minutes)) for kind, minutes in found if minutes)


def build_record(lines: Iterable[CpdLine], period: Period) -> CpdRecord:
    """Return the lines that belong to a period. Own entries of a day come after its tests, the latest first."""
    chosen = (line for line in lines if period.contains(line.done_on))
    order = sorted(chosen, key=lambda line: (line.done_on, line.attempt_id or 0, line.entry_id or 0), reverse=True)
    return CpdRecord(period, tuple(order))


def parse_hours(text: str) -> int:
    """Return typed hours such as ``1.5`` or ``1,5`` in minutes, rounded to whole minutes.

    :raise ValueError: the text is not a number, or not more than 0 and at most :data:`MAX_HOURS` hours.
    """
    plain = parse_number(text)
    minutes = round(float(plain or 0) * _MINUTES_PER_HOUR)
    if not 0 < minutes <= MAX_HOURS * _MINUTES_PER_HOUR:
        raise ValueError("That is no number of hours for one entry.")
    return minutes


def to_hours(minutes: int) -> float:
    """Return minutes as hours with at most two decimals."""
    return round(minutes / _MINUTES_PER_HOUR, 2)
