"""Cards on PostgreSQL, where two requests of one learner really run at the same time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import create_app
from app.db import db
from app.models import CardUpdate, Mark, MemoryCard
from app.services.attempts import cards, review_plans, review_reminders, reviews
from app.services.attempts.review_plans import PlanChange
from app.services.privacy import export
from tests.conftest import Clock, settings_for
from tests.support.assigned_test import take_test
from tests.support.factory import Factory


@pytest.fixture
def app(postgres_url: str, tmp_path: Path) -> Iterator[Flask]:
    app = create_app(settings_for(tmp_path, database_url=postgres_url))
    with app.app_context():
        yield app
        db.session.close()
        db.engine.dispose()


@pytest.mark.postgres
def test_everything_about_reviews_works_on_postgresql(app: Flask, clock: Clock) -> None:
    """Fails when a moment has no type, a number is no Boolean, or an aggregate is SQLite's own."""
    with Session(db.engine, expire_on_commit=False) as session:
        make = Factory(app, session, clock)
        trainer, person = make.trainer(), make.person()
        assignment = make.assignment(trainer, make.cohort(trainer, person))
        take_test(session, person, assignment, clock(), is_right=False)
        assert cards.update_some(session, clock())
        session.commit()
        now = clock() + timedelta(days=2)

        view = reviews.view_reviews(session, person.learner, now)
        attempt = reviews.start_review(session, person.learner, 5, now)
        exam_on = (now + timedelta(days=50)).date()
        review_plans.change_plan(session, person.learner, PlanChange(80, 10, exam_on, is_in_calendar=True), now)
        session.commit()

        assert view.due == reviews.count_today(session, person.learner, now).due > 0
        assert attempt.id
        assert cards.rebuild_cards(session, person.learner.id, now) == 0
        assert list(review_reminders.list_reminders(session, now)) == []
        assert export.collect(session, person.user, now)["what_you_remember"]
        assert cards.forget_past_exams(session, now + timedelta(days=60)) == 1
        session.commit()


@pytest.mark.postgres
def test_marks_written_while_cards_are_rebuilt_are_not_forgotten(app: Flask, clock: Clock) -> None:
    """The chore has read its notes when another process commits marks. Fails when it deletes the note of these."""
    with Session(db.engine, expire_on_commit=False) as session, Session(db.engine) as chore:
        make = Factory(app, session, clock)
        trainer, person = make.trainer(), make.person()
        cohort = make.cohort(trainer, person)
        first, second = make.assignment(trainer, cohort), make.assignment(trainer, cohort, "evidence")
        take_test(session, person, first, clock(), is_right=True)
        session.commit()

        assert cards.update_cards(chore, person.learner.id, clock()) > 0
        take_test(session, person, second, clock() + timedelta(hours=1), is_right=False)
        session.commit()
        chore.commit()

        assert session.scalar(select(func.count(CardUpdate.id))) == 1
        assert cards.update_some(session, clock()) is not None
        session.commit()
        objectives = select(Mark.objective_id).where(Mark.learner_id == person.learner.id)
        assert set(session.scalars(select(MemoryCard.objective_id))) == set(session.scalars(objectives))
        assert cards.rebuild_cards(session, person.learner.id, clock()) == 0
