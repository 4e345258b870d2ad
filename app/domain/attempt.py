"""The rules of attempts: purposes, states, deadlines and passing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.sections import MarkedItem, SectionRule, compute_sections, is_pass_mark_reached

GRACE = timedelta(seconds=5)
"""An answer counts if it reaches the server within this time after the deadline, to allow for network delay."""

CLOSING_DELAY = timedelta(seconds=20)
"""Overdue attempts are closed no earlier than this after the deadline.

It is longer than the grace plus the longest wait for a lock (10 s), so closing cannot overtake an answer that arrived
in time.
"""


MAX_REVISIONS = 200
"""How often the answer to one question can be changed, so that nobody fills the log of answers."""


class Purpose(StrEnum):
    CHECK = "check"
    PRACTICE = "practice"
    TEST = "test"


class AttemptState(StrEnum):
    OPEN = "open"
    SUBMITTED = "submitted"


class AttemptError(Exception):
    """A refused action on an attempt. Each subclass has a page that explains what happened and what is safe."""


class AttemptClosed(AttemptError):
    """The attempt was submitted, or its time is up."""


class AnswerFinal(AttemptError):
    """A checked practice answer is final."""


class QuestionPassed(AttemptError):
    """The test goes forward only, and the learner has gone on from this question."""


class TooManyChanges(AttemptError):
    """The answer was changed as often as its kind allows; the last one stays."""


class InvalidAnswer(AttemptError):
    """The form contains a value that the page does not offer."""


class AnswerProblem(StrEnum):
    """Why an answer cannot be stored or checked. Pages say it in words: :mod:`app.web.answer_words`."""

    NOTHING_CHOSEN = "nothing-chosen"
    NO_NUMBER_GIVEN = "no-number-given"
    NOTHING_TYPED = "nothing-typed"
    NOT_A_NUMBER = "not-a-number"
    AMBIGUOUS_NUMBER = "ambiguous-number"
    TOO_LONG = "too-long"
    TOO_MANY_WORDS = "too-many-words"
    NO_LETTER = "no-letter"
    RIGHT_ALREADY = "right-already"
    LINES_OPEN = "lines-open"
    STEPS_OPEN = "steps-open"
    STEP_TAKEN = "step-taken"
    CASE_OPEN = "case-open"


class UnusableAnswer(InvalidAnswer):
    """The page offers the answer, but it cannot be used as it is. ``details`` fill in the words about it."""

    def __init__(self, problem: AnswerProblem, **details: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.details = details


class BadEntry(UnusableAnswer):
    """The typed text cannot be an answer."""


class AnswerMissing(UnusableAnswer):
    """A check was requested without an answer."""


class AnswerIncomplete(UnusableAnswer):
    """The answer would become final, but parts of it are open."""


class StepTaken(UnusableAnswer):
    """The answer is given in steps, and one that was taken differs from the one sent."""


class NoAttemptsLeft(AttemptError):
    """The learner has used all attempts that the assignment allows."""


class AssignmentClosed(AttemptError):
    """The assignment is closed; no attempt can start."""


class AssignmentNotOpen(AttemptError):
    """The assignment is not open yet."""

    def __init__(self, opens_at: datetime) -> None:
        super().__init__(opens_at)
        self.opens_at = opens_at


class LearnerExcused(AttemptError):
    """The learner is excused from the assignment."""


class AssignmentWithdrawn(AttemptError):
    """The assignment was withdrawn; earlier attempts are kept, but no new one can start."""


class ModuleRetired(AttemptError):
    """The module left the course; attempts under way can be finished, but no new one can start."""


class CohortArchived(AttemptError):
    """The cohort is archived: it can be read, and nothing in it is due."""


class PrerequisitesUnmet(AttemptError):
    """Other assignments must be passed or taken first; ``titles`` names them."""

    def __init__(self, titles: Sequence[str]) -> None:
        super().__init__(titles)
        self.titles = tuple(titles)


class LessonsUnfinished(AttemptError):
    """The assigned lessons must be finished before the test; ``titles`` names the unfinished ones."""

    def __init__(self, titles: Sequence[str]) -> None:
        super().__init__(titles)
        self.titles = tuple(titles)


class NoQuestions(AttemptError):
    """The pool contains no questions to draw from."""


@dataclass(frozen=True, slots=True)
class AttemptOutcome:
    points: float
    max_points: float
    is_passed: bool
    is_critical_missed: bool

    @property
    def percent(self) -> int:
        return percent(self.points, self.max_points)


def compute_deadline(
    started_at: datetime, limit_minutes: int | None, extra_percent: int, closes_at: datetime | None = None
) -> datetime | None:
    """Return when an attempt ends; None if it has no time limit and the assignment never closes.

    Extra time lengthens the limit, but not beyond ``closes_at``.
    """
    ends = (
        None if limit_minutes is None else started_at + timedelta(minutes=limit_minutes * (100 + extra_percent) / 100)
    )
    return min((moment for moment in (ends, closes_at) if moment is not None), default=None)


@dataclass(frozen=True, slots=True)
class TimeAllowed:
    """The time of an attempt in seconds; None if it has no deadline.

    ``limit_seconds`` is the time limit with the learner's extra time. The attempt has less if it closes before.
    """

    seconds: int | None
    limit_seconds: int | None

    @property
    def is_cut_short(self) -> bool:
        """Whether closing leaves less time than the limit, or is the only end."""
        return self.seconds is not None and (self.limit_seconds is None or self.seconds < self.limit_seconds)


def compute_time(
    started_at: datetime, limit_minutes: int | None, extra_percent: int, closes_at: datetime | None = None
) -> TimeAllowed:
    """Return the time until the deadline of :func:`compute_deadline`."""

    def count_seconds(ends: datetime | None) -> int | None:
        return None if ends is None else max(0, int((ends - started_at).total_seconds()))

    return TimeAllowed(
        count_seconds(compute_deadline(started_at, limit_minutes, extra_percent, closes_at)),
        count_seconds(compute_deadline(started_at, limit_minutes, extra_percent)),
    )


def extend_deadline(current: datetime | None, proposed: datetime | None) -> datetime | None:
    """Return the later of two deadlines, None being no deadline; a promised deadline is never shortened."""
    if current is None or proposed is None:
        return None
    return max(current, proposed)


def resolve_state(state: AttemptState, deadline_at: datetime | None, now: datetime) -> AttemptState:
    """Return the effective state: submitted once the deadline and grace have passed, even before marks are written."""
    if state is AttemptState.OPEN and deadline_at is not None and now > deadline_at + GRACE:
        return AttemptState.SUBMITTED
    return state


def is_closable(state: AttemptState, deadline_at: datetime | None, now: datetime) -> bool:
    """Return whether an overdue attempt may be closed because no answer in time can still be on its way."""
    return state is AttemptState.OPEN and deadline_at is not None and now > deadline_at + CLOSING_DELAY


def compute_outcome(
    marks: Iterable[MarkedItem], pass_mark_percent: int, sections: Sequence[SectionRule] = ()
) -> AttemptOutcome:
    """Add up marks and decide whether the attempt passed.

    Passing requires the pass mark and every safety-critical question fully right. If the test has sections, each of
    them decides on its own pass mark, and on whether its safety-critical questions must be right.
    """
    marks = list(marks)
    points = math.fsum(mark.points for mark in marks)
    max_points = math.fsum(mark.max_points for mark in marks)
    parts = compute_sections(marks, sections)
    if sections:
        is_critical_missed = any(part.is_critical_missed for part in parts)
    else:
        is_critical_missed = any(mark.is_critical and not mark.is_right for mark in marks)
    is_enough = is_pass_mark_reached(points, max_points, pass_mark_percent)
    is_passed = is_enough and not is_critical_missed and all(part.is_passed for part in parts)
    return AttemptOutcome(min(points, max_points), max_points, is_passed, is_critical_missed)


def percent(points: float, max_points: float) -> int:
    """Return whole per cent, rounded down so that 79.9 never shows as a pass mark of 80; 0 if nothing can be earned."""
    return 0 if max_points <= 0 else math.floor(points * 100 / max_points + 1e-6)


def round_down(number: float) -> float:
    """Return points, or a mean of scores, rounded down to a tenth.

    Like :func:`percent`, it never promises more than was reached. Every mean and total of scores is shown like this.
    """
    return math.floor(number * 10 + 1e-6) / 10
