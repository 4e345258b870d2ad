"""R24: several first starts on one empty database, a start on a newer schema, and on a full disk."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from app import settings
from app.cli.preparing import hold_start_lock
from tests.conftest import ROOT

NEWER = "the database is of a newer version of Palpate: its tables are at 9999"


def _start(folder: Path, *command: str, limit: Callable[[], None] | None = None, **given: str) -> subprocess.Popen[str]:
    """Run a command in a process of its own, with no settings but ``given``."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PALPATE_", "FLASK_")) and name not in settings.OTHER_NAMES
    }
    return subprocess.Popen(
        [sys.executable, *(command or ("-m", "flask", "--app", "wsgi", "prepare"))],
        cwd=ROOT,
        env=kept | {"PALPATE_DATA": str(folder)} | given,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=limit,
    )


def _end(run: subprocess.Popen[str]) -> tuple[int, str, list[str]]:
    """The exit status, the output, and the lines on standard error."""
    output, errors = run.communicate(timeout=180)
    return run.returncode, output, errors.strip().splitlines()


def _end_holder(engine: Engine) -> None:
    with engine.connect() as connection:
        holder = connection.scalar(text("SELECT pid FROM pg_locks WHERE locktype = 'advisory'"))
        connection.execute(text("SELECT pg_terminate_backend(:holder, 5000)"), {"holder": holder})


def _count(url: str, statement: str) -> int:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = connection.scalar(text(statement))
    engine.dispose()
    return int(found or 0)


@pytest.mark.postgres
def test_two_first_starts_on_one_empty_server_both_succeed(empty_postgres_url: str, tmp_path: Path) -> None:
    """Fails when both migrate at once: the second then finds half of the tables."""
    runs = [_start(tmp_path / name, DATABASE_URL=empty_postgres_url, PALPATE_PUBLISH="0") for name in ("a", "b")]

    ended = [_end(run) for run in runs]

    assert [status for status, _output, _errors in ended] == [0, 0], ended
    assert _count(empty_postgres_url, "SELECT count(*) FROM alembic_version") == 1


def test_a_start_waits_for_another_one_on_the_same_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'palpate.sqlite3'}"
    engine = create_engine(url)
    with hold_start_lock(engine):
        waiting = _start(tmp_path, PALPATE_PUBLISH="0")
        assert waiting.stdout
        said = waiting.stdout.readline()
        is_empty = not (tmp_path / "palpate.sqlite3").exists()

    status, output, errors = _end(waiting)

    assert said == "Another process is preparing the database. Waiting for it.\n"
    assert is_empty
    assert (status, output, errors) == (0, "The database is ready.\n", [])
    assert _count(url, "SELECT count(*) FROM publication") == 0  # PALPATE_PUBLISH=0


@pytest.mark.postgres
def test_the_lock_on_a_server_ends_with_its_process(empty_postgres_url: str) -> None:
    """Fails when a process that was killed while it prepared the database stops all later ones."""
    first, second = create_engine(empty_postgres_url), create_engine(empty_postgres_url)
    with pytest.raises(OperationalError), hold_start_lock(first):
        _end_holder(second)

    with hold_start_lock(second):
        pass
    first.dispose()
    second.dispose()


@pytest.mark.parametrize("command", ["prepare", "the server alone"])
def test_a_newer_database_stops_the_start_with_one_sentence(command: str, published: Path, tmp_path: Path) -> None:
    """Fails when Alembic's words are all that an operator gets, or pages are served on tables of another shape."""
    database = tmp_path / "palpate.sqlite3"
    database.write_bytes(published.read_bytes())
    engine = create_engine(f"sqlite:///{database}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    words = ("-c", "import wsgi") if command == "the server alone" else ("-m", "flask", "--app", "wsgi", command)

    status, _output, errors = _end(_start(tmp_path, *words))

    assert status == 2
    assert len(errors) == 1
    assert NEWER in errors[0]


def test_a_migration_is_preceded_by_a_backup(published: Path, tmp_path: Path) -> None:
    """Fails when an update that goes wrong leaves nothing to go back to."""
    (tmp_path / "palpate.sqlite3").write_bytes(published.read_bytes())
    assert _end(_start(tmp_path, "-m", "flask", "--app", "wsgi", "db", "downgrade"))[0] == 0

    status, output, errors = _end(_start(tmp_path, PALPATE_PUBLISH="0"))

    [backup] = (tmp_path / "backups").glob("*.zip")
    assert status == 0, errors
    assert output == f"Backed up before the migration: {backup}\nThe database is ready.\n"


@pytest.mark.parametrize("room", [40_000, 2_000_000], ids=["no room for the tables", "no room for the course"])
def test_a_full_disk_stops_the_first_start_with_one_line(room: int, tmp_path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    status, _output, errors = _end(_start(tmp_path, limit=limit))

    assert status == 2
    assert len(errors) == 1
    assert "cannot use the database" in errors[0]
