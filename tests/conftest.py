"""Fixtures: an app over one migrated, published SQLite file, and a rolled-back connection for each test.

Each request of a test client gets a session of its own on one connection whose transaction is rolled back at the end: a forgotten commit
fails an ordinary test, and no test sees another's rows. Tests of concurrency and of the browser use ``server`` or ``file_app`` instead.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import Connection, event
from sqlalchemy.orm import Session

from app import create_app
from app.content.publisher import publish
from app.db import db
from app.limits import limiter
from app.services.course import catalogue
from app.settings import Settings
from tests.course import steady
from tests.factory import Make

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--no-skips", action="store_true", help="A skipped test fails the run: for machines that have everything."
    )


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    if config.getoption("--no-skips") and skipped:
        terminalreporter.section("skipped tests, which --no-skips forbids")
        terminalreporter.write_line(f"{len(skipped)} skipped")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    is_controller = not hasattr(session.config, "workerinput")
    if is_controller and reporter and session.config.getoption("--no-skips") and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def settings_for(folder: Path, **changes: Any) -> Settings:
    """Settings of a test app whose files are in ``folder``."""
    values: dict[str, Any] = {
        "secret": "test-secret-test-secret-test-secret-0",
        "data": folder,
        "database_url": f"sqlite:///{folder / 'palpate.sqlite3'}",
        "mail": "file",
        "base_url": "http://localhost:8000",
    }
    return Settings(**(values | changes))


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the built-in course published: made once, copied where a test needs a file of its own."""
    folder = tmp_path_factory.mktemp("published")
    app = create_app(settings_for(folder))
    with app.app_context():
        upgrade(directory=str(ROOT / "migrations"))
        publish(db.session, steady(), NOW)
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return folder / "palpate.sqlite3"


class Clock:
    """The server's clock in a test: stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture(scope="session")
def _shared_app(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    folder = tmp_path_factory.mktemp("app")
    shutil.copy(published, folder / "palpate.sqlite3")
    app = create_app(settings_for(folder))
    app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False, RATELIMIT_ENABLED=False, WTF_CSRF_ENABLED=False)
    return app


@pytest.fixture
def connection(_shared_app: Flask) -> Iterator[Connection]:
    """One connection in one transaction, rolled back after the test; sessions on it commit to savepoints."""
    with _shared_app.app_context():
        engine = db.engine
    with engine.connect() as connection:
        transaction = connection.begin()
        yield connection
        transaction.rollback()


@pytest.fixture
def app(_shared_app: Flask, connection: Connection, clock: Clock) -> Iterator[Flask]:
    """The app on the test's connection, with the test's clock. CSRF is off; tests of CSRF turn it on."""
    _shared_app.extensions["clock"] = clock
    configured = db.session.session_factory
    options = dict(configured.kw)
    configured.configure(bind=connection, join_transaction_mode="create_savepoint", binds={})
    original = configured.class_.get_bind
    configured.class_.get_bind = lambda self, *args, **kwargs: connection  # type: ignore[method-assign,assignment]
    yield _shared_app
    configured.class_.get_bind = original  # type: ignore[method-assign]
    configured.kw.clear()
    configured.kw.update(options)
    _shared_app.config.update(RATELIMIT_ENABLED=False, WTF_CSRF_ENABLED=False)
    limiter.reset()
    with _shared_app.app_context():
        catalogue.forget(Session(connection))


@pytest.fixture
def session(app: Flask, connection: Connection) -> Iterator[Session]:
    """A session for arranging and asserting: commits stay inside the test's transaction."""
    with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
        yield session


@pytest.fixture
def make(app: Flask, session: Session, clock: Clock) -> Make:
    return Make(app, session, clock)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor."""
    return app.test_client()


@pytest.fixture
def statements(connection: Connection) -> Iterator[Callable[[], list[str]]]:
    """Every SELECT, INSERT, UPDATE and DELETE since the last call."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().split(None, 1)[0].upper() in ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH"):
            seen.append(statement)

    event.listen(connection, "before_cursor_execute", note)

    def taken() -> list[str]:
        taken_now, seen[:] = list(seen), []
        return taken_now

    yield taken
    event.remove(connection, "before_cursor_execute", note)


# At the end: the module takes the times and settings of this one.
from tests.postgres import _postgres_published, empty_postgres_url, postgres, postgres_url  # noqa: E402, F401
