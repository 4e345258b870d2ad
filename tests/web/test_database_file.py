"""The database's file is deleted or replaced while the server runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import SQLITE_LOCK_SECONDS, db
from tests.support.attempt_client import delete_database


@pytest.mark.sqlite
def test_nothing_is_saved_into_a_deleted_file(file_app: Callable[..., Flask]) -> None:
    """Fails when connections go on writing to a file that has no name any more: what they acknowledge would be lost."""
    app = file_app()
    client = app.test_client()
    started = client.post("/modules/safety/attempts", data={"mode": "practice"})

    delete_database(app)
    replies = [client.post(started.location, data={"option": "0"}), client.get("/readyz")]

    assert started.status_code == 303
    assert [reply.status_code for reply in replies] == [503, 503]


@pytest.mark.sqlite
def test_a_connection_that_wrote_still_waits_where_sqlite_itself_must(file_app: Callable[..., Flask]) -> None:
    """Fails when a transaction that asks for the lock by itself leaves SQLite's own waiting switched off."""
    app = file_app()

    with app.app_context():
        waits = db.session.execute(
            text("PRAGMA busy_timeout")
        ).scalar_one()  # within a transaction that has the write lock

    assert waits == 1000 * SQLITE_LOCK_SECONDS
