"""R13: migrations up, down and up again on a filled database keep every row, and lead to what the models say."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import Connection, Table, inspect, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app import create_app
from app.db import Base, db
from app.domain.correction import Remedy
from app.models import AnswerRevision, AttemptItem, Correction, QuestionVersion
from app.services.course import catalogue
from app.services.log import audit
from tests.conftest import ROOT, Clock, settings_for
from tests.support.migrations import MIGRATIONS, fill, serve
from tests.support.question_kinds import MARKED_BY_KEY

FROZEN = {
    "0001_start.py": "11c7b81f5784a48c",
    "0002_body_map.py": "6e801cce2a5eace4",
    "0003_teaching.py": "785d5ed55c2bfa64",
    "0004_question_kinds.py": "45cf0c6f96eb6f53",
    "0005_names.py": "eead134e9071cb04",
    "0006_language.py": "78c81d32c2e60bdd",
    "0007_report_replies.py": "c21a934c55244f7d",
    "0009_messages.py": "2146f2fcce170b20",
    "0010_gradebook_totals.py": "b868748d5eba5f3d",
    "0011_people.py": "abcc07e135fdad98",
    "0012_reminded_dates.py": "d47d6d7eed49eddd",
}
"""The digests of landed migrations. A database may already have run them, so they never change; a new one is added here."""

REBUILDS = '''"""Rebuild tables that others point to, as a later migration on SQLite will.

Revision ID: 9999
Revises: {head}
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9999", "{head}", None, None

TABLES = ("user", "learner", "attempt", "attempt_item", "mark", "question_version")


def upgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table, recreate="auto") as batch:
            batch.add_column(sa.Column("extra", sa.Integer(), nullable=True))
            batch.create_check_constraint("extra", "extra IS NULL OR extra > 0")


def downgrade() -> None:
    for table in reversed(TABLES):
        with op.batch_alter_table(table, recreate="auto") as batch:
            batch.drop_constraint(op.f("ck_" + table + "_extra"), type_="check")
            batch.drop_column("extra")
