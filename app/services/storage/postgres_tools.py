"""PostgreSQL databases as a whole: dumping one with ``pg_dump``, restoring it, and counting its rows."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import pq, sql
from psycopg.conninfo import make_conninfo
from sqlalchemy import make_url

from app.services.storage.archives import StorageError, StoredRows

REPLACED_PREFIX = "replaced_"
"""Schemas with this prefix hold the tables that a restore replaced. Backups leave them out."""

START_LOCK = 7_209_512_843_001
"""The key of the advisory lock under which one process at a time prepares or replaces the database: any number that no
other program uses on it."""

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"


_SECRETS = frozenset(option.keyword.decode() for option in pq.Conninfo.get_defaults() if option.dispchar == b"*")
"""The connection parameters that libpq marks as secret: the password, that of the client's key, and perhaps others."""

_SERVICE = "palpate"


@dataclass(frozen=True, slots=True)
class PostgresTarget:
    """How to reach a database. Secrets are kept apart, so that no process list shows them."""

    arguments: dict[str, Any]
    secrets: dict[str, str]

    @property
    def conninfo(self) -> str:
        return make_conninfo(**self.arguments)

    @contextmanager
    def connect(self, **options: Any) -> Iterator[psycopg.Connection[Any]]:
        """Open a connection.

        :raise StorageError: the database can't be reached, or a statement failed.
        """
        try:
            with psycopg.connect(self.conninfo, **(options | self.secrets)) as connection:
                yield connection
        except psycopg.Error as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise StorageError(f"PostgreSQL: {reason.rstrip('.')}.") from None

    def rename(self, database: str) -> PostgresTarget:
        return PostgresTarget(self.arguments | {"dbname": database}, self.secrets)


def parse_target(url: str) -> PostgresTarget:
    """Read a URL of SQLAlchemy's."""
    parsed = make_url(url)
    arguments = {"connect_timeout": 5, **parsed.get_dialect()().create_connect_args(parsed)[1]}
    secrets = {name: str(arguments.pop(name)) for name in sorted(_SECRETS & arguments.keys())}
    return PostgresTarget(arguments, secrets)


def dump(target: PostgresTarget, file: Path) -> StoredRows:
    """Dump the database, and count its rows as of the same moment.

    :raise StorageError: ``pg_dump`` is missing or failed.
    """
    with target.connect() as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        snapshot = _fetch(connection, "SELECT pg_export_snapshot()")
        options = ["--format=custom", "--no-owner", "--no-privileges", f"--exclude-schema={REPLACED_PREFIX}*"]
        _run("pg_dump", target, *options, f"--snapshot={snapshot}", f"--file={file}")
        return _count_rows(connection)


def list_contents(file: Path) -> None:
    """Read a dump to its end.

    :raise StorageError: it is damaged.
    """
    _run("pg_restore", None, f"--file={os.devnull}", str(file))


def restore_dump(target: PostgresTarget, file: Path) -> None:
    """Restore a dump into an empty database, completely or not at all.

    :raise StorageError: ``pg_restore`` is missing or failed.
    """
    options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
    _run("pg_restore", target, *options, str(file))


def replace_contents(target: PostgresTarget, file: Path, kept_schema: str) -> bool:
    """Restore a dump. Tables that are there already are moved to ``kept_schema``; return whether there were any.

    :raise StorageError: the restore failed; the database is as it was.
    """
    tables = _list_tables(target)
    if not tables:
        restore_dump(target, file)
        return False
    script = file.with_suffix(".sql")
    _run("pg_restore", None, "--no-owner", "--no-privileges", f"--file={script}", str(file))
    _run_in_one_transaction(target, _move_aside(tables, kept_schema), script)
    return True


def _move_aside(tables: list[str], kept_schema: str) -> list[str]:
    """Return the statements that move all tables to ``kept_schema``. Nobody can use them meanwhile."""
    named = sql.SQL(", ").join(sql.Identifier("public", name) for name in tables)
    statements: list[sql.Composable] = [
        sql.SQL("SET LOCAL lock_timeout = '2s'"),
        sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(named),
        sql.SQL("ALTER SCHEMA public RENAME TO {}").format(sql.Identifier(kept_schema)),
        sql.SQL("CREATE SCHEMA public"),
    ]
    return [statement.as_string() for statement in statements]


def _run_in_one_transaction(target: PostgresTarget, statements: list[str], script: Path) -> None:
    """Run the statements and then the script. If one fails, or this process is killed, nothing has changed."""
    commands = [f"--command={statement}" for statement in statements]
    options = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    _run("psql", target, *options, *commands, f"--file={script}")


def has_tables(target: PostgresTarget) -> bool:
    return bool(_list_tables(target))


