"""Corrections of marks: a table of what each remedy does, and generated examples against a second, plainer implementation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.attempt import compute_outcome
from app.domain.correction import VOID_MARK, ActiveCorrection, ManualMark, Remedy, mark_by_points, mark_corrected
from app.domain.kinds import QuestionKind, Response
from app.domain.kinds.case_key import CaseKey
from app.domain.kinds.choice import ChoiceKey
from app.domain.kinds.match import MatchKey
from app.domain.kinds.numeric import NumericKey
from app.domain.kinds.order import OrderKey
from app.domain.kinds.region import RegionKey
from app.domain.kinds.text import AcceptedAnswer, TextKey
from app.domain.marking import mark_response
from app.domain.regrading import SubmittedAttempt, is_better, is_pass_protected, summarize, to_marked_item
from tests.support.question_kinds import (
    CASE,
    MARKED_BY_KEY,
    MATCH,
    NUMERIC,
    ORDER,
    REGION,
    SEVERAL,
    SINGLE,
    TEXT,
    TRUE_FALSE,
)

MORNING = datetime(2026, 11, 23, 8, tzinfo=UTC)
NOON, EVENING = MORNING + timedelta(hours=4), MORNING + timedelta(hours=10)
VOID, CREDIT = ActiveCorrection(Remedy.VOID, NOON), ActiveCorrection(Remedy.CREDIT, NOON)
SECOND = ActiveCorrection(Remedy.ACCEPT, NOON, ChoiceKey((1,)))
many = settings(max_examples=200, deadline=None, database=None)


@pytest.mark.parametrize(
    ("rulings", "response", "points"),
    [
        ([], [0], 1),
        ([], [1], 0),
        ([SECOND], [1], 1),
        ([SECOND], [0], 1),
        ([SECOND], [2], 0),
        ([SECOND], None, 0),
        ([CREDIT], [2], 1),
        ([CREDIT], None, 1),
        ([CREDIT, SECOND], [2], 1),
    ],
)
def test_a_single_choice_is_marked_by_its_key_and_by_what_is_in_force(
    rulings: list[ActiveCorrection], response: list[int] | None, points: float
) -> None:
    found = mark_corrected(SINGLE, ChoiceKey((0,)), response, None, rulings)

    assert (found.points, found.max_points, found.is_right) == (points, 1, points == 1)


@pytest.mark.parametrize(
    ("kind", "key", "other", "response", "points"),
    [
        (SEVERAL, ChoiceKey((0, 1)), ChoiceKey((0, 1, 2)), [0, 1, 2], 1),
        (SEVERAL, ChoiceKey((0, 1)), ChoiceKey((0, 1, 2)), [0, 1], 1),
        (SEVERAL, ChoiceKey((0, 1)), ChoiceKey((2, 3)), [2], 0.5),
        (TRUE_FALSE, ChoiceKey((0,)), ChoiceKey((1,)), [1], 1),
        (NUMERIC, NumericKey(value=10, tolerance=1), NumericKey(value=20, tolerance=2), "21.5", 1),
        (NUMERIC, NumericKey(value=10, tolerance=1), NumericKey(value=20, tolerance=2), "12", 0),
        (MATCH, MatchKey((0, 1, 2)), MatchKey((1, 0, 2)), [1, 0, 2], 1),
        (MATCH, MatchKey((0, 1, 2)), MatchKey((1, 0, 2)), [1, 1, 2], pytest.approx(2 / 3)),
        (ORDER, OrderKey((0, 1, 2)), OrderKey((1, 0, 2)), [2, 1, 3], 1),
        (REGION, RegionKey((0,), near=(1,)), RegionKey((2,)), [1], 0.5),
        (REGION, RegionKey((0,), near=(1,)), RegionKey((2,)), [2], 1),
        (CASE, CaseKey((0, 2)), CaseKey((1, 2)), [1, 2], 1),
        (CASE, CaseKey((0, 2)), CaseKey((1, 2)), [3, 2], 0.5),
    ],
)
def test_every_kind_takes_another_key(
    kind: QuestionKind[Any], key: Any, other: Any, response: Response, points: float
) -> None:
    found = mark_corrected(kind, key, response, None, [ActiveCorrection(Remedy.ACCEPT, NOON, other)])

    assert found.points == points


@pytest.mark.parametrize("rulings", [[VOID], [VOID, CREDIT], [CREDIT, VOID], [SECOND, VOID]])
@pytest.mark.parametrize("by_hand", [None, ManualMark(0.5, EVENING)])
def test_a_void_question_counts_for_nothing_whatever_else_was_decided(
    rulings: list[ActiveCorrection], by_hand: ManualMark | None
) -> None:
    assert mark_corrected(SINGLE, ChoiceKey((0,)), [0], 3, rulings, by_hand) == VOID_MARK
    assert (VOID_MARK.points, VOID_MARK.max_points, VOID_MARK.certainty_points) == (0, 0, 0)


@pytest.mark.parametrize(
    ("by_hand", "rulings", "points"),
    [
        (ManualMark(0.25, EVENING), [], 0.25),
        (ManualMark(0.25, EVENING), [CREDIT], 0.25),
        (ManualMark(0.25, MORNING), [CREDIT], 1),
        (ManualMark(0.75, MORNING), [SECOND], 0.75),
    ],
)
def test_a_mark_changed_by_hand_takes_the_place_of_what_was_decided_before(
    by_hand: ManualMark, rulings: list[ActiveCorrection], points: float
) -> None:
    """Fails when a regrade undoes what a trainer decided about one learner, or when a later credit passes them over."""
    assert mark_corrected(SINGLE, ChoiceKey((0,)), [0], None, rulings, by_hand).points == points


@pytest.mark.parametrize(
    ("points", "certainty", "certainty_points"), [(1, 3, 3), (1, None, 1), (0.5, 3, -6), (0, 2, -2)]
)
def test_certainty_is_counted_by_the_mark_as_it_became(
    points: float, certainty: int | None, certainty_points: int
) -> None:
    assert mark_by_points(points, [0], certainty).certainty_points == certainty_points
    assert mark_by_points(points, None, certainty).certainty_points == 0


# -- generated -----------------------------------------------------------------------------------------------------------------

OPTIONS = 4
PATHS = st.lists(st.integers(0, OPTIONS - 1), min_size=1, max_size=OPTIONS, unique=True)
WORDS = st.sampled_from(["band", "twitch", "jump"])


@dataclass(frozen=True)
class Case:
    kind: QuestionKind[Any]
    key: Any
    response: Response | None
    certainty: int | None
    rulings: tuple[ActiveCorrection, ...]
    by_hand: ManualMark | None


def keys(kind: QuestionKind[Any]) -> st.SearchStrategy[Any]:
    if kind is NUMERIC:
        return st.builds(NumericKey, value=st.integers(-9, 9), tolerance=st.sampled_from([0, 0.5, 2]))
    if kind is CASE:
        return PATHS.map(lambda path: CaseKey(tuple(path)))
    if kind is TEXT:
        return WORDS.map(lambda word: TextKey((AcceptedAnswer(word),)))
    if kind in (MATCH, ORDER):
        made = MatchKey if kind is MATCH else OrderKey
        return st.permutations(range(OPTIONS)).map(lambda order: made(tuple(order)))
    if kind is SEVERAL:
        return st.sets(st.integers(0, OPTIONS - 1), min_size=1).map(lambda some: ChoiceKey(tuple(sorted(some))))
    if kind is REGION:
        return st.integers(0, OPTIONS - 1).map(lambda one: RegionKey((one,), near=((one + 1) % OPTIONS,)))
    return st.integers(0, OPTIONS - 1).map(lambda one: ChoiceKey((one,)))


def responses(kind: QuestionKind[Any]) -> st.SearchStrategy[Response | None]:
    if kind is NUMERIC:
        return st.none() | st.integers(-9, 9).map(str)
    if kind is CASE:
        return st.none() | PATHS
    if kind is TEXT:
        return st.none() | WORDS
    if kind is MATCH:
        return st.none() | st.lists(st.none() | st.integers(0, OPTIONS - 1), min_size=OPTIONS, max_size=OPTIONS)
    if kind is ORDER:
        return st.none() | st.lists(st.none() | st.integers(1, OPTIONS), min_size=OPTIONS, max_size=OPTIONS)
    if kind is SEVERAL:
        return st.none() | st.sets(st.integers(0, OPTIONS - 1), min_size=1).map(sorted)
    return st.none() | st.integers(0, OPTIONS - 1).map(lambda one: [one])


def rulings_of(kind: QuestionKind[Any]) -> st.SearchStrategy[ActiveCorrection]:
    when = st.sampled_from([MORNING, NOON, EVENING])
    plain = st.builds(ActiveCorrection, st.sampled_from([Remedy.VOID, Remedy.CREDIT]), when)
    return plain | st.builds(ActiveCorrection, st.just(Remedy.ACCEPT), when, keys(kind))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    kind = draw(st.sampled_from(list(MARKED_BY_KEY)))
    by_hand = st.builds(ManualMark, st.sampled_from([0, 0.25, 1]), st.just(NOON))
    return Case(
        kind,
        draw(keys(kind)),
        draw(responses(kind)),
        draw(st.sampled_from([None, 1, 2, 3])),
        tuple(draw(st.lists(rulings_of(kind), max_size=3))),
        draw(st.none() | by_hand),
    )


def plainly(case: Case, rulings: Sequence[ActiveCorrection]) -> float | None:
    """The points once more, one decision after the other in the order of time; None is void."""
    if Remedy.VOID in {ruling.remedy for ruling in rulings}:
        return None
    points = mark_response(case.kind, case.key, case.response).points
    for at in (MORNING, NOON, EVENING):
        if case.by_hand and case.by_hand.changed_at == at:
            points = case.by_hand.points
        for ruling in rulings:
            if ruling.made_at == at:
                by_ruling = 1.0 if ruling.key is None else mark_response(case.kind, ruling.key, case.response).points
                points = by_ruling if by_ruling > points else points
    return points


def marked(case: Case, rulings: Sequence[ActiveCorrection]) -> float | None:
    found = mark_corrected(case.kind, case.key, case.response, case.certainty, rulings, case.by_hand)
    assert 0 <= found.points <= found.max_points <= 1
    assert -6 <= found.certainty_points <= 3
    assert found.is_void is (found.max_points == 0)
    return None if found.is_void else found.points


@many
@given(cases())
def test_a_corrected_mark_is_what_one_decision_after_the_other_makes_of_it(case: Case) -> None:
    assert marked(case, case.rulings) == plainly(case, case.rulings)


@many
@given(cases(), st.data())
def test_credit_and_another_key_never_lower_and_twice_is_once(case: Case, data: st.DataObject) -> None:
    new = data.draw(rulings_of(case.kind))
    before, once = marked(case, case.rulings), marked(case, (*case.rulings, new))

    assert marked(case, (*case.rulings, new, new)) == once
    assert marked(case, (new, *case.rulings)) == once
    if new.remedy is Remedy.VOID:
        assert once is None
    elif before is not None:
        assert once is not None
        assert once >= before


@many
@given(st.lists(st.tuples(cases(), st.booleans()), min_size=1, max_size=6), st.integers(1, 100))
def test_a_total_is_that_of_the_whole_paper_marked_afresh(papers: list[tuple[Case, bool]], pass_mark: int) -> None:
    """Fails when a void question still opens or shuts the safety gate, or still counts in what could be earned."""
    results = [
        mark_corrected(case.kind, case.key, case.response, None, case.rulings, case.by_hand)
        for case, _critical in papers
    ]
    total = compute_outcome(
        [to_marked_item(result, is_critical=critical) for result, (_, critical) in zip(results, papers, strict=True)],
        pass_mark,
    )

    left = [(plainly(case, case.rulings), critical) for case, critical in papers]
    points = [(earned, critical) for earned, critical in left if earned is not None]
    assert total.max_points == len(points)
    assert total.points == pytest.approx(sum(earned for earned, _ in points))
    assert total.is_critical_missed is any(critical and earned < 1 for earned, critical in points)
    is_enough = bool(points) and 100 * sum(earned for earned, _ in points) + 1e-3 >= pass_mark * len(points)
    assert total.is_passed is (is_enough and not total.is_critical_missed)


# -- standings and passes ------------------------------------------------------------------------------------------------------


def handed_in(number: int, points: float, *, is_passed: bool) -> SubmittedAttempt:
    return SubmittedAttempt(number, points, 10, is_passed, MORNING + timedelta(hours=number))


@given(st.lists(st.tuples(st.integers(0, 10), st.booleans()), min_size=1, max_size=6))
def test_a_standing_worked_out_anew_is_the_one_kept_attempt_by_attempt(found: list[tuple[int, bool]]) -> None:
    attempts = [handed_in(n, points, is_passed=passed) for n, (points, passed) in enumerate(found, start=1)]

    standing = summarize(attempts)

    best = attempts[0]
    for attempt in attempts[1:]:
        best = attempt if is_better(attempt, best) else best
    assert standing.best == best
    assert standing.best == max(attempts, key=lambda one: (one.is_passed, one.points, one.attempt_id))
    assert standing.latest == attempts[-1]
    assert standing.attempts == len(attempts)
    first = next((one.submitted_at for one in attempts if one.is_passed), None)
    assert standing.passed_at == first


def test_a_summary_needs_an_attempt() -> None:
    with pytest.raises(ValueError, match="cannot summarize without attempts"):
        summarize([])


@given(st.booleans(), st.booleans(), st.booleans(), st.booleans())
def test_without_the_tick_no_released_pass_is_lost(was: bool, becomes: bool, released: bool, may: bool) -> None:
    kept = is_pass_protected(was_passed=was, is_passed=becomes, is_released=released, may_lower=may)

    is_passed = was if kept else becomes
    assert may or not (released and was and not is_passed)
    assert not (kept and may)
