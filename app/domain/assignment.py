"""The rules of assignments: the terms of each learner, valid settings, and the attempt that counts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.attempt import TimeAllowed, compute_deadline, compute_time, extend_deadline


class AssignmentState(StrEnum):
    """The progress of a learner in an assignment.

    - ``NOT_ASSIGNED``: it is for other learners. Only trainers see this state.
    - ``NOT_OPEN``: it opens later. ``WAITING``: other assignments come first. ``LESSONS``: lessons come first.
    - ``SUBMITTED``: the marks are not written yet, or not released to the learner.
    - ``CLOSED``: not passed, and no further attempt can start.
    - ``NOT_OFFERED``: its module left the course, or has no questions for it.
    """

    NOT_ASSIGNED = "not_assigned"
    EXCUSED = "excused"
    NOT_OPEN = "not_open"
    WAITING = "waiting"
    LESSONS = "lessons"
    NOT_STARTED = "not_started"
    UNDER_WAY = "under_way"
    SUBMITTED = "submitted"
    PASSED = "passed"
    NOT_PASSED = "not_passed"
    CLOSED = "closed"
    NOT_OFFERED = "not_offered"


class GradingMethod(StrEnum):
    """Which attempt of a learner gives the result of an assignment."""

    BEST = "best"
    LATEST = "latest"


# -- terms of one learner --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AssignmentTerms:
    """The terms for all learners. None means: open at once, never due, unlimited attempts, no time limit.

    ``closes_when_due`` ends all attempts at the due date. ``extended_until`` is the latest end beyond it that any
    learner was promised.
    """

    opens_at: datetime | None = None
    due_at: datetime | None = None
    closes_when_due: bool = False
    extended_until: datetime | None = None
    attempts_allowed: int | None = None
    time_limit_minutes: int | None = None
    pass_mark_percent: int = 1


@dataclass(frozen=True, slots=True)
class ExceptionTerms:
    """Additional terms that one learner was granted."""

    extra_time_percent: int = 0
    due_at: datetime | None = None
    more_attempts: int = 0
    is_excused: bool = False


@dataclass(frozen=True, slots=True)
class LearnerTerms:
    """The terms of one learner, exceptions included.

    ``closes_at`` is when the learner's attempts end. ``over_at`` is when the attempts of all learners have ended,
    including those with a later due date; only then may results be shown that are released at closing. ``joined_at``
    is when the learner joined the cohort, None if it does not matter.
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
    joined_at: datetime | None = None

    @property
    def was_due_before_joining(self) -> bool:
        """Whether the due date had passed when the learner joined, so that nobody may hold it against them."""
        return self.joined_at is not None and was_due_before_joining(self.due_at, self.joined_at)

    def is_overdue(self, now: datetime) -> bool:
        """Return whether unsubmitted work is past its due date.

        A learner who is excused, or who joined after the due date, is never overdue.
        """
        if self.due_at is None or self.is_excused or self.was_due_before_joining:
            return False
        return now > self.due_at

    def late_by(self, submitted_at: datetime) -> timedelta | None:
        """Return how late an attempt was submitted; None if in time, never due, or excused.

        For a learner who joined after the due date, it counts from the day they joined.
        """
        if self.due_at is None or self.is_excused:
            return None
        since = max(self.due_at, self.joined_at or self.due_at)
        return submitted_at - since if submitted_at > since else None

    def get_time(self, now: datetime) -> TimeAllowed:
        """Return the time for an attempt that starts now, or at the opening if that is later."""
        starts = max(now, self.opens_at or now)
        return compute_time(starts, self.time_limit_minutes, self.extra_time_percent, self.closes_at)


def resolve_terms(
    terms: AssignmentTerms,
    exception: ExceptionTerms | None,
    own_extra_time: int = 0,
    joined_at: datetime | None = None,
) -> LearnerTerms:
    """Return the terms of a learner with this exception; the larger extra time and the later due date apply.

    ``own_extra_time`` is the learner's personal extra time in per cent. A granted due date is ignored if the assignment
    has none.
    """
    exception = exception or ExceptionTerms()
    due = terms.due_at and max(terms.due_at, exception.due_at or terms.due_at)
    closes = due if terms.closes_when_due else None
    return LearnerTerms(
        opens_at=terms.opens_at,
        due_at=due,
        closes_at=closes,
        over_at=closes and max(closes, terms.extended_until or closes),
        attempts_allowed=None if terms.attempts_allowed is None else terms.attempts_allowed + exception.more_attempts,
        extra_time_percent=max(own_extra_time, exception.extra_time_percent),
        time_limit_minutes=terms.time_limit_minutes,
        pass_mark_percent=terms.pass_mark_percent,
        is_excused=exception.is_excused,
        joined_at=joined_at,
    )


def measure_missing_time(terms: LearnerTerms, now: datetime) -> timedelta:
    """Return how much of a learner's extended time limit cannot be used before their closing, if they start now.

    It is zero for a learner without extra time, and if they cannot start any more.
    """
    if not terms.extra_time_percent or terms.time_limit_minutes is None or terms.closes_at is None:
        return timedelta(0)
    time = terms.get_time(now)
    return timedelta(seconds=(time.limit_seconds or 0) - time.seconds) if time.seconds else timedelta(0)


