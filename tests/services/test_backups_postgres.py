"""Backups of PostgreSQL: complete as of one moment, checked in a database of their own, restored without loss."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine, make_url

from app.cli.preparing import _try_to_lock, hold_start_lock
from app.server import storage
from app.services.storage import archives, backups, postgres_tools, restoring
from app.services.storage.archives import StorageError
from app.settings import Settings
from tests.conftest import NOW, settings_for
from tests.support.postgres import Postgres

pytestmark = pytest.mark.postgres


@pytest.fixture
def settings(tmp_path: Path, postgres_url: str) -> Settings:
    """Settings of a server on PostgreSQL whose course is published."""
    made = settings_for(tmp_path / "server", database_url=postgres_url)
    made.data.mkdir()
    return made


@pytest.fixture
def new(settings: Settings, postgres: Postgres) -> Iterator[Settings]:
    """Settings of a server with an empty database."""
    url = postgres.create("restored")
    try:
        yield replace(settings, database_url=url.replace("postgresql://", "postgresql+psycopg://"))
    finally:
        postgres.drop("restored")


def execute(settings: Settings, statement: Any) -> list[Any]:
    with psycopg.connect(settings.database_url.replace("+psycopg", ""), autocommit=True) as connection:
        done = connection.execute(statement)
        return done.fetchall() if done.description else []


def back_up(settings: Settings) -> Path:
    file = backups.make_backup(settings, NOW).file
    assert file is not None
    return file


def list_databases(settings: Settings) -> list[str]:
    return [name for (name,) in execute(settings, "SELECT datname FROM pg_database")]


def test_a_backup_is_restored_for_the_check_and_nothing_is_left(settings: Settings) -> None:
    before = list_databases(settings)

    checked = restoring.check_backup(settings, back_up(settings))

    assert checked.was_restored
    assert (checked.is_current, checked.has_secret, checked.has_same_secret) == (True, False, True)
    assert checked.manifest.rows.counts["source"] > 0
    assert list_databases(settings) == before


def test_a_backup_moves_to_an_empty_database(settings: Settings, new: Settings) -> None:
    restored = restoring.restore(new, back_up(settings), NOW)

    count = [postgres_tools.count_rows(postgres_tools.parse_target(one.database_url)) for one in (settings, new)]
    assert restored.kept is None
    assert count[0] == count[1]
    # The trigger that protects the audit log came along.
    execute(new, "INSERT INTO audit_event (at, action, subject, details) VALUES (now(), 'a', 'b', '{}')")
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
        execute(new, "DELETE FROM audit_event")


def test_a_restore_replaces_tables_only_when_told_to_and_keeps_them(settings: Settings) -> None:
    file = back_up(settings)
    execute(settings, "UPDATE module SET title = 'Changed'")

    with pytest.raises(StorageError, match="--force"):
        restoring.restore(settings, file, NOW)
    kept = restoring.restore(settings, file, NOW, replaces=True).kept
    again = back_up(settings)

    assert kept == "schema replaced_20261123t090000"
    assert execute(settings, "SELECT count(*) FROM module WHERE title = 'Changed'") == [(0,)]
    assert execute(settings, "SELECT DISTINCT title FROM replaced_20261123t090000.module") == [("Changed",)]
    assert restoring.check_backup(settings, again).manifest.rows == archives.read_manifest(file).rows
    assert restoring.restore(settings, again, NOW.replace(hour=10), replaces=True).kept


def test_a_failed_restore_leaves_the_database_as_it_was(settings: Settings, tmp_path: Path) -> None:
    """Fails when the present tables are lost, or stay aside, although the backup could not be restored."""
    before = postgres_tools.count_rows(postgres_tools.parse_target(settings.database_url))
    broken = tmp_path / "broken.dump"
    broken.write_bytes(b"PGDMP no dump")

    with pytest.raises(StorageError, match="pg_restore failed"):
        postgres_tools.replace_contents(postgres_tools.parse_target(settings.database_url), broken, "replaced_x")

    assert postgres_tools.count_rows(postgres_tools.parse_target(settings.database_url)) == before
    assert execute(settings, "SELECT count(*) FROM pg_namespace WHERE nspname = 'replaced_x'") == [(0,)]


def test_a_restore_that_ends_halfway_leaves_the_database_as_it_was(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails when the tables are moved aside before others are in their place: a start would take that for a new database."""
    file, target = back_up(settings), postgres_tools.parse_target(settings.database_url)
    before = postgres_tools.count_rows(target)
    run = postgres_tools._run

    def break_script(program: str, *arguments: Any) -> None:
        if program == "psql":
            script = Path(arguments[-1].removeprefix("--file="))
            script.write_text(script.read_text() + "SELECT pg_terminate_backend(pg_backend_pid());")
        run(program, *arguments)

    monkeypatch.setattr(postgres_tools, "_run", break_script)

    with pytest.raises(StorageError, match="psql failed"):
        restoring.restore(settings, file, NOW, replaces=True)

    assert postgres_tools.count_rows(target) == before
    assert execute(settings, "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'replaced_%'") == [(0,)]
    assert storage.explain_unfinished(settings) is None


