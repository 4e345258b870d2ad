"""SQLite files as a whole: copying one that is in use, checking it, and counting its rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from time import monotonic
from urllib.parse import quote

from app.services.storage.archives import StorageError, StoredRows
from app.services.storage.folders import try_to_lock

PATIENCE_SECONDS = 60
"""How long a backup waits for a database that another program has locked exclusively."""


def copy_database(source: Path, target: Path, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
    """Copy a database that may be in use, as of one moment, to a file of its own.

    All pages are copied in one step. The usual steps of 100 pages begin again after each commit of another connection,
    so a backup of a busy server would never end (https://www.sqlite.org/backup.html). In WAL mode, one step blocks
    nobody.

    :raise StorageError: the database can't be read, or stays locked for ``patience_seconds``.
    """
    latest = monotonic() + patience_seconds

    def give_up(status: int, *_pages: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and monotonic() > latest:
            raise StorageError(f"{source} stayed locked for {patience_seconds:.0f} s. Try again later.")

    try:
        with closing(_connect(source)) as old, closing(sqlite3.connect(target)) as new:
            target.chmod(0o600)
            old.backup(new, pages=-1, progress=give_up)
            # A file without a write-ahead log is complete by itself.
            new.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise StorageError(f"{source} could not be copied: {error}.") from None


def check_integrity(path: Path, *, is_thorough: bool) -> None:
    """Check the structure of a database; if thorough, also its indexes, constraints and foreign keys.

    :raise StorageError: the database is damaged.
    """
    pragmas = ("integrity_check", "foreign_key_check") if is_thorough else ("quick_check",)
    try:
        with closing(_connect(path)) as connection:
            found = [row for pragma in pragmas for row in connection.execute(f"PRAGMA {pragma}") if row != ("ok",)]
    except sqlite3.Error as error:
        raise StorageError(f"The database is damaged: {error}.") from None
    if found:
        raise StorageError(f"The database is damaged: {found[0][0]}.")


def count_rows(path: Path) -> StoredRows:
    """Count the rows of each table.

    :raise StorageError: the file is not a database of Palpate.
    """
    named = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    try:
        with closing(_connect(path)) as connection:
            migration = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            tables = [name for (name,) in connection.execute(named)]
            counts = {
                name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608  from the schema
                for name in tables
            }
    except sqlite3.Error as error:
        raise StorageError(f"{path} is not a database of Palpate: {error}.") from None
    return StoredRows(migration[0] if migration else "", counts)


def get_start_lock(path: Path) -> Path:
    """Return the file that a process locks while it prepares or replaces the database ``path``."""
    return path.with_name(f"{path.name}.start-lock")


@contextmanager
def hold_start_lock(path: Path) -> Iterator[None]:
    """Keep servers from starting on the database.

    :raise StorageError: a server is starting.
    """
    with get_start_lock(path).open("w") as file:
        if not try_to_lock(file.fileno()):
            raise StorageError(f"A server is being started on {path}. Stop it first.")
        yield


@contextmanager
def hold_alone(path: Path) -> Iterator[None]:
    """Move the write-ahead log into the database, and keep everybody else from reading and writing it.

    Nobody can use a database that is missing, or too damaged to be opened, so such a one is not locked.

    :raise StorageError: another process has the database open.
    """
    with ExitStack() as held:
        try:
            connection = held.enter_context(closing(_connect(path)))
            connection.execute("PRAGMA busy_timeout=2000")
            connection.execute("PRAGMA journal_mode=DELETE").fetchone()
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise StorageError(f"{path} is in use. Stop the server first.") from None
        yield


def close_log(path: Path) -> None:
    """Move the write-ahead log into the database.

    :raise StorageError: another process has the database open.
    """
    with hold_alone(path):
        pass


def _connect(path: Path) -> sqlite3.Connection:
    """Open a database that exists already."""
    return sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, isolation_level=None)
