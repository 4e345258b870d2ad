"""Copying all data to another database: from SQLite to PostgreSQL, or back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Engine,
    MetaData,
    NullPool,
    Table,
    Text,
    cast,
    create_engine,
    func,
    insert,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import UserDefinedType

from app.db import Base, get_reason, prepare_engine
from app.server import schema
from app.service_urls import get_sqlite_file, parse_database_url
from app.services.storage import postgres_tools, sqlite_files
from app.services.storage.archives import StorageError
from app.settings import ROOT

BATCH_ROWS = 1000
"""How many rows are in memory at a time."""

_SUM_BYTES = 16


@dataclass(frozen=True, slots=True)
class CopiedTable:
    """The rows of one table, and a checksum of them that does not depend on their order."""

    name: str
    rows: int
    checksum: int


class _StoredJson(UserDefinedType[str]):
    """JSON as the text that is stored, so that SQL NULL and the JSON value null stay different."""

    cache_ok = True

    def get_col_spec(self, **_options: Any) -> str:
        return "JSON"


def copy_everything(source_url: str, target_url: str, report: Callable[[CopiedTable], None]) -> None:
    """Copy all tables to an empty database, compare both, and report each table.

    The target gets its tables from the migrations. Its rows are committed only if all of them are equal.

    :raise StorageError: a database can't be reached, the source is in use or not migrated, the target is not empty, or
        a row is not the same in both. The target then has no rows.
    """
    parsed = _parse_target(source_url, target_url)
    _refuse_source_in_use(source_url)
    try:
        with _open(source_url) as source, _open(parsed) as target, _read_as_of_one_moment(source) as reading:
            config = _configure_migrations(target)
            _refuse_old_source(reading)
            _refuse_filled_target(target)
            command.upgrade(config, "head")
            _copy_tables(reading, target, report)
    except DBAPIError as error:
        raise StorageError(f"{get_reason(error)}.") from None
    except CommandError as error:
        raise StorageError(f"The target can't be migrated: {error}.") from None


def _copy_tables(source: Connection, target: Engine, report: Callable[[CopiedTable], None]) -> None:
    with target.connect() as writing, _without_foreign_keys(writing):
        for table in _list_tables():
            try:
                found = CopiedTable(table.name, *_sum_up(table, _copy_rows(source, writing, table)))
            except DBAPIError as error:
                raise StorageError(f"Table {table.name}: {get_reason(error)}. The target has no rows.") from None
            stored = CopiedTable(table.name, *_sum_up(table, _read_rows(writing, table)))
            if found != stored:
                raise StorageError(f"Table {table.name} is not the same in the target. The target has no rows.")
            _set_sequence(writing, table)
            report(found)


def _refuse_source_in_use(url: str) -> None:
    """Make sure that no server uses the source: what it saved meanwhile would be missing in the target.

    :raise StorageError: one does.
    """
    if not url.startswith("sqlite:"):
        postgres_tools.refuse_if_in_use(postgres_tools.parse_target(url))
        return
    file = get_sqlite_file(url)
    if not file.exists():
        raise StorageError(f"There is no database at {file}.")
    sqlite_files.close_log(file)


def _parse_target(source_url: str, target_url: str) -> str:
    try:
        parsed = parse_database_url(target_url)
    except ValueError as error:
        raise StorageError(f"--to: {error}") from None
    if make_url(parsed) == make_url(source_url):
        raise StorageError("--to names the database of this server.")
    return parsed


@contextmanager
def _open(url: str) -> Iterator[Engine]:
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    prepare_engine(engine)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _read_as_of_one_moment(engine: Engine) -> Iterator[Connection]:
    """Open a connection that sees no later changes. On SQLite it also keeps others from writing."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


