"""The rules of reopening attempts and of giving time back."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.attempt import AttemptState, resolve_state

MAX_MINUTES = 600
DEFAULT_MINUTES = 10

RECENTLY = timedelta(days=1)
"""After an interruption, time is given back to tests that are running or ended within this time."""


class ReopeningKind(StrEnum):
    """What giving minutes to an attempt means: more time for an open one, or a submitted one is open again."""

    MORE_TIME = "more_time"
    REOPEN = "reopen"


class AttemptRecency(StrEnum):
    """Whether an attempt is running, ended within :data:`RECENTLY`, or earlier: in this order for a trainer."""

    RUNNING = "running"
    RECENT = "recent"
    EARLIER = "earlier"


class ReopeningObstacle(StrEnum):
    """Why an attempt cannot be reopened or given more time."""

    LEFT_COHORT = "left_cohort"
    ACCOUNT_CLOSED = "account_closed"
    ASSIGNMENT_WITHDRAWN = "assignment_withdrawn"
    LATER_ATTEMPT = "later_attempt"
    NO_TIME_LIMIT = "no_time_limit"


def get_kind(state: AttemptState, deadline_at: datetime | None, now: datetime) -> ReopeningKind:
    is_open = resolve_state(state, deadline_at, now) is AttemptState.OPEN
    return ReopeningKind.MORE_TIME if is_open else ReopeningKind.REOPEN


def get_recency(kind: ReopeningKind, ended_at: datetime | None, now: datetime) -> AttemptRecency:
    if kind is ReopeningKind.MORE_TIME:
        return AttemptRecency.RUNNING
    is_recent = ended_at is not None and ended_at > now - RECENTLY
    return AttemptRecency.RECENT if is_recent else AttemptRecency.EARLIER


def find_obstacle(
    kind: ReopeningKind,
    *,
    is_member: bool,
    is_active: bool,
    is_withdrawn: bool,
    is_latest: bool,
    has_deadline: bool,
) -> ReopeningObstacle | None:
    """Return the first reason why the attempt must stay as it is, or None.

    Only the latest attempt can be reopened: the learner has gone on since the others, and at most one may be open.
    """
    if not is_active:
        return ReopeningObstacle.ACCOUNT_CLOSED
    if not is_member:
        return ReopeningObstacle.LEFT_COHORT
    if is_withdrawn:
        return ReopeningObstacle.ASSIGNMENT_WITHDRAWN
    if not is_latest:
        return ReopeningObstacle.LATER_ATTEMPT
    if kind is ReopeningKind.MORE_TIME and not has_deadline:
        return ReopeningObstacle.NO_TIME_LIMIT
    return None


def compute_new_deadline(
    kind: ReopeningKind, deadline_at: datetime | None, minutes: int, now: datetime
) -> datetime | None:
    """Return the deadline after giving ``minutes``; None if the attempt has no time limit.

    An open attempt is extended from its deadline, a submitted one runs from now.
    """
    if deadline_at is None:
        return None
    start = max(deadline_at, now) if kind is ReopeningKind.MORE_TIME else now
    return start + timedelta(minutes=minutes)


def get_minutes_left(deadline_at: datetime | None, submitted_at: datetime | None) -> int | None:
    """Return the whole minutes that were left when an attempt ended early, at least 1; None if it used all its time."""
    if deadline_at is None or submitted_at is None or submitted_at >= deadline_at:
        return None
    return min(MAX_MINUTES, max(1, int((deadline_at - submitted_at).total_seconds() // 60)))
