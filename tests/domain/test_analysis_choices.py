"""Responses of every kind taken apart, and the wrong ideas in them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.domain import marking
from app.domain.analysis.choices import Belief, ItemChoices, find_beliefs, sort_by_gravity, tally
from app.domain.analysis.items import ItemResponses
from app.domain.kinds import Part, QuestionKind, Response
from app.domain.kinds.choice import ChoiceKey
from app.domain.kinds.match import MatchKey
from app.domain.kinds.numeric import NumericKey
from app.domain.kinds.order import OrderKey
from app.domain.kinds.region import RegionKey
from app.domain.kinds.text import AcceptedAnswer, TextKey
from tests.support.question_kinds import MATCH, NUMERIC, ORDER, REGION, SEVERAL, SINGLE, TEXT, TRUE_FALSE

Given = tuple[Response | None, int | None]


def answers(kind: QuestionKind[Any], key: Any, *given: Given, corrected: float | None = None) -> ItemResponses:
    """Answers with their marks; ``corrected`` is what a trainer gave all of them."""
    n = len(given)
    points = [
        marking.mark_response(kind, key, response).points if corrected is None else corrected for response, _ in given
    ]
    return ItemResponses(
        range(n),
        points,
        [x + 5 for x in points],
        [10.0] * n,
        [json.dumps(response) for response, _ in given],
        [certainty for _, certainty in given],
    )


def counted(found: ItemChoices) -> dict[Part, tuple[bool, int]]:
    return {choice.part: (choice.is_right, len(choice)) for choice in found.choices}


ONE, TWO = ChoiceKey((0,)), ChoiceKey((0, 2))
WORD = TextKey((AcceptedAnswer("Twitch"),))
PAIRS, STEPS, NUMBER = MatchKey((1, 0)), OrderKey((2, 0, 1)), NumericKey(2.0, 0.5)


@pytest.mark.parametrize(
    ("kind", "key", "options", "given", "expected"),
    [
        (SINGLE, ONE, 3, [[0], [0], [1], None], {0: (True, 2), 1: (False, 1), 2: (False, 0)}),
        (TRUE_FALSE, ONE, 2, [[1]], {0: (True, 0), 1: (False, 1)}),
        (REGION, RegionKey((0,), near=(1,)), 3, [[1], [0]], {0: (True, 1), 1: (False, 1), 2: (False, 0)}),
        (SEVERAL, TWO, 3, [[0, 1], [0, 2]], {0: (True, 2), 1: (False, 1), 2: (True, 1)}),
        (MATCH, PAIRS, 2, [[1, 0], [1, 1], [None, 1]], {(0, 1): (True, 2), (1, 1): (False, 2), (1, 0): (True, 1)}),
        (ORDER, STEPS, 3, [[2, 3, 1], [1, 2, 3], [1, 2, 3]], {"[1, 2, 3]": (False, 2), "[2, 3, 1]": (True, 1)}),
        (NUMERIC, NUMBER, 0, ["2.4", "2", "7"], {"2": (True, 1), "2.4": (True, 1), "7": (False, 1)}),
        (TEXT, WORD, 0, ["Twitch", " twitch. ", "Jerk!", "jerk"], {"Twitch": (True, 2), "jerk": (False, 2)}),
    ],
)
def test_every_kind_is_taken_apart(
    kind: QuestionKind[Any],
    key: Any,
    options: int,
    given: list[Response | None],
    expected: dict[Part, tuple[bool, int]],
) -> None:
    """Options stand whether chosen or not; what was given freely stands by how often."""
    found = tally(kind, key, options, answers(kind, key, *((response, None) for response in given)))

    assert counted(found) == expected
    assert list(counted(found)) == list(expected) or kind is NUMERIC
    assert (found.answered, found.blank) == (len(given) - given.count(None), given.count(None))


def test_a_blank_is_blank_however_it_is_stored() -> None:
    """JSON null, and no value at all."""
    three = ItemResponses(range(3), [0.0] * 3, [0.0] * 3, [10.0] * 3, ["null", None, "[1]"], [None] * 3)

    assert tally(SINGLE, ONE, 2, three).blank == 2


def test_what_a_correction_accepted_is_no_wrong_idea() -> None:
    """Fails when the key alone decides, and learners who were told that they are right stand as wrong."""
    found = tally(SINGLE, ONE, 3, answers(SINGLE, ONE, ([1], 3), ([1], 3), corrected=1.0))

    assert counted(found)[1] == (True, 2)


def test_a_mark_given_to_one_learner_does_not_accept_the_answer_of_all() -> None:
    given = answers(SINGLE, ONE, ([1], 3), ([1], 3))
    one = ItemResponses(given.attempts, [1.0, 0.0], given.totals, given.mosts, given.responses, given.certainties)

    assert counted(tally(SINGLE, ONE, 3, one))[1] == (False, 2)


def test_the_mean_score_is_of_those_who_chose_it() -> None:
    given = answers(SINGLE, ONE, ([0], None), ([1], None), ([1], None))
    found = tally(SINGLE, ONE, 3, given).choices

    assert [choice.mean_percent(given) for choice in found] == [60.0, 50.0, None]


# -- wrong ideas -------------------------------------------------------------------------------------------------------


def held(*given: Given, is_sure_asked: bool = True, is_critical: bool = False, version_id: int = 1) -> list[Belief]:
    of_one = answers(SINGLE, ONE, *given)
    found = find_beliefs(
        version_id,
        tally(SINGLE, ONE, 4, of_one),
        of_one,
        is_critical=is_critical,
        is_sure_asked=is_sure_asked,
    )
    return list(found)


def test_a_wrong_idea_says_who_held_it_and_how_firmly() -> None:
    (one,) = held(([1], 3), ([1], 2), ([1], 1), ([1], None), ([0], 3), (None, None))

    assert (one.part, one.certain, one.fairly_sure, one.at, one.answered) == (1, (0,), (1,), (0, 1, 2, 3), 5)


def test_a_wrong_guess_is_no_belief_where_certainty_was_asked() -> None:
    assert held(([1], 1), ([2], 2)) == []


def test_where_nobody_was_asked_every_wrong_option_counts() -> None:
    found = held(([1], None), ([2], None), ([2], None), ([0], None), is_sure_asked=False)

    assert [(one.part, len(one.at)) for one in sort_by_gravity(found)] == [(2, 2), (1, 1)]


def test_safety_critical_ideas_come_first_then_the_most_certain() -> None:
    """Fails when a common harmless mistake stands above a dangerous one."""
    common = held(([1], 3), ([1], 3), ([1], 3), version_id=1)
    fairly = held(([1], 3), ([1], 2), ([1], 2), version_id=2)
    lonely = held(([1], 3), version_id=3)
    danger = held(([1], 3), ([0], 3), version_id=4, is_critical=True)

    assert [one.version_id for one in sort_by_gravity([*lonely, *common, *fairly, *danger])] == [4, 1, 2, 3]
