"""The rules of assignments: what holds for one learner, what may be set, and which attempt counts. Pure; the one place that works them out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.attempt import deadline, lengthened


class Counts(StrEnum):
    """Which attempt of a learner is the result of an assignment."""

    BEST = "best"
    LATEST = "latest"


# -- what holds for one learner ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ForAll:
    """What applies to everybody. None is: open at once, never due, any number of attempts, no limit.

    ``closes_when_due`` says that all attempts end with the due date; ``extended_until`` is the latest moment that was promised to anybody
    beyond it.
    """

    opens_at: datetime | None = None
    due_at: datetime | None = None
    closes_when_due: bool = False
    extended_until: datetime | None = None
    attempts_allowed: int | None = None
    time_limit_minutes: int | None = None
    pass_mark_percent: int = 1


@dataclass(frozen=True, slots=True)
class Grant:
    """What one learner was granted on top of it."""

    extra_time_percent: int = 0
    due_at: datetime | None = None
    more_attempts: int = 0
    is_excused: bool = False


@dataclass(frozen=True, slots=True)
class Effective:
    """What holds for one learner.

    ``closes_at`` is when their attempts end; ``over_at`` when it is over for everybody, and what waits for the closing may be shown: never
    before somebody else's later due date.
    """

    opens_at: datetime | None
    due_at: datetime | None
    closes_at: datetime | None
    over_at: datetime | None
    attempts_allowed: int | None
    extra_time_percent: int
    time_limit_minutes: int | None
    pass_mark_percent: int
    is_excused: bool


def effective(terms: ForAll, grant: Grant | None, extra_time_everywhere: int = 0) -> Effective:
    """What holds for a learner with this grant; the larger extra time and the later due date count.

    ``extra_time_everywhere`` is the learner's own, in per cent. Without a due date a granted one means nothing: never is later.
    """
    grant = grant or Grant()
    due = terms.due_at and max(terms.due_at, grant.due_at or terms.due_at)
    closes = due if terms.closes_when_due else None
    return Effective(
        opens_at=terms.opens_at,
        due_at=due,
        closes_at=closes,
        over_at=closes and max(closes, terms.extended_until or closes),
        attempts_allowed=None if terms.attempts_allowed is None else terms.attempts_allowed + grant.more_attempts,
        extra_time_percent=max(extra_time_everywhere, grant.extra_time_percent),
        time_limit_minutes=terms.time_limit_minutes,
        pass_mark_percent=terms.pass_mark_percent,
        is_excused=grant.is_excused,
    )


@dataclass(frozen=True, slots=True)
class Promise:
    """What a learner was told when they began an attempt. ``deadline_at`` None never ends, ``attempts_allowed`` None is any number."""

    started_at: datetime
    deadline_at: datetime | None
    attempts_allowed: int | None
    pass_mark_percent: int


def kept(promise: Promise, terms: Effective) -> Promise:
    """The promise of an attempt under way after the terms became ``terms``: for the better at once, for the worse not at all."""
    ends = deadline(promise.started_at, terms.time_limit_minutes, terms.extra_time_percent, terms.closes_at)
    is_any = promise.attempts_allowed is None or terms.attempts_allowed is None
    return Promise(
        promise.started_at,
        lengthened(promise.deadline_at, ends),
        None if is_any else max(promise.attempts_allowed or 0, terms.attempts_allowed or 0),
        min(promise.pass_mark_percent, terms.pass_mark_percent),
    )


def extended_until(
    due_at: datetime | None, granted: Collection[datetime], deadlines: Collection[datetime]
) -> datetime | None:
    """The latest moment that anybody may still be at an assignment after it was due: a granted due date, or an attempt that keeps its time.

    None where there is none, and where it is never due.
    """
    latest = max((*granted, *deadlines), default=None)
    return latest if due_at is not None and latest is not None and latest > due_at else None


# -- which attempt counts ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Result:
    """``percent`` is 0 to 100, not rounded."""

    percent: float
    is_passed: bool


def result(counts: Counts, best: Result, latest: Result) -> Result:
    """The result of an assignment; the best attempt is a passed one wherever one passed."""
    return latest if counts is Counts.LATEST else best


# -- what may be set ------------------------------------------------------------------------------------------------------


class Unfit(StrEnum):
    """Why terms can't be."""

    DUE_BEFORE_OPENING = "due_before_opening"
    PAST = "past"
    LIMIT_BEYOND_CLOSING = "limit_beyond_closing"
    EXCUSED_AND_MORE = "excused_and_more"
    NOTHING_GRANTED = "nothing_granted"
    NOT_LATER = "not_later"
    NEVER_DUE = "never_due"
    ANY_NUMBER = "any_number"


def unfit(terms: ForAll, *, is_new: bool, now: datetime) -> Iterator[tuple[str, Unfit]]:
    """Yield what is wrong with times and limits, as the name of the field and why."""
    if terms.due_at is None:
        return
    if terms.opens_at is not None and terms.due_at <= terms.opens_at:
        yield "due", Unfit.DUE_BEFORE_OPENING
        return
    if is_new and terms.due_at <= now:
        yield "due", Unfit.PAST
    limit = timedelta(minutes=terms.time_limit_minutes or 0)
    if terms.closes_when_due and terms.opens_at is not None and terms.due_at - terms.opens_at < limit:
        yield "time_limit_minutes", Unfit.LIMIT_BEYOND_CLOSING


def unfit_grant(grant: Grant, terms: ForAll) -> Iterator[tuple[str, Unfit]]:
    """Yield what is wrong with a grant, as the name of the field and why: each has to give something, and nothing may be taken away."""
    gives = bool(grant.extra_time_percent or grant.due_at or grant.more_attempts)
    if grant.is_excused and gives:
        yield "is_excused", Unfit.EXCUSED_AND_MORE
    if not grant.is_excused and not gives:
        yield "extra_time_percent", Unfit.NOTHING_GRANTED
    if grant.due_at is not None and terms.due_at is None:
        yield "due", Unfit.NEVER_DUE
    elif grant.due_at is not None and terms.due_at is not None and grant.due_at <= terms.due_at:
        yield "due", Unfit.NOT_LATER
    if grant.more_attempts and terms.attempts_allowed is None:
        yield "more_attempts", Unfit.ANY_NUMBER


def is_circular(required: Mapping[int, Collection[int]], of: int) -> bool:
    """Whether ``of`` has to be passed before itself; ``required`` names for each assignment what must be passed first."""
    seen: set[int] = set()
    ahead = list(required.get(of, ()))
    while ahead:
        one = ahead.pop()
        if one == of:
            return True
        if one not in seen:
            seen.add(one)
            ahead.extend(required.get(one, ()))
    return False
