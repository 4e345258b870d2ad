"""The database: Flask-SQLAlchemy, the configuration of SQLite, and how transactions begin."""

from __future__ import annotations

import math
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask import Flask, g, has_app_context, has_request_context, request
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, DateTime, Dialect, Engine, MetaData, TypeDecorator, event, text
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.selectable import GenerativeSelect

from app import metrics
from app.settings import Settings

SQLITE_LOCK_SECONDS = 5
"""The maximum wait for SQLite's write lock. After it the learner gets 503, and the page tries again."""

POSTGRES_LOCK_SECONDS = 10
"""The maximum wait for a row lock on PostgreSQL."""

_TIME_LIMITS = {"lock_timeout": f"{POSTGRES_LOCK_SECONDS}s", "idle_in_transaction_session_timeout": "60s"}

_POLL_SECONDS = 0.0005
"""The pause between two attempts to take SQLite's write lock. Storing an answer holds the lock for about 1.5 ms."""

_BRIEF_SECONDS = 0.05
"""The maximum wait for a lock to store something that may be lost."""

STEP_PAUSE_SECONDS = 0.005
"""The pause between two steps of long work, in which waiting transactions take the write lock."""

_BUSY_TIMEOUT = f"PRAGMA busy_timeout={1000 * SQLITE_LOCK_SECONDS}"

_READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

S = TypeVar("S", bound=GenerativeSelect)


class Base(DeclarativeBase):
    """Base of all models. It names every constraint, so that Alembic's batch mode can find it on SQLite."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Database(SQLAlchemy):
    """Flask-SQLAlchemy, whose ``session`` proxy is typed as the request's session."""

    if TYPE_CHECKING:
        session: Session  # type: ignore[assignment]

    def _teardown_session(self, exc: BaseException | None) -> None:
        """Close the session after a request, even if its connection has died.

        Closing rolls back. On a dead connection that fails, and the exception would replace the finished response.
        """
        try:
            self.session.remove()  # type: ignore[attr-defined]
        except (DBAPIError, OSError):
            discard_session()


def get_reason(error: Exception) -> str:
    """Return the first line of what the database said, without a full stop. The other lines may contain values."""
    said = getattr(error, "orig", None) or error
    lines = str(said).splitlines() or [type(said).__name__]
    return lines[0].rstrip(".")


def discard_session() -> None:
    """Close the session of this request without using its connection again."""
    registry = db.session.registry  # type: ignore[attr-defined]
    if registry.has():
        registry().invalidate()
        registry.clear()


