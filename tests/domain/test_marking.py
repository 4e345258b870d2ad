"""Marking: a table for each kind, and R17, generated examples against a second, plainer implementation.

``MARKING_EXAMPLES=10000 pytest tests/domain/test_marking.py`` runs R17 in full.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.content import Key, Kind
from app.domain.marking import MAX_POINTS, MOST_CERTAINTY_POINTS, NEAR_POINTS, Result, certainty_points, mark
from app.domain.response import Response

EXAMPLES = int(os.environ.get("MARKING_EXAMPLES", "300"))
many = settings(max_examples=EXAMPLES, deadline=None, database=None)

TWO, TWO_OF_FOUR, PAIRS, STEPS = Key((2,)), Key((0, 1)), Key((0, 1, 2, 3)), Key((0, 1, 2, 3))
SPOT, PATCH = Key((1,), near=(2, 3)), Key((1, 4))
ABOUT, EXACT = Key(value=0.2, tolerance=0.1), Key(value=-3, tolerance=0)


@pytest.mark.parametrize(
    ("kind", "key", "response", "points"),
    [
        (Kind.SINGLE, TWO, [2], 1),
        (Kind.SINGLE, TWO, [1], 0),
        (Kind.SINGLE, TWO, [1, 2], 0),
        (Kind.SINGLE, TWO, [], 0),
        (Kind.SINGLE, TWO, None, 0),
        (Kind.TRUE_FALSE, Key((0,)), [0], 1),
        (Kind.TRUE_FALSE, Key((0,)), [1], 0),
        (Kind.SEVERAL, TWO_OF_FOUR, [0, 1], 1),
        (Kind.SEVERAL, TWO_OF_FOUR, [0], 0.5),
        (Kind.SEVERAL, TWO_OF_FOUR, [0, 2], 0),
        (Kind.SEVERAL, TWO_OF_FOUR, [0, 1, 2], 0.5),
        (Kind.SEVERAL, TWO_OF_FOUR, [0, 1, 2, 3], 0),
        (Kind.SEVERAL, TWO_OF_FOUR, [2, 3], 0),
        (Kind.SEVERAL, TWO_OF_FOUR, [1, 1], 0.5),
        (Kind.SEVERAL, Key((0, 1, 2, 3)), [0, 1, 2, 4], 0.5),
        (Kind.REGION, SPOT, [1], 1),
        (Kind.REGION, SPOT, [3], 0.5),
        (Kind.REGION, SPOT, [0], 0),
        (Kind.REGION, PATCH, [4], 1),
        (Kind.MATCH, PAIRS, [0, 1, 2, 3], 1),
        (Kind.MATCH, PAIRS, [0, 2, 1, 3], 0.5),
        (Kind.MATCH, PAIRS, [0, None, None, None], 0.25),
        (Kind.MATCH, PAIRS, [2, 2, 2, 2], 0.25),
        (Kind.MATCH, PAIRS, [4, 5, 4, 5], 0),
        (Kind.MATCH, PAIRS, None, 0),
        (Kind.ORDER, STEPS, [1, 2, 3, 4], 1),
        (Kind.ORDER, STEPS, [2, 1, 3, 4], pytest.approx(4 / 6)),
        (Kind.ORDER, STEPS, [4, 1, 2, 3], 0),
        (Kind.ORDER, STEPS, [4, 3, 2, 1], 0),
        (Kind.ORDER, STEPS, [1, 1, 1, 1], 0),
        (Kind.ORDER, STEPS, [1, None, 2, None], pytest.approx(1 / 6)),
        (Kind.NUMERIC, ABOUT, "0.2", 1),
        (Kind.NUMERIC, ABOUT, "0.3", 1),
        (Kind.NUMERIC, ABOUT, "0.1", 1),
        (Kind.NUMERIC, ABOUT, "0.31", 0),
        (Kind.NUMERIC, EXACT, "-3", 1),
        (Kind.NUMERIC, EXACT, "3", 0),
        (Kind.NUMERIC, EXACT, None, 0),
    ],
)
def test_marks_one_answer(kind: Kind, key: Key, response: Response | None, points: float) -> None:
    found = mark(kind, key, response)

    assert found.points == points
    assert found.is_right is (found.points == 1)


@pytest.mark.parametrize(
    ("response", "certainty", "expected"),
    [
        ([2], None, Result(1, 1, True, 1)),
        ([2], 3, Result(1, 1, True, 3)),
        ([1], 2, Result(0, 1, False, -2)),
        ([1], 3, Result(0, 1, False, -6)),
        (None, 3, Result(0, 1, False, 0)),
    ],
)
def test_certainty_is_counted_beside_the_points(
    response: list[int] | None, certainty: int | None, expected: Result
) -> None:
    assert mark(Kind.SINGLE, TWO, response, certainty) == expected


@pytest.mark.parametrize(("certainty", "right", "wrong"), [(None, 1, 0), (1, 1, 0), (2, 2, -2), (3, 3, -6)])
def test_certainty_pays_only_who_is_right(certainty: int | None, right: int, wrong: int) -> None:
    assert certainty_points(certainty, is_right=True) == right
    assert certainty_points(certainty, is_right=False) == wrong
    assert certainty_points(certainty, is_right=False, is_blank=True) == 0


def test_partly_right_is_not_right_for_certainty() -> None:
    assert mark(Kind.MATCH, PAIRS, [0, 1, 2, None], 3).certainty_points == -6


@pytest.mark.parametrize("kind", Kind)
def test_a_question_without_a_key_is_refused(kind: Kind) -> None:
    with pytest.raises(ValueError, match="without a key"):
        mark(kind, Key(), [0])


# -- R17 --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Example:
    """A question as the content checker lets it through, and some answer to it."""

    kind: Kind
    options: int
    key: Key
    response: Response | None
    certainty: int | None


@st.composite
def examples(draw: st.DrawFn, *kinds: Kind) -> Example:
    kind = draw(st.sampled_from(kinds or tuple(Kind)))
    make = {Kind.MATCH: _match, Kind.ORDER: _order, Kind.NUMERIC: _numeric, Kind.REGION: _region}.get(kind)
    options, key, response = make(draw) if make else _choice(draw, kind)
    return Example(kind, options, key, response, draw(st.sampled_from([None, 1, 2, 3])))


def _choice(draw: st.DrawFn, kind: Kind) -> tuple[int, Key, Response | None]:
    options = 2 if kind is Kind.TRUE_FALSE else draw(st.integers(3, 6))
    # The checker demands at least as many wrong options as right ones where several are right.
    most = options // 2 if kind is Kind.SEVERAL else 1
    correct = draw(st.sets(st.integers(0, options - 1), min_size=1, max_size=most))
    response = draw(st.sets(st.integers(0, options - 1)))
    return options, Key(tuple(sorted(correct))), sorted(response) or None


def _region(draw: st.DrawFn) -> tuple[int, Key, Response | None]:
    options = draw(st.integers(2, 12))
    worth = draw(st.lists(st.sampled_from("rnw"), min_size=options, max_size=options).filter(lambda w: "r" in w))
    chosen = draw(st.none() | st.integers(0, options - 1))
    key = Key(
        tuple(at for at, one in enumerate(worth) if one == "r"), tuple(at for at, one in enumerate(worth) if one == "n")
    )
    return options, key, None if chosen is None else [chosen]


def _match(draw: st.DrawFn) -> tuple[int, Key, Response | None]:
    prompts, extra = draw(st.integers(3, 6)), draw(st.integers(0, 3))
    some = st.none() | st.integers(0, prompts + extra - 1)
    response = draw(st.lists(some, min_size=prompts, max_size=prompts))
    is_blank = all(one is None for one in response)
    return prompts + extra, Key(tuple(range(prompts))), None if is_blank else response


def _order(draw: st.DrawFn) -> tuple[int, Key, Response | None]:
    steps = draw(st.integers(3, 7))
    some = st.lists(st.none() | st.integers(1, steps), min_size=steps, max_size=steps)
    response = draw(some | st.permutations(range(1, steps + 1)))
    is_blank = all(one is None for one in response)
    return steps, Key(tuple(range(steps))), None if is_blank else list(response)


def _numeric(draw: st.DrawFn) -> tuple[int, Key, Response | None]:
    tenths = st.integers(-10_000, 10_000)
    value, tolerance = draw(tenths), draw(st.integers(0, 50))
    response = draw(st.none() | tenths | st.integers(value - 60, value + 60))
    key = Key(value=value / 10, tolerance=tolerance / 10)
    return 0, key, None if response is None else f"{Fraction(response, 10).__float__():.1f}"


def plain_mark(example: Example) -> tuple[Fraction, int]:
    """Mark by going over the parts one by one, in fractions; return the points and what certainty earns."""
    points = Fraction(0)
    if example.response is not None:
        points = {
            Kind.MATCH: _plain_match,
            Kind.ORDER: _plain_order,
            Kind.NUMERIC: _plain_numeric,
            Kind.REGION: _plain_region,
        }.get(example.kind, _plain_choice)(example)
    sure = example.certainty or 1
    return points, 0 if example.response is None else sure if points == 1 else -(sure - 1) * sure


def _plain_choice(example: Example) -> Fraction:
    share, points, is_right = Fraction(1, len(example.key.correct)), Fraction(0), True
    for option in range(example.options):
        is_ticked, is_keyed = option in example.response, option in example.key.correct
        if is_ticked:
            points += share if is_keyed else -share
        is_right = is_right and is_ticked == is_keyed
    return max(points, Fraction(0)) if example.kind is Kind.SEVERAL else Fraction(is_right)


def _plain_region(example: Example) -> Fraction:
    points = Fraction(0)
    for option in range(example.options):
        if [option] == example.response:
            points = Fraction(2 * (option in example.key.correct) + (option in example.key.near), 2)
    return points


def _plain_match(example: Example) -> Fraction:
    points = Fraction(0)
    for prompt, chosen in enumerate(example.response):
        if chosen == example.key.correct[prompt]:
            points += Fraction(1, len(example.response))
    return points


def _plain_order(example: Example) -> Fraction:
    tally, pairs = 0, 0
    for first in range(example.options):
        for second in range(first + 1, example.options):
            pairs += 1
            one, other = example.response[first], example.response[second]
            if one is not None and other is not None and one != other:
                tally += 1 if one < other else -1
    return max(Fraction(tally, pairs), Fraction(0))


def _plain_numeric(example: Example) -> Fraction:
    tenths = [round(10 * number) for number in (example.key.value, example.key.tolerance, float(example.response))]
    return Fraction(tenths[0] - tenths[1] <= tenths[2] <= tenths[0] + tenths[1])


@many
@given(examples())
def test_agrees_with_a_second_implementation(example: Example) -> None:
    """Fails when a wrong tick costs nothing, a blank counts as wrong, near is as good as right, a tie counts as a pair in order, the ends of a
    tolerance are left out, or a certain mistake costs another number of points."""
    points, bet = plain_mark(example)

    found = mark(example.kind, example.key, example.response, example.certainty)

    assert found.points == pytest.approx(float(points))
    assert (found.is_right, found.certainty_points) == (points == 1, bet)


@many
@given(examples())
def test_points_stay_within_their_bounds(example: Example) -> None:
    """Fails when more wrong ticks than right ones, or more pairs in the wrong order, make points negative."""
    found = mark(example.kind, example.key, example.response, example.certainty)

    assert 0 <= found.points <= found.max_points == MAX_POINTS
    assert -6 <= found.certainty_points <= MOST_CERTAINTY_POINTS
    assert found.is_right == (found.points == MAX_POINTS)


def _moved(example: Example, place: Sequence[int]) -> tuple[Key, Response | None]:
    """The same question and answer with the author's options in another order."""
    key, response = example.key, example.response
    correct, near = tuple(place[i] for i in key.correct), tuple(place[i] for i in key.near)
    if response is None or example.kind is Kind.NUMERIC:
        return Key(correct, near, key.value, key.tolerance), response
    if example.kind is Kind.ORDER:
        ranks = dict(zip(place, response, strict=True))
        return Key(correct, near), [ranks[at] for at in range(example.options)]
    return Key(correct, near), [None if i is None else place[i] for i in response]


