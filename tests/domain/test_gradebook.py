from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain.assignment import AssignmentState, AssignmentTerms, ExceptionTerms, resolve_terms
from app.domain.attempt import GRACE
from app.domain.gradebook import (
    AttemptBeingMarked,
    AttemptInProgress,
    CellResult,
    GradebookCell,
    GradebookColumn,
    GradebookFilter,
    build_cell,
    is_match,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PLAIN = GradebookColumn(1, 1, "Test")
SOME = replace(PLAIN, is_for_all=False)
PASSED = CellResult(7, 2, 87.9, True, False, NOW - 2 * DAY, NOW - DAY / 2)
FAILED = replace(PASSED, score=90.0, is_passed=False, is_critical_missed=True)


def set_for(**terms: Any) -> GradebookColumn:
    """A column with these terms."""
    return replace(PLAIN, terms=AssignmentTerms(**terms))


def of(
    column: GradebookColumn, *, grant: ExceptionTerms | None = None, joined_at: datetime | None = None, **given: Any
) -> GradebookCell:
    """The cell of a learner with this grant."""
    return build_cell(column, resolve_terms(column.terms, grant, joined_at=joined_at), NOW, **given)


DUE = set_for(due_at=NOW - DAY)
BEGUN = AttemptInProgress(8, NOW - DAY / 4, 3, 10)
OVER = replace(BEGUN, deadline_at=NOW - DAY / 8)
MARKED = AttemptBeingMarked(9, NOW - DAY / 5)


@pytest.mark.parametrize(
    ("column", "given", "state"),
    [
        (PLAIN, {}, AssignmentState.NOT_STARTED),
        (set_for(opens_at=NOW + DAY), {}, AssignmentState.NOT_OPEN),
        (set_for(opens_at=NOW), {}, AssignmentState.NOT_STARTED),
        (PLAIN, {"begun": BEGUN}, AssignmentState.UNDER_WAY),
        (PLAIN, {"begun": replace(BEGUN, deadline_at=NOW - GRACE)}, AssignmentState.UNDER_WAY),
        (PLAIN, {"begun": OVER}, AssignmentState.SUBMITTED),
        (PLAIN, {"begun": OVER, "grant": ExceptionTerms(is_excused=True)}, AssignmentState.EXCUSED),
        (PLAIN, {"begun": OVER, "result": PASSED}, AssignmentState.PASSED),
        (PLAIN, {"marking": MARKED}, AssignmentState.SUBMITTED),
        (DUE, {"marking": MARKED}, AssignmentState.SUBMITTED),
        (SOME, {"marking": MARKED}, AssignmentState.SUBMITTED),
        (PLAIN, {"marking": MARKED, "begun": BEGUN}, AssignmentState.SUBMITTED),
        (PLAIN, {"marking": MARKED, "grant": ExceptionTerms(is_excused=True)}, AssignmentState.EXCUSED),
        (PLAIN, {"marking": MARKED, "result": FAILED}, AssignmentState.NOT_PASSED),
        (PLAIN, {"result": PASSED}, AssignmentState.PASSED),
        (PLAIN, {"result": FAILED}, AssignmentState.NOT_PASSED),
        (PLAIN, {"result": FAILED, "begun": BEGUN}, AssignmentState.NOT_PASSED),
        (PLAIN, {"grant": ExceptionTerms(is_excused=True)}, AssignmentState.EXCUSED),
        (PLAIN, {"grant": ExceptionTerms(is_excused=True), "result": FAILED}, AssignmentState.EXCUSED),
        (SOME, {}, AssignmentState.NOT_ASSIGNED),
        (SOME, {"is_recipient": True}, AssignmentState.NOT_STARTED),
        (SOME, {"grant": ExceptionTerms(due_at=NOW + DAY)}, AssignmentState.NOT_ASSIGNED),
        (SOME, {"result": PASSED}, AssignmentState.PASSED),
        (SOME, {"begun": BEGUN}, AssignmentState.UNDER_WAY),
    ],
)
def test_the_state_of_a_cell(column: GradebookColumn, given: dict[str, Any], state: AssignmentState) -> None:
    assert of(column, **given).state is state


def test_a_cell_tells_everything_of_the_attempt_that_counts() -> None:
    found = of(set_for(due_at=NOW - 3 * DAY), result=PASSED, begun=BEGUN)

    assert found == GradebookCell(
        AssignmentState.PASSED,
        score=87.9,
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
        (set_for(due_at=NOW), {}, False, False),
        (replace(DUE, is_withdrawn=True), {}, False, False),
        (DUE, {"grant": ExceptionTerms(due_at=NOW + DAY)}, False, False),
        (DUE, {"begun": OVER}, False, True),
        (set_for(due_at=NOW), {"begun": OVER}, False, False),
        (DUE, {"grant": ExceptionTerms(due_at=NOW - 2 * DAY)}, True, False),
        (DUE, {"grant": ExceptionTerms(is_excused=True)}, False, False),
        (DUE, {"result": PASSED}, False, False),
        (set_for(due_at=NOW - 3 * DAY), {"result": PASSED}, False, True),
        (set_for(due_at=NOW - 3 * DAY), {"result": FAILED}, False, True),
        (set_for(due_at=NOW - 3 * DAY), {"result": PASSED, "grant": ExceptionTerms(due_at=NOW)}, False, False),
        (set_for(due_at=NOW - 3 * DAY), {"result": PASSED, "grant": ExceptionTerms(is_excused=True)}, False, False),
        (PLAIN, {"result": PASSED}, False, False),
    ],
)
def test_overdue_and_late(column: GradebookColumn, given: dict[str, Any], is_overdue: bool, is_late: bool) -> None:
    found = of(column, **given)

    assert (found.is_overdue, found.is_late) == (is_overdue, is_late)


