"""Leases: one process at a time runs a chore, whatever the clocks do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app import create_app
from app.db import db
from app.models import ChoreRun
from app.services.upkeep import leases
from app.services.upkeep.leases import LEASE, Lease
from tests.conftest import NOW, Clock, settings_for

MINE, OTHER = Lease("send-mails", "mine"), Lease("send-mails", "other")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def test_a_chore_is_claimed_by_one_process(session: Session) -> None:
    assert leases.claim(session, MINE, NOW)
    assert not leases.claim(session, OTHER, NOW + MINUTE)

    leases.finish(session, MINE, NOW + MINUTE, seconds=60, done=3)

    assert leases.claim(session, OTHER, NOW + MINUTE)


@pytest.mark.parametrize("step", [LEASE, -HOUR], ids=["the lease expired", "the clock was set back"])
def test_the_chore_of_a_killed_process_is_taken_over(session: Session, step: timedelta) -> None:
    """Fails when a lease from before a clock was set back lasts until the clock gets there again."""
    leases.claim(session, MINE, NOW)

    assert leases.claim(session, OTHER, NOW + step)


def test_clocks_may_differ_by_seconds(session: Session) -> None:
    """Fails when a lease taken by a machine whose clock is ahead seems to come from the future."""
    leases.claim(session, MINE, NOW + timedelta(seconds=5))

    assert not leases.claim(session, OTHER, NOW)


def test_a_lost_lease_can_be_neither_extended_nor_finished(session: Session) -> None:
    leases.claim(session, MINE, NOW)
    leases.claim(session, OTHER, NOW + LEASE)

    assert not leases.extend(session, MINE, NOW + LEASE)
    leases.finish(session, MINE, NOW + LEASE, seconds=1, done=1)

    assert session.get_one(ChoreRun, "send-mails").holder == "other"
    assert leases.extend(session, OTHER, NOW + LEASE + MINUTE)


@pytest.mark.parametrize(
    ("ago", "error", "is_due"),
    [
        (HOUR, "", True),
        (HOUR - MINUTE, "", False),
        (timedelta(0), "", False),
        (-timedelta(seconds=30), "", False),  # another machine's clock is ahead
        (-HOUR, "", True),  # the clock was set back
        (timedelta(minutes=10), "OperationalError", True),
        (timedelta(minutes=9), "OperationalError", False),
    ],
)
def test_a_chore_is_due_an_interval_after_its_last_start(ago: timedelta, error: str, is_due: bool) -> None:
    run = ChoreRun(name="x", started_at=NOW - ago, finished_at=NOW, error=error)

    assert leases.is_due(run, HOUR, NOW) is is_due


def test_a_chore_that_runs_is_not_due_until_its_lease_expires() -> None:
    run = ChoreRun(name="x", holder="other", leased_until=NOW + MINUTE, started_at=NOW - HOUR, error="")

    assert not leases.is_due(run, MINUTE, NOW)
    assert leases.is_due(run, MINUTE, NOW + MINUTE)
    assert leases.is_due(None, DAY, NOW)


def test_the_chore_of_a_killed_process_is_due_before_its_interval_is_over() -> None:
    """Fails when a daily chore whose process was killed counts as done until tomorrow."""
    run = ChoreRun(name="x", holder="other", leased_until=NOW + MINUTE, started_at=NOW, finished_at=NOW - DAY, error="")

    assert not leases.is_due(run, DAY, NOW + LEASE)
    assert leases.is_due(run, DAY, NOW + leases.RETRY_AFTER)


def test_the_chore_of_a_killed_process_is_due_after_the_clock_was_set_back() -> None:
    """Fails when a lease from before the clock was set back is waited for."""
    run = ChoreRun(name="x", holder="other", leased_until=NOW + LEASE, started_at=NOW, error="")

    assert leases.is_due(run, DAY, NOW - HOUR)
    assert not leases.is_due(run, DAY, NOW)


@pytest.fixture
def postgres_app(postgres_url: str, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    app = create_app(settings_for(tmp_path, database_url=postgres_url))
    app.extensions["clock"] = clock
    with app.app_context():
        yield app
        db.engine.dispose()


@pytest.mark.postgres
def test_a_claim_of_two_transactions_has_one_winner_on_postgresql(postgres_app: Flask) -> None:
    """The second waits for the row of the first. Fails when it takes what the first has committed meanwhile."""
    with Session(db.engine) as first, Session(db.engine) as second:
        assert leases.claim(first, MINE, NOW)
        first.commit()
        leases.finish(first, MINE, NOW, seconds=0, done=0)
        first.commit()

        assert leases.claim(first, MINE, NOW + MINUTE)
        second.begin()
        first.commit()

        assert not leases.claim(second, OTHER, NOW + MINUTE)
