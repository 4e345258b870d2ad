"""Marking: a table for each kind, and R17, generated examples against a second, plainer implementation.

``MARKING_EXAMPLES=10000 pytest tests/domain/test_marking.py`` runs R17 in full.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.kinds import QuestionKind, Response
from app.domain.kinds.choice import ChoiceKey
from app.domain.kinds.match import MatchKey
from app.domain.kinds.numeric import NumericKey
from app.domain.kinds.order import OrderKey
from app.domain.kinds.region import NEAR_POINTS, RegionKey
from app.domain.kinds.text import AcceptedAnswer, TextKey
from app.domain.marking import MAX_CERTAINTY_POINTS, MAX_POINTS, MarkResult, compute_certainty_points, mark_response
from tests.support.question_kinds import MATCH, NUMERIC, ORDER, REGION, SEVERAL, SINGLE, TEXT, TRUE_FALSE

ALL = (SINGLE, SEVERAL, TRUE_FALSE, MATCH, ORDER, NUMERIC, REGION, TEXT)
EXAMPLES = int(os.environ.get("MARKING_EXAMPLES", "300"))
many = settings(max_examples=EXAMPLES, deadline=None, database=None)

TWO, TWO_OF_FOUR, PAIRS, STEPS = ChoiceKey((2,)), ChoiceKey((0, 1)), MatchKey((0, 1, 2, 3)), OrderKey((0, 1, 2, 3))
SPOT, PATCH = RegionKey((1,), near=(2, 3)), RegionKey((1, 4))
ABOUT, EXACT = NumericKey(0.2, 0.1), NumericKey(-3, 0)


@pytest.mark.parametrize(
    ("kind", "key", "response", "points"),
    [
        (SINGLE, TWO, [2], 1),
        (SINGLE, TWO, [1], 0),
        (SINGLE, TWO, [1, 2], 0),
        (SINGLE, TWO, [], 0),
        (SINGLE, TWO, None, 0),
        (TRUE_FALSE, ChoiceKey((0,)), [0], 1),
        (TRUE_FALSE, ChoiceKey((0,)), [1], 0),
        (SEVERAL, TWO_OF_FOUR, [0, 1], 1),
        (SEVERAL, TWO_OF_FOUR, [0], 0.5),
        (SEVERAL, TWO_OF_FOUR, [0, 2], 0),
        (SEVERAL, TWO_OF_FOUR, [0, 1, 2], 0.5),
        (SEVERAL, TWO_OF_FOUR, [0, 1, 2, 3], 0),
        (SEVERAL, TWO_OF_FOUR, [2, 3], 0),
        (SEVERAL, TWO_OF_FOUR, [1, 1], 0.5),
        (SEVERAL, ChoiceKey((0, 1, 2, 3)), [0, 1, 2, 4], 0.5),
        (REGION, SPOT, [1], 1),
        (REGION, SPOT, [3], 0.5),
        (REGION, SPOT, [0], 0),
        (REGION, PATCH, [4], 1),
        (MATCH, PAIRS, [0, 1, 2, 3], 1),
        (MATCH, PAIRS, [0, 2, 1, 3], 0.5),
        (MATCH, PAIRS, [0, None, None, None], 0.25),
        (MATCH, PAIRS, [2, 2, 2, 2], 0.25),
        (MATCH, PAIRS, [4, 5, 4, 5], 0),
        (MATCH, PAIRS, None, 0),
        (ORDER, STEPS, [1, 2, 3, 4], 1),
        (ORDER, STEPS, [2, 1, 3, 4], pytest.approx(4 / 6)),
        (ORDER, STEPS, [4, 1, 2, 3], 0),
        (ORDER, STEPS, [4, 3, 2, 1], 0),
        (ORDER, STEPS, [1, 1, 1, 1], 0),
        (ORDER, STEPS, [1, None, 2, None], pytest.approx(1 / 6)),
        (NUMERIC, ABOUT, "0.2", 1),
        (NUMERIC, ABOUT, "0.3", 1),
        (NUMERIC, ABOUT, "0.1", 1),
        (NUMERIC, ABOUT, "0.31", 0),
        (NUMERIC, EXACT, "-3", 1),
        (NUMERIC, EXACT, "3", 0),
        (NUMERIC, EXACT, None, 0),
    ],
)
def test_marks_one_answer(kind: QuestionKind[Any], key: Any, response: Response | None, points: float) -> None:
    found = mark_response(kind, key, response)

    assert found.points == points
    assert found.is_right is (found.points == 1)


@pytest.mark.parametrize(
    ("response", "certainty", "expected"),
    [
        ([2], None, MarkResult(1, 1, True, 1)),
        ([2], 3, MarkResult(1, 1, True, 3)),
        ([1], 2, MarkResult(0, 1, False, -2)),
        ([1], 3, MarkResult(0, 1, False, -6)),
        (None, 3, MarkResult(0, 1, False, 0)),
    ],
)
def test_certainty_is_counted_beside_the_points(
    response: list[int] | None, certainty: int | None, expected: MarkResult
) -> None:
    assert mark_response(SINGLE, TWO, response, certainty) == expected


@pytest.mark.parametrize(("certainty", "right", "wrong"), [(None, 1, 0), (1, 1, 0), (2, 2, -2), (3, 3, -6)])
def test_certainty_pays_only_who_is_right(certainty: int | None, right: int, wrong: int) -> None:
    assert compute_certainty_points(certainty, is_right=True) == right
    assert compute_certainty_points(certainty, is_right=False) == wrong
    assert compute_certainty_points(certainty, is_right=False, is_blank=True) == 0


def test_partly_right_is_not_right_for_certainty() -> None:
    assert mark_response(MATCH, PAIRS, [0, 1, 2, None], 3).certainty_points == -6


@pytest.mark.parametrize("kind", [ChoiceKey, RegionKey, MatchKey, OrderKey])
def test_a_key_without_anything_right_is_refused(kind: type) -> None:
    with pytest.raises(ValueError, match="without a key"):
        kind(())


def test_a_key_without_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="without a key"):
        NUMERIC.load_key({"value": None, "tolerance": None})


# -- R17 --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Example:
    """A question as the content checker lets it through, and some answer to it."""

    kind: QuestionKind[Any]
    options: int
    key: Any
    response: Response | None
    certainty: int | None


@st.composite
def examples(draw: st.DrawFn, *kinds: QuestionKind[Any]) -> Example:
    kind = draw(st.sampled_from(kinds or ALL))
    make = {MATCH: _match, ORDER: _order, NUMERIC: _numeric, REGION: _region, TEXT: _text}.get(kind)
    options, key, response = make(draw) if make else _choice(draw, kind)
    return Example(kind, options, key, response, draw(st.sampled_from([None, 1, 2, 3])))


def _choice(draw: st.DrawFn, kind: QuestionKind[Any]) -> tuple[int, Any, Response | None]:
    options = 2 if kind is TRUE_FALSE else draw(st.integers(3, 6))
    # The checker demands at least as many wrong options as right ones where several are right.
    most = options // 2 if kind is SEVERAL else 1
    correct = draw(st.sets(st.integers(0, options - 1), min_size=1, max_size=most))
    response = draw(st.sets(st.integers(0, options - 1)))
    return options, ChoiceKey(tuple(sorted(correct))), sorted(response) or None


def _region(draw: st.DrawFn) -> tuple[int, Any, Response | None]:
    options = draw(st.integers(2, 12))
    worth = draw(st.lists(st.sampled_from("rnw"), min_size=options, max_size=options).filter(lambda w: "r" in w))
    chosen = draw(st.none() | st.integers(0, options - 1))
    key = RegionKey(
        tuple(at for at, one in enumerate(worth) if one == "r"), tuple(at for at, one in enumerate(worth) if one == "n")
    )
    return options, key, None if chosen is None else [chosen]


def _match(draw: st.DrawFn) -> tuple[int, Any, Response | None]:
    prompts, extra = draw(st.integers(3, 6)), draw(st.integers(0, 3))
    some = st.none() | st.integers(0, prompts + extra - 1)
    response = draw(st.lists(some, min_size=prompts, max_size=prompts))
    is_blank = all(one is None for one in response)
    return prompts + extra, MatchKey(tuple(range(prompts))), None if is_blank else response


def _order(draw: st.DrawFn) -> tuple[int, Any, Response | None]:
    steps = draw(st.integers(3, 7))
    some = st.lists(st.none() | st.integers(1, steps), min_size=steps, max_size=steps)
    response = draw(some | st.permutations(range(1, steps + 1)))
    is_blank = all(one is None for one in response)
    return steps, OrderKey(tuple(range(steps))), None if is_blank else list(response)


def _numeric(draw: st.DrawFn) -> tuple[int, Any, Response | None]:
    tenths = st.integers(-10_000, 10_000)
    value, tolerance = draw(tenths), draw(st.integers(0, 50))
    response = draw(st.none() | tenths | st.integers(value - 60, value + 60))
    key = NumericKey(value / 10, tolerance / 10)
    return 0, key, None if response is None else f"{Fraction(response, 10).__float__():.1f}"


def _text(draw: st.DrawFn) -> tuple[int, Any, Response | None]:
    """Short words of few letters, so that many fit, and many miss by one letter."""
    words = st.text("abc", min_size=1, max_size=7)
    shares = draw(st.lists(st.sampled_from([0, 0.25, 0.5, 1]), max_size=3).map(lambda some: [*some, 1]))
    answers = [AcceptedAnswer(draw(words), share, allows_typo=draw(st.booleans())) for share in shares]
    near = st.sampled_from([answer.text for answer in answers]).flatmap(
        lambda word: st.tuples(st.integers(0, len(word)), st.text("abc", max_size=1)).map(
            lambda cut: word[: cut[0]] + cut[1] + word[cut[0] + 1 :]
        )
    )
    return 0, TextKey(tuple(answers)), draw(st.none() | words | near) or None


def plain_mark(example: Example) -> tuple[Fraction, int]:
    """Mark by going over the parts one by one, in fractions; return the points and what certainty earns."""
    points = Fraction(0)
    if example.response is not None:
        points = {
            MATCH: _plain_match,
            ORDER: _plain_order,
            NUMERIC: _plain_numeric,
            REGION: _plain_region,
            TEXT: _plain_text,
        }.get(example.kind, _plain_choice)(example)
    sure = example.certainty or 1
    return points, 0 if example.response is None else sure if points == 1 else -(sure - 1) * sure


def _chosen(example: Example) -> Sequence[int | None]:
    """The response to a question that is not answered with a text."""
    assert example.response is not None
    assert not isinstance(example.response, str)
    return example.response


def _plain_choice(example: Example) -> Fraction:
    share, points, is_right = Fraction(1, len(example.key.correct)), Fraction(0), True
    for option in range(example.options):
        is_ticked, is_keyed = option in _chosen(example), option in example.key.correct
        if is_ticked:
            points += share if is_keyed else -share
        is_right = is_right and is_ticked == is_keyed
    return max(points, Fraction(0)) if example.kind is SEVERAL else Fraction(is_right)


def _plain_region(example: Example) -> Fraction:
    points = Fraction(0)
    for option in range(example.options):
        if [option] == example.response:
            points = Fraction(2 * (option in example.key.correct) + (option in example.key.near), 2)
    return points


def _plain_match(example: Example) -> Fraction:
    points = Fraction(0)
    for prompt, chosen in enumerate(_chosen(example)):
        if chosen == example.key.correct[prompt]:
            points += Fraction(1, len(_chosen(example)))
    return points


def _plain_order(example: Example) -> Fraction:
    tally, pairs = 0, 0
    for first in range(example.options):
        for second in range(first + 1, example.options):
            pairs += 1
            one, other = _chosen(example)[first], _chosen(example)[second]
            if one is not None and other is not None and one != other:
                tally += 1 if one < other else -1
    return max(Fraction(tally, pairs), Fraction(0))


def _plain_numeric(example: Example) -> Fraction:
    value, tolerance, response = example.key.value, example.key.tolerance, example.response
    assert value is not None
    assert tolerance is not None
    assert isinstance(response, str)
    tenths = [round(10 * number) for number in (value, tolerance, float(response))]
    return Fraction(tenths[0] - tenths[1] <= tenths[2] <= tenths[0] + tenths[1])


def _plain_text(example: Example) -> Fraction:
    typed = str(example.response)
    for answer in example.key.answers:
        if answer.text == typed:
            return Fraction(answer.share)
    for answer in example.key.answers:
        if answer.allows_typo and len(answer.text) >= 5 and typed in _slips(answer.text):
            return Fraction(answer.share)
    return Fraction(0)


def _slips(word: str) -> set[str]:
    """Every word of the letters a, b and c that is one typing error away."""
    cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    missing = {left + right[1:] for left, right in cuts if right}
    added = {left + letter + right for left, right in cuts for letter in "abc"}
    other = {left + letter + right[1:] for left, right in cuts if right for letter in "abc"}
    swapped = {left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1}
    return missing | added | other | swapped


@many
@given(examples())
def test_agrees_with_a_second_implementation(example: Example) -> None:
    """Fails when a wrong tick costs nothing, a blank counts as wrong, near is as good as right, a tie counts as a pair in order, the ends of a
    tolerance are left out, or a certain mistake costs another number of points."""
    points, bet = plain_mark(example)

    found = mark_response(example.kind, example.key, example.response, example.certainty)

    assert found.points == pytest.approx(float(points))
    assert (found.is_right, found.certainty_points) == (points == 1, bet)


@many
@given(examples())
def test_points_stay_within_their_bounds(example: Example) -> None:
    """Fails when more wrong ticks than right ones, or more pairs in the wrong order, make points negative."""
    found = mark_response(example.kind, example.key, example.response, example.certainty)

    assert 0 <= found.points <= found.max_points == MAX_POINTS
    assert -6 <= found.certainty_points <= MAX_CERTAINTY_POINTS
    assert found.is_right == (found.points == MAX_POINTS)


def _moved(example: Example, place: Sequence[int]) -> tuple[Any, Response | None]:
    """The same question and answer with the author's options in another order."""
    key, response = example.key, example.response
    if example.kind in (NUMERIC, TEXT):
        return key, response
    key = replace(key, correct=tuple(place[i] for i in key.correct))
    if example.kind is REGION:
        key = replace(key, near=tuple(place[i] for i in key.near))
    if response is None or isinstance(response, str):
        return key, response
    if example.kind is ORDER:
        ranks = dict(zip(place, response, strict=True))
        return key, [ranks[at] for at in range(example.options)]
    return key, [None if i is None else place[i] for i in response]