def _list_tables(target: PostgresTarget) -> list[str]:
    with target.connect() as connection:
        return [name for (name,) in connection.execute(_TABLES)]


@contextmanager
def hold_start_lock(target: PostgresTarget) -> Iterator[int]:
    """Keep servers from starting on the database; yield the process id of the connection that does so.

    :raise StorageError: a server is starting.
    """
    with target.connect() as connection:
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        if not connection.execute("SELECT pg_try_advisory_xact_lock(%s)", (START_LOCK,)).fetchall()[0][0]:
            raise StorageError("A server is being started on this database. Stop it first.")
        yield connection.info.backend_pid


def refuse_if_in_use(target: PostgresTarget, besides: int = 0) -> None:
    """Make sure that nobody else is connected, besides the connection with the process id ``besides``.

    :raise StorageError: somebody is.
    """
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid NOT IN (pg_backend_pid(), %s) AND backend_type = 'client backend'"
    )
    with target.connect() as connection:
        if number := connection.execute(others, (besides,)).fetchall()[0][0]:
            raise StorageError(f"The database is in use ({number} connections). Stop all servers first.")


def get_size(target: PostgresTarget) -> int:
    """Return the size of the database in bytes."""
    with target.connect() as connection:
        return int(_fetch(connection, "SELECT pg_database_size(current_database())"))


def count_rows(target: PostgresTarget) -> StoredRows:
    with target.connect() as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return _count_rows(connection)


@contextmanager
def temporary_database(target: PostgresTarget, name: str) -> Iterator[PostgresTarget | None]:
    """Create an empty database beside ``target`` and drop it at the end. Yield None if the role may not create one."""
    with target.connect(autocommit=True) as connection:
        try:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        except psycopg.errors.InsufficientPrivilege:
            yield None
            return
        try:
            yield target.rename(name)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _count_rows(connection: psycopg.Connection[Any]) -> StoredRows:
    tables = [name for (name,) in connection.execute(_TABLES)]
    if "alembic_version" not in tables:
        raise StorageError("This is not a database of Palpate.")
    counts = {
        name: connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier("public", name))).fetchall()[
            0
        ][0]
        for name in tables
    }
    return StoredRows(_fetch(connection, "SELECT min(version_num) FROM public.alembic_version") or "", counts)


def _fetch(connection: psycopg.Connection[Any], query: LiteralString) -> Any:
    row = connection.execute(query).fetchone()
    return row[0] if row else None


def _run(program: str, target: PostgresTarget | None, *arguments: str) -> None:
    with _name_target(target) as (options, variables):
        command = [_find(program), *options, *arguments]
        environ = os.environ | variables
        done = subprocess.run(command, env=environ, check=False, capture_output=True, text=True)  # noqa: S603  no shell
    if done.returncode:
        lines = (
            [line for line in done.stderr.splitlines() if "error:" in line.lower()] or done.stderr.splitlines() or [""]
        )
        raise StorageError(f"{program} failed: {lines[0].removeprefix(f'{program}: error: ')}")


@contextmanager
def _name_target(target: PostgresTarget | None) -> Iterator[tuple[list[str], dict[str, str]]]:
    """Yield the options and the environment variables by which a program reaches a database.

    libpq has a variable for the password. Other secrets go into a service file that only this user can read.

    :raise StorageError: such a secret is given beside the name of another service.
    """
    if target is None:
        yield [], {}
        return
    variables = {"PGPASSWORD": target.secrets["password"]} if "password" in target.secrets else {}
    others = {name: value for name, value in target.secrets.items() if name != "password"}
    if not others:
        yield [f"--dbname={target.conninfo}"], variables
        return
    if "service" in target.arguments:
        raise StorageError(f"DATABASE_URL names a service, so {', '.join(others)} must be in its file.")
    with tempfile.NamedTemporaryFile("w", prefix="palpate-service-") as file:  # with mode 0600
        file.write("\n".join([f"[{_SERVICE}]", *(f"{name}={value}" for name, value in others.items()), ""]))
        file.flush()
        yield [f"--dbname={make_conninfo(target.conninfo, service=_SERVICE)}"], variables | {"PGSERVICEFILE": file.name}


def _find(program: str) -> str:
    """Return the path of one of PostgreSQL's programs: on PATH, or the newest where Debian installs them.

    :raise StorageError: there is none.
    """
    if found := shutil.which(program):
        return found
    places = Path("/usr/lib/postgresql").glob(f"*/bin/{program}")
    newest = max(places, key=lambda path: int(path.parts[-3]), default=None)
    if newest is None:
        raise StorageError(f"{program} is not on this machine. Install PostgreSQL's client programs.")
    return str(newest)
