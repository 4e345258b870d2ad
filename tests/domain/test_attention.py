from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.attention import Activity, Reason, Why, is_stuck, reasons, weight
from app.domain.gradebook import Begun, Cell, CellState

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LONG_AGO = Activity(NOW - 90 * DAY)
DUE = Cell(CellState.NOT_STARTED, due_at=NOW + 3 * DAY)
OVERDUE = Cell(CellState.NOT_STARTED, due_at=NOW - DAY, is_overdue=True)
FAILED = Cell(CellState.NOT_PASSED, percent=40, attempts=2, active_at=NOW - DAY)


@pytest.mark.parametrize(
    ("cells", "activity", "whys"),
    [
        ([], LONG_AGO, []),
        ([DUE], LONG_AGO, [Why.INACTIVE]),
        ([DUE], Activity(NOW - 10 * DAY), []),
        ([DUE], Activity(NOW - 10 * DAY - timedelta(seconds=1)), [Why.INACTIVE]),
        ([DUE], Activity(NOW - 90 * DAY, read_at=NOW - 9 * DAY), []),
        ([DUE], Activity(NOW - 90 * DAY, has_practised=True), []),
        ([DUE, Cell(CellState.PASSED, percent=90, active_at=NOW - 2 * DAY)], LONG_AGO, []),
        ([DUE, Cell(CellState.PASSED, percent=90, active_at=NOW - 20 * DAY)], LONG_AGO, [Why.INACTIVE]),
        ([Cell(CellState.NOT_STARTED)], LONG_AGO, []),
        ([Cell(CellState.NOT_OPEN, due_at=NOW + 9 * DAY)], LONG_AGO, []),
        ([Cell(CellState.EXCUSED)], LONG_AGO, []),
        ([Cell(CellState.PASSED, percent=90, active_at=NOW - 80 * DAY)], LONG_AGO, []),
        ([OVERDUE], Activity(NOW - DAY), [Why.OVERDUE]),
        ([OVERDUE], LONG_AGO, [Why.OVERDUE, Why.INACTIVE]),
        ([FAILED], Activity(NOW), [Why.FAILED]),
        ([replace(FAILED, attempts=1)], Activity(NOW), []),
        ([replace(FAILED, state=CellState.PASSED, attempts=5)], Activity(NOW), []),
        ([FAILED, OVERDUE], Activity(NOW), [Why.FAILED, Why.OVERDUE]),
    ],
)
def test_the_reasons_are_these(cells: list[Cell], activity: Activity, whys: list[Why]) -> None:
    assert [reason.why for reason in reasons(cells, activity, (), NOW)] == whys


def test_a_reason_says_what_it_is_about() -> None:
    under_way = Cell(
        CellState.UNDER_WAY, due_at=NOW + DAY, begun=Begun(1, NOW - 20 * DAY, 1, 9), active_at=NOW - 20 * DAY
    )

    found = reasons([FAILED, OVERDUE], Activity(NOW), ("Tell referred from root pain",), NOW)
    inactive = reasons([Cell(CellState.EXCUSED), under_way], LONG_AGO, (), NOW)

    assert found == (
        Reason(Why.FAILED, (0,)),
        Reason(Why.OVERDUE, (1,)),
        Reason(Why.STUCK, objectives=("Tell referred from root pain",)),
    )
    assert inactive == (Reason(Why.INACTIVE, (1,), since=NOW - 20 * DAY),)


def test_who_needs_it_most_comes_first() -> None:
    """By the most urgent reason; among those alike, who has more of them."""
    failed, overdue, inactive = Reason(Why.FAILED), Reason(Why.OVERDUE), Reason(Why.INACTIVE)
    people = [(), (inactive,), (overdue,), (overdue, inactive), (failed,)]

    assert sorted(people, key=weight) == [(failed,), (overdue, inactive), (overdue,), (inactive,), ()]


@pytest.mark.parametrize(
    ("latest_right", "wrong", "expected"),
    [
        (0, [], False),
        (0, [1, 2], False),
        (0, [1, 2, 3], True),
        (4, [1, 2, 3], False),
        (2, [1, 3, 4, 5], True),
        (3, [1, 2, 4, 5], False),
        (6, [1, 9, 8, 7], True),
    ],
)
def test_stuck_is_three_wrong_since_the_latest_right(latest_right: int, wrong: list[int], expected: bool) -> None:
    assert is_stuck(latest_right, wrong) is expected
