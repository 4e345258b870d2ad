"""CPD: hours as they are typed, periods, and totals."""

from __future__ import annotations

from datetime import date

import pytest

from app.domain.cpd import CpdKind, CpdLine, KindTotal, Period, build_record, parse_hours, to_hours


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [
        *(("1", 60), ("1.5", 90), ("1,5", 90), ("0.25", 15), ("٢", 120), (" 2 h", None), ("0", None), ("-1", None)),
        *(("", None), ("half", None), ("1000", 60_000), ("1000.5", None), ("0.001", None)),
    ],
)
def test_hours_are_read_as_people_type_them(typed: str, minutes: int | None) -> None:
    if minutes is None:
        with pytest.raises(ValueError):  # noqa: PT011  which one does not matter
            parse_hours(typed)
    else:
        assert parse_hours(typed) == minutes


def test_minutes_become_hours_with_two_decimals() -> None:
    assert [to_hours(minutes) for minutes in (60, 90, 100, 1)] == [1, 1.5, 1.67, 0.02]


def line(day: int, minutes: int, kind: CpdKind, entry_id: int) -> CpdLine:
    return CpdLine(date(2026, 3, day), "Course", minutes, kind, "", "", entry_id=entry_id)


LINES = (
    line(1, 30, CpdKind.OTHER, 1),
    line(2, 60, CpdKind.FORMAL, 2),
    line(2, 90, CpdKind.FORMAL, 3),
    line(3, 15, CpdKind.WORK_BASED, 4),
)


@pytest.mark.parametrize(
    ("period", "ids"),
    [
        (Period(), [4, 3, 2, 1]),
        (Period(first=date(2026, 3, 2)), [4, 3, 2]),
        (Period(last=date(2026, 3, 2)), [3, 2, 1]),
        (Period(date(2026, 3, 2), date(2026, 3, 2)), [3, 2]),
        (Period(date(2026, 3, 3), date(2026, 3, 1)), []),
    ],
)
def test_a_period_includes_its_first_and_last_day(period: Period, ids: list[int]) -> None:
    assert [one.entry_id for one in build_record(LINES, period).lines] == ids


def test_totals_are_by_kind_and_in_sum() -> None:
    record = build_record(LINES, Period(first=date(2026, 3, 2)))

    assert record.minutes == 165
    assert record.totals == (KindTotal(CpdKind.WORK_BASED, 1, 15), KindTotal(CpdKind.FORMAL, 2, 150))
