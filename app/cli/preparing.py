"""Prepares a database for serving: one process at a time migrates it and publishes the course."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_migrate import upgrade
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from app.cli.content import publish_if_changed
from app.cli.context import fail, get_settings
from app.clock import now
from app.db import db, get_reason
from app.server import schema, storage
from app.services.storage import backups
from app.services.storage.archives import StorageError
from app.services.storage.folders import try_to_lock
from app.services.storage.postgres_tools import START_LOCK
from app.services.storage.sqlite_files import get_start_lock
from app.settings import Settings

_POLL_SECONDS = 0.2


@click.command("prepare")
@click.option("--no-backup", is_flag=True, help="Migrate without a backup before it.")
@with_appcontext
def prepare_command(no_backup: bool) -> None:
    """Update the database and publish the course, without starting the server."""
    prepare(get_settings(), backs_up=not no_backup)
    click.echo("The database is ready.")


def prepare(settings: Settings, *, backs_up: bool = True) -> None:
    """Bring the database up to date, and publish the course if its files have changed and PALPATE_PUBLISH allows it.

    A migration is preceded by a backup. Several servers that start at the same time do all this one after the other.
    """
    open_data_folder(settings)
    try:
        with hold_start_lock(db.engine):
            if unfinished := storage.explain_unfinished(settings):
                fail(unfinished)
            if backs_up and schema.needs_migration(db.engine, current_app.config["MIGRATIONS"]):
                _back_up(settings)
            migrate()
            if settings.publish:
                publish_if_changed()
    except DBAPIError as error:
        explain(error)


def _back_up(settings: Settings) -> None:
    refuse_newer()
    try:
        record = backups.make_backup(settings, now())
    except StorageError as error:
        fail(f"no backup before the migration: {error} `prepare --no-backup` migrates without one.")
    click.echo(f"Backed up before the migration: {record.file}")


def refuse_newer() -> None:
    """Exit with one sentence if the database is of a newer version."""
    newer = schema.explain_newer(db.engine, current_app.config["MIGRATIONS"])
    if newer:
        fail(newer)


def migrate() -> None:
    """Bring the database up to date."""
    refuse_newer()
    try:
        upgrade(directory=str(current_app.config["MIGRATIONS"]))
    except DBAPIError as error:
        explain(error)


def explain(error: DBAPIError) -> NoReturn:
    """Exit with one line that says why the database can't be used."""
    fail(f"DATABASE_URL: cannot use the database: {get_reason(error)}.")


def open_data_folder(settings: Settings) -> None:
    """Create the data folder, and close it to other users of the machine."""
    settings.data.mkdir(parents=True, exist_ok=True)
    if settings.data.stat().st_uid == os.geteuid():
        settings.data.chmod(0o700)


@contextmanager
def hold_start_lock(engine: Engine) -> Iterator[None]:
    """Let one process at a time prepare this database, on whichever machine it runs."""
    lock = _lock_file(engine) if engine.dialect.name == "sqlite" else _lock_server(engine)
    with lock:
        yield


@contextmanager
def _lock_file(engine: Engine) -> Iterator[None]:
    database = Path(engine.url.database or "")
    try:
        opened = get_start_lock(database).open("w")
    except OSError as error:
        fail(f"DATABASE_URL: cannot use the database {database}: {error.strerror}.")
    with opened as file:
        _wait_for(lambda: try_to_lock(file.fileno()))
        yield


@contextmanager
def _lock_server(engine: Engine) -> Iterator[None]:
    """Lock for one transaction, because a pooler such as PgBouncer may serve the next one by another connection."""
    with engine.connect() as connection:
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        _wait_for(lambda: _try_to_lock(connection))
        yield


def _try_to_lock(connection: Connection) -> bool:
    return bool(connection.scalar(text("SELECT pg_try_advisory_xact_lock(:number)"), {"number": START_LOCK}))


def _wait_for(is_free: Callable[[], bool]) -> None:
    is_announced = False
    while not is_free():
        if not is_announced:
            click.echo("Another process is preparing the database. Waiting for it.")
            is_announced = True
        time.sleep(_POLL_SECONDS)
