from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.gradebook import Begun, Cell, CellState, Column, Grant, Result, Show, cell, is_shown, own_due

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PLAIN = Column(1, 1, "Test")
DUE = replace(PLAIN, due_at=NOW - DAY)
SOME = replace(PLAIN, is_for_all=False)
PASSED = Result(7, 2, 87.9, True, False, NOW - 2 * DAY, NOW - DAY / 2)
FAILED = replace(PASSED, score=90.0, is_passed=False, is_critical_missed=True)
BEGUN = Begun(8, NOW - DAY / 4, 3, 10)


@pytest.mark.parametrize(
    ("column", "given", "state"),
    [
        (PLAIN, {}, CellState.NOT_STARTED),
        (replace(PLAIN, opens_at=NOW + DAY), {}, CellState.NOT_OPEN),
        (replace(PLAIN, opens_at=NOW), {}, CellState.NOT_STARTED),
        (PLAIN, {"begun": BEGUN}, CellState.UNDER_WAY),
        (PLAIN, {"result": PASSED}, CellState.PASSED),
        (PLAIN, {"result": FAILED}, CellState.NOT_PASSED),
        (PLAIN, {"result": FAILED, "begun": BEGUN}, CellState.NOT_PASSED),
        (PLAIN, {"grant": Grant(is_excused=True)}, CellState.EXCUSED),
        (PLAIN, {"grant": Grant(is_excused=True), "result": FAILED}, CellState.EXCUSED),
        (SOME, {}, CellState.NOT_FOR_THEM),
        (SOME, {"grant": Grant(is_recipient=True)}, CellState.NOT_STARTED),
        (SOME, {"grant": Grant(due_at=NOW + DAY)}, CellState.NOT_FOR_THEM),
        (SOME, {"result": PASSED}, CellState.PASSED),
        (SOME, {"begun": BEGUN}, CellState.UNDER_WAY),
    ],
)
def test_the_state_of_a_cell(column: Column, given: dict[str, object], state: CellState) -> None:
    assert cell(column, NOW, **given).state is state  # type: ignore[arg-type]


def test_a_cell_tells_everything_of_the_attempt_that_counts() -> None:
    found = cell(replace(PLAIN, due_at=NOW - 3 * DAY), NOW, result=PASSED, begun=BEGUN)

    assert found == Cell(
        CellState.PASSED,
        percent=87,
        attempt_id=7,
        attempts=2,
        submitted_at=NOW - 2 * DAY,
        due_at=NOW - 3 * DAY,
        late_by=DAY,
        begun=BEGUN,
        active_at=NOW - DAY / 4,
    )


@pytest.mark.parametrize(
    ("column", "given", "is_overdue", "is_late"),
    [
        (DUE, {}, True, False),
        (DUE, {"begun": BEGUN}, True, False),
        (replace(DUE, due_at=NOW), {}, False, False),
        (replace(DUE, is_withdrawn=True), {}, False, False),
        (DUE, {"grant": Grant(due_at=NOW + DAY)}, False, False),
        (DUE, {"grant": Grant(due_at=NOW - 2 * DAY)}, True, False),
        (DUE, {"grant": Grant(is_excused=True)}, False, False),
        (DUE, {"result": PASSED}, False, False),
        (replace(DUE, due_at=NOW - 3 * DAY), {"result": PASSED}, False, True),
        (replace(DUE, due_at=NOW - 3 * DAY), {"result": FAILED}, False, True),
        (replace(DUE, due_at=NOW - 3 * DAY), {"result": PASSED, "grant": Grant(due_at=NOW)}, False, False),
        (replace(DUE, due_at=NOW - 3 * DAY), {"result": PASSED, "grant": Grant(is_excused=True)}, False, False),
        (PLAIN, {"result": PASSED}, False, False),
    ],
)
def test_overdue_and_late(column: Column, given: dict[str, object], is_overdue: bool, is_late: bool) -> None:
    found = cell(column, NOW, **given)  # type: ignore[arg-type]

    assert (found.is_overdue, found.is_late) == (is_overdue, is_late)


def test_a_granted_date_counts_only_where_something_is_due() -> None:
    assert own_due(PLAIN, Grant(due_at=NOW)) is None
    assert own_due(DUE, Grant(due_at=NOW + DAY)) == NOW + DAY
    assert own_due(DUE, Grant()) == NOW - DAY


@pytest.mark.parametrize("show", [show for show in Show if show.is_state])
def test_each_state_that_can_be_asked_for_is_that_of_some_cell_and_not_of_all(show: Show) -> None:
    cells = [
        cell(PLAIN, NOW),
        cell(DUE, NOW, begun=BEGUN),
        cell(replace(DUE, due_at=NOW - 3 * DAY), NOW, result=PASSED),
        cell(PLAIN, NOW, result=FAILED),
        cell(PLAIN, NOW, grant=Grant(is_excused=True)),
    ]

    assert sum(is_shown(show, one) for one in cells) == 1
