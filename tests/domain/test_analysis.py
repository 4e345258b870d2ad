"""The figures of tests and questions on literal numbers, worked out by hand, and where they are not defined."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest

from app.domain.analysis import intervals, items, moments, pace, scores
from app.domain.analysis.choices import ItemChoices, tally
from app.domain.analysis.flags import ItemFlag, find_flags
from app.domain.analysis.groups import group_by_score
from app.domain.analysis.items import ItemResponses, ItemStatistics
from app.domain.analysis.pace import AnswerArrival
from app.domain.analysis.scores import ScoredPaper
from app.domain.kinds import QuestionKind
from app.domain.kinds.choice import ChoiceKey
from app.domain.kinds.match import MatchKey
from app.domain.kinds.numeric import NumericKey
from app.domain.kinds.order import OrderKey
from app.domain.kinds.region import RegionKey
from app.domain.kinds.text import AcceptedAnswer, TextKey
from tests.conftest import NOW
from tests.support.question_kinds import MATCH, NUMERIC, ORDER, REGION, SEVERAL, SINGLE, TEXT, TRUE_FALSE

GUTTMAN = ((1, 1, 1), (1, 1, 0), (1, 0, 0), (0, 0, 0))
"""Four learners, three questions, each harder than the one before: totals 3, 2, 1, 0."""


def asked(question: int, papers: tuple[tuple[float, ...], ...] = GUTTMAN) -> ItemResponses:
    n = len(papers)
    points = [float(paper[question]) for paper in papers]
    totals = [float(sum(paper)) for paper in papers]
    return ItemResponses(range(n), points, totals, [float(len(papers[0]))] * n, [None] * n, [None] * n)


def test_a_question_has_the_figures_worked_out_by_hand() -> None:
    """x = 1 1 1 0, rest = 2 1 0 0: cov = 1/4, var x = 1/4, var rest = 11/12."""
    found = items.compute({n: asked(n) for n in range(3)}, 4)[0]

    assert found.answers == 4
    assert found.facility == pytest.approx(75)
    assert found.spread == pytest.approx(50)
    assert found.intended_weight == pytest.approx(33.3333333)
    assert found.discrimination == pytest.approx(52.2232968)
    assert found.efficiency == pytest.approx(100)
    assert found.covariance == pytest.approx(0.5 / 3)


def test_effective_weights_are_shares_of_the_roots_of_covariances() -> None:
    """cov with the total: 1/2, 2/3, 1/2."""
    found = items.compute({n: asked(n) for n in range(3)}, 4)

    assert [one.effective_weight for one in found.values()] == pytest.approx([31.6987298, 36.6025404, 31.6987298])


def test_a_question_that_some_were_not_given_weighs_in_the_sum_by_how_many_were() -> None:
    """Fails when weights of a big pool are shares of the pool, not of a paper: here two learners had each half of it."""
    halves = {n: asked(0, ((1, 1), (0, 0))) for n in range(4)}

    found = items.compute(halves, 4)

    assert [one.effective_weight for one in found.values()] == pytest.approx([50.0] * 4)
    assert [one.intended_weight for one in found.values()] == pytest.approx([50.0] * 4)


def test_a_negative_covariance_has_no_weight_and_does_not_take_from_the_others() -> None:
    papers = ((1, 0, 0), (1, 0, 1), (0, 1, 1), (0, 1, 1), (0, 1, 1))
    found = items.compute({n: asked(n, papers) for n in range(3)}, 5)

    assert found[0].effective_weight is None
    assert found[0].discrimination is not None
    assert found[0].discrimination < 0
    assert sum(one.effective_weight or 0 for one in found.values()) == pytest.approx(100)


@pytest.mark.parametrize(
    ("papers", "undefined"),
    [
        (
            ((1, 1),),
            {"spread", "discrimination", "efficiency", "effective_weight", "covariance", "discrimination_interval"},
        ),
        (((1, 1), (1, 0), (1, 1)), {"discrimination", "efficiency", "discrimination_interval"}),
        (((1, 1), (0, 1), (1, 1)), {"discrimination", "efficiency", "discrimination_interval"}),
        (((1, 1), (0, 0)), {"discrimination_interval"}),
    ],
    ids=["one learner", "all right", "the rest the same", "two learners"],
)
def test_what_is_not_defined_is_blank_and_never_nought(
    papers: tuple[tuple[float, ...], ...], undefined: set[str]
) -> None:
    """Fails when a division by zero is answered with 0, which reads as "does not discriminate"."""
    found = items.compute({n: asked(n, papers) for n in range(2)}, len(papers))[0]

    assert {name for name, value in asdict(found).items() if value is None} == undefined


def test_rounding_is_no_spread() -> None:
    """Totals of thirds less a third leave 1e-16 behind. Fails when that is taken for variance, and noise for a correlation."""
    third = 1 / 3
    answers = ItemResponses(
        range(3), [third, 1.0, 0.0], [third + 0.7, 1.7, 0.1 + 0.6], [3.0] * 3, [None] * 3, [None] * 3
    )

    assert items.compute({1: answers}, 3)[1].discrimination is None


def papers(*rows: tuple[float, ...]) -> list[ScoredPaper]:
    return [ScoredPaper(tuple(map(float, row)), float(sum(row)), float(len(row))) for row in rows]


def test_a_test_has_the_figures_worked_out_by_hand() -> None:
    """Totals 0 1 2 3 of 3: var = 5/3; items: var = 1/4, 1/3, 1/4; so alpha = 3/2 · (1 - 1/2)."""
    found = scores.compute(papers(*GUTTMAN))

    assert found.learners == 4
    assert [found.mean, found.median] == pytest.approx([50, 50])
    assert found.spread == pytest.approx(43.0331483)
    assert found.skewness == pytest.approx(0)
    assert found.kurtosis == pytest.approx(-1.2)
    assert found.consistency == pytest.approx(75)
    assert found.error_ratio == pytest.approx(50)
    assert found.standard_error == pytest.approx(21.5165741)


@pytest.mark.parametrize(
    ("rows", "undefined"),
    [
        (
            (),
            {
                "mean",
                "median",
                "spread",
                "skewness",
                "kurtosis",
                "consistency",
                "error_ratio",
                "standard_error",
                "consistency_interval",
            },
        ),
        (
            ((1, 0),),
            {"spread", "skewness", "kurtosis", "consistency", "error_ratio", "standard_error", "consistency_interval"},
        ),
        (
            ((1, 0), (0, 1), (1, 0), (0, 1)),
            {"skewness", "kurtosis", "consistency", "error_ratio", "standard_error", "consistency_interval"},
        ),
        (((1,), (0,), (1,), (0,)), {"consistency", "error_ratio", "standard_error", "consistency_interval"}),
        (
            ((1, 1), (0, 0), (1, 1, 0), (0, 1, 1, 1), (1,)),
            {"consistency", "error_ratio", "standard_error", "consistency_interval"},
        ),
    ],
    ids=["nobody", "one learner", "all the same", "one question", "papers of different length"],
)
def test_what_is_not_defined_of_a_test_is_blank(rows: tuple[tuple[float, ...], ...], undefined: set[str]) -> None:
    found = asdict(scores.compute(papers(*rows)))

    assert {name for name, value in found.items() if value is None} == undefined


def test_a_paper_that_a_void_question_made_shorter_is_left_out_of_the_consistency_alone() -> None:
    """Fails when one void question takes the consistency from the whole test, or its learner from the scores."""
    whole = [(1, 1, 0), (0, 0, 0), (1, 1, 1), (1, 0, 0)]

    found, without = scores.compute(papers(*whole, (1, 1))), scores.compute(papers(*whole))

    assert (found.learners, found.consistency_of) == (5, 4)
    assert found.consistency == without.consistency
    assert found.mean == pytest.approx((200 / 3 + 0 + 100 + 100 / 3 + 100) / 5)


def test_a_shorter_paper_makes_nobody_weaker() -> None:
    """Fails when the rest is counted in points: all have all others right, one of them on a paper with fewer questions."""
    answers = ItemResponses((), [1.0, 0.0, 1.0], [3.0, 2.0, 2.0], [3.0, 3.0, 2.0])

    (found,) = items.compute({1: answers}, 3).values()

    assert answers.rests() == [1.0, 1.0, 1.0]
    assert (found.discrimination, found.efficiency) == (None, None)


def test_consistency_can_be_negative_and_the_error_then_exceeds_the_spread() -> None:
    found = scores.compute(papers((1, 0), (0, 1), (1, 0), (1, 1)))

    assert found.consistency == pytest.approx(-266.6666667)
    assert found.error_ratio == pytest.approx(191.4854216)


def test_scores_fall_into_ten_bands_in_whole_per_cent() -> None:
    """89.9 reads as 89 everywhere, so it stands with the eighties; 100 has no band of its own."""
    rows = [ScoredPaper((points,), points, 100.0) for points in (0, 9.9, 10, 89.9, 90, 100)]

    assert [band.count for band in scores.count_by_band(rows)] == [2, 1, 0, 0, 0, 0, 0, 0, 1, 2]
    assert [(band.low, band.high) for band in scores.count_by_band(rows)][8:] == [(80, 89), (90, 100)]


@pytest.mark.parametrize(
    ("values", "skewness", "kurtosis"),
    [
        ((1, 2), None, None),
        ((1, 2, 4), 0.9352195, None),
        ((1, 2, 4, 8), 1.1376244, 0.7576560),
        ((5, 5, 5, 5), None, None),
    ],
)
def test_shape_is_told_by_fishers_k_statistics(
    values: tuple[float, ...], skewness: float | None, kurtosis: float | None
) -> None:
    """The same as SKEW() and KURT() of a spreadsheet, which count them by another form."""
    assert moments.skewness(values) == (None if skewness is None else pytest.approx(skewness, abs=1e-6))
    assert moments.kurtosis(values) == (None if kurtosis is None else pytest.approx(kurtosis, abs=1e-6))


def test_intervals_are_those_of_their_papers() -> None:
    wilson = intervals.wilson_interval(0.8, 10)
    fisher = intervals.fisher_interval(0.5, 28)
    bonett = intervals.bonett_interval(0.8, 30, 10)

    assert (wilson.low, wilson.high) == pytest.approx((0.490162, 0.943318), abs=1e-6)
    assert fisher is not None
    assert (fisher.low, fisher.high) == pytest.approx((0.156060, 0.735870), abs=1e-4)
    assert bonett is not None
    assert (bonett.low, bonett.high) == pytest.approx((0.664181, 0.888697), abs=1e-4)


def test_an_interval_of_all_or_none_stays_within_its_bounds() -> None:
    assert 0.999999 < intervals.wilson_interval(1.0, 10).high <= 1.0
    assert 0.0 <= intervals.wilson_interval(0.0, 10).low < 0.000001
    assert intervals.fisher_interval(1.0, 10) is None
    assert intervals.fisher_interval(0.2, 3) is None
    assert intervals.bonett_interval(0.5, 2, 10) is None


@pytest.mark.parametrize(
    ("kind", "key", "options", "guess"),
    [
        (SINGLE, ChoiceKey((2,)), 4, 25.0),
        (TRUE_FALSE, ChoiceKey((0,)), 2, 50.0),
        (REGION, RegionKey((0,), near=(1, 2)), 8, 25.0),
        (MATCH, MatchKey((0, 1, 2)), 4, 25.0),
        (NUMERIC, NumericKey(value=3.0), 0, 0.0),
        (TEXT, TextKey((AcceptedAnswer("twitch"),)), 0, 0.0),
        (SEVERAL, ChoiceKey((0, 1)), 5, None),
        (ORDER, OrderKey((0, 1, 2)), 3, None),
    ],
)
def test_blind_guessing_earns(kind: QuestionKind[Any], key: Any, options: int, guess: float | None) -> None:
    assert items.random_guess(kind, key, options) == guess


# -- groups, time and words -------------------------------------------------------------------------------------------


def scored(*rests: float) -> ItemResponses:
    """Answers of learners with these points on the other ten questions; half of them right."""
    n = len(rests)
    points = [float(at % 2) for at in range(n)]
    totals = [rest + x for rest, x in zip(rests, points, strict=True)]
    return ItemResponses(range(n), points, totals, [11.0] * n, [None] * n, [None] * n)


def test_groups_are_by_the_score_on_the_other_questions() -> None:
    """Fails when the question itself lifts its learner into a higher group."""
    groups = group_by_score(scored(0, 0, 0, 0, 5, 5, 5, 5, 9, 9, 9, 9))

    assert [group.at for group in groups] == [(0, 1, 2, 3), (4, 5, 6, 7), (8, 9, 10, 11)]
    assert [group.name for group in groups] == ["lowest", "middle", "highest"]
    assert groups[0].share({0, 1, 9}) == 50.0


def test_equal_scores_stay_in_one_group() -> None:
    """Fails when learners with the same score are parted by the order in which they come."""
    groups = group_by_score(scored(*[1] * 5, *[7] * 5, *[9] * 5))

    assert [len(group.at) for group in groups] == [5, 5, 5]


@pytest.mark.parametrize(
    ("rests", "sizes"),
    [
        ([1] * 6 + [7] * 9 + [9] * 2, [6, 11]),
        ([1] * 3 + [7] * 20, []),
        ([1] * 6 + [7] * 3 + [9] * 8, [9, 8]),
        ([7] * 30, []),
    ],
)
def test_where_ties_leave_a_group_too_small_there_are_fewer(rests: list[int], sizes: list[int]) -> None:
    """Fails when two learners make a point of a curve."""
    assert [len(group.at) for group in group_by_score(scored(*rests))] == sizes


@pytest.mark.parametrize(("answers", "groups"), [(0, 0), (1, 0), (11, 0), (12, 3), (49, 3), (50, 5)])
def test_few_answers_make_few_groups_or_none(answers: int, groups: int) -> None:
    assert len(group_by_score(scored(*range(answers)))) == groups


def test_time_is_what_passes_between_arrivals() -> None:
    """Attempt 1: question 7 after 30 s, 8 after another 10, 7 once more after 5; attempt 2: question 7 after 55 s."""

    def arrival(attempt_id: int, version_id: int, at: int) -> AnswerArrival:
        return AnswerArrival(attempt_id, version_id, NOW, NOW + timedelta(seconds=at))

    found = pace.median_seconds([arrival(1, 7, 30), arrival(1, 8, 40), arrival(1, 7, 45), arrival(2, 7, 55)])

    assert found == {7: 45.0, 8: 10.0}
    assert pace.median_seconds([]) == {}


def figured(facility: float, discrimination: float | None, answers: int = 30) -> ItemStatistics:
    bounds = intervals.fisher_interval(discrimination / 100, answers) if discrimination is not None else None
    scaled = intervals.Interval(100 * bounds.low, 100 * bounds.high) if bounds else None
    return ItemStatistics(answers, facility, None, None, None, None, discrimination, scaled, None, None)


NOBODY_LEFT_OUT = ItemChoices((), 30, 0)


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        (figured(70, 40), (ItemFlag.PLAIN,)),
        (figured(70, 40, answers=9), (ItemFlag.TOO_FEW,)),
        (figured(10, -60, answers=9), (ItemFlag.TOO_FEW,)),
        (figured(95, 30), (ItemFlag.TOO_EASY,)),
        (figured(100, None), (ItemFlag.TOO_EASY,)),
        (figured(20, 30), (ItemFlag.TOO_HARD,)),
        (figured(24, 30), (ItemFlag.TOO_HARD,)),
        (figured(26, 30), (ItemFlag.PLAIN,)),
        (figured(60, 10), (ItemFlag.WEAK,)),
        (figured(60, -10), (ItemFlag.MAYBE_NEGATIVE,)),
        (figured(60, -50), (ItemFlag.NEGATIVE,)),
        (figured(15, -50), (ItemFlag.NEGATIVE, ItemFlag.TOO_HARD)),
    ],
)
def test_figures_are_told_in_words(figures: ItemStatistics, expected: tuple[ItemFlag, ...]) -> None:
    """A quarter is what guessing among four earns."""
    assert find_flags(figures, NOBODY_LEFT_OUT, SINGLE, 25.0) == expected


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ((21, 9, 0, 0), True),
        ((28, 2, 0, 0), False),
        ((15, 5, 5, 5), False),
        ((0, 20, 5, 5), True),
    ],
    ids=["two wrong options idle", "too few went wrong to tell", "all chosen", "nobody chose the key"],
)
def test_an_option_that_nobody_chose_is_told_where_somebody_should_have(counts: tuple[int, ...], told: bool) -> None:
    """Fails when every easy question is said to have idle options."""
    responses = [f"[{option}]" for option, count in enumerate(counts) for _ in range(count)]
    n = len(responses)
    points = [1.0 if response == "[0]" else 0.0 for response in responses]
    answers = ItemResponses(range(n), points, points, [10.0] * n, responses, [None] * n)
    found = tally(SINGLE, ChoiceKey((0,)), 4, answers)

    assert (ItemFlag.UNCHOSEN in find_flags(figured(60, 40, n), found, SINGLE, 25.0)) is told