def move_closing(terms: LearnerTerms, now: datetime) -> datetime:
    """Return a closing for a learner with extra time, moved by that time, or further if it still could not be used.

    Whole minutes, rounded up. ``terms`` must have a time limit and a closing.
    """
    assert terms.closes_at is not None
    assert terms.time_limit_minutes is not None
    extra = timedelta(minutes=terms.time_limit_minutes * terms.extra_time_percent / 100)
    moved = terms.closes_at + max(extra, measure_missing_time(terms, now))
    whole = moved.replace(second=0, microsecond=0)
    return whole if whole == moved else whole + timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class AttemptTerms:
    """The terms promised when an attempt began.

    ``deadline_at`` None is no deadline, ``attempts_allowed`` None is unlimited.
    """

    started_at: datetime
    deadline_at: datetime | None
    attempts_allowed: int | None
    pass_mark_percent: int


def keep_better_terms(promised: AttemptTerms, terms: LearnerTerms) -> AttemptTerms:
    """Return the terms of an attempt in progress after the learner's terms changed: only improvements apply."""
    ends = compute_deadline(promised.started_at, terms.time_limit_minutes, terms.extra_time_percent, terms.closes_at)
    is_any = promised.attempts_allowed is None or terms.attempts_allowed is None
    return AttemptTerms(
        promised.started_at,
        extend_deadline(promised.deadline_at, ends),
        None if is_any else max(promised.attempts_allowed or 0, terms.attempts_allowed or 0),
        min(promised.pass_mark_percent, terms.pass_mark_percent),
    )


def was_due_before_joining(due_at: datetime | None, joined_at: datetime) -> bool:
    """Return whether a due date had passed when the learner joined the cohort; it is then not held against them."""
    return due_at is not None and due_at <= joined_at


def find_extended_until(
    due_at: datetime | None, exception_due_dates: Collection[datetime], attempt_deadlines: Collection[datetime]
) -> datetime | None:
    """Return the latest moment after the due date at which any learner may still work on an assignment.

    That is a granted due date or the deadline of an attempt in progress. None if there is no such moment, or no due
    date.
    """
    latest = max((*exception_due_dates, *attempt_deadlines), default=None)
    return latest if due_at is not None and latest is not None and latest > due_at else None


# -- the attempt that counts ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CountedResult:
    """The result of an attempt; ``percent`` is 0 to 100, not rounded."""

    percent: float
    is_passed: bool


def select_counted_result(counts: GradingMethod, best: CountedResult, latest: CountedResult) -> CountedResult:
    """Return the result that counts. ``best`` is a passed attempt if the learner passed any."""
    return latest if counts is GradingMethod.LATEST else best


# -- valid settings --------------------------------------------------------------------------------------------------


class TermsError(StrEnum):
    """Why terms are invalid."""

    DUE_BEFORE_OPENING = "due_before_opening"
    PAST = "past"
    LIMIT_BEYOND_CLOSING = "limit_beyond_closing"
    EXCUSED_AND_MORE = "excused_and_more"
    NOTHING_GRANTED = "nothing_granted"
    NOT_LATER = "not_later"
    NEVER_DUE = "never_due"
    ANY_NUMBER = "any_number"


def check_terms(terms: AssignmentTerms, *, is_new: bool, now: datetime) -> Iterator[tuple[str, TermsError]]:
    """Yield each fault in times and limits as the name of the field and the error."""
    if terms.due_at is None:
        return
    if terms.opens_at is not None and terms.due_at <= terms.opens_at:
        yield "due", TermsError.DUE_BEFORE_OPENING
        return
    if is_new and terms.due_at <= now:
        yield "due", TermsError.PAST
    limit = timedelta(minutes=terms.time_limit_minutes or 0)
    if terms.closes_when_due and terms.opens_at is not None and terms.due_at - terms.opens_at < limit:
        yield "time_limit_minutes", TermsError.LIMIT_BEYOND_CLOSING


def check_exception(exception: ExceptionTerms, terms: AssignmentTerms) -> Iterator[tuple[str, TermsError]]:
    """Yield each fault in an exception as the name of the field and the error.

    An exception must grant something and must not take anything away.
    """
    gives = bool(exception.extra_time_percent or exception.due_at or exception.more_attempts)
    if exception.is_excused and gives:
        yield "is_excused", TermsError.EXCUSED_AND_MORE
    if not exception.is_excused and not gives:
        yield "extra_time_percent", TermsError.NOTHING_GRANTED
    if exception.due_at is not None and terms.due_at is None:
        yield "due", TermsError.NEVER_DUE
    elif exception.due_at is not None and terms.due_at is not None and exception.due_at <= terms.due_at:
        yield "due", TermsError.NOT_LATER
    if exception.more_attempts and terms.attempts_allowed is None:
        yield "more_attempts", TermsError.ANY_NUMBER


def is_circular(required: Mapping[int, Collection[int]], start: int) -> bool:
    """Return whether ``start`` requires itself; ``required`` maps each assignment to those to pass first."""
    seen: set[int] = set()
    ahead = list(required.get(start, ()))
    while ahead:
        one = ahead.pop()
        if one == start:
            return True
        if one not in seen:
            seen.add(one)
            ahead.extend(required.get(one, ()))
    return False
