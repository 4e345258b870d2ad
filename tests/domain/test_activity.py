"""The activity calendar: days of the learner's own calendar, also when clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from app.domain.activity import STEPS, WEEKS, ActiveDay, build_calendar, get_calendar_start

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


def quarter(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())


def count_days(quarters: list[tuple[int, int]], zone: str) -> dict[date, int]:
    weeks = build_calendar(quarters, NOW, zone)
    return {day.day: day.count for week in weeks for day in week.days if day.count}


def test_it_has_twenty_six_weeks_from_monday_and_ends_with_this_one() -> None:
    weeks = build_calendar([], NOW, "Europe/Berlin")

    days = [day.day for week in weeks for day in week.days]
    assert len(weeks) == WEEKS
    assert {week.days[0].day.weekday() for week in weeks} == {0}
    assert days == [days[0] + timedelta(days=n) for n in range(7 * WEEKS)]
    assert weeks[-1].days[1].day == date(2026, 3, 31)
    assert [day.is_future for day in weeks[-1].days] == [False, False, True, True, True, True, True]
    assert get_calendar_start(NOW, "Europe/Berlin") == datetime(2025, 10, 5, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "zone", "day"),
    [
        ("2026-03-28T22:45+00:00", "Europe/Berlin", date(2026, 3, 28)),
        ("2026-03-28T23:00+00:00", "Europe/Berlin", date(2026, 3, 29)),
        ("2026-03-29T21:45+00:00", "Europe/Berlin", date(2026, 3, 29)),
        ("2026-03-29T22:00+00:00", "Europe/Berlin", date(2026, 3, 30)),
        ("2026-03-30T18:00+00:00", "Asia/Kathmandu", date(2026, 3, 30)),
        ("2026-03-30T18:15+00:00", "Asia/Kathmandu", date(2026, 3, 31)),
        ("2026-03-31T03:45+00:00", "America/New_York", date(2026, 3, 30)),
    ],
)
def test_an_answer_counts_on_the_day_of_the_learner(moment: str, zone: str, day: date) -> None:
    """The day on which clocks change has 23 hours in Berlin, and Kathmandu is 5 hours and 45 minutes ahead."""
    assert count_days([(quarter(moment), 3)], zone) == {day: 3}


def test_quarters_of_a_day_are_added_up() -> None:
    quarters = [(quarter(f"2026-03-30T{hour:02}:15+00:00"), 2) for hour in range(8, 12)]

    weeks = build_calendar(quarters, NOW, "UTC")

    assert count_days(quarters, "UTC") == {date(2026, 3, 30): 8}
    assert (weeks[-1].count, weeks[-1].active_days) == (8, 1)
    assert (weeks[-2].count, weeks[-2].active_days) == (0, 0)


def test_more_answers_are_a_higher_step() -> None:
    assert [ActiveDay(NOW.date(), count, is_future=False).step for count in (0, *STEPS, 400)] == [0, 1, 2, 3, 4, 4]
