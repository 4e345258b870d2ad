"""Runs chores, each under a lease."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic, sleep

from flask import Flask, current_app
from sqlalchemy.orm import Session

from app import clock
from app.chores.registry import Chore, list_chores
from app.clock import now
from app.db import STEP_PAUSE_SECONDS, db, read_only
from app.models import ChoreRun
from app.services.upkeep import leases
from app.services.upkeep.leases import Lease


@dataclass(frozen=True, slots=True)
class ChoreOutcome:
    """What a run did. ``error`` is empty unless it failed; ``is_interrupted`` means that the process was stopped."""

    done: int
    error: str = ""
    is_interrupted: bool = False


def name_holder() -> str:
    """Return a new name for this process in the leases."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(4)}"


class Runner:
    """Runs the chores of one process that are due. ``holder`` names it in the leases."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.holder = name_holder()

    def run_due(self, *, is_woken: bool = False, is_stopping: Callable[[], bool] = lambda: False) -> bool:
        """Run the chores that are due; see :class:`app.server.scheduler.RunDue`."""
        chores = list_chores(self.app.config["PALPATE"])
        woken = {chore.name for chore in chores if is_woken and chore.is_woken}
        with self.app.app_context():
            due = woken | _find_due(chores)
        outcomes = {}
        for chore in chores:
            if chore.name not in due:
                continue
            if is_stopping():
                return False
            with self.app.app_context():
                outcomes[chore.name] = run(db.session, chore, self.holder, is_stopping)
        return all((outcome := outcomes[name]) is not None and not outcome.is_interrupted for name in woken)


def _find_due(chores: Sequence[Chore]) -> set[str]:
    with read_only(db.session):
        runs = leases.list_runs(db.session)
    return {chore.name for chore in chores if _is_due(chore, runs.get(chore.name))}


def _is_due(chore: Chore, run: ChoreRun | None) -> bool:
    return leases.is_due(run, chore.every, now(), duration=chore.lease)


def run(
    session: Session, chore: Chore, holder: str, is_stopping: Callable[[], bool] = lambda: False
) -> ChoreOutcome | None:
    """Run a chore step by step, committing after each one. Return None if another process is running it.

    An error ends the run; it is recorded and logged by its kind only, because its text may contain addresses. A run that
    ends because of ``is_stopping`` is due again at once.
    """
    lease = Lease(chore.name, holder, chore.lease)
    if not leases.claim(session, lease, now()):
        session.rollback()
        return None
    session.commit()
    started, done, error, is_interrupted = monotonic(), 0, "", False
    try:
        for count in chore.steps(session):
            clock.restart()
            if not leases.extend(session, lease, now()):
                session.rollback()
                current_app.logger.error("The chore %s lost its lease to another process.", chore.name)
                return None
            session.commit()
            done += count
            if is_interrupted := not chore.is_one_step and is_stopping():
                break
            sleep(STEP_PAUSE_SECONDS)
    except Exception as fault:  # one chore that fails must not stop the others
        session.rollback()
        error = type(fault).__name__
        current_app.logger.error("The chore %s failed: %s", chore.name, error)
    clock.restart()
    seconds = monotonic() - started
    leases.finish(session, lease, None if is_interrupted else now(), seconds=seconds, done=done, error=error)
    session.commit()
    return ChoreOutcome(done, error, is_interrupted)
