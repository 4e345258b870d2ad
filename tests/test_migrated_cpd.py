"""What the migration of CPD records does to rows that are there already, on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import func, inspect, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import create_app
from app.db import db
from app.domain.cpd import CpdKind
from app.models import Attempt, CpdEntry, CpdReflection
from app.services.attempts import cpd
from app.services.attempts.cpd import EntryChange
from tests.conftest import Clock, settings_for
from tests.support.assigned_test import take_test
from tests.support.factory import Factory
from tests.support.migrations import MIGRATIONS, serve


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def app(request: pytest.FixtureRequest, tmp_path: Path, published: Path) -> Iterator[Flask]:
    """An app on a database of its own with the course published, on SQLite and on PostgreSQL."""
    shutil.copy(published, tmp_path / "palpate.sqlite3")
    other = {"database_url": request.getfixturevalue("postgres_url")} if request.param == "postgres" else {}
    yield from serve(create_app(settings_for(tmp_path, **other)))


def test_cpd_entries_go_with_their_migration_and_come_back_as_none(app: Flask, clock: Clock) -> None:
    """Fails when going back takes learners or attempts along, or when an entry may have no hours."""
    with Session(db.engine, expire_on_commit=False) as session:
        make = Factory(app, session, clock)
        trainer, learner = make.trainer(), make.person()
        attempt = take_test(
            session, learner, make.assignment(trainer, make.cohort(trainer, learner)), clock(), is_right=True
        )
        cpd.add(session, learner.learner, EntryChange(clock().date(), "Course", 90, CpdKind.FORMAL, "", ""))
        session.add(CpdReflection(attempt_id=attempt.id, reflection="I ask first."))
        session.commit()
        with pytest.raises(IntegrityError):
            session.execute(update(CpdEntry).values(minutes=0))

    downgrade(directory=MIGRATIONS, revision="0026")
    with db.engine.connect() as connection:
        assert not {"cpd_entry", "cpd_reflection"} & {*inspect(connection).get_table_names()}
    upgrade(directory=MIGRATIONS)

    with Session(db.engine) as session:
        assert session.scalar(select(func.count()).select_from(CpdEntry)) == 0
        assert session.scalar(select(func.count()).select_from(CpdReflection)) == 0
        assert session.get(Attempt, attempt.id) is not None
