"""The rules of attempts: purposes, states, deadlines and passing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

GRACE = timedelta(seconds=5)
"""An answer counts when it arrived at the server by the deadline plus this (the way there takes time)."""

CLOSING_DELAY = timedelta(seconds=20)
"""Overdue attempts are closed no earlier than this after the deadline: longer than the grace plus the longest wait for a lock (10 s), so
that an answer that arrived in time never loses the race against the closing."""


class Purpose(StrEnum):
    CHECK = "check"
    PRACTICE = "practice"
    TEST = "test"


class State(StrEnum):
    OPEN = "open"
    SUBMITTED = "submitted"


class AttemptError(Exception):
    """Something about an attempt that can't be done; each kind has a page that says what happened and what is safe."""


class AttemptClosed(AttemptError):
    """The attempt was submitted, or its time is up."""


class AnswerFinal(AttemptError):
    """A checked practice answer is final."""


class BadAnswer(AttemptError):
    """The form names an option that is not on the page."""


class BadNumber(BadAnswer):
    """A number is asked for, and something else was given."""


class NothingGiven(BadAnswer):
    """An answer is to be checked, and nothing was chosen."""


class AnswerUnfinished(BadAnswer):
    """The answer would become final, and parts of it are open."""


class NoAttemptsLeft(AttemptError):
    """All attempts that the assignment allows were taken."""


class AssignmentClosed(AttemptError):
    """The assignment closed: no attempt may be started any more."""


class NotOpenYet(AttemptError):
    """The assignment opens later."""

    def __init__(self, opens_at: datetime) -> None:
        super().__init__(opens_at)
        self.opens_at = opens_at


class ExcusedFromIt(AttemptError):
    """The learner is excused: there is nothing to take."""


class AssignmentWithdrawn(AttemptError):
    """The assignment was withdrawn: what was attempted is kept, and nothing new begins."""


class CohortArchived(AttemptError):
    """The cohort is archived: it can be read, and nothing in it is due."""


class OthersFirst(AttemptError):
    """Other assignments have to be passed, or taken, before this one; ``titles`` names them."""

    def __init__(self, titles: Sequence[str]) -> None:
        super().__init__(titles)
        self.titles = tuple(titles)


class LessonsFirst(AttemptError):
    """The lessons that were set have to be finished before the test; ``titles`` names those that are not."""

    def __init__(self, titles: Sequence[str]) -> None:
        super().__init__(titles)
        self.titles = tuple(titles)


class NothingToAsk(AttemptError):
    """The pool holds no question to draw."""


@dataclass(frozen=True, slots=True)
class MarkedItem:
    """What passing depends on: accuracy, and the safety gate."""

    points: float
    max_points: float
    is_right: bool
    is_critical: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    points: float
    max_points: float
    is_passed: bool
    is_critical_missed: bool

    @property
    def percent(self) -> int:
        return percent(self.points, self.max_points)


def deadline(
    started_at: datetime, limit_minutes: int | None, extra_percent: int, closes_at: datetime | None = None
) -> datetime | None:
    """When an attempt ends: the limit lengthened by the learner's extra time, but not beyond the closing of the assignment; None without either."""
    ends = (
        None if limit_minutes is None else started_at + timedelta(minutes=limit_minutes * (100 + extra_percent) / 100)
    )
    return min((moment for moment in (ends, closes_at) if moment is not None), default=None)


def lengthened(current: datetime | None, proposed: datetime | None) -> datetime | None:
    """The later of two deadlines, where None is no deadline at all: what a learner was promised is never shortened."""
    if current is None or proposed is None:
        return None
    return max(current, proposed)


def state_at(state: State, deadline_at: datetime | None, now: datetime) -> State:
    """What an attempt reads as: past its deadline (and grace) it is submitted, even where its marks are yet to be written."""
    if state is State.OPEN and deadline_at is not None and now > deadline_at + GRACE:
        return State.SUBMITTED
    return state


def is_closable(state: State, deadline_at: datetime | None, now: datetime) -> bool:
    """Whether an overdue attempt may be closed: no answer that arrived in time can still be on its way."""
    return state is State.OPEN and deadline_at is not None and now > deadline_at + CLOSING_DELAY


def outcome(marks: Iterable[MarkedItem], pass_mark_percent: int) -> Outcome:
    """Add marks up. Passed means: the pass mark is reached and every safety-critical question is fully right."""
    marks = list(marks)
    points = math.fsum(mark.points for mark in marks)
    max_points = math.fsum(mark.max_points for mark in marks)
    is_critical_missed = any(mark.is_critical and not mark.is_right for mark in marks)
    is_passed = is_enough(points, max_points, pass_mark_percent) and not is_critical_missed
    return Outcome(min(points, max_points), max_points, is_passed, is_critical_missed)


def is_enough(points: float, max_points: float, pass_mark_percent: int) -> bool:
    """Whether the points alone reach the pass mark; a hundred-thousandth of a point forgives the rounding of thirds."""
    return max_points > 0 and points * 100 + 1e-3 >= pass_mark_percent * max_points


def percent(points: float, max_points: float) -> int:
    """Whole per cent, rounded down, so that 79.9 never reads as a pass mark of 80. 0 where nothing could be earned."""
    return 0 if max_points <= 0 else math.floor(points * 100 / max_points + 1e-6)
