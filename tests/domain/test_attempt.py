"""The rules of attempts, as tables of literal inputs and outputs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.attempt import (
    AttemptOutcome,
    AttemptState,
    compute_deadline,
    compute_outcome,
    extend_deadline,
    is_closable,
    percent,
    resolve_state,
    round_down,
)
from app.domain.sections import MarkedItem

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def at(minutes: float = 0, seconds: float = 0) -> datetime:
    return START + timedelta(minutes=minutes, seconds=seconds)


@pytest.mark.parametrize(
    ("limit_minutes", "extra_percent", "closes_at", "expected"),
    [
        (None, 0, None, None),
        (None, 400, None, None),
        (15, 0, None, at(15)),
        (15, 25, None, at(18.75)),
        (15, 100, None, at(30)),
        (15, 400, None, at(75)),
        (1, 33, None, at(1.33)),
        (15, 0, at(10), at(10)),
        (15, 100, at(20), at(20)),
        (15, 0, at(60), at(15)),
        (None, 50, at(7), at(7)),
    ],
)
def test_deadline_is_the_lengthened_limit_but_never_after_closing(
    limit_minutes: int | None, extra_percent: int, closes_at: datetime | None, expected: datetime | None
) -> None:
    assert compute_deadline(START, limit_minutes, extra_percent, closes_at) == expected


@pytest.mark.parametrize(
    ("current", "proposed", "expected"),
    [
        (at(10), at(20), at(20)),
        (at(20), at(10), at(20)),
        (at(10), at(10), at(10)),
        (at(10), None, None),
        (None, at(10), None),
        (None, None, None),
    ],
)
def test_lengthening_never_shortens(
    current: datetime | None, proposed: datetime | None, expected: datetime | None
) -> None:
    assert extend_deadline(current, proposed) == expected


@pytest.mark.parametrize(
    ("state", "deadline_at", "now", "expected"),
    [
        (AttemptState.OPEN, None, at(10**6), AttemptState.OPEN),
        (AttemptState.OPEN, at(15), at(14, 59), AttemptState.OPEN),
        (AttemptState.OPEN, at(15), at(15), AttemptState.OPEN),
        (AttemptState.OPEN, at(15), at(15, 5), AttemptState.OPEN),
        (AttemptState.OPEN, at(15), at(15, 5.000001), AttemptState.SUBMITTED),
        (AttemptState.OPEN, at(15), at(16), AttemptState.SUBMITTED),
        (AttemptState.SUBMITTED, at(15), at(1), AttemptState.SUBMITTED),
        (AttemptState.SUBMITTED, None, at(1), AttemptState.SUBMITTED),
    ],
)
def test_an_attempt_reads_as_submitted_five_seconds_after_its_deadline(
    state: AttemptState, deadline_at: datetime | None, now: datetime, expected: AttemptState
) -> None:
    assert resolve_state(state, deadline_at, now) is expected


@pytest.mark.parametrize(
    ("state", "deadline_at", "now", "expected"),
    [
        (AttemptState.OPEN, None, at(10**6), False),
        (AttemptState.OPEN, at(15), at(15, 6), False),
        (AttemptState.OPEN, at(15), at(15, 20), False),
        (AttemptState.OPEN, at(15), at(15, 20.000001), True),
        (AttemptState.SUBMITTED, at(15), at(16), False),
    ],
)
def test_an_attempt_is_closed_no_earlier_than_twenty_seconds_after_its_deadline(
    state: AttemptState, deadline_at: datetime | None, now: datetime, expected: bool
) -> None:
    assert is_closable(state, deadline_at, now) is expected


def item(points: float, *, is_critical: bool = False) -> MarkedItem:
    return MarkedItem(points, 1.0, points == 1.0, is_critical)


RIGHT, WRONG = item(1.0), item(0.0)
CRITICAL_RIGHT, CRITICAL_WRONG, CRITICAL_HALF = (
    item(1.0, is_critical=True),
    item(0.0, is_critical=True),
    item(0.5, is_critical=True),
)


@pytest.mark.parametrize(
    ("marks", "pass_mark", "expected"),
    [
        ([], 1, AttemptOutcome(0, 0, is_passed=False, is_critical_missed=False)),
        ([RIGHT] * 8 + [WRONG] * 2, 80, AttemptOutcome(8, 10, is_passed=True, is_critical_missed=False)),
        ([RIGHT] * 7 + [WRONG] * 3, 80, AttemptOutcome(7, 10, is_passed=False, is_critical_missed=False)),
        ([RIGHT] * 7 + [item(0.5)] * 2 + [WRONG], 80, AttemptOutcome(8, 10, is_passed=True, is_critical_missed=False)),
        (
            [RIGHT] * 7 + [item(0.5), WRONG, WRONG],
            80,
            AttemptOutcome(7.5, 10, is_passed=False, is_critical_missed=False),
        ),
        ([RIGHT] * 9 + [CRITICAL_WRONG], 80, AttemptOutcome(9, 10, is_passed=False, is_critical_missed=True)),
        ([RIGHT] * 9 + [CRITICAL_HALF], 80, AttemptOutcome(9.5, 10, is_passed=False, is_critical_missed=True)),
        ([RIGHT] * 8 + [WRONG, CRITICAL_RIGHT], 80, AttemptOutcome(9, 10, is_passed=True, is_critical_missed=False)),
        ([WRONG, CRITICAL_WRONG], 80, AttemptOutcome(0, 2, is_passed=False, is_critical_missed=True)),
        (
            [RIGHT, RIGHT, item(1 / 3), item(1 / 3), item(1 / 3)],
            60,
            AttemptOutcome(3, 5, is_passed=True, is_critical_missed=False),
        ),
        ([RIGHT] * 10, 100, AttemptOutcome(10, 10, is_passed=True, is_critical_missed=False)),
        ([RIGHT] * 9 + [item(2 / 3)], 100, AttemptOutcome(9 + 2 / 3, 10, is_passed=False, is_critical_missed=False)),
    ],
)
def test_passing_needs_the_pass_mark_and_every_critical_question(
    marks: list[MarkedItem], pass_mark: int, expected: AttemptOutcome
) -> None:
    found = compute_outcome(marks, pass_mark)

    assert found.points == pytest.approx(expected.points)
    assert (found.max_points, found.is_passed, found.is_critical_missed) == (
        expected.max_points,
        expected.is_passed,
        expected.is_critical_missed,
    )


@pytest.mark.parametrize(
    ("points", "max_points", "expected"),
    [
        (0, 0, 0),
        (0, 10, 0),
        (7.99, 10, 79),
        (8, 10, 80),
        (1 / 3, 1, 33),
        (2 / 3, 1, 66),
        (9.999, 10, 99),
        (10, 10, 100),
        (0.1 * 3, 1, 30),
    ],
)
def test_percent_is_rounded_down(points: float, max_points: float, expected: int) -> None:
    assert percent(points, max_points) == expected


@pytest.mark.parametrize(
    ("points", "shown"), [(2 + 1 / 3, 2.3), (6.97, 6.9), (0.1 + 0.2, 0.3), (0.7 * 3, 2.1), (10.0, 10.0), (0.05, 0.0)]
)
def test_points_are_rounded_down_to_a_tenth(points: float, shown: float) -> None:
    assert round_down(points) == shown
