"""A due date that closes nothing releases nothing: the test may still be taken again."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from app.domain.release import Release
from app.models import Assignment, ModuleRow
from app.services.assignments import availability
from app.services.attempts import attempts, results
from app.services.marking import submission
from tests.conftest import Clock
from tests.support.factory import AFTER_LAST_ATTEMPT, Factory, Person


def _hand_in(session: Session, learner: Person, assignment: Assignment, clock: Clock) -> Release:
    """Take the test and leave everything blank; return what is released of it then."""
    granted = availability.get_available(session, learner.learner, assignment.id, clock())
    assert granted is not None
    module = session.get_one(ModuleRow, assignment.module_id)
    attempt = attempts.start_assignment(session, learner.learner, granted, module, clock())
    loaded = attempts.get_for(session, learner.viewer, attempt.id)
    assert loaded is not None
    submission.submit(session, loaded.attempt, clock.advance(minutes=1))
    session.commit()
    return results.view_result(session, loaded, clock.advance(minutes=1)).release


def test_the_key_waits_for_the_last_attempt_although_the_test_was_due(
    make: Factory, session: Session, clock: Clock
) -> None:
    """Fails when a soft due date counts as closing: blank, see the key, try again for the mark."""
    learner, trainer = make.person(), make.trainer()
    due_at = clock() - timedelta(days=2)
    assignment = make.assignment(
        trainer,
        make.cohort(trainer, learner),
        due_at=due_at,
        attempts_allowed=2,
        policy=AFTER_LAST_ATTEMPT,
    )

    first = _hand_in(session, learner, assignment, clock)
    second = _hand_in(session, learner, assignment, clock)

    assert (first.mark, first.correctness, first.key) == (True, False, False)
    assert (second.mark, second.correctness, second.key) == (True, True, True)
