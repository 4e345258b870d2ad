"""A database to migrate: an app on it, and rows in its tables."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Flask
from sqlalchemy.orm import Session

from app.db import db
from tests.conftest import ROOT, Clock
from tests.support.assigned_test import start_attempt, take_test
from tests.support.factory import Factory

MIGRATIONS = str(ROOT / "migrations")


def serve(app: Flask) -> Iterator[Flask]:
    with app.app_context():
        yield app
        db.session.close()
        db.engine.dispose()


def fill(app: Flask, clock: Clock) -> None:
    """People, cohorts, assignments, attempts under way and submitted, by the services."""
    with Session(db.engine, expire_on_commit=False) as session:
        make = Factory(app, session, clock)
        trainer, *learners = make.trainer(), make.person(), make.person(extra_time_percent=50)
        cohort = make.cohort(trainer, *learners)
        assignment = make.assignment(trainer, cohort, time_limit_minutes=20, attempts_allowed=2)
        for learner in learners:
            take_test(session, learner, assignment, clock(), is_right=True)
        start_attempt(session, learners[0], assignment, clock())
        make.join(make.cohort(trainer, title="Year 3"), learners[1])
        session.commit()
