from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.assignment import AssignmentState, resolve_terms
from app.models import Assignment, AuditEvent
from app.services.assignments import assignments, availability
from app.services.assignments.assignments import TaughtAssignment
from app.services.cohorts import cohorts
from tests.support.assigned_test import start_attempt, take_test
from tests.support.factory import AFTER_CLOSING, Factory, Person


def _taught(session: Session, trainer: Person, assignment: Assignment) -> TaughtAssignment:
    found = assignments.get_for(session, trainer.viewer, assignment.id)
    assert found is not None
    return found


# -- what a learner is granted ------------------------------------------------------------------------------------------


def test_a_member_is_granted_the_assignment_with_one_statement(
    session: Session, make: Factory, statements: Callable[[], list[str]]
) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner))
    statements()

    granted = availability.get_available(session, learner.learner, assignment.id, make.now())

    assert len(statements()) == 1
    assert granted is not None
    assert (granted.assignment.id, granted.module.slug, granted.learner_terms.extra_time_percent) == (
        assignment.id,
        "safety",
        0,
    )


def test_whoever_is_no_member_or_no_longer_one_is_granted_nothing(session: Session, make: Factory) -> None:
    """Catches: a query that forgets the membership, or when it ended."""
    trainer, removed = make.trainer(), make.person()
    cohort = make.cohort(trainer, removed)
    assignment = make.assignment(trainer, cohort)
    cohorts.remove_member(session, trainer.user, cohort, removed.learner.id, make.now())
    session.commit()

    assert availability.get_available(session, make.person().learner, assignment.id, make.now()) is None
    assert availability.get_available(session, removed.learner, assignment.id, make.now()) is None
    assert availability.list_due(session, removed.learner, make.now()) == []


@pytest.mark.parametrize(("own", "here", "counts"), [(0, 25, 25), (50, 25, 50), (50, 0, 50), (0, 0, 0)])
def test_the_larger_extra_time_counts(session: Session, make: Factory, own: int, here: int, counts: int) -> None:
    trainer, learner = make.trainer(), make.person(extra_time_percent=own)
    assignment = make.assignment(trainer, make.cohort(trainer, learner))
    if here:
        make.exception(trainer, assignment, learner, extra_time_percent=here)

    granted = availability.get_available(session, learner.learner, assignment.id, make.now())

    assert granted is not None
    assert granted.learner_terms.extra_time_percent == counts


# -- what is due -----------------------------------------------------------------------------------------------------------


def test_due_lists_what_is_not_passed_first_then_by_date_with_two_statements(
    session: Session, make: Factory, statements: Callable[[], list[str]]
) -> None:
    trainer, learner = make.trainer(name="Dr Ilse Brandt"), make.person()
    cohort = make.cohort(trainer, learner, title="Year 2")
    passed = make.assignment(trainer, cohort, title="Passed", due_at=make.now() + timedelta(hours=1))
    make.assignment(trainer, cohort, "evidence", title="Whenever")
    make.assignment(trainer, cohort, "trigger-points", title="Later", due_at=make.now() + timedelta(days=9))
    make.assignment(trainer, cohort, title="Soon", due_at=make.now() + timedelta(days=1))
    take_test(session, learner, passed, make.now(), is_right=True)
    statements()

    listed = availability.list_due(session, learner.learner, make.now())

    assert len(statements()) == 2, "the assignments, and the numbers of questions of all of them"
    assert [item.title for item in listed] == ["Soon", "Later", "Whenever", "Passed"]
    assert (listed[0].cohort_title, listed[0].set_by, listed[0].state) == (
        "Year 2",
        "Dr Ilse Brandt",
        AssignmentState.NOT_STARTED,
    )
    assert (listed[3].state, listed[3].percent, listed[3].attempts_used) == (AssignmentState.PASSED, 100.0, 1)


def test_due_tells_an_attempt_under_way_from_one_whose_time_is_up(session: Session, make: Factory) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner), time_limit_minutes=20, attempts_allowed=2)
    attempt = start_attempt(session, learner, assignment, make.now())

    (running,) = availability.list_due(session, learner.learner, make.now() + timedelta(minutes=20))
    (over,) = availability.list_due(session, learner.learner, make.now() + timedelta(minutes=21))

    assert (running.state, running.open_attempt_id, running.attempts_used) == (AssignmentState.UNDER_WAY, attempt.id, 1)
    assert (over.state, over.open_attempt_id, over.attempts_used) == (AssignmentState.SUBMITTED, None, 1)
    assert over.unmarked_attempt_id == attempt.id


