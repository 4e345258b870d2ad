"""Publishing libraries on PostgreSQL: the rows fit, and trainers do not wait for each other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import create_app
from app.db import db
from app.models import Library, ModuleRow, QuestionRow, User
from app.services.course import publishing
from app.services.course.publishing import StalePreviewError
from app.services.libraries import documents, publication
from tests.conftest import Clock, settings_for
from tests.support.factory import Factory
from tests.support.published_library import QUESTIONS, get_module, publish, replace_text, unpublish

pytestmark = pytest.mark.postgres


@pytest.fixture
def server_app(postgres_url: str, tmp_path: Path) -> Iterator[Flask]:
    app = create_app(settings_for(tmp_path, database_url=postgres_url))
    with app.app_context():
        yield app
        db.engine.dispose()


def test_a_library_is_published_ended_and_published_again(server_app: Flask, clock: Clock) -> None:
    """Fails when a statement is SQLite's alone, or the longest ids of a library do not fit."""
    with Session(db.engine, expire_on_commit=False) as session:
        trainer = Factory(server_app, session, clock).trainer()
        library = Factory(server_app, session, clock).library(trainer, "A library with a name " + "x" * 60)
        longest = "q" * 60
        replace_text(session, trainer.user, library, QUESTIONS, "id: first-exam-1", f"id: {longest}", clock.now)

        assert publish(session, trainer.user, library, clock.now).is_current
        unpublish(session, trainer.user, library, clock.advance(hours=1))
        assert get_module(session, library).retired_at == clock.now
        assert publish(session, trainer.user, library, clock.advance(hours=1)).is_current

        slugs = set(session.scalars(select(QuestionRow.slug).where(QuestionRow.slug.like("%.%"))))
        assert f"{library.slug}.{longest}" in slugs
        assert len(slugs) == 4


def test_two_libraries_are_published_at_once(server_app: Flask, clock: Clock) -> None:
    """Fails when publishing one library locks what publishing another one needs."""
    with Session(db.engine, expire_on_commit=False) as session, Session(db.engine) as other:
        make = Factory(server_app, session, clock)
        trainer = make.trainer()
        one, two = make.library(trainer, "One"), make.library(trainer, "Two")
        files = publication.check(session, one).files
        prepared = publication.prepare(session, one, clock.now, files=files)
        session.commit()
        publishing.publish(session, trainer.user, prepared, clock.now)

        other.execute(text("SET lock_timeout = '5s'"))
        theirs = other.get_one(Library, two.id)
        publish(other, other.get_one(User, trainer.user.id), theirs, clock.now)
        session.commit()

        found = set(session.scalars(select(ModuleRow.slug).where(ModuleRow.library_id.is_not(None))))
        assert found == {"one.first-module", "two.first-module"}


def test_a_publication_that_comes_second_is_refused(server_app: Flask, clock: Clock) -> None:
    with Session(db.engine, expire_on_commit=False) as session, Session(db.engine) as other:
        make = Factory(server_app, session, clock)
        trainer = make.trainer()
        library = make.library(trainer)
        files = publication.check(session, library).files
        late = publication.prepare(session, library, clock.now, files=files)
        session.commit()
        publish(other, other.get_one(User, trainer.user.id), other.get_one(Library, library.id), clock.now)

        with pytest.raises(StalePreviewError):
            publishing.publish(session, trainer.user, late, clock.now)

        session.rollback()
        state = publication.get_state(session, library, documents.list_current(session, library))
        assert [module.questions for module in state.live.modules] == [4]