@many
@given(examples(), st.randoms(use_true_random=False))
def test_shuffling_the_options_changes_nothing(example: Example, chance: Random) -> None:
    """Fails when marking compares places on the page instead of the author's indexes."""
    place = list(range(example.options))
    chance.shuffle(place)
    key, response = _moved(example, place)

    shuffled = mark(example.kind, key, response, example.certainty)

    assert shuffled == mark(example.kind, example.key, example.response, example.certainty)


@many
@given(examples(Kind.SINGLE, Kind.TRUE_FALSE, Kind.SEVERAL))
def test_ticking_everything_never_pays(example: Example) -> None:
    """Fails when wrong ticks cost less than right ones earn."""
    assert mark(example.kind, example.key, list(range(example.options))).points == 0


@many
@given(examples(Kind.MATCH), st.integers(0, 8))
def test_choosing_the_same_for_every_line_earns_one_line_at_most(example: Example, option: int) -> None:
    """Fails when a line is right because its option stands somewhere among the right ones."""
    lines = len(example.key.correct)

    assert mark(Kind.MATCH, example.key, [option] * lines).points <= 1 / lines


@many
@given(examples(Kind.ORDER), st.integers(1, 7))
def test_giving_every_step_the_same_place_earns_nothing(example: Example, rank: int) -> None:
    """Fails when steps with one place count as being in order."""
    assert mark(Kind.ORDER, example.key, [rank] * example.options).points == 0


def test_half_is_what_a_near_region_earns() -> None:
    assert mark(Kind.REGION, SPOT, [2]).points == NEAR_POINTS
