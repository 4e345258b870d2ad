"""What learners see while an attempt is open again."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from app.domain.assignment import AssignmentState
from app.domain.release import RELEASE_NOTHING
from app.models import (
    Assignment,
    Attempt,
    Cohort,
)
from app.services.assignments import availability
from app.services.attempts import attempts, releases
from tests.conftest import Clock
from tests.support.factory import AFTER_CLOSING, AFTER_LAST_ATTEMPT, Factory, Person
from tests.support.reopened_test import assignment, cohort, find, learner, reopen, submitted
from tests.support.submissions import AnswerKey, submit_test

__all__ = ["assignment", "cohort", "learner", "submitted"]


def test_the_warning_says_what_the_learner_can_see(
    session: Session, trainer: Person, submitted: Attempt, clock: Clock
) -> None:
    found = find(session, trainer, submitted, clock())

    assert (found.may_see.mark, found.may_see.key, found.may_see.explanation) == (True, True, True)


def test_nothing_is_shown_while_it_is_open_again(
    session: Session, trainer: Person, learner: Person, submitted: Attempt, clock: Clock
) -> None:
    """The key was released after the last attempt. Fails when it stays released."""
    reopen(session, trainer, submitted, clock())

    loaded = attempts.get_for(session, learner.viewer, submitted.id)
    assert loaded is not None
    assert releases.get_release(session, loaded, clock()) == RELEASE_NOTHING


def test_other_attempts_at_the_module_show_no_key_meanwhile(
    make: Factory, session: Session, trainer: Person, learner: Person, cohort: Cohort, clock: Clock
) -> None:
    assignment = make.assignment(trainer, cohort, attempts_allowed=2, policy=AFTER_LAST_ATTEMPT)
    first = submit_test(session, learner, assignment, clock(), AnswerKey(session).all_wrong)
    second = submit_test(session, learner, assignment, clock.advance(hours=1), AnswerKey(session).all_wrong)

    reopen(session, trainer, second, clock())

    loaded = attempts.get_for(session, learner.viewer, first.id)
    assert loaded is not None
    shown = releases.get_release(session, loaded, clock())
    assert (shown.correctness, shown.key, shown.explanation) == (False, False, False)


def test_what_is_released_at_closing_waits_for_the_reopened_attempt(
    make: Factory, session: Session, trainer: Person, learner: Person, clock: Clock
) -> None:
    """Another learner has the same questions. Fails when their key is shown while the first is at it again."""
    other = make.person()
    cohort = make.cohort(trainer, learner, other)
    due = clock() + timedelta(hours=1)
    assignment = make.assignment(trainer, cohort, attempts_allowed=1, due_at=due, policy=AFTER_CLOSING)
    mine, theirs = (
        submit_test(session, one, assignment, clock(), AnswerKey(session).all_right) for one in (learner, other)
    )
    clock.advance(hours=2)

    def is_key_shown() -> bool:
        loaded = attempts.get_for(session, other.viewer, theirs.id)
        assert loaded is not None
        return releases.get_release(session, loaded, clock()).key

    assert is_key_shown()
    reopen(session, trainer, mine, clock())
    assert not is_key_shown()
    clock.advance(minutes=11)
    assert is_key_shown()


def test_the_learner_is_not_asked_to_start_a_second_attempt(
    session: Session, trainer: Person, learner: Person, assignment: Assignment, submitted: Attempt, clock: Clock
) -> None:
    reopen(session, trainer, submitted, clock())

    due = availability.get_due(session, learner.learner, assignment.id, clock())
    assert due is not None
    assert (due.state, due.open_attempt_id, due.attempts_used) == (AssignmentState.UNDER_WAY, submitted.id, 1)
