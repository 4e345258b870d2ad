"""Estimated recall: bands, the day of a forecast, and the curve."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from app.domain.recall import (
    CURVE_DAYS,
    Estimate,
    RecallBand,
    add_up,
    choose_moment,
    count_bands,
    estimate_recall,
    forecast_curve,
    judge_recall,
    to_percent,
)
from app.domain.spacing import Memory

NOW = datetime(2026, 3, 20, 22, 30, tzinfo=UTC)


def memory(stability: float, days_ago: int = 0) -> Memory:
    return Memory(stability, 5, NOW - timedelta(days=days_ago), is_urgent=False)


@pytest.mark.parametrize(
    ("percent", "band"),
    [
        (100, "firm"),
        (90, "firm"),
        (89, "fading"),
        (75, "fading"),
        (74, "faint"),
        (50, "faint"),
        (49, "lost"),
        (0, "lost"),
    ],
)
def test_the_band_follows_the_percentage(percent: int, band: str) -> None:
    assert judge_recall(percent) == band


@pytest.mark.parametrize(("recall", "percent"), [(1.0, 100), (0.999, 99), (0.9, 90), (0.29, 29), (0.0, 0)])
def test_a_probability_is_rounded_down(recall: float, percent: int) -> None:
    assert to_percent(recall) == percent


def test_after_its_stability_an_objective_is_remembered_with_ninety_per_cent() -> None:
    moment = choose_moment(None, NOW, "UTC")

    found = estimate_recall(memory(10, days_ago=10), moment)

    assert found.today == found.then == pytest.approx(0.9)


def test_recall_falls_until_the_chosen_day() -> None:
    moment = choose_moment(date(2026, 3, 30), NOW, "UTC")

    found = estimate_recall(memory(10), moment)

    assert found.percent_today == 100
    assert found.then == pytest.approx(0.9)
    assert found.band is RecallBand.FIRM


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/New_York"])
@pytest.mark.parametrize("ahead", [1, 9, 365])
def test_the_chosen_day_is_whole_days_ahead_also_when_clocks_change(zone: str, ahead: int) -> None:
    """Clocks change in New York on 8 March and in Berlin on 29 March."""
    today = choose_moment(None, NOW, zone).day

    moment = choose_moment(today + timedelta(days=ahead), NOW, zone)

    assert not moment.is_today
    assert abs(moment.then - NOW - timedelta(days=ahead)) <= timedelta(hours=1)


def test_today_is_the_day_of_the_learner() -> None:
    assert choose_moment(None, NOW, "Europe/Berlin").day == date(2026, 3, 20)
    assert choose_moment(None, NOW, "Asia/Tokyo").day == date(2026, 3, 21)
    assert choose_moment(date(2026, 3, 21), NOW, "Asia/Tokyo").is_today


@pytest.mark.parametrize("asked", [date(2026, 3, 19), date(1, 1, 1), date(2027, 3, 21), date(9999, 12, 31)])
def test_past_and_distant_days_are_refused(asked: date) -> None:
    with pytest.raises(ValueError, match="no forecast"):
        choose_moment(asked, NOW, "UTC")


def test_the_curve_falls_and_starts_with_today() -> None:
    curve = forecast_curve([memory(10), memory(100)], NOW, NOW.date())

    assert [point.days for point in curve] == list(CURVE_DAYS)
    assert curve[0].percent == 100
    assert [point.percent for point in curve] == sorted((point.percent for point in curve), reverse=True)
    assert curve[-1].percent < 95
    assert forecast_curve([], NOW, NOW.date()) == ()


def test_bands_are_counted_from_the_best() -> None:
    found = count_bands([Estimate(1, 0.95), Estimate(1, 0.5), Estimate(1, 0.1), Estimate(0.1, 1)])

    assert list(found.items()) == [("firm", 2), ("fading", 0), ("faint", 1), ("lost", 1)]


def test_adding_up_many_learners_gives_what_each_estimate_gives() -> None:
    """``add_up`` computes with seconds for speed; its numbers are those of ``estimate_recall``."""
    random = Random(7)
    moment = choose_moment(date(2026, 5, 1), NOW, "Europe/Berlin")
    cards = [
        (
            random.randint(1, 5),
            Memory(random.uniform(0.2, 90), 5, NOW - timedelta(seconds=random.randint(0, 9**7)), is_urgent=False),
        )
        for _ in range(300)
    ]

    sums = add_up(((number, one.stability, int(one.reviewed_at.timestamp())) for number, one in cards), moment)

    assert sorted(sums) == [1, 2, 3, 4, 5]
    for number, found in sums.items():
        expected = [estimate_recall(one, moment) for of, one in cards if of == number]
        assert found.learners == len(expected)
        assert found.get_mean().today == pytest.approx(sum(one.today for one in expected) / len(expected))
        assert found.get_mean().then == pytest.approx(sum(one.then for one in expected) / len(expected))


def test_today_the_mean_on_the_chosen_day_is_that_of_today() -> None:
    found = add_up([(1, 10.0, int(NOW.timestamp()) - 864_000)], choose_moment(None, NOW, "UTC"))[1].get_mean()

    assert found.today == found.then == pytest.approx(0.9)
