"""The latest run of each chore, for the Health page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import LazyString
from sqlalchemy.orm import Session

from app.chores.registry import Chore, list_chores
from app.models import ChoreRun
from app.services.upkeep import leases
from app.settings import Settings

LATE_AFTER = timedelta(minutes=10)
"""A chore is late if it missed a whole interval and this time."""


@dataclass(frozen=True, slots=True)
class ChoreReport:
    """The latest run of a chore. ``started_at`` is None if it never ran; ``error`` is empty unless it failed."""

    name: str
    title: LazyString
    started_at: datetime | None = None
    seconds: float = 0.0
    done: int = 0
    error: str = ""
    is_running: bool = False
    is_interrupted: bool = False
    is_late: bool = False


def list_reports(session: Session, settings: Settings, now: datetime) -> Sequence[ChoreReport]:
    """List the chores that the server does with these settings."""
    runs = leases.list_runs(session)
    return [_report(chore, runs.get(chore.name), now) for chore in list_chores(settings)]


def _report(chore: Chore, run: ChoreRun | None, now: datetime) -> ChoreReport:
    if run is None or run.started_at is None:
        return ChoreReport(chore.name, chore.title)
    return ChoreReport(
        chore.name,
        chore.title,
        run.started_at,
        run.seconds,
        run.done,
        run.error,
        is_running=run.holder is not None,
        is_interrupted=leases.is_interrupted(run),
        is_late=now - run.started_at > 2 * chore.every + LATE_AFTER,
    )