def test_due_is_closed_when_the_attempts_are_used_up_or_the_hard_date_is_past(session: Session, make: Factory) -> None:
    trainer, learner = make.trainer(), make.person()
    cohort = make.cohort(trainer, learner)
    tomorrow = make.now() + timedelta(days=1)
    used = make.assignment(trainer, cohort, title="Used", attempts_allowed=1)
    make.assignment(trainer, cohort, title="Hard", due_at=tomorrow, policy=AFTER_CLOSING)
    make.assignment(trainer, cohort, title="Soft", due_at=tomorrow)
    take_test(session, learner, used, make.now(), is_right=False)

    listed = availability.list_due(session, learner.learner, tomorrow + timedelta(seconds=1))

    assert {item.title: item.state for item in listed} == {
        "Used": AssignmentState.CLOSED,
        "Hard": AssignmentState.CLOSED,
        "Soft": AssignmentState.NOT_STARTED,
    }


def test_only_a_hard_date_closes(session: Session, make: Factory) -> None:
    trainer = make.trainer()
    cohort = make.cohort(trainer)
    due_at = make.now() + timedelta(days=1)

    soft = make.assignment(trainer, cohort, due_at=due_at)
    hard = make.assignment(trainer, cohort, due_at=due_at, policy=AFTER_CLOSING)

    assert resolve_terms(soft.base_terms, None).closes_at is None
    assert resolve_terms(hard.base_terms, None).closes_at == due_at


# -- what a trainer changes -----------------------------------------------------------------------------------------------


def test_an_assignment_is_found_by_the_cohorts_trainer_and_by_admins_alone(session: Session, make: Factory) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner))

    assert assignments.get_for(session, trainer.viewer, assignment.id) is not None
    assert assignments.get_for(session, make.admin().viewer, assignment.id) is not None
    assert assignments.get_for(session, make.trainer().viewer, assignment.id) is None
    assert assignments.get_for(session, learner.viewer, assignment.id) is None


@pytest.mark.parametrize(
    ("minutes", "promised"), [(10, timedelta(minutes=20)), (30, timedelta(minutes=30)), (None, None)]
)
def test_editing_lengthens_what_is_under_way_and_never_shortens_it(
    session: Session, make: Factory, minutes: int | None, promised: timedelta | None
) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner), time_limit_minutes=20)
    attempt = start_attempt(session, learner, assignment, make.now())

    terms = replace(assignments.get_terms(session, assignment), time_limit_minutes=minutes)
    assignments.edit(session, trainer.user, _taught(session, trainer, assignment), terms, make.now())
    session.commit()
    session.refresh(attempt)

    assert assignment.time_limit_minutes == minutes
    assert attempt.deadline_at == (make.now() + promised if promised else None)


def test_closing_earlier_takes_no_time_from_whoever_is_at_it(session: Session, make: Factory) -> None:
    trainer, learner = make.trainer(), make.person()
    closes = make.now() + timedelta(hours=1)
    assignment = make.assignment(
        trainer, make.cohort(trainer, learner), due_at=closes, policy=AFTER_CLOSING, time_limit_minutes=30
    )
    attempt = start_attempt(session, learner, assignment, make.now())

    terms = replace(assignments.get_terms(session, assignment), due_at=make.now() + timedelta(minutes=5))
    assignments.edit(session, trainer.user, _taught(session, trainer, assignment), terms, make.now())
    session.commit()
    session.refresh(attempt)

    assert attempt.deadline_at == make.now() + timedelta(minutes=30)


def test_an_edit_is_audited_with_old_and_new_and_no_change_is_not(session: Session, make: Factory) -> None:
    trainer = make.trainer()
    assignment = make.assignment(trainer, make.cohort(trainer), attempts_allowed=2)
    taught = _taught(session, trainer, assignment)

    assignments.edit(session, trainer.user, taught, assignments.get_terms(session, assignment), make.now())
    assignments.edit(
        session,
        trainer.user,
        taught,
        replace(assignments.get_terms(session, assignment), attempts_allowed=3),
        make.now(),
    )
    session.commit()

    found = session.scalars(select(AuditEvent).where(AuditEvent.action == "assignment.edit")).one()
    assert (found.actor_id, found.details) == (trainer.user.id, {"attempts_allowed": [2, 3], "revision": 2})
