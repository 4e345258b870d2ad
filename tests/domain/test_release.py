"""What is released when: the table that pages, fragments and exports are held to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.attempt import Purpose, State
from app.domain.release import EVERYTHING, NOTHING, Facts, Policy, Release, is_item_released, released

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PAST, FUTURE = NOW - timedelta(hours=1), NOW + timedelta(hours=1)

MARK = Release(mark=True, correctness=False, key=False)
CORRECTNESS = Release(mark=True, correctness=True, key=False)


def facts(**given: object) -> Facts:
    usual = {
        "purpose": Purpose.TEST,
        "state": State.SUBMITTED,
        "deadline_at": None,
        "is_settled": True,
        "policy": Policy.AFTER_SUBMISSION,
        "number": 1,
        "attempts_allowed": None,
        "closes_at": None,
    }
    return Facts(**(usual | given))  # type: ignore[arg-type]


UNFINISHED = [
    {"state": State.OPEN, "is_settled": False},
    {"state": State.OPEN, "deadline_at": FUTURE, "is_settled": False},
    {"state": State.OPEN, "deadline_at": PAST, "is_settled": False},
    {"state": State.OPEN, "is_settled": True},
    {"state": State.SUBMITTED, "is_settled": False},
]


@pytest.mark.parametrize("unfinished", UNFINISHED)
@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize("purpose", Purpose)
def test_nothing_is_released_before_the_marks_are_written(
    unfinished: dict[str, object], policy: Policy, purpose: Purpose
) -> None:
    attempt = facts(purpose=purpose, policy=policy, attempts_allowed=1, closes_at=PAST, **unfinished)

    assert released(attempt, NOW) == NOTHING


@pytest.mark.parametrize("purpose", [Purpose.PRACTICE, Purpose.CHECK])
@pytest.mark.parametrize("policy", Policy)
def test_practice_and_checks_release_everything(purpose: Purpose, policy: Policy) -> None:
    assert released(facts(purpose=purpose, policy=policy), NOW) == EVERYTHING


AFTER_SUBMISSION, AFTER_LAST, AFTER_CLOSING = Policy.AFTER_SUBMISSION, Policy.AFTER_LAST_ATTEMPT, Policy.AFTER_CLOSING


@pytest.mark.parametrize(
    ("policy", "number", "allowed", "closes_at", "in_use", "expected"),
    [
        (AFTER_SUBMISSION, 1, None, None, False, EVERYTHING),
        (AFTER_SUBMISSION, 1, 2, None, False, CORRECTNESS),
        (AFTER_SUBMISSION, 2, 2, None, False, EVERYTHING),
        (AFTER_SUBMISSION, 1, 2, FUTURE, False, CORRECTNESS),
        (AFTER_SUBMISSION, 1, 2, PAST, False, EVERYTHING),
        (AFTER_SUBMISSION, 1, None, None, True, MARK),
        (AFTER_SUBMISSION, 1, 2, PAST, True, MARK),
        (AFTER_LAST, 1, 2, None, False, MARK),
        (AFTER_LAST, 2, 2, None, False, EVERYTHING),
        (AFTER_LAST, 2, 2, None, True, MARK),
        (AFTER_LAST, 1, None, None, False, MARK),
        (AFTER_LAST, 1, 2, FUTURE, False, MARK),
        (AFTER_LAST, 1, 2, PAST, False, EVERYTHING),
        (AFTER_CLOSING, 1, None, None, False, MARK),
        (AFTER_CLOSING, 1, 1, FUTURE, False, MARK),
        (AFTER_CLOSING, 1, 1, NOW, False, MARK),
        (AFTER_CLOSING, 1, 1, PAST, False, EVERYTHING),
        (AFTER_CLOSING, 1, 1, PAST, True, MARK),
    ],
)
def test_a_test_releases_as_its_policy_says(
    policy: Policy, number: int, allowed: int | None, closes_at: datetime | None, in_use: bool, expected: Release
) -> None:
    attempt = facts(policy=policy, number=number, attempts_allowed=allowed, closes_at=closes_at, is_pool_in_use=in_use)

    assert released(attempt, NOW) == expected


@pytest.mark.parametrize(
    ("purpose", "is_settled", "expected"),
    [
        (Purpose.TEST, False, False),
        (Purpose.TEST, True, False),
        (Purpose.PRACTICE, False, False),
        (Purpose.PRACTICE, True, True),
        (Purpose.CHECK, False, False),
        (Purpose.CHECK, True, True),
    ],
)
def test_one_question_is_released_under_way_only_in_practice_and_only_once_checked(
    purpose: Purpose, is_settled: bool, expected: bool
) -> None:
    assert is_item_released(purpose, is_settled=is_settled) is expected
