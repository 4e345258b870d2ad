"""Totals of the gradebook, in literal values."""

from __future__ import annotations

import pytest

from app.domain.assignment import AssignmentState
from app.domain.gradebook import GradebookCell, GradebookColumn
from app.domain.totals import Counting, compute_mean, compute_total, is_scored, resolve_weight

EXCUSED = GradebookCell(AssignmentState.EXCUSED)
EXCUSED_AFTER_40 = GradebookCell(AssignmentState.EXCUSED, score=40)
NOT_DUE = GradebookCell(AssignmentState.NOT_STARTED)
NOT_OPEN = GradebookCell(AssignmentState.NOT_OPEN)
NOT_FOR_THEM = GradebookCell(AssignmentState.NOT_ASSIGNED)
UNDER_WAY = GradebookCell(AssignmentState.UNDER_WAY)
UNMARKED = GradebookCell(AssignmentState.SUBMITTED)
OVERDUE = GradebookCell(AssignmentState.NOT_STARTED, is_overdue=True)
OVERDUE_UNDER_WAY = GradebookCell(AssignmentState.UNDER_WAY, is_overdue=True)


def score(percent: float) -> GradebookCell:
    return GradebookCell(AssignmentState.PASSED if percent >= 60 else AssignmentState.NOT_PASSED, score=percent)


def columns(*weights: int) -> list[GradebookColumn]:
    return [GradebookColumn(n, 1, f"Test {n}", weight=weight) for n, weight in enumerate(weights, start=1)]


@pytest.mark.parametrize(
    ("cells", "weights", "drop", "percent"),
    [
        ([], [], 0, None),
        ([score(80)], [1], 0, 80),
        ([score(80), score(91)], [1, 1], 0, 85.5),
        ([score(66), score(67), score(67)], [1, 1, 1], 0, 66.6),  # 66.67, rounded down
        ([score(100), score(100), score(99)], [1, 1, 1], 0, 99.6),  # never rounded up to 100
        ([score(50), score(100)], [1, 3], 0, 87.5),
        ([score(50), score(100)], [30, 70], 0, 85),
        ([score(0), score(100)], [0, 1], 0, 100),
        ([score(50), score(100)], [0, 0], 0, None),
        ([score(0)], [1], 0, 0),
        ([score(80), EXCUSED], [1, 1], 0, 80),
        ([score(80), EXCUSED_AFTER_40], [1, 1], 0, 80),
        ([score(80), NOT_DUE, NOT_OPEN, NOT_FOR_THEM, UNDER_WAY, UNMARKED], [1] * 6, 0, 80),
        ([score(80), OVERDUE], [1, 1], 0, 40),
        ([score(80), OVERDUE_UNDER_WAY], [1, 1], 0, 40),
        ([NOT_DUE, UNDER_WAY], [1, 1], 0, None),
        ([OVERDUE], [1], 0, 0),
        # exact scores are added, not the whole per cents that the cells show
        ([score(200 / 3), score(200 / 3)], [1, 1], 0, 66.6),
        ([score(26.6), score(26.6), score(26.6)], [1, 1, 1], 0, 26.6),
        ([score(0.3), score(0.3), score(0.3)], [1, 1, 7], 0, 0.3),  # 0.2999… in binary
        # the lowest are dropped, but one always counts
        ([score(40), score(80), score(90)], [1, 1, 1], 1, 85),
        ([score(40), score(80), score(90)], [1, 1, 1], 2, 90),
        ([score(40), score(80), score(90)], [1, 1, 1], 20, 90),
        ([score(40)], [1], 1, 40),
        ([OVERDUE, score(80)], [1, 1], 1, 80),
        ([score(0), score(80)], [0, 1], 1, 80),  # what has no weight uses up no drop
        ([EXCUSED, score(60), score(80)], [1, 1, 1], 1, 80),
        ([NOT_DUE, score(60), score(80)], [1, 1, 1], 1, 80),
        # of equal scores, the heavier one is dropped
        ([score(50), score(50), score(100)], [1, 3, 1], 1, 75),
        ([score(50), score(50), score(100)], [3, 1, 1], 1, 75),
        # the lowest score is dropped, not the one that pulls most
        ([score(40), score(50), score(100)], [1, 8, 1], 1, 55.5),
    ],
)
def test_total(cells: list[GradebookCell], weights: list[int], drop: int, percent: float | None) -> None:
    assert compute_total(columns(*weights), cells, drop).percent == percent


def test_a_withdrawn_assignment_does_not_count() -> None:
    withdrawn = GradebookColumn(1, 1, "Withdrawn", is_withdrawn=True)

    assert compute_total([withdrawn, *columns(1)], [score(10), score(80)], 0).percent == 80


def test_the_total_says_what_each_score_contributes() -> None:
    cells = [score(70), score(70), OVERDUE, EXCUSED, score(90)]

    parts = compute_total(columns(1, 1, 1, 1, 0), cells, 2).parts

    assert parts == (Counting.COUNTS, Counting.DROPPED, Counting.DROPPED, Counting.LEFT_OUT, Counting.LEFT_OUT)


@pytest.mark.parametrize(
    ("weight", "is_pretest", "resolved"),
    [(None, False, 1), (None, True, 0), (0, False, 0), (5, True, 5), (30, False, 30)],
)
def test_a_pretest_does_not_count_unless_it_is_given_a_weight(
    weight: int | None, is_pretest: bool, resolved: int
) -> None:
    assert resolve_weight(weight, is_pretest=is_pretest) == resolved


def test_an_average_knows_only_scores_of_learners_who_are_not_excused() -> None:
    (column,) = columns(1)

    assert [is_scored(column, cell) for cell in (score(0), score(80), EXCUSED_AFTER_40, OVERDUE, UNMARKED)] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_mean() -> None:
    assert compute_mean([None, 80, 91]) == 85.5
    assert compute_mean([26.4, 26.8]) == 26.6
    assert compute_mean([99.99, 100]) == 99.9
    assert compute_mean([None]) is None
    assert compute_mean([]) is None
