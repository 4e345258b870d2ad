"""Copying everything from SQLite to PostgreSQL and back: each row is the same, or nothing is there."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine, insert, select, text
from sqlalchemy.orm import Session

from app import create_app
from app.db import Base, db
from app.models import AuditEvent, Cohort, User
from app.services.storage import copying
from app.services.storage.archives import StorageError
from app.services.storage.copying import CopiedTable
from tests.conftest import NOW, Clock, settings_for
from tests.support.migrations import fill, serve


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, published: Path) -> Path:
    """An SQLite file with people, cohorts and attempts."""
    folder = tmp_path_factory.mktemp("filled")
    shutil.copy(published, folder / "palpate.sqlite3")
    for app in serve(create_app(settings_for(folder))):
        fill(app, Clock(NOW))
        with Session(db.engine) as session:
            # A name that looks like JSON, a JSON null, and characters beyond ASCII.
            given = {"password": "!", "created_at": NOW, "folded": "x"}
            session.execute(insert(User).values(**given, name="null", email="ø@example.org", fs_uniquifier="null"))
            session.execute(text("UPDATE user SET notices = 'null' WHERE name = 'null'"))
            session.execute(insert(AuditEvent).values(at=NOW, action="a", subject="b", details={"é": [1.5, None]}))
            session.commit()
    return folder / "palpate.sqlite3"


@pytest.fixture
def source(filled: Path, tmp_path: Path) -> str:
    """The URL of a copy of that file."""
    return f"sqlite:///{shutil.copy(filled, tmp_path / 'palpate.sqlite3')}"


def read_everything(url: str) -> dict[str, list[Any]]:
    """All rows of all tables, as the models read them."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(*table.c)).all()))
            for table in Base.metadata.sorted_tables
        }


def copy(source: str, target: str) -> list[CopiedTable]:
    copied: list[CopiedTable] = []
    copying.copy_everything(source, target, copied.append)
    return copied


@pytest.mark.postgres
def test_everything_arrives_on_postgresql_and_comes_back(source: str, empty_postgres_url: str, tmp_path: Path) -> None:
    """Fails when a value is changed on the way: a time zone, a JSON null, a number, a reference to a later row."""
    before = read_everything(source)

    there = copy(source, empty_postgres_url)
    back = copy(empty_postgres_url, f"sqlite:///{tmp_path / 'back.sqlite3'}")

    assert there == back
    assert {table.name: table.rows for table in there} == {name: len(rows) for name, rows in before.items()}
    assert read_everything(empty_postgres_url) == before
    assert read_everything(f"sqlite:///{tmp_path / 'back.sqlite3'}") == before
    with closing(sqlite3.connect(tmp_path / "back.sqlite3")) as file:
        assert file.execute("SELECT notices FROM user WHERE name = 'null'").fetchone() == ("null",)
        assert file.execute("SELECT count(*) FROM correction WHERE key = 'null'").fetchone() == (0,)


@pytest.mark.postgres
def test_new_rows_are_numbered_after_the_copied_ones(source: str, empty_postgres_url: str) -> None:
    """Fails when the sequences are not set: the first new row has the number of an old one."""
    copy(source, empty_postgres_url)

    engine = create_engine(empty_postgres_url, poolclass=NullPool)
    with Session(engine) as session:
        latest = session.scalars(select(Cohort.id).order_by(Cohort.id.desc())).first()
        session.execute(
            insert(Cohort).values(title="New", time_zone="UTC", join_code="new", join_expires_at=NOW, created_at=NOW)
        )
        assert session.scalars(select(Cohort.id).where(Cohort.title == "New")).one() == (latest or 0) + 1


@pytest.mark.postgres
def test_references_are_checked_and_stay_in_force(source: str, empty_postgres_url: str) -> None:
    copy(source, empty_postgres_url)

    count = text("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated")
    with create_engine(empty_postgres_url, poolclass=NullPool).connect() as connection:
        assert connection.scalar(count) == sum(len(t.foreign_key_constraints) for t in Base.metadata.sorted_tables)


def test_a_copy_from_sqlite_to_sqlite_is_the_same(source: str, tmp_path: Path) -> None:
    target = f"sqlite:///{tmp_path / 'other.sqlite3'}"

    copy(source, target)

    assert read_everything(target) == read_everything(source)
    assert [path.name for path in tmp_path.glob("palpate.sqlite3*")] == ["palpate.sqlite3"]


def test_a_filled_target_is_refused_and_unchanged(source: str, tmp_path: Path, published: Path) -> None:
    shutil.copy(published, tmp_path / "filled.sqlite3")
    target = f"sqlite:///{tmp_path / 'filled.sqlite3'}"
    before = read_everything(target)

    with pytest.raises(StorageError, match="The target has rows already"):
        copy(source, target)

    assert read_everything(target) == before


def test_a_target_of_another_program_is_refused(source: str, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.sqlite3")) as file:
        file.execute("CREATE TABLE invoice (id)")

    with pytest.raises(StorageError, match="tables of another program, such as invoice"):
        copy(source, f"sqlite:///{tmp_path / 'other.sqlite3'}")


def test_a_source_in_use_is_refused(source: str, tmp_path: Path) -> None:
    """Fails when answers that a server saves during the copy would be missing in the target."""
    with closing(sqlite3.connect(tmp_path / "palpate.sqlite3")) as server:
        server.execute("PRAGMA journal_mode=WAL")
        server.execute("SELECT count(*) FROM user").fetchall()
        with pytest.raises(StorageError, match="Stop the server first"):
            copy(source, f"sqlite:///{tmp_path / 'other.sqlite3'}")


def test_a_source_that_is_not_migrated_is_refused(source: str, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "palpate.sqlite3", isolation_level=None)) as file:
        file.execute("UPDATE alembic_version SET version_num = '0001'")

    with pytest.raises(StorageError, match="db upgrade"):
        copy(source, f"sqlite:///{tmp_path / 'other.sqlite3'}")


@pytest.mark.parametrize("url", ["mysql://host/name", "sqlite:///:memory:", "palpate"])
def test_other_targets_are_refused(source: str, url: str) -> None:
    with pytest.raises(StorageError, match=r"^--to"):
        copy(source, url)


def test_a_copy_to_its_own_source_is_refused(source: str) -> None:
    with pytest.raises(StorageError, match="names the database of this server"):
        copy(source, source)


def test_a_row_that_arrives_changed_undoes_the_copy(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails when the rows are not compared, or are committed before."""
    copy_rows: Callable[..., Iterator[Any]] = copying._copy_rows

    def lose_a_name(reading: Any, writing: Any, table: Any) -> Iterator[Any]:
        yield from copy_rows(reading, writing, table)
        if table.name == "user":
            writing.execute(text("UPDATE user SET name = 'Nobody' WHERE name = 'null'"))

    monkeypatch.setattr(copying, "_copy_rows", lose_a_name)
    target = f"sqlite:///{tmp_path / 'other.sqlite3'}"

    with pytest.raises(StorageError, match="Table user is not the same"):
        copy(source, target)

    assert all(rows == [] for rows in read_everything(target).values())


def test_a_broken_reference_undoes_the_copy(source: str, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "palpate.sqlite3", isolation_level=None)) as file:
        file.execute("DELETE FROM learner WHERE id IN (SELECT learner_id FROM attempt)")
    target = f"sqlite:///{tmp_path / 'other.sqlite3'}"

    with pytest.raises(StorageError, match="refers to a row that does not exist"):
        copy(source, target)

    assert all(rows == [] for rows in read_everything(target).values())
