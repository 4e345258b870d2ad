"""R13: migrations up, down and up again on a filled database keep every row, and lead to what the models say."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import Connection, Table, inspect, select
from sqlalchemy.orm import Session

from app import create_app
from app.db import Base, db
from app.services.teaching import cohorts
from tests.conftest import ROOT, Clock, settings_for
from tests.factory import Make
from tests.taking import begin, take

MIGRATIONS = str(ROOT / "migrations")

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
    yield from _served(create_app(settings_for(tmp_path, **other)))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """An app on a database without any table."""
    other = {"database_url": request.getfixturevalue("empty_postgres_url")} if request.param == "postgres" else {}
    yield from _served(create_app(settings_for(tmp_path, **other)))


def _served(app: Flask) -> Iterator[Flask]:
    with app.app_context():
        yield app
        db.session.close()
        db.engine.dispose()
    app.extensions["mail_queue"].shutdown()


def fill(app: Flask, clock: Clock) -> None:
    """People, cohorts, assignments, attempts under way and submitted, by the services."""
    with Session(db.engine, expire_on_commit=False) as session:
        make = Make(app, session, clock)
        trainer, *learners = make.trainer(), make.person(), make.person(extra_time_percent=50)
        cohort = make.cohort(trainer, *learners)
        assignment = make.assignment(trainer, cohort, time_limit_minutes=20, attempts_allowed=2)
        for learner in learners:
            take(session, learner, assignment, clock(), is_right=True)
        begin(session, learners[0], assignment, clock())
        cohorts.join(session, make.cohort(trainer, title="Year 3"), learners[1].learner, clock())
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


def _condition(index: dict) -> str:
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
