"""What is released when: the table that pages, fragments and exports are held to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from app.domain.attempt import Purpose, State
from app.domain.release import (
    EVERYTHING,
    NOTHING,
    Facts,
    Policy,
    Release,
    Unsound,
    When,
    is_mark_released,
    released,
    released_under_way,
    unsound,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PAST, FUTURE = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
EACH, SUBMISSION, LAST, CLOSING = When

MARK = Release(mark=True, correctness=False, key=False, explanation=False)
CORRECTNESS = Release(mark=True, correctness=True, key=False, explanation=False)
KEY = Release(mark=True, correctness=True, key=True, explanation=False)
POLICIES = [Policy(*four) for four in product(When, repeat=4)]

AT_ONCE = Policy()
LATER = Policy(SUBMISSION, LAST, LAST, LAST)
CLOSED = Policy(SUBMISSION, CLOSING, CLOSING, CLOSING)
STEPS = Policy(SUBMISSION, SUBMISSION, LAST, CLOSING)


def facts(**given: object) -> Facts:
    usual = {
        "purpose": Purpose.TEST,
        "state": State.SUBMITTED,
        "deadline_at": None,
        "is_settled": True,
        "policy": AT_ONCE,
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
@pytest.mark.parametrize("purpose", Purpose)
def test_nothing_is_released_before_the_marks_are_written(unfinished: dict[str, object], purpose: Purpose) -> None:
    for policy in POLICIES:
        attempt = facts(purpose=purpose, policy=policy, attempts_allowed=1, closes_at=PAST, **unfinished)

        assert released(attempt, NOW) == NOTHING


@pytest.mark.parametrize("purpose", [Purpose.PRACTICE, Purpose.CHECK])
def test_practice_and_checks_release_everything(purpose: Purpose) -> None:
    for policy in POLICIES:
        assert released(facts(purpose=purpose, policy=policy), NOW) == EVERYTHING
        assert released_under_way(facts(purpose=purpose, policy=policy, state=State.OPEN)) == EVERYTHING


@pytest.mark.parametrize(
    ("policy", "number", "allowed", "closes_at", "in_use", "expected"),
    [
        (AT_ONCE, 1, None, None, False, EVERYTHING),
        (AT_ONCE, 1, 2, None, False, CORRECTNESS),
        (AT_ONCE, 2, 2, None, False, EVERYTHING),
        (AT_ONCE, 1, 2, FUTURE, False, CORRECTNESS),
        (AT_ONCE, 1, 2, PAST, False, EVERYTHING),
        (AT_ONCE, 1, None, None, True, MARK),
        (AT_ONCE, 1, 2, PAST, True, MARK),
        (LATER, 1, 2, None, False, MARK),
        (LATER, 2, 2, None, False, EVERYTHING),
        (LATER, 2, 2, None, True, MARK),
        (LATER, 1, None, None, False, MARK),
        (LATER, 1, 2, FUTURE, False, MARK),
        (LATER, 1, 2, PAST, False, EVERYTHING),
        (CLOSED, 1, None, None, False, MARK),
        (CLOSED, 1, 1, FUTURE, False, MARK),
        (CLOSED, 1, 1, NOW, False, MARK),
        (CLOSED, 1, 1, PAST, False, EVERYTHING),
        (CLOSED, 1, 1, PAST, True, MARK),
        (STEPS, 1, 2, FUTURE, False, CORRECTNESS),
        (STEPS, 2, 2, FUTURE, False, KEY),
        (STEPS, 2, 2, PAST, False, EVERYTHING),
        (Policy(CLOSING, CLOSING, CLOSING, CLOSING), 1, 1, FUTURE, False, NOTHING),
        (Policy(LAST, LAST, LAST, LAST), 1, 2, None, False, NOTHING),
        (Policy(LAST, LAST, LAST, LAST), 2, 2, None, False, EVERYTHING),
        (Policy(SUBMISSION, EACH, EACH, EACH), 1, 2, None, False, CORRECTNESS),
        (Policy(SUBMISSION, EACH, EACH, EACH), 1, 1, None, False, EVERYTHING),
        # A policy that the form refuses still gives nothing away through what it tells.
        (Policy(CLOSING, SUBMISSION, SUBMISSION, SUBMISSION), 1, 1, FUTURE, False, NOTHING),
        (Policy(SUBMISSION, CLOSING, SUBMISSION, SUBMISSION), 1, 1, FUTURE, False, MARK),
    ],
)
def test_a_test_releases_as_its_policy_says(
    policy: Policy, number: int, allowed: int | None, closes_at: datetime | None, in_use: bool, expected: Release
) -> None:
    attempt = facts(policy=policy, number=number, attempts_allowed=allowed, closes_at=closes_at, is_pool_in_use=in_use)

    assert released(attempt, NOW) == expected


def test_of_a_limited_test_the_key_waits_for_the_last_attempt_whatever_the_policy() -> None:
    """Threat 5. Fails when the policy alone decides."""
    for policy in POLICIES:
        found = released(facts(policy=policy, number=1, attempts_allowed=2), NOW)

        assert (found.key, found.explanation) == (False, False)
        assert not (found.correctness and not found.mark)


@pytest.mark.parametrize(
    ("policy", "number", "allowed", "in_use", "expected"),
    [
        (AT_ONCE, 1, 1, False, NOTHING),
        (Policy(SUBMISSION, EACH, SUBMISSION, SUBMISSION), 1, 1, False, CORRECTNESS),
        (Policy(SUBMISSION, EACH, EACH, SUBMISSION), 1, 1, False, KEY),
        (Policy(SUBMISSION, EACH, EACH, EACH), 1, 1, False, EVERYTHING),
        (Policy(SUBMISSION, EACH, EACH, EACH), 1, 2, False, CORRECTNESS),
        (Policy(SUBMISSION, EACH, EACH, EACH), 2, 2, False, EVERYTHING),
        (Policy(SUBMISSION, EACH, EACH, EACH), 1, None, False, EVERYTHING),
        (Policy(SUBMISSION, EACH, EACH, EACH), 1, None, True, NOTHING),
    ],
)
def test_under_way_a_test_releases_what_comes_after_each_answer(
    policy: Policy, number: int, allowed: int | None, in_use: bool, expected: Release
) -> None:
    attempt = facts(
        policy=policy,
        number=number,
        attempts_allowed=allowed,
        is_pool_in_use=in_use,
        state=State.OPEN,
        is_settled=False,
    )

    found = released_under_way(attempt)

    assert not found.mark
    assert (found.correctness, found.key, found.explanation) == (
        expected.correctness,
        expected.key,
        expected.explanation,
    )


@pytest.mark.parametrize(
    ("policy", "allowed", "is_due", "faults"),
    [
        (Policy(), None, False, []),
        (Policy(SUBMISSION, EACH, EACH, EACH), None, False, []),
        (LATER, 2, False, []),
        (LATER, None, False, ["correctness", "key", "explanation"]),
        (CLOSED, None, True, []),
        (CLOSED, None, False, ["correctness", "key", "explanation"]),
        (STEPS, 2, True, []),
        (Policy(mark=EACH), None, False, ["mark"]),
        (Policy(SUBMISSION, SUBMISSION, EACH, SUBMISSION), None, False, ["key"]),
        (Policy(SUBMISSION, LAST, SUBMISSION, LAST), 2, False, ["key"]),
        (Policy(CLOSING, SUBMISSION, CLOSING, CLOSING), 2, True, ["correctness"]),
        (Policy(LAST, EACH, LAST, LAST), 2, True, ["correctness"]),
    ],
)
def test_a_policy_that_contradicts_itself_is_named(
    policy: Policy, allowed: int | None, is_due: bool, faults: list[str]
) -> None:
    assert [name for name, _ in unsound(policy, attempts_allowed=allowed, is_due=is_due)] == faults


def test_each_reason_is_found_somewhere() -> None:
    found = {
        why
        for policy in POLICIES
        for allowed, is_due in product((None, 2), (False, True))
        for _, why in unsound(policy, attempts_allowed=allowed, is_due=is_due)
    }

    assert found == set(Unsound)


@pytest.mark.parametrize(
    ("when", "number", "allowed", "closes_at", "expected"),
    [
        (SUBMISSION, 1, 2, FUTURE, True),
        (LAST, 1, 2, None, False),
        (LAST, 2, 2, None, True),
        (LAST, 1, 2, PAST, True),
        (CLOSING, 2, 2, FUTURE, False),
        (CLOSING, 1, 2, PAST, True),
    ],
)
def test_lists_hold_a_score_back_as_results_do(
    when: When, number: int, allowed: int, closes_at: datetime | None, expected: bool
) -> None:
    found = is_mark_released(Policy(mark=when), number=number, attempts_allowed=allowed, closes_at=closes_at, now=NOW)

    assert found is expected