def _configure_migrations(target: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["engine"] = target
    return config


def _refuse_old_source(source: Connection) -> None:
    head = schema.get_head(ROOT / "migrations")
    found = list(source.scalars(text("SELECT version_num FROM alembic_version")))
    if found != [head]:
        raise StorageError(f"The source has migration {', '.join(found)}, not {head}. Run `db upgrade` first.")


def _refuse_filled_target(target: Engine) -> None:
    """Make sure that the target has no rows.

    :raise StorageError: it has some, or tables of another program.
    """
    known = {table.name for table in _list_tables()} | {"alembic_version"}
    with target.connect() as connection:
        names = set(target.dialect.get_table_names(connection))
        foreign = sorted(names - known)
        if foreign:
            raise StorageError(
                f"The target has tables of another program, such as {foreign[0]}. Use an empty database."
            )
        for table in _list_tables():
            if table.name in names and connection.scalar(select(func.count()).select_from(table)):
                raise StorageError(f"The target has rows already, in table {table.name}. Use an empty database.")


def _list_tables() -> Sequence[Table]:
    """Return the tables, referred ones first, with JSON as stored text."""
    copies = MetaData()
    for table in Base.metadata.sorted_tables:
        copy = table.to_metadata(copies)
        for column in copy.columns:
            if isinstance(column.type, JSON):
                column.type = _StoredJson()
    return copies.sorted_tables


def _copy_rows(source: Connection, target: Connection, table: Table) -> Iterator[Sequence[Any]]:
    """Insert all rows of ``source`` into ``target``, and yield them on the way."""
    names = [column.name for column in table.columns]
    for rows in _read_batches(source, table):
        target.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows])
        yield from rows


def _read_rows(connection: Connection, table: Table) -> Iterator[Sequence[Any]]:
    for rows in _read_batches(connection, table):
        yield from rows


def _read_batches(connection: Connection, table: Table) -> Iterator[Sequence[Sequence[Any]]]:
    columns = [_as_stored(column) for column in table.columns]
    with connection.execute(select(*columns), execution_options={"yield_per": BATCH_ROWS}) as result:
        yield from result.partitions()


def _as_stored(column: Column[Any]) -> Any:
    return cast(column, Text) if isinstance(column.type, _StoredJson) else column


def _sum_up(table: Table, rows: Iterable[Sequence[Any]]) -> tuple[int, int]:
    """Return the number of rows and the sum of their hashes, which does not depend on their order."""
    is_json = [isinstance(column.type, _StoredJson) for column in table.columns]
    number, total = 0, 0
    for row in rows:
        plain = repr([_normalise(value) if kind else value for kind, value in zip(is_json, row, strict=True)])
        total += int.from_bytes(hashlib.blake2b(plain.encode(), digest_size=_SUM_BYTES).digest())
        number += 1
    return number, total % 2 ** (8 * _SUM_BYTES)


def _normalise(stored: str | None) -> str | None:
    return None if stored is None else json.dumps(json.loads(stored), sort_keys=True)


@contextmanager
def _without_foreign_keys(connection: Connection) -> Iterator[None]:
    """Write in one transaction in which rows may refer to later ones; at its end, check that no reference is broken."""
    if connection.dialect.name == "sqlite":
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA foreign_keys=OFF")  # has no effect within a transaction
        with connection.begin():
            yield
            if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                raise StorageError(f"Table {broken[0]} refers to a row that does not exist. The target has no rows.")
        return
    with connection.begin():
        keys = list(connection.execute(_FOREIGN_KEYS))
        for table, name, _ in keys:
            connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        yield
        for table, name, definition in keys:
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


_FOREIGN_KEYS = text(
    "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"
)
"""The foreign keys of all tables. Adding one again checks every row."""


def _set_sequence(connection: Connection, table: Table) -> None:
    """Let PostgreSQL number new rows after the copied ones; SQLite does so by itself."""
    column = table.autoincrement_column
    if connection.dialect.name == "sqlite" or column is None:
        return
    sequence = connection.scalar(
        text("SELECT pg_get_serial_sequence(quote_ident(:table), :column)"),
        {"table": table.name, "column": column.name},
    )
    latest = connection.scalar(select(func.max(column)))
    if sequence is not None and latest is not None:
        connection.execute(
            text("SELECT setval(CAST(:sequence AS regclass), :latest)"), {"sequence": sequence, "latest": latest}
        )
