"""When marks, right or wrong, the key and the explanations are released. The one place that decides, for pages, fragments and exports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.attempt import Purpose, State, state_at


class When(StrEnum):
    """A moment at which something is released, the earliest first."""

    EACH_ANSWER = "each_answer"
    SUBMISSION = "submission"
    LAST_ATTEMPT = "last_attempt"
    CLOSING = "closing"

    @property
    def place(self) -> int:
        return tuple(When).index(self)


@dataclass(frozen=True, slots=True)
class Policy:
    """What is released of a test, each at its own moment: the score, which answers were right, the right answers, and the reasons."""

    mark: When = When.SUBMISSION
    correctness: When = When.SUBMISSION
    key: When = When.SUBMISSION
    explanation: When = When.SUBMISSION

    @property
    def checks_each(self) -> bool:
        """Whether each answer is checked, and is final, before the next."""
        return self.correctness is When.EACH_ANSWER

    @property
    def waits_for_closing(self) -> bool:
        """Whether something is released at closing alone: then the test must close for everybody at once."""
        return When.CLOSING in (self.mark, self.correctness, self.key, self.explanation)


class Unsound(StrEnum):
    """Why a policy can't be had."""

    MARK_EACH_ANSWER = "mark_each_answer"
    BEFORE_WHAT_IT_TELLS = "before_what_it_tells"
    NO_LAST_ATTEMPT = "no_last_attempt"
    NEVER_CLOSES = "never_closes"


def unsound(policy: Policy, *, attempts_allowed: int | None, is_due: bool) -> Iterator[tuple[str, Unsound]]:
    """Yield what is wrong with a policy, as the name of its field and why.

    Whoever knows which answers were right knows the score, and whoever knows the key knows which were right: so each of the four may come no
    earlier than the one before it.
    """
    if policy.mark is When.EACH_ANSWER:
        yield "mark", Unsound.MARK_EACH_ANSWER
    # Right or wrong after each answer comes before the score of them all, and that is meant.
    before: When = When.EACH_ANSWER if policy.mark is When.SUBMISSION else policy.mark
    for name in ("correctness", "key", "explanation"):
        when: When = getattr(policy, name)
        if when.place < before.place:
            yield name, Unsound.BEFORE_WHAT_IT_TELLS
        before = when if when.place > before.place else before
    for name in ("mark", "correctness", "key", "explanation"):
        if getattr(policy, name) is When.LAST_ATTEMPT and attempts_allowed is None:
            yield name, Unsound.NO_LAST_ATTEMPT
        if getattr(policy, name) is When.CLOSING and not is_due:
            yield name, Unsound.NEVER_CLOSES


@dataclass(frozen=True, slots=True)
class Facts:
    """What the release of one attempt depends on.

    ``is_settled`` says whether its marks were written; ``attempts_allowed`` None is unlimited; ``closes_at`` None never closes.
    ``is_pool_in_use`` says whether the learner may be asked the same questions again for a mark, in another test that is under way or to
    come.
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
    """What may be shown: the score, which answers were right, the right answers, and the reasons with their sources."""

    mark: bool
    correctness: bool
    key: bool
    explanation: bool


NOTHING = Release(mark=False, correctness=False, key=False, explanation=False)
EVERYTHING = Release(mark=True, correctness=True, key=True, explanation=True)


def is_mark_released(
    policy: Policy, *, number: int, attempts_allowed: int | None, closes_at: datetime | None, now: datetime
) -> bool:
    """Whether the score of submitted attempts may be shown, where ``number`` of them were taken."""
    is_closed = closes_at is not None and now > closes_at
    is_over = is_closed or (attempts_allowed is not None and number >= attempts_allowed)
    return _is_reached(policy.mark, is_over=is_over, is_closed=is_closed)


def _is_reached(when: When, *, is_over: bool, is_closed: bool) -> bool:
    return is_closed if when is When.CLOSING else is_over if when is When.LAST_ATTEMPT else True


def released(facts: Facts, now: datetime) -> Release:
    """What is released of an attempt at ``now``.

    An attempt that is under way, or whose marks are not written yet, releases nothing here; what of a single question is shown then,
    :func:`released_under_way` says.
    """
    if state_at(facts.state, facts.deadline_at, now) is State.OPEN or not facts.is_settled:
        return NOTHING
    if facts.purpose is not Purpose.TEST:
        return EVERYTHING
    is_closed = facts.closes_at is not None and now > facts.closes_at
    is_over = is_closed or _is_last(facts)

    def is_reached(when: When) -> bool:
        return _is_reached(when, is_over=is_over, is_closed=is_closed)

    policy = facts.policy
    # Before the last of a limited number of attempts the key would be the next one's answer sheet, whatever the policy says.
    is_key_safe = is_over or facts.attempts_allowed is None
    return _within(
        facts,
        Release(
            mark=is_reached(policy.mark),
            correctness=is_reached(policy.correctness),
            key=is_reached(policy.key) and is_key_safe,
            explanation=is_reached(policy.explanation) and is_key_safe,
        ),
    )


def released_under_way(facts: Facts) -> Release:
    """What is released of one checked question while its attempt is under way.

    In practice and lesson checks that is everything; in a test what the policy gives after each answer, but no score.
    """
    if facts.purpose is not Purpose.TEST:
        return EVERYTHING
    policy = facts.policy
    is_key_safe = facts.attempts_allowed is None or _is_last(facts)
    of_item = Release(
        mark=True,
        correctness=policy.correctness is When.EACH_ANSWER,
        key=policy.key is When.EACH_ANSWER and is_key_safe,
        explanation=policy.explanation is When.EACH_ANSWER and is_key_safe,
    )
    shown = _within(facts, of_item)
    return Release(mark=False, correctness=shown.correctness, key=shown.key, explanation=shown.explanation)


def _is_last(facts: Facts) -> bool:
    return facts.attempts_allowed is not None and facts.number >= facts.attempts_allowed


def _within(facts: Facts, release: Release) -> Release:
    """Hold back what would give something else away: each of the four tells the one before it, and the pool may still be in use."""
    correctness = release.mark and release.correctness and not facts.is_pool_in_use
    key = correctness and release.key
    return Release(mark=release.mark, correctness=correctness, key=key, explanation=key and release.explanation)
