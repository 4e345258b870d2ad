"""The database: Flask-SQLAlchemy, what SQLite must be told, and how a transaction begins."""

from __future__ import annotations

import os
import sqlite3
from datetime import UTC, datetime
from threading import Lock
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask import Flask, g, has_request_context, request
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, DateTime, Dialect, Engine, MetaData, TypeDecorator, event
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.selectable import GenerativeSelect

LOCK_TIMEOUT_SECONDS = 10
"""How long a transaction waits for its lock before it fails (and the learner gets 503 and tries again)."""

_TURN_SECONDS = LOCK_TIMEOUT_SECONDS / 2
"""On SQLite, half of that for the turn among the threads of this process, half for the lock that other processes may hold."""

_POLL_SECONDS = 0.0005
"""How often a writer asks for SQLite's lock while another process has it: an answer holds it for about 1.5 ms."""

_BUSY_TIMEOUT = f"PRAGMA busy_timeout={round(_TURN_SECONDS * 1000)}"

_READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

S = TypeVar("S", bound=GenerativeSelect)


class Base(DeclarativeBase):
    """Every constraint has a name, so that Alembic's batch mode can find it again on SQLite."""

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
    """Flask-SQLAlchemy, whose session is told to type checkers as what it stands for: the request's own session."""

    if TYPE_CHECKING:
        session: Session  # type: ignore[assignment]


# expire_on_commit=False: rendering after the commit takes no new transaction, hence no lock.
db = Database(model_class=Base, session_options={"expire_on_commit": False})
migrate = Migrate(render_as_batch=True, compare_type=True)

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


class UTCDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime on both databases. SQLite keeps naive text, which is read back as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime: say in which zone it is")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def init_app(app: Flask, database_url: str) -> None:
    """Bind the app to its database."""
    app.config["SQLALCHEMY_DATABASE_URI"] = database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = _engine_options(database_url)
    db.init_app(app)
    migrate.init_app(app, db, directory=str(app.config["MIGRATIONS"]))
    with app.app_context():
        prepare(db.engine)


def _engine_options(database_url: str) -> dict[str, Any]:
    # hide_parameters: an error that is logged names the statement, never the answers and addresses in it.
    if database_url.startswith("sqlite:"):
        # The pool is larger than any sensible number of threads, so that nobody waits for a connection.
        return {
            "connect_args": {"timeout": _TURN_SECONDS, "factory": _writer_class()},
            "pool_size": 64,
            "hide_parameters": True,
        }
    timeouts = f"-c lock_timeout={LOCK_TIMEOUT_SECONDS}s -c idle_in_transaction_session_timeout=60s"
    return {
        "connect_args": {"options": timeouts, "connect_timeout": 5},
        "pool_pre_ping": True,
        "pool_size": 16,
        "hide_parameters": True,
    }


def prepare(engine: Engine) -> None:
    """Set each new SQLite connection up, and begin its transactions ourselves."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
        event.listen(engine, "checkout", _on_checkout)


def _on_checkout(_connection: sqlite3.Connection, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Let go of a file that was deleted or replaced under the server: what is written to it would be lost, however well it was stored."""
    path, opened = record.info["file"]
    if _file(path) != opened:
        raise DisconnectionError(f"{path} is not the file that was opened")


def _file(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _on_connect(connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
    # Without this the driver begins and commits behind our back, and updates get lost.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # FULL: an answer is on the disk before it is acknowledged.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    # What is deleted is overwritten: an erased person must not be readable in the file.
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.execute(_BUSY_TIMEOUT)
    path = cursor.execute("PRAGMA database_list").fetchone()[2]
    cursor.close()
    record.info["file"] = path, _file(path)


def forget_deleted(engine: Engine) -> bool:
    """Clear the write-ahead log of what was deleted since; return whether that was possible.

    Pages of the file itself are overwritten as they change (``secure_delete``). Whoever reads or writes at the moment is waited for three
    times a tenth of a second; then :func:`vacuum`, or the end of the server, does it. PostgreSQL forgets by its own vacuum.
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


def vacuum(engine: Engine) -> None:
    """Write the whole database anew, without what was deleted. It waits for others and they for it: seconds for each gigabyte."""
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
    forget_deleted(engine)


class _Writer(sqlite3.Connection):
    """A connection that queues for the write lock with the other threads of its process.

    SQLite has no queue: who finds the lock taken sleeps ever longer and tries again, and is overtaken by whoever comes just then. With 16
    learners that made an answer's p95 a second. ``turn`` is the queue of all connections to one database.
    """

    turn: Lock
    has_turn = False

    def take_turn(self) -> None:
        if self.has_turn:
            return
        if not self.turn.acquire(timeout=_TURN_SECONDS):
            raise sqlite3.OperationalError("database is locked")
        self.has_turn = True

    def begin_immediate(self) -> None:
        """Begin a transaction that has the write lock.

        SQLite's own waiting sleeps ever longer, up to 0.1 s: with 16 learners and two processes, one writer in a hundred waited 20 to 30 ms for
        a lock that is held for 2. To ask takes a microsecond.

        :raise sqlite3.OperationalError: it is still locked after the time for it.
        """
        self.take_turn()
        try:
            self.execute("PRAGMA busy_timeout=0")
            try:
                self._begin_until(monotonic() + _TURN_SECONDS)
            finally:
                self.execute(_BUSY_TIMEOUT)
        except BaseException:
            self.end_turn()
            raise

    def _begin_until(self, latest: float) -> None:
        while True:
            try:
                self.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() > latest:
                    raise
                sleep(_POLL_SECONDS)
            else:
                return

    def commit(self) -> None:
        super().commit()
        self.end_turn()

    def rollback(self) -> None:
        try:
            super().rollback()
        finally:
            self.end_turn()

    def close(self) -> None:
        try:
            super().close()
        finally:
            self.end_turn()

    def end_turn(self) -> None:
        if self.has_turn:
            self.has_turn = False
            self.turn.release()


def _writer_class() -> type[_Writer]:
    """A class for the connections of one engine, with a queue of their own."""
    return type("Writer", (_Writer,), {"turn": Lock()})


def _on_begin(connection: Connection) -> None:
    if not _is_writing():
        connection.exec_driver_sql("BEGIN")
        return
    try:
        cast(_Writer, connection.connection.driver_connection).begin_immediate()
    except sqlite3.OperationalError as error:
        raise OperationalError("BEGIN IMMEDIATE", None, error) from error


def _is_writing() -> bool:
    """Whether the transaction about to begin takes the write lock at once.

    A request that reads begins plain; one that may write begins immediate, because a read that is upgraded later fails at once
    when somebody else wrote in between. Commands always write.
    """
    if not has_request_context():
        return True
    intent: bool | None = g.get("write_intent")
    return request.method not in _READING_METHODS if intent is None else intent


def begin_plain() -> None:
    """Let this request's transactions begin plain although it is a POST: it only reads before it hashes a password."""
    g.write_intent = False


def end_read() -> None:
    """End a transaction that only read, so that slow work (hashing) holds no lock; what follows may write."""
    if has_request_context():
        db.session.commit()
        g.write_intent = True


def begin_immediate() -> None:
    """Let a GET write: the one bounded step that closes overdue attempts before a report."""
    db.session.commit()
    g.write_intent = True


def locked(statement: S, *of: type[Base]) -> S:
    """Lock the rows of ``of`` until the commit. On SQLite the whole transaction holds the write lock already."""
    return statement.with_for_update(of=of)
