"""Connections to PostgreSQL have time limits and a largest number, also through a pooler in transaction mode."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app import create_app
from app.db import db, use_brief_write_transaction
from tests.conftest import settings_for

pytestmark = pytest.mark.postgres


@pytest.fixture(params=[False, True], ids=["directly", "through a pooler"])
def server_app(request: pytest.FixtureRequest, empty_postgres_url: str, tmp_path: Path) -> Iterator[Flask]:
    app = create_app(settings_for(tmp_path, database_url=empty_postgres_url, pgbouncer=request.param, pool_size=3))
    with app.app_context():
        yield app
        db.engine.dispose()


def test_a_transaction_waits_only_so_long(server_app: Flask) -> None:
    """Fails when somebody else's lock, or a program that stopped in a transaction, holds up a request for ever."""
    with db.engine.connect() as connection:
        limits = [
            connection.scalar(text(f"SHOW {name}")) for name in ("lock_timeout", "idle_in_transaction_session_timeout")
        ]

    assert limits == ["10s", "1min"]


def test_a_write_of_little_weight_waits_briefly(server_app: Flask) -> None:
    """Fails when a page waits ten seconds for a row that somebody else holds, to store that a sign-in was used."""
    use_brief_write_transaction()
    brief = db.session.scalar(text("SHOW lock_timeout"))
    db.session.commit()
    next_one = db.session.scalar(text("SHOW lock_timeout"))
    db.session.close()

    assert (brief, next_one) == ("50ms", "10s")


def test_a_pooler_is_left_no_settings_and_no_prepared_statements(server_app: Flask) -> None:
    """Fails when the next transaction, which a pooler may give to somebody else, inherits something of this one."""
    is_pooled = server_app.config["PALPATE"].pgbouncer
    with db.engine.connect() as connection:
        for number in range(12):
            connection.execute(text("SELECT :number + 1"), {"number": number})
            connection.commit()
        driver = connection.connection.driver_connection
        assert driver is not None
        prepared = driver.execute("SELECT count(*) FROM pg_prepared_statements").fetchone()
        limit = driver.execute("SHOW lock_timeout").fetchone()

    assert (prepared == (0,)) is is_pooled
    assert limit == (("0",) if is_pooled else ("10s",))


def test_a_process_has_only_so_many_connections(server_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails when a busy process opens connections beyond PALPATE_POOL_SIZE, and the server runs out of them."""
    monkeypatch.setattr(db.engine.pool, "_timeout", 0.01)
    connections = [db.engine.connect() for _ in range(3)]

    with pytest.raises(PoolTimeout):
        db.engine.connect()

    for connection in connections:
        connection.close()