'''


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def app(request: pytest.FixtureRequest, tmp_path: Path, published: Path) -> Iterator[Flask]:
    """An app on a database of its own with the course published, on SQLite and on PostgreSQL."""
    shutil.copy(published, tmp_path / "palpate.sqlite3")
    other = {"database_url": request.getfixturevalue("postgres_url")} if request.param == "postgres" else {}
    yield from serve(create_app(settings_for(tmp_path, **other)))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """An app on a database without any table."""
    other = {"database_url": request.getfixturevalue("empty_postgres_url")} if request.param == "postgres" else {}
    yield from serve(create_app(settings_for(tmp_path, **other)))


def correct_each_kind(clock: Clock) -> None:
    """Another accepted key for one question of each kind, and an event of the log."""
    with Session(db.engine) as session:
        for kind in MARKED_BY_KEY:
            version_id = session.scalars(select(QuestionVersion.id).where(QuestionVersion.kind == kind.name)).first()
            assert version_id is not None
            key = kind.bare_key(catalogue.get_solutions(session, [version_id])[version_id].key)
            session.add(
                Correction(
                    version_id=version_id,
                    remedy=Remedy.ACCEPT,
                    key=kind.dump_key(key),
                    reason="Both.",
                    corrected_at=clock(),
                )
            )
        audit.record(session, None, "question.correct", "question_version:1", clock(), remedy="accept")
        session.commit()


def checksums(connection: Connection) -> dict[str, tuple[int, str]]:
    """By table: how many rows there are, and a checksum of what is in them, by the names of the models' columns."""
    return {table.name: _checksum(connection, table) for table in Base.metadata.sorted_tables}


def _checksum(connection: Connection, table: Table) -> tuple[int, str]:
    rows = connection.execute(select(*table.c).order_by(*table.primary_key)).all()
    return len(rows), hashlib.sha256(repr([tuple(row) for row in rows]).encode()).hexdigest()


def rules(connection: Connection) -> dict[str, list[str]]:
    """By table, what the database itself checks: constraints, unique and partial indexes, foreign keys."""
    look = inspect(connection)
    return {
        table: sorted(
            [f"check {rule['name']} {_plain(rule['sqltext'])}" for rule in look.get_check_constraints(table)]
            + [f"unique {rule['name']} {rule['column_names']}" for rule in look.get_unique_constraints(table)]
            + [f"index {i['name']} {i['column_names']} {i['unique']} {_condition(i)}" for i in look.get_indexes(table)]
            + [f"key {k['name']} {k['referred_table']} {k['options']}" for k in look.get_foreign_keys(table)]
        )
        for table in look.get_table_names()
        if table != "alembic_version"
    }


def _condition(index: Mapping[str, Any]) -> str:
    options = index.get("dialect_options", {})
    return _plain(str(options.get("sqlite_where", options.get("postgresql_where", ""))))


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def test_migrations_lead_to_what_the_models_say(empty_app: Flask) -> None:
    """Fails when a model was changed (a column, an index, a type) and no migration was written for it."""
    upgrade(directory=MIGRATIONS)

    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        differences = compare_metadata(context, Base.metadata)

    assert differences == []


def test_migrations_make_every_rule_of_the_models(empty_app: Flask) -> None:
    """Alembic's comparison looks at no check constraint. Fails when one is missing in the migrations, or has another condition."""
    upgrade(directory=MIGRATIONS)
    with db.engine.connect() as connection:
        migrated = rules(connection)
    downgrade(directory=MIGRATIONS, revision="base")
    Base.metadata.create_all(db.engine)

    with db.engine.connect() as connection:
        declared = rules(connection)

    assert migrated == declared


def test_going_back_to_the_start_leaves_nothing_and_the_way_up_is_free_again(app: Flask, clock: Clock) -> None:
    """Fails when a downgrade forgets a table, an index or (on PostgreSQL) a type, on a database with rows in it."""
    fill(app, clock)
    with db.engine.connect() as connection:
        before = rules(connection)

    downgrade(directory=MIGRATIONS, revision="base")
    with db.engine.connect() as connection:
        left = set(inspect(connection).get_table_names())
    upgrade(directory=MIGRATIONS)

    assert left <= {"alembic_version"}
    with db.engine.connect() as connection:
        assert rules(connection) == before


def test_each_later_migration_can_be_undone_and_done_again_without_losing_a_row(app: Flask, clock: Clock) -> None:
    """Every migration but the first, which makes the tables. Fails when one drops or changes what it does not have to.

    A table that a later migration makes is gone once that is undone; it must come back.
    """
    fill(app, clock)
    scripts = ScriptDirectory(MIGRATIONS)
    with db.engine.connect() as connection:
        before = checksums(connection)

    for script in scripts.walk_revisions():
        if script.down_revision is not None:
            downgrade(directory=MIGRATIONS, revision=str(script.down_revision))
    with db.engine.connect() as connection:
        stayed = set(inspect(connection).get_table_names())
    upgrade(directory=MIGRATIONS)

    with db.engine.connect() as connection:
        after = checksums(connection)
    assert after.keys() == before.keys()
    assert {name: sum_ for name, sum_ in after.items() if name in stayed} == {
        name: sum_ for name, sum_ in before.items() if name in stayed
    }


def test_keys_become_documents_and_columns_again(app: Flask, clock: Clock) -> None:
    """Migration 0004. Fails when a key, or the key of a correction, is lost or changed on the way down or up, or the log may be rewritten."""
    correct_each_kind(clock)
    keys = text("SELECT kind, key.* FROM question_key AS key JOIN question_version AS version ON id = version_id")
    corrections = text("SELECT kind, key FROM correction JOIN question_version AS version ON version.id = version_id")
    with db.engine.connect() as connection:
        before = checksums(connection)
    listed = ("single", "several", "truefalse", "match", "order", "numeric", "region")

    downgrade(directory=MIGRATIONS, revision="0003")
    with db.engine.connect() as connection:
        old = [dict(row) for row in connection.execute(keys).mappings()]
        other = {row.kind: _document(row.key) for row in connection.execute(corrections)}
    upgrade(directory=MIGRATIONS)

    assert {row["kind"] for row in old} >= set(listed)
    for row in old:
        if row["kind"] in listed:
            is_number = row["kind"] == "numeric"
            assert (row["value"] is not None, bool(_document(row["correct"]))) == (is_number, not is_number)
            assert len(_document(row["whys"])) >= (0 if is_number else 2)
    assert all(set(other[kind]) == {"correct", "value", "tolerance"} for kind in listed)
    assert isinstance(other["numeric"]["value"], float)
    with db.engine.connect() as connection:
        assert checksums(connection) == before
        with pytest.raises(DatabaseError, match="append-only"):
            connection.execute(text("DELETE FROM audit_event"))


def _document(stored: object) -> Any:
    return json.loads(stored) if isinstance(stored, str) else stored


def test_rebuilding_a_table_keeps_the_rows_that_point_to_it(app: Flask, clock: Clock, tmp_path: Path) -> None:
    """SQLite changes a table by building it anew and dropping the old one.

    Fails when ``migrations/env.py`` leaves foreign keys on meanwhile: the drop then deletes all children by cascade.
    """
    fill(app, clock)
    head = ScriptDirectory(MIGRATIONS).get_current_head()
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder)
    (folder / "versions" / "9999_rebuild.py").write_text(REBUILDS.format(head=head))
    with db.engine.connect() as connection:
        before, rules_before = checksums(connection), rules(connection)

    upgrade(directory=str(folder))
    with db.engine.connect() as connection:
        during = checksums(connection)
    downgrade(directory=str(folder), revision=head)

    assert during == before
    with db.engine.connect() as connection:
        assert checksums(connection) == before
        assert rules(connection) == rules_before
    assert before["attempt"][0] == 3
    assert before["mark"][0] >= 20


def test_renamed_tables_keep_their_rows_and_go_on_counting(app: Flask, clock: Clock) -> None:
    """Migration 0005. Fails when a row is lost on the way down or up, or the next row takes an id that is in use."""
    fill(app, clock)
    first = _log_answer(clock, revision=7)
    with db.engine.connect() as connection:
        before = checksums(connection)
    assert before["scope_result"][0]

    downgrade(directory=MIGRATIONS, revision="0004")
    with db.engine.connect() as connection:
        tables = set(inspect(connection).get_table_names())
    upgrade(directory=MIGRATIONS)

    assert tables >= {"answer", "standing", "handled_form"}
    with db.engine.connect() as connection:
        assert checksums(connection) == before
    assert _log_answer(clock, revision=8) > first


def _log_answer(clock: Clock, *, revision: int) -> int:
    """Add a row to the answer log and return its id."""
    with Session(db.engine) as session:
        item = session.scalars(select(AttemptItem).limit(1)).one()
        row = AnswerRevision(
            attempt_id=item.attempt_id,
            position=item.position,
            revision=revision,
            save_id=f"save-{revision}",
            arrived_at=clock(),
        )
        session.add(row)
        session.commit()
        return row.id


def test_migrations_run_in_the_order_of_their_numbers() -> None:
    """Fails when the names of the files suggest another order than the chain has."""
    chain = [script.revision for script in ScriptDirectory(MIGRATIONS).walk_revisions()]

    assert chain[::-1] == sorted(chain)
    assert sorted(chain) == sorted(file.name[:4] for file in (ROOT / "migrations" / "versions").glob("*.py"))


def test_landed_migrations_are_frozen() -> None:
    """Fails when a migration is edited that a database may have run already: it would never get the change."""
    files = sorted((ROOT / "migrations" / "versions").glob("*.py"))

    found = {file.name: hashlib.sha256(file.read_bytes()).hexdigest()[:16] for file in files}

    assert {name: digest for name, digest in found.items() if name in FROZEN} == FROZEN
    assert sorted(found)[: len(FROZEN)] == sorted(FROZEN)
