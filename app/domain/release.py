"""Decide when scores, correctness, keys and explanations are released, on all pages and in all exports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.attempt import AttemptState, Purpose, resolve_state


class ReleaseMoment(StrEnum):
    """A moment of release; the earliest comes first."""

    EACH_ANSWER = "each_answer"
    SUBMISSION = "submission"
    LAST_ATTEMPT = "last_attempt"
    CLOSING = "closing"

    @property
    def place(self) -> int:
        return tuple(ReleaseMoment).index(self)


@dataclass(frozen=True, slots=True)
class ReleasePolicy:
    """When a test releases the score, which answers were right, the right answers, and the explanations."""

    mark: ReleaseMoment = ReleaseMoment.SUBMISSION
    correctness: ReleaseMoment = ReleaseMoment.SUBMISSION
    key: ReleaseMoment = ReleaseMoment.SUBMISSION
    explanation: ReleaseMoment = ReleaseMoment.SUBMISSION

    @property
    def checks_each(self) -> bool:
        """Whether each answer is checked and becomes final before the next."""
        return self.correctness is ReleaseMoment.EACH_ANSWER

    @property
    def waits_for_closing(self) -> bool:
        """Whether something is released only at closing, so the test must close for everybody at once."""
        return ReleaseMoment.CLOSING in (self.mark, self.correctness, self.key, self.explanation)


class PolicyError(StrEnum):
    """Why a policy is invalid."""

    MARK_EACH_ANSWER = "mark_each_answer"
    BEFORE_WHAT_IT_TELLS = "before_what_it_tells"
    NO_LAST_ATTEMPT = "no_last_attempt"
    NEVER_CLOSES = "never_closes"


def check_policy(
    policy: ReleasePolicy, *, attempts_allowed: int | None, is_due: bool
) -> Iterator[tuple[str, PolicyError]]:
    """Yield each fault in a policy as the name of its field and the error.

    Which answers were right reveals the score, and the key reveals which were right. So none of the four may be
    released before the one listed before it.
    """
    if policy.mark is ReleaseMoment.EACH_ANSWER:
        yield "mark", PolicyError.MARK_EACH_ANSWER
    # Correctness after each answer may come before the total score.
    before: ReleaseMoment = ReleaseMoment.EACH_ANSWER if policy.mark is ReleaseMoment.SUBMISSION else policy.mark
    for name in ("correctness", "key", "explanation"):
        when: ReleaseMoment = getattr(policy, name)
        if when.place < before.place:
            yield name, PolicyError.BEFORE_WHAT_IT_TELLS
        before = when if when.place > before.place else before
    for name in ("mark", "correctness", "key", "explanation"):
        if getattr(policy, name) is ReleaseMoment.LAST_ATTEMPT and attempts_allowed is None:
            yield name, PolicyError.NO_LAST_ATTEMPT
        if getattr(policy, name) is ReleaseMoment.CLOSING and not is_due:
            yield name, PolicyError.NEVER_CLOSES


def plan_release(policy: ReleasePolicy, *, attempts_allowed: int | None, number: int | None = None) -> ReleasePolicy:
    """Return when each of the four will really be shown, which may be later than ``policy`` says.

    The result holds for attempt ``number``, or for a learner's first if that is None. Before the last of a limited
    number of attempts, :func:`decide_release` keeps the key, and each of the four waits for the one before it. At the
    last attempt, *after the last attempt* means at submission. :attr:`ReleaseFacts.is_pool_in_use` is not considered.
    """
    is_last = attempts_allowed is not None and (number or 1) >= attempts_allowed
    keeps_key = attempts_allowed is not None and not is_last

    def resolve(when: ReleaseMoment) -> ReleaseMoment:
        return ReleaseMoment.SUBMISSION if is_last and when is ReleaseMoment.LAST_ATTEMPT else when

    mark = resolve(policy.mark)
    correctness = resolve(policy.correctness)
    if correctness is not ReleaseMoment.EACH_ANSWER:
        correctness = max(mark, correctness, key=_get_place)
    earliest = ReleaseMoment.LAST_ATTEMPT if keeps_key else ReleaseMoment.EACH_ANSWER
    key = max(correctness, earliest, resolve(policy.key), key=_get_place)
    explanation = max(key, resolve(policy.explanation), key=_get_place)
    return ReleasePolicy(mark, correctness, key, explanation)


def _get_place(moment: ReleaseMoment) -> int:
    return moment.place


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """The facts that decide the release of one attempt.

    ``is_settled`` says whether its marks were written, all of them unless the assignment shows unfinished ones;
    ``attempts_allowed`` None is unlimited; ``closes_at`` None never
    closes. ``is_pool_in_use`` says whether the learner may still get the same questions in another test, in progress or
    later.
    """

    purpose: Purpose
    state: AttemptState
    deadline_at: datetime | None
    is_settled: bool
    policy: ReleasePolicy
    number: int
    attempts_allowed: int | None
    closes_at: datetime | None
    is_pool_in_use: bool = False


@dataclass(frozen=True, slots=True)
class Release:
    """What may be shown: the score, which answers were right, the right answers, and the explanations with sources."""

    mark: bool
    correctness: bool
    key: bool
    explanation: bool


RELEASE_NOTHING = Release(mark=False, correctness=False, key=False, explanation=False)
RELEASE_EVERYTHING = Release(mark=True, correctness=True, key=True, explanation=True)


def is_mark_released(
    policy: ReleasePolicy, *, number: int, attempts_allowed: int | None, closes_at: datetime | None, now: datetime
) -> bool:
    """Return whether the score may be shown after ``number`` submitted attempts."""
    is_closed = closes_at is not None and now > closes_at
    is_over = is_closed or (attempts_allowed is not None and number >= attempts_allowed)
    return _is_reached(policy.mark, is_over=is_over, is_closed=is_closed)


def _is_reached(when: ReleaseMoment, *, is_over: bool, is_closed: bool) -> bool:
    return is_closed if when is ReleaseMoment.CLOSING else is_over if when is ReleaseMoment.LAST_ATTEMPT else True


def decide_release(facts: ReleaseFacts, now: datetime) -> Release:
    """Decide what is released of an attempt at ``now``.

    An attempt that is in progress or unmarked releases nothing here; :func:`decide_release_in_progress` decides for its
    checked questions.
    """
    if resolve_state(facts.state, facts.deadline_at, now) is AttemptState.OPEN or not facts.is_settled:
        return RELEASE_NOTHING
    if facts.purpose is not Purpose.TEST:
        return RELEASE_EVERYTHING
    is_closed = facts.closes_at is not None and now > facts.closes_at
    is_over = is_closed or _is_last(facts)

    def is_reached(when: ReleaseMoment) -> bool:
        return _is_reached(when, is_over=is_over, is_closed=is_closed)

    policy = facts.policy
    # Before the last of a limited number of attempts the key would give away the next one, whatever the policy says.
    is_key_safe = is_over or facts.attempts_allowed is None
    return _restrict(
        facts,
        Release(
            mark=is_reached(policy.mark),
            correctness=is_reached(policy.correctness),
            key=is_reached(policy.key) and is_key_safe,
            explanation=is_reached(policy.explanation) and is_key_safe,
        ),
    )


def decide_release_in_progress(facts: ReleaseFacts) -> Release:
    """Decide what is released of one checked question while its attempt is in progress.

    Practice and lesson checks release everything; a test releases what its policy gives after each answer, but never
    the score.
    """
    if facts.purpose is not Purpose.TEST:
        return RELEASE_EVERYTHING
    policy = facts.policy
    is_key_safe = facts.attempts_allowed is None or _is_last(facts)
    of_item = Release(
        mark=True,
        correctness=policy.correctness is ReleaseMoment.EACH_ANSWER,
        key=policy.key is ReleaseMoment.EACH_ANSWER and is_key_safe,
        explanation=policy.explanation is ReleaseMoment.EACH_ANSWER and is_key_safe,
    )
    shown = _restrict(facts, of_item)
    return Release(mark=False, correctness=shown.correctness, key=shown.key, explanation=shown.explanation)


def _is_last(facts: ReleaseFacts) -> bool:
    return facts.attempts_allowed is not None and facts.number >= facts.attempts_allowed


def _restrict(facts: ReleaseFacts, release: Release) -> Release:
    """Hold back what would reveal more: each of the four reveals the one before it, and the pool may be in use."""
    correctness = release.mark and release.correctness and not facts.is_pool_in_use
    key = correctness and release.key
    return Release(mark=release.mark, correctness=correctness, key=key, explanation=key and release.explanation)
