"""Mastery of an objective: latest results first, as a table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.mastery import (
    UNSEEN,
    WEAK_SHOWN,
    Mastery,
    MasteryShare,
    ObjectiveMastery,
    choose_weak,
    judge_mastery,
    levels,
    share_out,
)

R, W = True, False


@pytest.mark.parametrize(
    ("latest_first", "expected"),
    [
        ([], ObjectiveMastery(Mastery.UNSEEN, 0, 0)),
        ([W], ObjectiveMastery(Mastery.STARTED, 0, 1, is_latest_wrong=True)),
        ([R], ObjectiveMastery(Mastery.STARTED, 1, 1)),
        ([R, R], ObjectiveMastery(Mastery.STARTED, 2, 2)),
        ([R, R, R], ObjectiveMastery(Mastery.NEARLY, 3, 3)),
        ([R, R, W], ObjectiveMastery(Mastery.STARTED, 2, 3)),
        ([R, R, R, W], ObjectiveMastery(Mastery.NEARLY, 3, 4)),
        ([R, R, R, R], ObjectiveMastery(Mastery.SECURE, 4, 4)),
        ([R, R, R, R, W], ObjectiveMastery(Mastery.SECURE, 4, 5)),
        ([W, R, R, R, R], ObjectiveMastery(Mastery.SECURE, 4, 5, is_latest_wrong=True)),
        ([R, R, R, W, W], ObjectiveMastery(Mastery.NEARLY, 3, 5)),
        ([R, R, W, W, W], ObjectiveMastery(Mastery.STARTED, 2, 5)),
        ([R, R, R, R, R, W, W, W, W], ObjectiveMastery(Mastery.SECURE, 5, 5)),
        ([W, W, W, W, W, R, R, R, R, R], ObjectiveMastery(Mastery.STARTED, 0, 5, is_latest_wrong=True)),
    ],
)
def test_the_latest_five_results_decide(latest_first: list[bool], expected: ObjectiveMastery) -> None:
    assert judge_mastery(latest_first) == expected


def test_each_objective_is_judged_by_its_own_latest_marks() -> None:
    """Catches: a window over all objectives together, or one that keeps the oldest marks."""
    marks = [(1, True), (2, False), (1, True), (1, True), (1, True), (2, True), (1, False), (1, False), (1, False)]

    assert levels(marks) == {
        1: ObjectiveMastery(Mastery.SECURE, 4, 5),
        2: ObjectiveMastery(Mastery.STARTED, 1, 2, is_latest_wrong=True),
    }


@given(st.lists(st.booleans(), max_size=12))
def test_secure_means_at_least_four_of_the_latest_five(latest_first: list[bool]) -> None:
    """The page says so beside a bar against five. Fails when three of three or four of six are called secure."""
    level = judge_mastery(latest_first)

    assert (level.mastery is Mastery.SECURE) == (sum(latest_first[:5]) >= 4)
    assert level.right <= level.of <= 5


def test_a_review_begins_with_what_was_wrong_last_time_and_leaves_out_what_is_secure_or_unseen() -> None:
    by_objective = levels(
        [
            *[(1, R)] * 5,
            *[(2, W), (2, R), (2, R), (2, R), (2, R)],
            *[(3, R), (3, W)],
            *[(4, W), (4, W)],
            *[(5, R), (5, R), (5, R)],
        ]
    )

    assert choose_weak(by_objective | {6: UNSEEN}) == (4, 2, 3, 5)


def test_a_review_has_at_most_eight_objectives() -> None:
    assert len(choose_weak(levels((number, W) for number in range(30)))) == WEAK_SHOWN


def test_shares_follow_each_other_and_cover_everything() -> None:
    levels_of_all = [Mastery.STARTED, Mastery.SECURE, Mastery.UNSEEN, Mastery.STARTED]

    assert share_out(levels_of_all) == (
        MasteryShare(Mastery.SECURE, 0, 1),
        MasteryShare(Mastery.NEARLY, 1, 0),
        MasteryShare(Mastery.STARTED, 1, 2),
        MasteryShare(Mastery.UNSEEN, 3, 1),
    )
