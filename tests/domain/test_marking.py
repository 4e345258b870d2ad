"""Marking: a table, and R17, generated examples against a second, plainer implementation.

``MARKING_EXAMPLES=10000 pytest tests/domain/test_marking.py`` runs R17 in full.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.content import Kind
from app.domain.marking import MAX_POINTS, Result, certainty_points, mark

EXAMPLES = int(os.environ.get("MARKING_EXAMPLES", "300"))
many = settings(max_examples=EXAMPLES, deadline=None, database=None)


@pytest.mark.parametrize(
    ("kind", "correct", "response", "certainty", "expected"),
    [
        (Kind.SINGLE, [2], [2], None, Result(1, 1, True, 1)),
        (Kind.SINGLE, [2], [2], 3, Result(1, 1, True, 3)),
        (Kind.SINGLE, [2], [1], None, Result(0, 1, False, 0)),
        (Kind.SINGLE, [2], [1], 2, Result(0, 1, False, -2)),
        (Kind.SINGLE, [2], [1, 2], 3, Result(0, 1, False, -6)),
        (Kind.SINGLE, [2], [], 3, Result(0, 1, False, 0)),
        (Kind.SINGLE, [2], None, 3, Result(0, 1, False, 0)),
        (Kind.TRUE_FALSE, [0], [0], 2, Result(1, 1, True, 2)),
        (Kind.TRUE_FALSE, [0], [1], 3, Result(0, 1, False, -6)),
        (Kind.SEVERAL, [0, 1], [0, 1], 3, Result(1, 1, True, 3)),
        (Kind.SEVERAL, [0, 1], [0], 3, Result(0.5, 1, False, -6)),
        (Kind.SEVERAL, [0, 1], [0, 2], None, Result(0, 1, False, 0)),
        (Kind.SEVERAL, [0, 1], [0, 1, 2], None, Result(0.5, 1, False, 0)),
        (Kind.SEVERAL, [0, 1], [0, 1, 2, 3], None, Result(0, 1, False, 0)),
        (Kind.SEVERAL, [0, 1], [2, 3], None, Result(0, 1, False, 0)),
        (Kind.SEVERAL, [0, 1], [1, 1], None, Result(0.5, 1, False, 0)),
        (Kind.SEVERAL, [0, 1, 2, 3], [0, 1, 2, 4], None, Result(0.5, 1, False, 0)),
    ],
)
def test_marks_one_answer(
    kind: Kind, correct: list[int], response: list[int] | None, certainty: int | None, expected: Result
) -> None:
    assert mark(kind, correct, response, certainty) == expected


@pytest.mark.parametrize(("certainty", "right", "wrong"), [(None, 1, 0), (1, 1, 0), (2, 2, -2), (3, 3, -6)])
def test_certainty_pays_only_who_is_right(certainty: int | None, right: int, wrong: int) -> None:
    assert certainty_points(certainty, is_right=True) == right
    assert certainty_points(certainty, is_right=False) == wrong
    assert certainty_points(certainty, is_right=False, is_blank=True) == 0


def test_a_question_without_a_key_is_refused() -> None:
    with pytest.raises(ValueError, match="without a key"):
        mark(Kind.SINGLE, [], [0])


@dataclass(frozen=True, slots=True)
class Example:
    """A question as the content checker lets it through, and some answer to it."""

    kind: Kind
    options: int
    correct: frozenset[int]
    response: frozenset[int]
    certainty: int | None


@st.composite
def examples(draw: st.DrawFn) -> Example:
    kind = draw(st.sampled_from(Kind))
    options = 2 if kind is Kind.TRUE_FALSE else draw(st.integers(3, 8))
    # The checker demands at least as many wrong options as right ones where several are right.
    most = options // 2 if kind is Kind.SEVERAL else 1
    correct = draw(st.sets(st.integers(0, options - 1), min_size=1, max_size=most))
    response = draw(st.sets(st.integers(0, options - 1)))
    return Example(kind, options, frozenset(correct), frozenset(response), draw(st.sampled_from([None, 1, 2, 3])))


def plain_mark(example: Example) -> tuple[Fraction, bool, int]:
    """Mark by going over the options one by one, in fractions."""
    share, points, is_right = Fraction(1, len(example.correct)), Fraction(0), True
    for option in range(example.options):
        is_ticked, is_keyed = option in example.response, option in example.correct
        if is_ticked:
            points += share if is_keyed else -share
        is_right = is_right and is_ticked == is_keyed
    if example.kind is not Kind.SEVERAL:
        points = Fraction(1) if is_right else Fraction(0)
    sure = example.certainty or 1
    bet = 0 if not example.response else sure if is_right else -(sure - 1) * sure
    return max(points, Fraction(0)), is_right, bet


@many
@given(examples())
def test_agrees_with_a_second_implementation(example: Example) -> None:
    """Fails when a wrong tick costs nothing, a blank counts as wrong, or a certain mistake costs another number of points."""
    points, is_right, bet = plain_mark(example)

    found = mark(example.kind, example.correct, example.response, example.certainty)

    assert found.points == pytest.approx(float(points))
    assert (found.is_right, found.certainty_points) == (is_right, bet)


@many
@given(examples())
def test_points_stay_within_their_bounds(example: Example) -> None:
    """Fails when more wrong ticks than right ones make points negative."""
    found = mark(example.kind, example.correct, example.response, example.certainty)

    assert 0 <= found.points <= found.max_points == MAX_POINTS
    assert -6 <= found.certainty_points <= 3
    assert found.is_right == (found.points == MAX_POINTS)


@many
@given(examples(), st.randoms(use_true_random=False))
def test_shuffling_the_options_changes_nothing(example: Example, chance: object) -> None:
    """Fails when marking compares places on the page instead of the author's indexes."""
    place = list(range(example.options))
    chance.shuffle(place)  # type: ignore[attr-defined]

    shuffled = mark(
        example.kind, [place[i] for i in example.correct], [place[i] for i in example.response], example.certainty
    )

    assert shuffled == mark(example.kind, example.correct, example.response, example.certainty)


@many
@given(examples())
def test_ticking_everything_never_pays(example: Example) -> None:
    """Fails when wrong ticks cost less than right ones earn."""
    everything = range(example.options)

    assert mark(example.kind, example.correct, everything).points == 0
