"""Scopes and references to subjects: written and read in one place, and the same in Python and in SQL."""

from __future__ import annotations

import pytest
from sqlalchemy import literal, select
from sqlalchemy.orm import Session

from app.domain.scope import build_assignment_scope
from app.models import Assignment, Attempt, Cohort, User
from app.services.assignments import assignment_sql
from app.services.log import subjects
from tests.support.assigned_test import start_attempt
from tests.support.factory import Factory


@pytest.mark.parametrize("kind", ["user", "question_version"])
@pytest.mark.parametrize("number", [1, 123456789])
def test_a_reference_is_read_as_it_was_written(kind: str, number: int) -> None:
    assert subjects.parse_reference(subjects.make_reference(kind, number)) == (kind, number)


@pytest.mark.parametrize("typed", ["user", "user:", "user:x", "user:-1", "user:²", "user:1234567890", ""])
def test_a_reference_that_somebody_typed_may_have_no_id(typed: str) -> None:
    assert subjects.parse_reference(typed)[1] is None


def test_a_reference_is_the_same_in_sql(make: Factory, session: Session) -> None:
    make.person()

    for user_id, written in session.execute(select(User.id, subjects.make_reference_column("user", User.id))):
        assert written == subjects.make_reference("user", user_id)


def test_the_scope_of_an_assignment_is_the_same_in_sql(make: Factory, session: Session) -> None:
    trainer, learner = make.trainer(), make.person()
    cohort: Cohort = make.cohort(trainer, learner)
    assignment = make.assignment(trainer, cohort)
    attempt = start_attempt(session, learner, assignment, make.now())

    found = session.scalars(
        select(Attempt.id)
        .join(Assignment, literal(value=True))
        .where(assignment_sql.in_scope(Attempt, Assignment, Attempt.learner_id))
    ).all()

    assert attempt.scope == build_assignment_scope(assignment.id)
    assert found == [attempt.id]
