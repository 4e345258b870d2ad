"""Learning gain, and what was taken for what: by hand."""

from __future__ import annotations

import pytest

from app.domain.analysis import confusions, gain
from app.domain.analysis.confusions import ConfusionItem
from app.domain.analysis.gain import GainSize, ScorePair
from app.domain.analysis.intervals import student_t_quantile


@pytest.mark.parametrize(
    ("before", "after", "points", "share"),
    [
        (50, 75, 25, 50),
        (0, 100, 100, 100),
        (80, 80, 0, 0),
        (100, 100, 0, None),
        (60, 40, -20, None),
        (100, 90, -10, None),
    ],
)
def test_the_gain_of_one_learner(before: float, after: float, points: float, share: float | None) -> None:
    """Fails when who had everything right before is divided by nothing, or a loss is called a share of what there was to gain."""
    pair = ScorePair(before, after)

    assert (pair.gain, pair.share) == (points, share)


@pytest.mark.parametrize(
    ("pairs", "normalised", "size"),
    [
        ([(50, 60), (50, 60)], 20.0, GainSize.LOW),
        ([(40, 58), (40, 58)], 30.0, GainSize.MEDIUM),
        ([(0, 70), (0, 70)], 70.0, GainSize.HIGH),
        ([(50, 40), (50, 50)], -10.0, GainSize.LOST),
        ([(100, 100)], None, None),
        ([], None, None),
    ],
)
def test_the_gain_of_a_group_in_a_word(
    pairs: list[tuple[float, float]], normalised: float | None, size: GainSize | None
) -> None:
    """Hake's bounds belong to the larger word. Fails when a group that lost is called low, or nobody is divided by."""
    found = gain.compute([ScorePair(*pair) for pair in pairs])

    assert found.normalised == (None if normalised is None else pytest.approx(normalised))
    assert found.size == size


def test_the_interval_of_a_mean_gain_is_that_of_paired_differences() -> None:
    """Gains 0, 10, 20: mean 10, sd 10, n 3. Fails when the spread of the scores is taken instead of that of the gains."""
    found = gain.compute([ScorePair(0, 0), ScorePair(40, 50), ScorePair(80, 100)])

    assert found.gain == pytest.approx(10)
    assert found.gain_interval is not None
    assert found.gain_interval.high - 10 == pytest.approx(student_t_quantile(2) * 10 / 3**0.5)
    assert (found.rose, found.same, found.fell) == (2, 1, 0)


@pytest.mark.parametrize(("freedom", "quantile"), [(9, 2.2622), (14, 2.1448), (29, 2.0452), (99, 1.9842)])
def test_the_quantile_of_t_is_that_of_the_tables(freedom: int, quantile: float) -> None:
    assert student_t_quantile(freedom) == pytest.approx(quantile, abs=0.001)


def test_of_one_learner_there_is_no_interval() -> None:
    assert gain.compute([ScorePair(10, 20)]).gain_interval is None


# -- what was taken for what -------------------------------------------------------------------------------------------


def asked(name: str, right: int, /, offered: str = "ABCD", **wrong: int) -> ConfusionItem:
    return ConfusionItem(name, right + sum(wrong.values()), right, wrong, frozenset(offered))


def cells(matrix: confusions.ConfusionMatrix) -> dict[str, dict[str, int | None]]:
    return {row.name: {cell.name: cell.count for cell in row.cells} for row in matrix.rows}


def test_what_was_mistaken_most_stands_first_and_right_answers_in_its_own_column() -> None:
    found = confusions.build_matrix([asked("A", 5, B=1), asked("B", 2, A=3, D=1)])

    assert cells(found) == {"B": {"B": 2, "A": 3, "D": 1}, "A": {"B": 1, "A": 5, "D": 0}}
    assert [cell.is_right for cell in found.rows[0].cells] == [True, False, False]
    assert (found.answered, found.mistaken) == (12, 5)
    assert found.rows[0].cells[1].share == 50.0


def test_what_could_not_be_pointed_at_is_told_from_what_nobody_pointed_at() -> None:
    """Fails when both are a nought: nobody was tempted, and nobody could have been."""
    found = confusions.build_matrix([asked("A", 1, C=1), asked("B", 1, offered="AB")])

    assert cells(found)["B"]["C"] is None
    assert cells(found)["A"]["B"] == 0


def test_questions_for_the_same_are_added_up_and_those_without_answers_left_out() -> None:
    found = confusions.build_matrix([asked("A", 1, B=1), asked("A", 2, C=1), asked("D", 0)])

    assert cells(found) == {"A": {"A": 3, "B": 1, "C": 1}}


def test_where_rows_and_columns_differ_right_answers_share_a_column() -> None:
    found = confusions.build_matrix([asked("scalenes", 4, C=2)], right="a right place")

    assert found.columns == ("a right place", "C")
    assert cells(found) == {"scalenes": {"a right place": 4, "C": 2}}


def test_rare_mistakes_are_counted_together_and_none_is_lost() -> None:
    """Fails when a wide matrix drops what does not fit."""
    names = [f"X{at:02}" for at in range(30)]
    wrong = {name: 1 + (at < 5) for at, name in enumerate(names)}

    found = confusions.build_matrix([ConfusionItem("A", 36, 1, wrong, frozenset(["A", *names]))])

    assert len(found.columns) == confusions.MAX_COLUMNS + 1
    assert found.columns[-1] == confusions.OTHERS
    assert sum(cell.count or 0 for cell in found.rows[0].cells) == 36


def test_of_nothing_there_is_no_matrix() -> None:
    assert confusions.build_matrix([]).rows == ()