@many
@given(examples(), st.randoms(use_true_random=False))
def test_shuffling_the_options_changes_nothing(example: Example, chance: Random) -> None:
    """Fails when marking compares places on the page instead of the author's indexes."""
    place = list(range(example.options))
    chance.shuffle(place)
    key, response = _moved(example, place)

    shuffled = mark_response(example.kind, key, response, example.certainty)

    assert shuffled == mark_response(example.kind, example.key, example.response, example.certainty)


@many
@given(examples(SINGLE, TRUE_FALSE, SEVERAL))
def test_ticking_everything_never_pays(example: Example) -> None:
    """Fails when wrong ticks cost less than right ones earn."""
    assert mark_response(example.kind, example.key, list(range(example.options))).points == 0


@many
@given(examples(MATCH), st.integers(0, 8))
def test_choosing_the_same_for_every_line_earns_one_line_at_most(example: Example, option: int) -> None:
    """Fails when a line is right because its option stands somewhere among the right ones."""
    lines = len(example.key.correct)

    assert mark_response(MATCH, example.key, [option] * lines).points <= 1 / lines


@many
@given(examples(ORDER), st.integers(1, 7))
def test_giving_every_step_the_same_place_earns_nothing(example: Example, rank: int) -> None:
    """Fails when steps with one place count as being in order."""
    assert mark_response(ORDER, example.key, [rank] * example.options).points == 0


def test_half_is_what_a_near_region_earns() -> None:
    assert mark_response(REGION, SPOT, [2]).points == NEAR_POINTS
