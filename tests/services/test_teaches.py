"""Trainers see their own cohorts, administrators all of them, and everybody else nothing: in each query that asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Assignment, Attempt, AttemptItem, Cohort, CohortTrainer, QuestionReport, Role
from app.permissions import VISITOR, Viewer
from app.services.assignments import assignments
from app.services.cohorts import cohorts
from app.services.marking import marks
from app.services.reporting import attempt_records, question_reports
from tests.conftest import Clock
from tests.support.assigned_test import take_test
from tests.support.factory import Factory


@dataclass(frozen=True, slots=True)
class Taught:
    """A cohort with an assignment, an attempt at it and a report of its first question, and everybody who might look."""

    cohort: Cohort
    assignment: Assignment
    attempt: Attempt
    report: QuestionReport
    viewers: dict[str, Viewer]


@pytest.fixture
def taught(make: Factory, session: Session, clock: Clock) -> Taught:
    trainer, colleague, admin, learner = make.trainer(), make.trainer(), make.admin(), make.person()
    cohort = make.cohort(trainer, learner)
    make.cohort(colleague)
    assignment = make.assignment(trainer, cohort)
    attempt = take_test(session, learner, assignment, clock(), is_right=False)
    item = session.scalars(select(AttemptItem).where(AttemptItem.attempt_id == attempt.id)).first()
    assert item is not None
    report = QuestionReport(attempt_id=attempt.id, position=item.position, says="Two are right.", reported_at=clock())
    former = make.person(Role.LEARNER)
    session.add_all([report, CohortTrainer(cohort_id=cohort.id, user_id=former.user.id)])
    session.commit()
    viewers = {
        "trainer": trainer.viewer,
        "admin": admin.viewer,
        "visitor": VISITOR,
        "guest": Viewer(learner=learner.learner),
        "learner": learner.viewer,
        "colleague": colleague.viewer,
        "former trainer": former.viewer,
    }
    return Taught(cohort, assignment, attempt, report, viewers)


QUERIES: dict[str, Callable[[Session, Viewer, Taught, Clock], object]] = {
    "cohort": lambda session, viewer, it, _: cohorts.get_for(session, viewer, it.cohort.id),
    "cohorts": lambda session, viewer, it, clock: [
        one for one in cohorts.list_for(session, viewer, clock()) if one.cohort is it.cohort
    ],
    "assignment": lambda session, viewer, it, _: assignments.get_for(session, viewer, it.assignment.id),
    "mark": lambda session, viewer, it, clock: marks.get_for(session, viewer, it.attempt.id, 1, clock()),
    "attempt": lambda session, viewer, it, _: attempt_records.get_for(session, viewer, it.attempt.id),
    "reports": lambda session, viewer, _it, _: question_reports.list_for(session, viewer).items,
    "number of reports": lambda session, viewer, _it, _: question_reports.count_open(session, viewer),
    "report": lambda session, viewer, it, _: question_reports.get_for(session, viewer, it.report.id),
}


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_shows_a_cohort_to_its_trainers_and_administrators_alone(
    taught: Taught, session: Session, clock: Clock, query: str
) -> None:
    """Fails when a query forgets the condition, or shows everything to a viewer without an account."""
    seen = {who for who, viewer in taught.viewers.items() if QUERIES[query](session, viewer, taught, clock)}

    assert seen == {"trainer", "admin"}
