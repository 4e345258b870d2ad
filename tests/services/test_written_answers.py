"""Answers that people mark: what waits, who may mark, and when an attempt has its total."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.attempt import AttemptState
from app.models import Assignment, Attempt, AttemptItem, Mark, ScopeResult
from app.services.marking import marking_queue, markings
from app.services.marking.markings import GivenMarking
from tests.conftest import Clock
from tests.support.factory import Factory, Person
from tests.support.written_pool import assign_written, write_test


def mark(
    session: Session, trainer: Person, assignment: Assignment, item: AttemptItem, points: float, clock: Clock
) -> bool:
    answer = markings.get_for(session, trainer.viewer, assignment.id, item.version_id, item.attempt_id, for_update=True)
    assert answer is not None
    done = markings.give(session, trainer.user, answer, GivenMarking(points), clock())
    session.commit()
    return done


def get_attempt(session: Session, item: AttemptItem) -> Attempt:
    return session.get_one(Attempt, item.attempt_id, populate_existing=True)


def test_a_submitted_test_waits_for_its_written_answers(session: Session, make: Factory, clock: Clock) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = assign_written(make, trainer, learner)

    first, second = write_test(session, learner, assignment, clock())

    attempt = get_attempt(session, first)
    assert (attempt.state, attempt.points, attempt.is_passed) == (AttemptState.SUBMITTED, None, None)
    assert session.scalar(select(func.count()).where(Mark.attempt_id == attempt.id)) == 8
    assert session.scalar(select(func.count()).select_from(ScopeResult)) == 0
    cohort = make.session.get_one(type(make.cohort(trainer)), assignment.cohort_id)
    assert marking_queue.list_waiting(session, cohort) == {assignment.id: 2}
    assert second.position > first.position


def test_the_last_mark_completes_the_attempt(session: Session, make: Factory, clock: Clock) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = assign_written(make, trainer, learner)
    first, second = write_test(session, learner, assignment, clock())

    assert mark(session, trainer, assignment, first, 0.5, clock)
    assert get_attempt(session, first).points is None
    assert mark(session, trainer, assignment, second, 1.0, clock)

    attempt = get_attempt(session, first)
    assert (attempt.points, attempt.max_points, attempt.is_passed) == (9.5, 10.0, True)
    result = session.scalars(select(ScopeResult)).one()
    assert (result.attempts, result.latest_percent, result.latest_is_passed) == (1, 95.0, True)