# expire_on_commit=False: rendering after the commit starts no new transaction and takes no lock.
db = Database(model_class=Base, session_options={"expire_on_commit": False})
migrate = Migrate(render_as_batch=True, compare_type=True)

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class UtcDateTimeType(TypeDecorator[datetime]):
    """An aware UTC datetime on both databases. SQLite stores naive text, which is read as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime: give it a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def init_app(app: Flask, settings: Settings) -> None:
    """Bind the app to its database."""
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = _engine_options(settings)
    db.init_app(app)
    migrate.init_app(app, db, directory=str(app.config["MIGRATIONS"]))
    with app.app_context():
        prepare_engine(db.engine)
        if settings.pgbouncer and not settings.is_sqlite:
            event.listen(db.engine, "begin", _set_time_limits)


def _engine_options(settings: Settings) -> dict[str, Any]:
    # hide_parameters: a logged error contains the statement, but not the answers and addresses in it.
    if settings.is_sqlite:
        # The pool is large, so that threads of other WSGI servers (and tests) wait for the lock, not for a connection.
        return {"connect_args": {"timeout": SQLITE_LOCK_SECONDS}, "pool_size": 64, "hide_parameters": True}
    if settings.pgbouncer:
        # A pooler may serve each transaction by another connection, which does not know earlier prepared statements.
        # It refuses time limits at connecting; :func:`_set_time_limits` sets them.
        connect_args: dict[str, Any] = {"prepare_threshold": None}
    else:
        connect_args = {"options": " ".join(f"-c {name}={value}" for name, value in _TIME_LIMITS.items())}
    return {
        "connect_args": connect_args | {"connect_timeout": 5},
        "pool_pre_ping": True,
        "pool_size": settings.pool_size,
        "max_overflow": 0,
        "pool_timeout": POSTGRES_LOCK_SECONDS,
        "hide_parameters": True,
    }


def _set_time_limits(connection: Connection) -> None:
    """Set the limits for this transaction only, because a pooler gives its connection to others afterwards."""
    connection.exec_driver_sql("; ".join(f"SET LOCAL {name} = '{value}'" for name, value in _TIME_LIMITS.items()))


def prepare_engine(engine: Engine) -> None:
    """Configure each new SQLite connection and control how its transactions begin. Count connections in use."""
    event.listen(engine, "checkout", lambda *_: metrics.count_connection(1))
    event.listen(engine, "checkin", lambda *_: metrics.count_connection(-1))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "do_connect", _before_connect)
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
        event.listen(engine, "checkout", _on_checkout)


def _on_checkout(_connection: sqlite3.Connection, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Discard a connection to a database file that was deleted or replaced, because its writes would be lost.

    :raise DisconnectionError: the path is no longer the file that was opened. The pool then opens a new connection.
    """
    path, opened = record.info["file"]
    if _get_file_id(path) != opened:
        raise DisconnectionError(f"{path} is not the file that was opened")


def _before_connect(_dialect: Dialect, record: ConnectionPoolEntry, arguments: list[Any], _options: object) -> None:
    """Remember which file the path is before it is opened: it can be replaced before the new connection is ready."""
    record.info["file_before"] = _get_file_id(arguments[0])