def test_an_attempt_past_its_deadline_counts_as_submitted_before_it_has_marks() -> None:
    found = of(set_for(due_at=NOW - DAY), begun=OVER)

    assert found == GradebookCell(
        AssignmentState.SUBMITTED,
        attempt_id=8,
        attempts=1,
        submitted_at=NOW - DAY / 8,
        due_at=NOW - DAY,
        late_by=DAY - DAY / 8,
        active_at=NOW - DAY / 8,
    )
    assert of(PLAIN, begun=OVER, result=PASSED) == replace(of(PLAIN, result=PASSED), attempts=3)


JOINED_LATE = NOW - 3 * DAY


@pytest.mark.parametrize(
    ("given", "is_overdue", "late_by"),
    [
        ({}, False, None),
        ({"begun": BEGUN}, False, None),
        ({"begun": OVER}, False, 3 * DAY - DAY / 8),
        ({"result": PASSED}, False, DAY),
        ({"result": FAILED}, False, DAY),
        ({"result": replace(PASSED, submitted_at=JOINED_LATE)}, False, None),
        ({"result": replace(PASSED, submitted_at=JOINED_LATE - DAY)}, False, None),
    ],
)
def test_for_who_joined_after_the_due_date_nothing_is_overdue_and_late_counts_from_joining(
    given: dict[str, Any], is_overdue: bool, late_by: timedelta | None
) -> None:
    column = set_for(due_at=NOW - 9 * DAY)

    found = of(column, joined_at=JOINED_LATE, **given)

    assert (found.is_overdue, found.late_by, found.was_due_before_joining) == (is_overdue, late_by, True)
    assert (found.is_missed(NOW), found.is_waited_for) == (False, False)
    if found.submitted_at:
        terms = resolve_terms(column.terms, None, joined_at=JOINED_LATE)
        assert found.late_by == terms.late_by(found.submitted_at)


def test_a_due_date_that_was_granted_after_joining_counts_as_any_other() -> None:
    found = of(
        set_for(due_at=NOW - 9 * DAY), grant=ExceptionTerms(due_at=NOW - 2 * DAY), joined_at=JOINED_LATE, begun=OVER
    )

    assert (found.late_by, found.was_due_before_joining) == (2 * DAY - DAY / 8, False)


@pytest.mark.parametrize("gone", ["is_withdrawn", "is_retired"])
def test_what_is_no_longer_due_was_not_due_before_joining_either(gone: str) -> None:
    found = of(
        replace(set_for(due_at=NOW - 9 * DAY), is_withdrawn=gone == "is_withdrawn", is_retired=gone == "is_retired"),
        joined_at=JOINED_LATE,
    )

    assert (found.due_at, found.is_overdue, found.was_due_before_joining) == (None, False, False)


@pytest.mark.parametrize("show", [show for show in GradebookFilter if show.is_state])
def test_each_state_that_can_be_asked_for_is_that_of_some_cell_and_not_of_all(show: GradebookFilter) -> None:
    cells = [
        of(PLAIN),
        of(DUE, begun=BEGUN),
        of(set_for(due_at=NOW - 3 * DAY), result=PASSED),
        of(PLAIN, result=FAILED),
        of(PLAIN, grant=ExceptionTerms(is_excused=True)),
    ]

    assert sum(is_match(show, one) for one in cells) == 1


def test_a_test_that_people_mark_has_no_score_and_is_neither_late_nor_missed() -> None:
    it = of(DUE, marking=replace(MARKED, submitted_at=NOW - 2 * DAY))

    assert (it.score, it.attempts, it.being_marked, it.attempt_id) == (None, 1, 1, 9)
    assert (it.is_overdue, it.is_late, it.is_missed(NOW)) == (False, False, False)


def test_an_earlier_score_stays_beside_an_attempt_that_people_mark() -> None:
    it = of(PLAIN, result=PASSED, marking=MARKED)

    assert (it.percent, it.attempts, it.being_marked, it.active_at) == (87, 3, 1, MARKED.submitted_at)


def test_an_attempt_that_ended_by_its_deadline_is_one_more_to_mark() -> None:
    it = of(PLAIN, marking=MARKED, begun=OVER)

    assert (it.being_marked, it.begun) == (2, None)
