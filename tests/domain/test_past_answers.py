"""Confident mistakes and calibration, from answers whose correctness is released."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.past_answers import MIN_CALIBRATED, PastAnswer, calibrate, find_confident_mistakes

DAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
WRONG = PastAnswer(1, 1, 1, is_right=False, certainty=3, is_critical=False, is_answered=True, marked_at=DAY)
LATER = timedelta(days=1)


def right(one: PastAnswer, *, attempt_id: int = 9, after: timedelta = LATER) -> PastAnswer:
    return replace(one, is_right=True, attempt_id=attempt_id, marked_at=one.marked_at + after)


@pytest.mark.parametrize(
    ("certainty", "is_critical", "expected"),
    [
        (3, False, True),
        (2, False, False),
        (1, False, False),
        (None, False, False),
        (3, True, True),
        (2, True, True),
        (1, True, False),
        (None, True, True),
    ],
)
def test_a_mistake_is_confident_if_certain_or_on_safety_not_merely_guessed(
    certainty: int | None, is_critical: bool, expected: bool
) -> None:
    one = replace(WRONG, certainty=certainty, is_critical=is_critical)

    assert one.is_confident_mistake is expected
    assert find_confident_mistakes([one]) == ((one,) if expected else ())


def test_right_answers_and_questions_left_open_are_no_mistakes() -> None:
    assert not replace(WRONG, is_right=True).is_confident_mistake
    assert not replace(WRONG, is_answered=False).is_confident_mistake


@pytest.mark.parametrize(
    ("answer", "is_settled"),
    [
        (right(WRONG), True),
        (right(WRONG, attempt_id=WRONG.attempt_id), False),
        (right(WRONG, after=-LATER), False),
        (replace(right(WRONG), objective_id=2), False),
    ],
)
def test_a_right_answer_in_another_attempt_since_then_settles_it(answer: PastAnswer, is_settled: bool) -> None:
    assert (find_confident_mistakes([answer, WRONG]) == ()) is is_settled


def test_safety_comes_first_then_the_latest_and_each_objective_once() -> None:
    old = replace(WRONG, objective_id=2, is_critical=True, marked_at=DAY - 9 * LATER)
    new = replace(WRONG, objective_id=3, attempt_id=4, marked_at=DAY + LATER)
    again = replace(WRONG, attempt_id=5, marked_at=DAY + 2 * LATER)

    assert find_confident_mistakes([again, new, WRONG, old]) == (old, again, new)


def test_calibration_is_hidden_until_enough_answers_have_a_certainty() -> None:
    few = [replace(WRONG, is_right=n % 2 == 0, certainty=1 + n % 3) for n in range(MIN_CALIBRATED - 1)]
    silent = [replace(WRONG, certainty=None), replace(WRONG, is_answered=False)]

    assert calibrate([*few, *silent * 20]) == ()
    assert [(one.certainty, one.right, one.of) for one in calibrate([*few, right(WRONG)])] == [
        (1, 4, 7),
        (2, 3, 6),
        (3, 4, 7),
    ]
