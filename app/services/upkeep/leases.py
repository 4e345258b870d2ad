"""Leases: at most one process runs a chore at a time.

A process claims a chore for some minutes and extends the lease in the transaction of each step. If the process is
killed, the lease expires and another process takes over. If it is only slow and has lost its lease meanwhile, extending
fails, and its step is rolled back. The lease therefore protects the database even if clocks differ or step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.models import ChoreRun

LEASE = timedelta(minutes=2)
"""How long a process keeps a chore without extending the lease. A step takes seconds at most."""

RETRY_AFTER = timedelta(minutes=10)
"""A chore that failed or was killed is due again after this time, or after its interval if that is shorter."""

CLOCK_TOLERANCE = timedelta(minutes=1)
"""By how much the clocks of servers may differ. Times further in the future are from before a clock was set back."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A claim of ``holder`` (a process) on a chore, to be extended by ``duration`` at each step."""

    chore: str
    holder: str
    duration: timedelta = LEASE


def list_runs(session: Session) -> Mapping[str, ChoreRun]:
    """Return the latest run of each chore that ever ran, by its name."""
    return {run.name: run for run in session.scalars(select(ChoreRun))}


def is_due(run: ChoreRun | None, every: timedelta, now: datetime, *, duration: timedelta = LEASE) -> bool:
    """Return whether a chore should start now: it is not running, and its interval has passed since it last started.

    A run that was interrupted is continued at once. ``duration`` is that of its leases.
    """
    if run is None or run.started_at is None:
        return True
    if run.holder is not None and not _has_expired(run.leased_until, duration, now):
        return False
    if is_interrupted(run):
        return True
    wait = min(every, RETRY_AFTER) if run.error or run.holder is not None else every
    return not now - wait < run.started_at <= now + CLOCK_TOLERANCE


def is_interrupted(run: ChoreRun) -> bool:
    """Whether the latest run ended early because its process was stopped."""
    return run.started_at is not None and run.holder is None and run.finished_at is None


def _has_expired(leased_until: datetime | None, duration: timedelta, now: datetime) -> bool:
    return leased_until is None or not now < leased_until <= now + _get_longest(duration)


def _get_longest(duration: timedelta) -> timedelta:
    return duration + CLOCK_TOLERANCE


def claim(session: Session, lease: Lease, now: datetime) -> bool:
    """Claim a chore that no process is running; return False if one is. The caller commits."""
    if session.get(ChoreRun, lease.chore) is None:
        try:
            with session.begin_nested():
                session.execute(insert(ChoreRun).values(name=lease.chore, seconds=0.0, done=0, error=""))
        except IntegrityError:  # another process has just added it
            pass
    is_free = or_(
        ChoreRun.holder.is_(None),
        ChoreRun.leased_until.is_(None),
        ChoreRun.leased_until <= now,
        ChoreRun.leased_until > now + _get_longest(lease.duration),
    )
    values = {"holder": lease.holder, "leased_until": now + lease.duration, "started_at": now}
    return _change(session, lease, values, is_free)


def extend(session: Session, lease: Lease, now: datetime) -> bool:
    """Keep a claimed chore for longer; return False if another process has it. The caller commits or rolls back."""
    return _change(session, lease, {"leased_until": now + lease.duration}, ChoreRun.holder == lease.holder)


def finish(
    session: Session, lease: Lease, finished_at: datetime | None, *, seconds: float, done: int, error: str = ""
) -> None:
    """Release a claimed chore and record the result, unless another process has it.

    ``finished_at`` is None if the run was interrupted.
    """
    values = {
        "holder": None,
        "leased_until": None,
        "finished_at": finished_at,
        "seconds": seconds,
        "done": done,
        "error": error[:200],
    }
    _change(session, lease, values, ChoreRun.holder == lease.holder)


def _change(session: Session, lease: Lease, values: Mapping[str, object], condition: ColumnElement[bool]) -> bool:
    changed = session.execute(
        update(ChoreRun)
        .where(ChoreRun.name == lease.chore, condition)
        .values(values)
        .returning(ChoreRun.name)
        .execution_options(synchronize_session=False)
    )
    return len(changed.all()) == 1
