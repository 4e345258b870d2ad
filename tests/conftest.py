"""Fixtures: an app over one migrated, published SQLite file, and a rolled-back connection for each test.

Each request of a test client gets a session of its own on one connection whose transaction is rolled back at the end: a forgotten commit
fails an ordinary test, and no test sees another's rows. Tests of concurrency and of the browser use ``server`` or ``file_app`` instead.

Fixtures import the application when they are used: a test of the domain alone starts without Flask and SQLAlchemy.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from sqlalchemy import Connection
    from sqlalchemy.orm import Session, scoped_session

    from app.settings import Settings
    from tests.support.factory import Factory, Person
    from tests.support.postgres import Postgres

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--no-skips", action="store_true", help="A skipped test fails the run: for machines that have everything."
    )
    parser.addoption(
        "--postgres",
        action="store_true",
        help="Give PostgreSQL instead of SQLite to every test that uses the shared database or starts apps of its own.",
    )


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    if config.getoption("--no-skips") and skipped:
        terminalreporter.section("skipped tests, which --no-skips forbids")
        terminalreporter.write_line(f"{len(skipped)} skipped")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if "hypothesis" not in sys.modules:
        # Its summary imports all of Hypothesis, which takes a second, also if no test used it.
        session.config.pluginmanager.unregister(name="hypothesispytest")
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    is_controller = not hasattr(session.config, "workerinput")
    if is_controller and reporter and session.config.getoption("--no-skips") and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def settings_for(folder: Path, **changes: Any) -> Settings:
    """Settings of a test app whose files are in ``folder``."""
    from app.settings import Settings

    values: dict[str, Any] = {
        "secret": "test-secret-test-secret-test-secret-0",
        "data": folder,
        "database_url": f"sqlite:///{folder / 'palpate.sqlite3'}",
        "mail": "file",
        "base_url": "http://localhost:8000",
    }
    return Settings(**(values | changes))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Browser tests run last: a fault that a quick test finds is reported first.

    Tests that share something slow to make (a demo, a server) go to one worker of xdist, which makes it once.
    """
    browser = ROOT / "tests" / "browser"
    items.sort(key=lambda item: browser in item.path.parents)
    for item in items:
        if item.get_closest_marker("postgres"):
            item.add_marker(pytest.mark.xdist_group("postgres"))
        elif item.path.name in ("test_demo.py", "test_serving.py"):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
        if config.getoption("--postgres") and item.get_closest_marker("sqlite"):
            item.add_marker(pytest.mark.skip(reason="it is about SQLite, and --postgres was given"))


