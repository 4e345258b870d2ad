"""Threat 8: an answer that arrived in time counts although it waited for the database beyond the deadline; a late one never does."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import db
from app.models import AnswerRevision, Attempt
from battery.locking import write_lock
from tests.conftest import Clock
from tests.support.attempt_client import AttemptClient
from tests.support.factory import Factory

WAIT_SECONDS = 0.5


@pytest.mark.sqlite
@pytest.mark.parametrize(("seconds", "status"), [(4, 303), (6, 409)])
def test_the_time_of_an_answer_is_when_it_arrived_not_when_the_lock_was_free(
    file_app: Callable[..., Flask], clock: Clock, seconds: int, status: int
) -> None:
    """The database is really locked by somebody else, from before the answer arrives until long after the deadline.

    Fails when the clock is read after the lock is held: then the answer that came 4 s after the deadline is refused. The one that came
    6 s after it fails when the page's clock, or the deadline without its grace, decides.
    """
    app = file_app()
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        client = Factory(app, session, clock).person().client
        started = client.post("/modules/safety/attempts", data={"mode": "test"})
        play = AttemptClient(client, session, int(started.location.split("/")[2]))
        deadline = session.scalars(select(Attempt.deadline_at)).one()
    assert deadline is not None
    clock.advance(seconds=(deadline - clock.now).total_seconds() + seconds)
    arrived = clock.now
    forged = {"Date": "Mon, 23 Nov 2026 09:00:00 GMT", "X-Request-Start": "0"}
    form = {"option": "0", "revision": "0", "now": "2026-11-23T09:00:00Z"}

    with ThreadPoolExecutor(1) as thread:
        with write_lock(app.config["PALPATE"].data / "palpate.sqlite3"):
            reply = thread.submit(client.post, f"{play.path}/1", data=form, headers=forged)
            time.sleep(WAIT_SECONDS)
            assert not reply.done()
            clock.advance(seconds=9)
        assert reply.result().status_code == status

    with app.app_context(), Session(db.engine) as session:
        assert session.scalars(select(AnswerRevision.arrived_at)).all() == ([arrived] if status == 303 else [])
