"""Restores that meet a server, or are killed: nothing is lost, and the next start says what to do."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, event, text

from app.cli.preparing import hold_start_lock
from app.db import prepare_engine
from app.server import storage
from app.services.storage import archives, backups, restoring, sqlite_files
from app.services.storage.archives import StorageError
from app.settings import Settings
from tests.conftest import NOW, settings_for

NEW_SECRET = "another-secret-another-secret-another-1"


class Killed(BaseException):
    """Ends a restore at once, as a signal would."""


@pytest.fixture
def settings(tmp_path: Path, published: Path) -> Settings:
    """Settings of a server whose backup is beside its data, and whose database and secret have changed since."""
    folder = tmp_path / "server"
    folder.mkdir()
    shutil.copy(published, folder / "palpate.sqlite3")
    made = settings_for(folder)
    (folder / "secret").write_text(made.secret)
    backups.make_backup(made, NOW)
    write(folder / "palpate.sqlite3", "UPDATE module SET title = 'Later'")
    (folder / "secret").write_text(NEW_SECRET)
    return replace(made, secret=NEW_SECRET)


def write(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(statement)


def is_old(path: Path) -> bool:
    """Whether the database is the one that was to be replaced. It must be whole either way."""
    sqlite_files.check_integrity(path, is_thorough=True)
    with closing(sqlite3.connect(path)) as connection:
        return bool(connection.execute("SELECT 1 FROM module WHERE title = 'Later'").fetchall())


def restore(settings: Settings, now: datetime = NOW) -> None:
    restoring.restore(settings, backups.list_backups(settings.data / "backups")[-1], now, replaces=True)


def test_a_restore_waits_for_no_server_that_is_starting(settings: Settings) -> None:
    engine = create_engine(settings.database_url)

    with hold_start_lock(engine), pytest.raises(StorageError, match="is being started"):
        restore(settings)

    assert is_old(settings.sqlite_file)


def test_no_server_starts_between_the_check_and_the_end(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails when a server begins to write to the database that is about to be put aside."""
    moments: list[str] = []

    def try_to_start(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **options: Any) -> Any:
            with (
                pytest.raises(StorageError, match="is being started"),
                sqlite_files.hold_start_lock(settings.sqlite_file),
            ):
                pass
            moments.append(name)
            return function(*args, **options)

        return run

    for name in ("_refuse_occupied", "_check", "_replace_file", "_replace_secret"):
        monkeypatch.setattr(restoring, name, try_to_start(name, getattr(restoring, name)))

    restore(settings)

    assert moments == ["_refuse_occupied", "_check", "_replace_file", "_replace_secret"]


def test_a_database_that_is_opened_during_the_check_is_not_replaced(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails when it is looked once only whether the database is in use, or a connection that has done nothing yet is missed."""
    check = restoring._check
    engine = create_engine(settings.database_url)
    prepare_engine(engine)

    def open_database(*args: Any) -> Any:
        engine.raw_connection().close()  # it stays open in the pool
        return check(*args)

    monkeypatch.setattr(restoring, "_check", open_database)

    with pytest.raises(StorageError, match="is in use"):
        restore(settings)
    engine.dispose()

    assert is_old(settings.sqlite_file)
    assert storage.explain_unfinished(settings) is None


def test_nobody_writes_while_the_file_is_exchanged(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    exchange = restoring._replace_file

    def write_first(*args: Any) -> Any:
        with (
            closing(sqlite3.connect(settings.sqlite_file, timeout=0)) as other,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            other.execute("UPDATE module SET title = 'Lost'")
        return exchange(*args)

    monkeypatch.setattr(restoring, "_replace_file", write_first)

    restore(settings)


def test_a_connection_that_is_made_meanwhile_writes_to_the_restored_database(tmp_path: Path) -> None:
    """Fails when a connection takes the new file at its path for the old one that it has opened."""
    path, other = tmp_path / "palpate.sqlite3", tmp_path / "restored.sqlite3"
    for file in (path, other):
        write(file, "CREATE TABLE answer (value)")
    old = tmp_path / "old.sqlite3"
    os.link(path, old)
    engine = create_engine(f"sqlite:///{path}")
    prepare_engine(engine)
    exchanges = iter([lambda: other.replace(path)])
    event.listen(engine, "connect", lambda *_: next(exchanges, lambda: None)(), insert=True)

    with engine.begin() as connection:
        connection.execute(text("INSERT INTO answer VALUES (1)"))
    engine.dispose()

    with closing(sqlite3.connect(path)) as stored, closing(sqlite3.connect(old)) as aside:
        assert stored.execute("SELECT value FROM answer").fetchall() == [(1,)]
        assert aside.execute("SELECT value FROM answer").fetchall() == []


def test_a_restore_can_be_killed_at_each_step(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails when the database or the secret is missing in between, or a start takes half of a restore for the whole."""
    untouched = settings.data.parent / "untouched"
    shutil.copytree(settings.data, untouched)
    ended, steps = False, 0
    while not ended:
        shutil.rmtree(settings.data)
        shutil.copytree(untouched, settings.data)
        with monkeypatch.context() as patched:
            kill_at(patched, steps)
            try:
                restore(settings)
                ended = True
            except Killed:
                steps += 1
        assert (settings.data / "secret").exists()
        check_state(settings, ended=ended)
        restore(settings, NOW + timedelta(minutes=1))
        check_state(settings, ended=True)
        assert not is_old(settings.sqlite_file)

    assert steps >= 8


def kill_at(patched: pytest.MonkeyPatch, step: int) -> None:
    """Kill the restore before its change number ``step`` of a folder, from the moment when it has checked the backup."""
    left = [step]
    check = restoring._check

    def arm(*args: Any) -> Any:
        checked = check(*args)
        for owner, name in ((os, "link"), (os, "replace"), (os, "rename"), (os, "mkdir"), (os, "fsync")):
            patched.setattr(owner, name, die_before(getattr(owner, name)))
        return checked

    def die_before(function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **options: Any) -> Any:
            if not left[0]:
                raise Killed
            left[0] -= 1
            return function(*args, **options)

        return run

    patched.setattr(restoring, "_check", arm)


def check_state(settings: Settings, *, ended: bool) -> None:
    """Check that a start refuses a mixture: the old database with the old secret, or the restored with the restored."""
    stored = (settings.data / "secret").read_text()
    is_mixed = is_old(settings.sqlite_file) is not (stored == NEW_SECRET)
    explained = storage.explain_unfinished(settings)
    assert explained or not is_mixed
    assert explained is None or not ended
    assert ended is False or archives.fingerprint_secret(stored) != archives.fingerprint_secret(NEW_SECRET)


@pytest.mark.parametrize("end", ["-wal", "-shm", "-journal"])
def test_a_damaged_database_leaves_no_log_that_would_be_applied_to_the_restored_one(
    settings: Settings, end: str
) -> None:
    log = settings.sqlite_file.with_name(f"palpate.sqlite3{end}")
    for file in (settings.sqlite_file, log):
        file.write_bytes(b"rubbish" * 1000)

    restore(settings)

    assert not log.exists()
    assert not is_old(settings.sqlite_file)
