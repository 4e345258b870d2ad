"""A submitted test, to be reopened by its trainer."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from app.models import (
    Assignment,
    Attempt,
    AttemptReopening,
    Cohort,
)
from app.services.attempts import reopening
from app.services.attempts.reopening import ReopenableAttempt
from tests.conftest import Clock
from tests.support.factory import AFTER_LAST_ATTEMPT, Factory, Person
from tests.support.submissions import AnswerKey, submit_test


@pytest.fixture
def learner(make: Factory) -> Person:
    return make.person(name="Ana")


@pytest.fixture
def cohort(make: Factory, trainer: Person, learner: Person) -> Cohort:
    return make.cohort(trainer, learner)


@pytest.fixture
def assignment(make: Factory, trainer: Person, cohort: Cohort) -> Assignment:
    return make.assignment(trainer, cohort, attempts_allowed=1, time_limit_minutes=30, policy=AFTER_LAST_ATTEMPT)


@pytest.fixture
def submitted(session: Session, learner: Person, assignment: Assignment, clock: Clock) -> Attempt:
    return submit_test(session, learner, assignment, clock(), AnswerKey(session).all_right)


def find(session: Session, trainer: Person, attempt: Attempt, now: datetime) -> ReopenableAttempt:
    found = reopening.get_for(session, trainer.viewer, attempt.id, now, for_update=True)
    assert found is not None
    return found


def reopen(session: Session, trainer: Person, attempt: Attempt, now: datetime, minutes: int = 10) -> AttemptReopening:
    found = find(session, trainer, attempt, now)
    record = reopening.reopen(session, trainer.user, found, minutes, "It ended by accident", now, seen=found.version)
    session.commit()
    session.expire_all()
    return record