@pytest.fixture(scope="session")
def course_cache(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which published databases are kept for the next run."""
    cache: pytest.Cache | None = getattr(request.config, "cache", None)  # absent with ``-p no:cacheprovider``
    return cache.mkdir("published-courses") if cache else tmp_path_factory.mktemp("published-courses")


@pytest.fixture(scope="session")
def published(course_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the course of the tests published, to be copied by tests that need a file of their own."""
    from tests.support.published_course import copy_published

    return copy_published("tests", course_cache, tmp_path_factory.mktemp("published") / "palpate.sqlite3", NOW)


@pytest.fixture(scope="session")
def published_real_course(course_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the course of ``questions/`` published: for the demo, and for what browsers show."""
    from tests.support.published_course import copy_published

    return copy_published("steady", course_cache, tmp_path_factory.mktemp("real-course") / "palpate.sqlite3", NOW)


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
def create_published(request: pytest.FixtureRequest) -> Callable[[Path], dict[str, str]]:
    """Create a database with the course of the tests published; return the settings that differ for it.

    It is a file in the given folder, or with ``--postgres`` a database of the run's server.
    """
    if not request.config.getoption("--postgres"):
        published: Path = request.getfixturevalue("published")

        def copy_file(folder: Path) -> dict[str, str]:
            shutil.copy(published, folder / "palpate.sqlite3")
            return {}

        return copy_file

    server: Postgres = request.getfixturevalue("postgres")
    template: str = request.getfixturevalue("postgres_template")
    numbers = count(1)
    return lambda _folder: {"database_url": server.create_for_sqlalchemy(f"published-{next(numbers)}", template)}


@pytest.fixture(scope="session")
def _shared_app(
    create_published: Callable[[Path], dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    from app import create_app
    from app.db import db
    from tests.support.page_client import PageClient

    folder = tmp_path_factory.mktemp("app")
    app = create_app(settings_for(folder, **create_published(folder)))
    app.test_client_class = PageClient
    app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False, RATELIMIT_ENABLED=False, WTF_CSRF_ENABLED=False)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def connection(_shared_app: Flask) -> Iterator[Connection]:
    """One connection in one transaction, rolled back after the test; sessions on it commit to savepoints."""
    from app.db import db

    with _shared_app.app_context():
        engine = db.engine
    with engine.connect() as connection:
        transaction = connection.begin()
        yield connection
        transaction.rollback()


@pytest.fixture
def app(_shared_app: Flask, connection: Connection, clock: Clock) -> Iterator[Flask]:
    """The app on the test's connection, with the test's clock. Mails are sent at once; CSRF is off, unless a test turns it on."""
    from sqlalchemy.orm import Session

    from app.db import db
    from app.services.course import catalogue
    from app.web.budgets import limiter
    from tests.support.outbox import make_sender

    _shared_app.extensions["clock"] = clock
    before = _shared_app.extensions["wake_sender"]
    _shared_app.extensions["wake_sender"] = make_sender(_shared_app)
    # The annotation of ``db.session`` names the session of a request; it is a registry of them.
    configured = cast("scoped_session[Session]", db.session).session_factory
    options = dict(configured.kw)
    configured.configure(bind=connection, join_transaction_mode="create_savepoint", binds={})
    original = configured.class_.get_bind
    configured.class_.get_bind = lambda self, *args, **kwargs: connection  # type: ignore[method-assign]
    yield _shared_app
    _shared_app.extensions["wake_sender"] = before
    configured.class_.get_bind = original  # type: ignore[method-assign]
    configured.kw.clear()
    configured.kw.update(options)
    _shared_app.config.update(RATELIMIT_ENABLED=False, WTF_CSRF_ENABLED=False)
    limiter.reset()
    with _shared_app.app_context():
        catalogue.clear_cache(Session(connection))


@pytest.fixture
def session(app: Flask, connection: Connection) -> Iterator[Session]:
    """A session for arranging and asserting: commits stay inside the test's transaction."""
    from sqlalchemy.orm import Session

    with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
        yield session


@pytest.fixture
def make(app: Flask, session: Session, clock: Clock) -> Factory:
    from tests.support.factory import Factory

    return Factory(app, session, clock)


@pytest.fixture
def trainer(make: Factory) -> Person:
    return make.trainer()


@pytest.fixture
def learner(make: Factory) -> Person:
    return make.person()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor."""
    return app.test_client()


@pytest.fixture
def statements(connection: Connection) -> Iterator[Callable[[], list[str]]]:
    """Every SELECT, INSERT, UPDATE and DELETE since the last call."""
    from sqlalchemy import event

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


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for the run, if its programs are on this machine."""
    from tests.support.postgres import run_postgres

    with run_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database with the course of the tests published, of which copies are made."""
    from tests.support.postgres import publish_template

    return publish_template(postgres, tmp_path_factory.mktemp("postgres"))


@pytest.fixture
def postgres_url(postgres: Postgres, postgres_template: str) -> Iterator[str]:
    """The URL, for SQLAlchemy, of a database of the test's own with the course published."""
    with postgres.database(template=postgres_template) as url:
        yield url


@pytest.fixture
def empty_postgres_url(postgres: Postgres) -> Iterator[str]:
    """The URL, for SQLAlchemy, of an empty database of the test's own."""
    with postgres.database() as url:
        yield url
