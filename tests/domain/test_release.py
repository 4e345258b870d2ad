"""What is released when: the table that pages, fragments and exports are held to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from app.domain.attempt import AttemptState, Purpose
from app.domain.release import (
    RELEASE_EVERYTHING,
    RELEASE_NOTHING,
    PolicyError,
    Release,
    ReleaseFacts,
    ReleaseMoment,
    ReleasePolicy,
    check_policy,
    decide_release,
    decide_release_in_progress,
    is_mark_released,
    plan_release,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PAST, FUTURE = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
EACH, SUBMISSION, LAST, CLOSING = ReleaseMoment

MARK = Release(mark=True, correctness=False, key=False, explanation=False)
CORRECTNESS = Release(mark=True, correctness=True, key=False, explanation=False)
KEY = Release(mark=True, correctness=True, key=True, explanation=False)
POLICIES = [ReleasePolicy(*four) for four in product(ReleaseMoment, repeat=4)]

AT_ONCE = ReleasePolicy()
LATER = ReleasePolicy(SUBMISSION, LAST, LAST, LAST)
CLOSED = ReleasePolicy(SUBMISSION, CLOSING, CLOSING, CLOSING)
STEPS = ReleasePolicy(SUBMISSION, SUBMISSION, LAST, CLOSING)


def facts(**given: object) -> ReleaseFacts:
    usual = {
        "purpose": Purpose.TEST,
        "state": AttemptState.SUBMITTED,
        "deadline_at": None,
        "is_settled": True,
        "policy": AT_ONCE,
        "number": 1,
        "attempts_allowed": None,
        "closes_at": None,
    }
    return ReleaseFacts(**(usual | given))  # type: ignore[arg-type]


UNFINISHED = [
    {"state": AttemptState.OPEN, "is_settled": False},
    {"state": AttemptState.OPEN, "deadline_at": FUTURE, "is_settled": False},
    {"state": AttemptState.OPEN, "deadline_at": PAST, "is_settled": False},
    {"state": AttemptState.OPEN, "is_settled": True},
    {"state": AttemptState.SUBMITTED, "is_settled": False},
]


@pytest.mark.parametrize("unfinished", UNFINISHED)
@pytest.mark.parametrize("purpose", Purpose)
def test_nothing_is_released_before_the_marks_are_written(unfinished: dict[str, object], purpose: Purpose) -> None:
    for policy in POLICIES:
        attempt = facts(purpose=purpose, policy=policy, attempts_allowed=1, closes_at=PAST, **unfinished)

        assert decide_release(attempt, NOW) == RELEASE_NOTHING


@pytest.mark.parametrize("purpose", [Purpose.PRACTICE, Purpose.CHECK])
def test_practice_and_checks_release_everything(purpose: Purpose) -> None:
    for policy in POLICIES:
        assert decide_release(facts(purpose=purpose, policy=policy), NOW) == RELEASE_EVERYTHING
        assert (
            decide_release_in_progress(facts(purpose=purpose, policy=policy, state=AttemptState.OPEN))
            == RELEASE_EVERYTHING
        )


@pytest.mark.parametrize(
    ("policy", "number", "allowed", "closes_at", "in_use", "expected"),
    [
        (AT_ONCE, 1, None, None, False, RELEASE_EVERYTHING),
        (AT_ONCE, 1, 2, None, False, CORRECTNESS),
        (AT_ONCE, 2, 2, None, False, RELEASE_EVERYTHING),
        (AT_ONCE, 1, 2, FUTURE, False, CORRECTNESS),
        (AT_ONCE, 1, 2, PAST, False, RELEASE_EVERYTHING),
        (AT_ONCE, 1, None, None, True, MARK),
        (AT_ONCE, 1, 2, PAST, True, MARK),
        (LATER, 1, 2, None, False, MARK),
        (LATER, 2, 2, None, False, RELEASE_EVERYTHING),
        (LATER, 2, 2, None, True, MARK),
        (LATER, 1, None, None, False, MARK),
        (LATER, 1, 2, FUTURE, False, MARK),
        (LATER, 1, 2, PAST, False, RELEASE_EVERYTHING),
        (CLOSED, 1, None, None, False, MARK),
        (CLOSED, 1, 1, FUTURE, False, MARK),
        (CLOSED, 1, 1, NOW, False, MARK),
        (CLOSED, 1, 1, PAST, False, RELEASE_EVERYTHING),
        (CLOSED, 1, 1, PAST, True, MARK),
        (STEPS, 1, 2, FUTURE, False, CORRECTNESS),
        (STEPS, 2, 2, FUTURE, False, KEY),
        (STEPS, 2, 2, PAST, False, RELEASE_EVERYTHING),
        (ReleasePolicy(CLOSING, CLOSING, CLOSING, CLOSING), 1, 1, FUTURE, False, RELEASE_NOTHING),
        (ReleasePolicy(LAST, LAST, LAST, LAST), 1, 2, None, False, RELEASE_NOTHING),
        (ReleasePolicy(LAST, LAST, LAST, LAST), 2, 2, None, False, RELEASE_EVERYTHING),
        (ReleasePolicy(SUBMISSION, EACH, EACH, EACH), 1, 2, None, False, CORRECTNESS),
        (ReleasePolicy(SUBMISSION, EACH, EACH, EACH), 1, 1, None, False, RELEASE_EVERYTHING),
        # A policy that the form refuses still gives nothing away through what it tells.
        (ReleasePolicy(CLOSING, SUBMISSION, SUBMISSION, SUBMISSION), 1, 1, FUTURE, False, RELEASE_NOTHING),
        (ReleasePolicy(SUBMISSION, CLOSING, SUBMISSION, SUBMISSION), 1, 1, FUTURE, False, MARK),
    ],
)
def test_a_test_releases_as_its_policy_says(
    policy: ReleasePolicy, number: int, allowed: int | None, closes_at: datetime | None, in_use: bool, expected: Release
) -> None:
    attempt = facts(policy=policy, number=number, attempts_allowed=allowed, closes_at=closes_at, is_pool_in_use=in_use)

    assert decide_release(attempt, NOW) == expected


def test_of_a_limited_test_the_key_waits_for_the_last_attempt_whatever_the_policy() -> None:
    """Threat 5. Fails when the policy alone decides."""
    for policy in POLICIES:
        found = decide_release(facts(policy=policy, number=1, attempts_allowed=2), NOW)

        assert (found.key, found.explanation) == (False, False)
        assert not (found.correctness and not found.mark)


@pytest.mark.parametrize(
    ("policy", "number", "allowed", "in_use", "expected"),
    [
        (AT_ONCE, 1, 1, False, RELEASE_NOTHING),
        (ReleasePolicy(SUBMISSION, EACH, SUBMISSION, SUBMISSION), 1, 1, False, CORRECTNESS),
        (ReleasePolicy(SUBMISSION, EACH, EACH, SUBMISSION), 1, 1, False, KEY),
        (ReleasePolicy(SUBMISSION, EACH, EACH, EACH), 1, 1, False, RELEASE_EVERYTHING),
        (ReleasePolicy(SUBMISSION, EACH, EACH, EACH), 1, 2, False, CORRECTNESS),
        (ReleasePolicy(SUBMISSION, EACH, EACH, EACH), 2, 2, False, RELEASE_EVERYTHING),
        (ReleasePolicy(SUBMISSION, EACH, EACH, EACH), 1, None, False, RELEASE_EVERYTHING),
        (ReleasePolicy(SUBMISSION, EACH, EACH, EACH), 1, None, True, RELEASE_NOTHING),
    ],
)
def test_under_way_a_test_releases_what_comes_after_each_answer(
    policy: ReleasePolicy, number: int, allowed: int | None, in_use: bool, expected: Release
) -> None:
    attempt = facts(
        policy=policy,
        number=number,
        attempts_allowed=allowed,
        is_pool_in_use=in_use,
        state=AttemptState.OPEN,
        is_settled=False,
    )

    found = decide_release_in_progress(attempt)

    assert not found.mark
    assert (found.correctness, found.key, found.explanation) == (
        expected.correctness,
        expected.key,
        expected.explanation,
    )


@pytest.mark.parametrize(
    ("policy", "allowed", "is_due", "faults"),
    [
        (ReleasePolicy(), None, False, []),
        (ReleasePolicy(SUBMISSION, EACH, EACH, EACH), None, False, []),
        (LATER, 2, False, []),
        (LATER, None, False, ["correctness", "key", "explanation"]),
        (CLOSED, None, True, []),
        (CLOSED, None, False, ["correctness", "key", "explanation"]),
        (STEPS, 2, True, []),
        (ReleasePolicy(mark=EACH), None, False, ["mark"]),
        (ReleasePolicy(SUBMISSION, SUBMISSION, EACH, SUBMISSION), None, False, ["key"]),
        (ReleasePolicy(SUBMISSION, LAST, SUBMISSION, LAST), 2, False, ["key"]),
        (ReleasePolicy(CLOSING, SUBMISSION, CLOSING, CLOSING), 2, True, ["correctness"]),
        (ReleasePolicy(LAST, EACH, LAST, LAST), 2, True, ["correctness"]),
    ],
)
def test_a_policy_that_contradicts_itself_is_named(
    policy: ReleasePolicy, allowed: int | None, is_due: bool, faults: list[str]
) -> None:
    assert [name for name, _ in check_policy(policy, attempts_allowed=allowed, is_due=is_due)] == faults


def test_each_reason_is_found_somewhere() -> None:
    found = {
        why
        for policy in POLICIES
        for allowed, is_due in product((None, 2), (False, True))
        for _, why in check_policy(policy, attempts_allowed=allowed, is_due=is_due)
    }

    assert found == set(PolicyError)


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
    when: ReleaseMoment, number: int, allowed: int, closes_at: datetime | None, expected: bool
) -> None:
    found = is_mark_released(
        ReleasePolicy(mark=when), number=number, attempts_allowed=allowed, closes_at=closes_at, now=NOW
    )

    assert found is expected


# -- what a learner is told before starting -----------------------------------------------------------------------------


def _when_shown(
    policy: ReleasePolicy, attempts_allowed: int | None, number: int, closes_at: datetime | None
) -> list[object]:
    """For each of the four, the first of the moments of one attempt at which it is really shown."""
    done = facts(policy=policy, attempts_allowed=attempts_allowed, number=number, closes_at=closes_at)
    stages = [
        (EACH, decide_release_in_progress(replace(done, state=AttemptState.OPEN))),
        (SUBMISSION, decide_release(done, NOW)),
        (LAST, decide_release(replace(done, number=attempts_allowed or number), NOW)),
        (CLOSING, decide_release(done, FUTURE + timedelta(hours=1))),
    ]
    names = ("mark", "correctness", "key", "explanation")
    return [next((when for when, shown in stages if getattr(shown, name)), None) for name in names]


@pytest.mark.parametrize("attempts_allowed", [None, 1, 2, 3])
def test_what_is_promised_is_what_will_be_shown(attempts_allowed: int | None) -> None:
    """Fails when the start page promises answers "after each attempt" that wait for the last one."""
    for policy, number in product(POLICIES, range(1, (attempts_allowed or 2) + 1)):
        if list(check_policy(policy, attempts_allowed=attempts_allowed, is_due=True)):
            continue
        plan = plan_release(policy, attempts_allowed=attempts_allowed, number=number)
        promised = [plan.mark, plan.correctness, plan.key, plan.explanation]
        closes_at = FUTURE if policy.waits_for_closing else None

        assert promised == _when_shown(policy, attempts_allowed, number, closes_at), (policy, number)


@pytest.mark.parametrize(("attempts_allowed", "key"), [(None, SUBMISSION), (1, SUBMISSION), (2, LAST)])
def test_the_key_of_the_usual_policy_waits_for_the_last_of_several_attempts(
    attempts_allowed: int | None, key: ReleaseMoment
) -> None:
    assert plan_release(AT_ONCE, attempts_allowed=attempts_allowed) == ReleasePolicy(SUBMISSION, SUBMISSION, key, key)