def _get_file_id(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _on_connect(connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
    # Otherwise the driver begins and commits transactions implicitly, and updates get lost.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # An answer must be on the disk before it is acknowledged.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    # Overwrite deleted data, so that an erased person is not readable in the file.
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.execute(_BUSY_TIMEOUT)
    # With its first read, a connection shows others that the database is in use, until it is closed.
    cursor.execute("PRAGMA schema_version")
    path = cursor.execute("PRAGMA database_list").fetchone()[2]
    cursor.close()
    record.info["file"] = path, record.info.pop("file_before", None) or _get_file_id(path)


def truncate_wal(engine: Engine) -> bool:
    """Truncate SQLite's write-ahead log, which may contain deleted data; return whether that succeeded.

    ``secure_delete`` overwrites deleted data in the database file itself. Concurrent transactions are waited for three
    times 0.1 s; after that, :func:`vacuum` or the end of the server clears the log. PostgreSQL removes deleted data by
    its own vacuum.
    """
    if engine.dialect.name != "sqlite":
        return False
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout=100")
        try:
            return any(_is_truncated(cursor) for _ in range(3))
        finally:
            cursor.execute(_BUSY_TIMEOUT)
    finally:
        connection.close()


def _is_truncated(cursor: DBAPICursor) -> bool:
    try:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        is_busy, *_ = cursor.fetchone() or (1,)
    except sqlite3.OperationalError:  # the whole database is locked
        return False
    return not is_busy


def vacuum(engine: Engine) -> bool:
    """Rewrite the whole database without deleted data; return the result of :func:`truncate_wal`.

    It takes seconds per gigabyte and blocks other transactions meanwhile.
    """
    raw = engine.raw_connection()
    try:
        driver = raw.driver_connection
        assert driver is not None
        if engine.dialect.name != "sqlite":
            driver.autocommit = True
        driver.execute("VACUUM")
        if engine.dialect.name != "sqlite":
            driver.autocommit = False
    finally:
        raw.close()
    return truncate_wal(engine)


def _take_write_lock(connection: sqlite3.Connection) -> None:
    """Begin a transaction that holds SQLite's write lock, trying twice a millisecond until the lock is free.

    SQLite's busy handler sleeps for up to 0.1 s between attempts: with 16 learners and two processes, one writer in a
    hundred waited 20 to 30 ms for a lock that is held for 2 ms. One attempt takes a microsecond.

    :raise sqlite3.OperationalError: the lock was not free within ``SQLITE_LOCK_SECONDS``, or the time of
        :func:`use_brief_write_transaction`.
    """
    began = monotonic()
    allowed = g.get("lock_seconds", SQLITE_LOCK_SECONDS) if g else SQLITE_LOCK_SECONDS
    connection.execute("PRAGMA busy_timeout=0")
    try:
        while not _try_to_lock(connection, is_last=monotonic() > began + allowed):
            sleep(_POLL_SECONDS)
    finally:
        metrics.observe_lock_wait(monotonic() - began)
        connection.execute(_BUSY_TIMEOUT)


def _try_to_lock(connection: sqlite3.Connection, *, is_last: bool) -> bool:
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if is_last or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


def _on_begin(connection: Connection) -> None:
    if not _is_writing():
        connection.exec_driver_sql("BEGIN")
        return
    try:
        _take_write_lock(cast(sqlite3.Connection, connection.connection.driver_connection))
    except sqlite3.OperationalError as error:
        raise OperationalError("BEGIN IMMEDIATE", None, error) from error


def _is_writing() -> bool:
    """Whether the transaction about to begin takes the write lock at once.

    Requests that may write use BEGIN IMMEDIATE, because SQLite refuses to upgrade a read transaction after another one
    has written. Other requests use a plain BEGIN. Commands and chores take the lock unless they say that they only read.
    """
    intent: bool | None = g.get("write_intent") if has_app_context() else None
    if intent is not None:
        return intent
    return not has_request_context() or request.method not in _READING_METHODS


def use_deferred_transaction() -> None:
    """Start this POST or command without the write lock: it only reads, at least until the password is hashed."""
    g.write_intent = False


def end_read_transaction() -> None:
    """End a read-only transaction, so that slow work (hashing) holds no lock; later transactions may write."""
    if has_request_context():
        db.session.commit()
        g.write_intent = True


def use_write_transaction() -> None:
    """Let a GET write. Its only use is to close overdue attempts before a report."""
    db.session.commit()
    g.write_intent = True


def use_brief_write_transaction() -> None:
    """Let any request write something of little weight at its end. It fails if the lock that it needs is not free soon."""
    db.session.rollback()
    g.write_intent, g.lock_seconds = True, _BRIEF_SECONDS
    if db.engine.dialect.name != "sqlite":
        db.session.execute(text(f"SET LOCAL lock_timeout = '{_BRIEF_SECONDS * 1000:.0f}ms'"))


@contextmanager
def read_only(session: Session) -> Iterator[None]:
    """Read without the write lock, in a transaction of its own. Later transactions may write."""
    session.commit()
    g.write_intent = False
    try:
        yield
        session.commit()  # unlike a rollback, this keeps the loaded objects
    finally:
        g.write_intent = True


def run_in_steps(step: Callable[[], bool], *, seconds: float = math.inf) -> bool:
    """Commit after each call of ``step`` until it returns False or ``seconds`` are over; return whether it finished.

    Between steps, other transactions get the write lock.
    """
    latest = monotonic() + seconds
    while step():
        db.session.commit()
        if monotonic() > latest:
            return False
        sleep(STEP_PAUSE_SECONDS)
    db.session.commit()
    return True


def lock_rows(statement: S, *of: type[Base]) -> S:
    """Lock the rows of ``of`` until the commit. On SQLite, writing transactions hold the write lock anyway.

    On PostgreSQL, other transactions can still insert rows that refer to the locked ones. A stronger lock would deadlock:
    a learner who submits holds the attempt and stores a result that refers to the assignment, while a trainer who changes
    terms holds the assignment and waits for the attempt.
    """
    return statement.with_for_update(of=of, key_share=True)
