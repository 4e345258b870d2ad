"""When marks, right or wrong, the key and the explanations are released. The one place that decides, for pages, fragments and exports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.attempt import Purpose, State, state_at


class Policy(StrEnum):
    """When a trainer releases what an assignment's questions give away. The mark itself is released at submission."""

    AFTER_SUBMISSION = "after_submission"
    AFTER_LAST_ATTEMPT = "after_last_attempt"
    AFTER_CLOSING = "after_closing"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the release of one attempt depends on.

    ``is_settled`` says whether its marks were written; ``attempts_allowed`` None is unlimited; ``closes_at`` None never closes.
    ``is_pool_in_use`` says whether the learner may be asked the same questions again for a mark, in a test that is under way or to come.
    """

    purpose: Purpose
    state: State
    deadline_at: datetime | None
    is_settled: bool
    policy: Policy
    number: int
    attempts_allowed: int | None
    closes_at: datetime | None
    is_pool_in_use: bool = False


@dataclass(frozen=True, slots=True)
class Release:
    """What may be shown of a submitted attempt: the score, which answers were right, and the key with its explanations."""

    mark: bool
    correctness: bool
    key: bool


NOTHING = Release(mark=False, correctness=False, key=False)
EVERYTHING = Release(mark=True, correctness=True, key=True)


def released(facts: Facts, now: datetime) -> Release:
    """What is released of an attempt at ``now``.

    An attempt that is under way, or whose marks are not written yet, releases nothing here. (Practice releases each checked question by
    itself: see :func:`is_item_released`.)
    """
    if state_at(facts.state, facts.deadline_at, now) is State.OPEN or not facts.is_settled:
        return NOTHING
    if facts.purpose is not Purpose.TEST:
        return EVERYTHING
    is_closed = facts.closes_at is not None and now > facts.closes_at
    if facts.is_pool_in_use:
        return Release(mark=True, correctness=False, key=False)
    if facts.policy is Policy.AFTER_SUBMISSION:
        is_key_released = facts.attempts_allowed is None or facts.number >= facts.attempts_allowed or is_closed
    elif facts.policy is Policy.AFTER_LAST_ATTEMPT:
        is_key_released = (facts.attempts_allowed is not None and facts.number >= facts.attempts_allowed) or is_closed
    else:
        is_key_released = is_closed
    return Release(
        mark=True, correctness=is_key_released or facts.policy is Policy.AFTER_SUBMISSION, key=is_key_released
    )


def is_item_released(purpose: Purpose, *, is_settled: bool) -> bool:
    """Whether one question's key may be shown while its attempt is under way: in practice and lesson checks, once it was checked."""
    return purpose is not Purpose.TEST and is_settled