def test_a_server_that_starts_during_the_check_stops_the_restore(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, check = back_up(settings), restoring._check
    engine = create_engine(settings.database_url)

    def connect_first(*args: Any) -> Any:
        with engine.connect() as connection:
            assert not _try_to_lock(connection), "a server could start"
        return check(*args)

    monkeypatch.setattr(restoring, "_check", connect_first)

    with pytest.raises(StorageError, match=r"in use \(1 connections\)"):
        restoring.restore(settings, file, NOW, replaces=True)
    engine.dispose()

    assert execute(settings, "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'replaced_%'") == [(0,)]


def test_a_restore_is_refused_while_a_server_starts(settings: Settings) -> None:
    file, engine = back_up(settings), create_engine(settings.database_url)
    with hold_start_lock(engine), pytest.raises(StorageError, match="is being started"):
        restoring.restore(settings, file, NOW, replaces=True)
    engine.dispose()


def test_what_a_killed_check_left_does_not_stop_the_next(settings: Settings, postgres: Postgres) -> None:
    """Fails when the temporary database is named by the process: in a container, each one may have the same number."""
    left = f"palpate_check_{os.getpid()}"
    postgres.create(left)
    try:
        assert restoring.check_backup(settings, back_up(settings)).was_restored
    finally:
        postgres.drop(left)


def test_a_restore_does_not_touch_a_database_in_use(settings: Settings) -> None:
    file = back_up(settings)
    with (
        psycopg.connect(settings.database_url.replace("+psycopg", "")),
        pytest.raises(StorageError, match=r"in use \(1 connections\)"),
    ):
        restoring.restore(settings, file, NOW, replaces=True)


def test_the_rows_are_counted_as_of_the_moment_of_the_dump(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails when a row that comes between counting and dumping makes a sound backup look unsound."""
    run = postgres_tools._run

    def dump_after_a_change(program: str, *arguments: Any) -> None:
        if program == "pg_dump":
            execute(settings, "INSERT INTO audit_event (at, action, subject, details) VALUES (now(), 'a', 'b', '{}')")
        run(program, *arguments)

    monkeypatch.setattr(postgres_tools, "_run", dump_after_a_change)

    assert restoring.check_backup(settings, back_up(settings)).was_restored


def test_a_role_without_the_right_reads_the_backup_only(settings: Settings) -> None:
    file = back_up(settings)
    execute(settings, "DROP ROLE IF EXISTS reader")
    execute(settings, "CREATE ROLE reader LOGIN")
    try:
        limited = replace(settings, database_url=settings.database_url.replace("postgres@", "reader@"))
        assert not restoring.check_backup(limited, file).was_restored
    finally:
        execute(settings, "DROP ROLE reader")


@pytest.mark.parametrize("share", [0.3, 0.95])
def test_a_truncated_backup_is_refused(settings: Settings, new: Settings, share: float) -> None:
    file = back_up(settings)
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * share)])

    with pytest.raises(StorageError, match="damaged or incomplete"):
        restoring.restore(new, file, NOW)

    assert not postgres_tools.has_tables(postgres_tools.parse_target(new.database_url))


def test_a_backup_goes_back_to_its_own_kind_of_database(settings: Settings, tmp_path: Path) -> None:
    on_sqlite = settings_for(tmp_path / "sqlite")

    with pytest.raises(StorageError, match=r"backup of PostgreSQL, but DATABASE_URL names SQLite"):
        restoring.restore(on_sqlite, back_up(settings), NOW)


def test_a_server_that_is_away_fails_with_one_line(settings: Settings) -> None:
    away = replace(settings, database_url="postgresql+psycopg://nobody:secret-word@127.0.0.1:1/palpate")

    with pytest.raises(StorageError) as refusal:
        backups.make_backup(away, NOW)

    assert "secret-word" not in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert backups.read_record(away).failed_at == NOW


def test_no_secret_is_on_a_command_line(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails when the list of processes shows the password of the database, or that of the client's key."""
    url = make_url(settings.database_url).set(password="secret-word").update_query_dict({"sslpassword": "secret-key"})
    secretive = replace(settings, database_url=url.render_as_string(hide_password=False))
    run: Any = subprocess.run
    seen: list[Any] = []

    def see(command: list[str], *args: Any, env: dict[str, str], **options: Any) -> Any:
        service = Path(env["PGSERVICEFILE"]) if "PGSERVICEFILE" in env else None
        seen.append((command, env.get("PGPASSWORD"), service and (service.read_text(), service.stat().st_mode & 0o777)))
        return run(command, *args, env=env, **options)

    monkeypatch.setattr(subprocess, "run", see)

    restoring.restore(secretive, back_up(secretive), NOW, replaces=True)

    connecting = [found for found in seen if any(part.startswith("--dbname=") for part in found[0])]
    assert [Path(command[0]).name for command, *_ in connecting] == ["pg_dump", "pg_restore", "psql"]
    assert [part for command, *_ in seen for part in command if "secret-" in part] == []
    assert {found[1:] for found in connecting} == {("secret-word", ("[palpate]\nsslpassword=secret-key\n", 0o600))}


def test_a_secret_beside_a_service_is_refused() -> None:
    target = postgres_tools.parse_target("postgresql+psycopg:///palpate?service=mine&sslpassword=secret-key")

    with pytest.raises(StorageError, match="sslpassword must be in its file"):
        postgres_tools.restore_dump(target, Path("any.dump"))
