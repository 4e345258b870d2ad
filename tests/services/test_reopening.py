"""Reopening attempts: answers stay, marks are withdrawn with a record, and every result is as if it was not submitted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.assignment import AssignmentState
from app.domain.attempt import AttemptState
from app.domain.correction import Remedy
from app.domain.release import ReleaseMoment, ReleasePolicy
from app.domain.reopening import ReopeningKind, ReopeningObstacle
from app.models import (
    AnswerRevision,
    Assignment,
    Attempt,
    AttemptItem,
    AttemptReopening,
    AuditEvent,
    Cohort,
    Correction,
    Mark,
    MarkChange,
    ScopeResult,
    WithdrawnMark,
)
from app.services.assignments import assignments
from app.services.attempts import attempts, notices, reopening
from app.services.attempts.reopening import AttemptChangedMeanwhile, ReopeningRefused
from app.services.cohorts import cohorts
from app.services.marking import marks, submission
from app.services.reporting import gradebook
from tests.conftest import Clock
from tests.support.assigned_test import start_attempt
from tests.support.factory import Factory, Person
from tests.support.reopened_test import assignment, cohort, find, learner, reopen, submitted
from tests.support.submissions import AnswerKey, submit_test

__all__ = ["assignment", "cohort", "learner", "submitted"]

EACH_ANSWER = ReleasePolicy(
    ReleaseMoment.SUBMISSION, ReleaseMoment.EACH_ANSWER, ReleaseMoment.LAST_ATTEMPT, ReleaseMoment.LAST_ATTEMPT
)


def count(session: Session, table: type[Any]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def get_state(session: Session, cohort: Cohort, now: datetime) -> AssignmentState:
    _book, (row,) = gradebook.all_members(session, cohort, now)
    return row.cells[0].state


def test_a_reopened_attempt_keeps_its_answers_and_loses_its_marks(
    session: Session, trainer: Person, cohort: Cohort, submitted: Attempt, clock: Clock
) -> None:
    """Fails when marks stay (the next submission then breaks), or when they go without a record."""
    before = [(item.position, item.response, item.revision) for item in submitted.items]
    saved, marked = count(session, AnswerRevision), count(session, Mark)
    clock.advance(minutes=20)

    record = reopen(session, trainer, submitted, clock())

    items = session.scalars(select(AttemptItem).order_by(AttemptItem.position)).all()
    assert [(item.position, item.response, item.revision) for item in items] == before
    assert (count(session, AnswerRevision), count(session, Mark), count(session, WithdrawnMark)) == (saved, 0, marked)
    assert (submitted.state, submitted.submitted_at, submitted.points, submitted.is_passed) == (
        AttemptState.OPEN,
        None,
        None,
        None,
    )
    assert submitted.deadline_at == clock() + timedelta(minutes=10)
    assert (record.old_points, record.old_is_passed, record.minutes) == (10, True, 10)
    assert count(session, ScopeResult) == 0
    assert get_state(session, cohort, clock()) is AssignmentState.UNDER_WAY
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "attempt.reopen")).one()
    assert event.details == {"minutes": 10, "reason": "It ended by accident"}


def test_submitting_again_marks_the_answers_as_they_are_then(
    session: Session, trainer: Person, cohort: Cohort, learner: Person, submitted: Attempt, clock: Clock
) -> None:
    reopen(session, trainer, submitted, clock())
    item = session.scalars(select(AttemptItem).order_by(AttemptItem.position)).first()
    assert item is not None
    item.response = AnswerKey(session).wrong(item)
    session.flush()
    clock.advance(minutes=5)

    assert submission.submit(session, submitted, clock())

    assert (submitted.points, submitted.number) == (9, 1)
    result = session.scalars(select(ScopeResult)).one()
    assert (result.attempts, result.best_percent, result.latest_at) == (1, 90, clock())
    assert count(session, Mark) == 10
    assert get_state(session, cohort, clock()) in (AssignmentState.PASSED, AssignmentState.NOT_PASSED)


def test_it_can_be_reopened_twice(session: Session, trainer: Person, submitted: Attempt, clock: Clock) -> None:
    for _ in range(2):
        reopen(session, trainer, submitted, clock())
        clock.advance(minutes=11)
        assert submission.submit(session, submitted, clock())
        session.commit()

    assert (count(session, AttemptReopening), count(session, WithdrawnMark), count(session, Mark)) == (2, 20, 10)


def test_the_earlier_attempts_count_again(
    make: Factory, session: Session, trainer: Person, learner: Person, cohort: Cohort, clock: Clock
) -> None:
    """Fails when the result goes on counting the attempt that is open again."""
    assignment = make.assignment(trainer, cohort, attempts_allowed=3)
    first = submit_test(session, learner, assignment, clock(), AnswerKey(session).all_wrong)
    clock.advance(hours=1)
    second = submit_test(session, learner, assignment, clock(), AnswerKey(session).all_right)

    reopen(session, trainer, second, clock())

    result = session.scalars(select(ScopeResult)).one()
    assert (result.attempts, result.best_attempt_id, result.latest_attempt_id, result.passed_at) == (
        1,
        first.id,
        first.id,
        None,
    )
    submission.submit(session, second, clock.advance(hours=1))
    assert (result.attempts, result.best_attempt_id, result.passed_at) == (2, second.id, clock())


def test_only_the_latest_attempt_can_be_reopened(
    make: Factory, session: Session, trainer: Person, learner: Person, cohort: Cohort, clock: Clock
) -> None:
    """Fails when two attempts at one assignment could be open at once."""
    assignment = make.assignment(trainer, cohort, attempts_allowed=3)
    first = submit_test(session, learner, assignment, clock(), AnswerKey(session).all_wrong)
    start_attempt(session, learner, assignment, clock())

    with pytest.raises(ReopeningRefused) as refused:
        reopen(session, trainer, first, clock())

    assert refused.value.obstacle is ReopeningObstacle.LATER_ATTEMPT


@pytest.mark.parametrize(
    ("obstacle", "arrange"),
    [
        (ReopeningObstacle.LEFT_COHORT, "cohorts.remove_member"),
        (ReopeningObstacle.ACCOUNT_CLOSED, "inactive"),
        (ReopeningObstacle.ASSIGNMENT_WITHDRAWN, "withdrawn"),
    ],
)
def test_who_could_not_go_on_is_not_reopened(
    session: Session,
    trainer: Person,
    learner: Person,
    cohort: Cohort,
    assignment: Assignment,
    submitted: Attempt,
    clock: Clock,
    obstacle: ReopeningObstacle,
    arrange: str,
) -> None:
    if obstacle is ReopeningObstacle.LEFT_COHORT:
        cohorts.remove_member(session, trainer.user, cohort, learner.learner.id, clock())
    elif obstacle is ReopeningObstacle.ACCOUNT_CLOSED:
        learner.user.active = False
    else:
        assignment.withdrawn_at = clock()
    session.commit()

    with pytest.raises(ReopeningRefused) as refused:
        reopen(session, trainer, submitted, clock())

    assert refused.value.obstacle is obstacle
    assert submitted.state is AttemptState.SUBMITTED


def test_an_attempt_whose_time_is_up_can_be_reopened_before_and_after_it_is_marked(
    session: Session, trainer: Person, learner: Person, assignment: Assignment, clock: Clock
) -> None:
    attempt = start_attempt(session, learner, assignment, clock())
    clock.advance(minutes=31)

    assert find(session, trainer, attempt, clock()).kind is ReopeningKind.REOPEN
    record = reopen(session, trainer, attempt, clock())

    assert record.old_submitted_at == record.old_deadline_at
    assert attempts.is_open(attempt, clock())
    clock.advance(minutes=11)
    assert submission.close_expired(session, clock()) == 1
    reopen(session, trainer, attempt, clock())
    assert attempts.is_open(attempt, clock())


def test_an_open_attempt_gets_more_time(
    session: Session, trainer: Person, learner: Person, assignment: Assignment, clock: Clock
) -> None:
    attempt = start_attempt(session, learner, assignment, clock())
    ends = attempt.deadline_at
    assert ends

    record = reopen(session, trainer, attempt, clock(), minutes=7)

    assert attempt.deadline_at == ends + timedelta(minutes=7)
    assert (record.old_submitted_at, record.old_deadline_at) == (None, ends)


def test_what_changed_since_the_page_was_loaded_is_not_reopened(
    session: Session, trainer: Person, learner: Person, assignment: Assignment, clock: Clock
) -> None:
    """Fails when a trainer who meant to give more time reopens a submitted test, whose key the learner may have seen."""
    attempt = start_attempt(session, learner, assignment, clock())
    seen = find(session, trainer, attempt, clock()).version
    submission.submit(session, attempt, clock())
    session.commit()

    found = find(session, trainer, attempt, clock())
    with pytest.raises(AttemptChangedMeanwhile):
        reopening.reopen(session, trainer.user, found, 10, "Fire alarm", clock(), seen=seen)


def test_a_mark_changed_by_hand_is_withdrawn_with_its_history(
    session: Session, trainer: Person, submitted: Attempt, clock: Clock
) -> None:
    """Fails when the change is lost, when it decides about the new answer, or when the learner reads of it there."""
    marked = marks.get_for(session, trainer.viewer, submitted.id, 1, clock(), for_update=True)
    assert marked is not None
    marks.change_mark(session, trainer.user, marked, 0, "Copied", clock(), may_lower=True)
    session.commit()
    assert find(session, trainer, submitted, clock()).changed_marks == 1

    record = reopen(session, trainer, submitted, clock())
    submission.submit(session, submitted, clock.advance(minutes=1))
    session.commit()

    change = session.scalars(select(MarkChange)).one()
    assert (change.reason, change.reopening_id) == ("Copied", record.id)
    kept = session.get(WithdrawnMark, (record.id, 1))
    assert kept is not None
    assert kept.points == 0
    assert submitted.points == 10
    assert find(session, trainer, submitted, clock()).changed_marks == 0
    assert notices.list_mark_changes(session, submitted.id) == {}


def change_version(session: Session, attempt: Attempt) -> int:
    return session.scalars(
        select(AttemptItem.version_id).where(AttemptItem.attempt_id == attempt.id, AttemptItem.position == 1)
    ).one()


def test_a_correction_made_meanwhile_counts_at_the_next_submission(
    session: Session, trainer: Person, submitted: Attempt, assignment: Assignment, clock: Clock
) -> None:
    reopen(session, trainer, submitted, clock())
    session.add(
        Correction(
            version_id=change_version(session, submitted),
            assignment_id=assignment.id,
            remedy=Remedy.VOID,
            reason="Unclear",
            actor_id=trainer.user.id,
            corrected_at=clock(),
        )
    )
    session.flush()

    submission.submit(session, submitted, clock.advance(minutes=1))

    assert (submitted.points, submitted.max_points) == (9, 9)


def test_answers_that_were_checked_one_by_one_stay_final(
    make: Factory, session: Session, trainer: Person, learner: Person, cohort: Cohort, clock: Clock
) -> None:
    """The marks of checked answers are there while the attempt is open; only what was blank can be answered."""
    assignment = make.assignment(trainer, cohort, attempts_allowed=1, policy=EACH_ANSWER)
    attempt = start_attempt(session, learner, assignment, clock())
    item = attempt.items[0]
    item.response, item.revision = AnswerKey(session).right(item), 1
    session.flush()
    submission.write_marks(session, attempt, [item], clock())
    submission.submit(session, attempt, clock())
    session.commit()
    assert count(session, Mark) == 10

    reopen(session, trainer, attempt, clock())

    assert [mark.position for mark in session.scalars(select(Mark))] == [1]
    assert submission.submit(session, attempt, clock.advance(minutes=1))
    assert (attempt.points, count(session, Mark)) == (1, 10)


def test_a_submission_that_arrived_before_the_reopening_has_no_effect(
    session: Session, trainer: Person, submitted: Attempt, clock: Clock
) -> None:
    """A second click on Submit that waited for the lock. Fails when it closes the attempt again at once."""
    arrived = clock()
    reopen(session, trainer, submitted, clock.advance(seconds=2))

    assert not submission.submit(session, submitted, arrived)
    assert submitted.state is AttemptState.OPEN
    assert submission.submit(session, submitted, clock.advance(seconds=2))


def test_a_submission_that_crosses_with_more_time_counts(
    session: Session, trainer: Person, learner: Person, assignment: Assignment, clock: Clock
) -> None:
    attempt = start_attempt(session, learner, assignment, clock())
    arrived = clock.advance(minutes=1)
    reopen(session, trainer, attempt, clock.advance(seconds=2))

    assert submission.submit(session, attempt, arrived)


def test_strangers_find_nothing(make: Factory, session: Session, submitted: Attempt, clock: Clock) -> None:
    assert reopening.get_for(session, make.trainer().viewer, submitted.id, clock()) is None
    assert reopening.get_for(session, make.admin().viewer, submitted.id, clock()) is not None


def test_the_list_has_the_latest_attempt_of_each_member(
    make: Factory, session: Session, trainer: Person, learner: Person, clock: Clock
) -> None:
    other, gone = make.person(name="Bo"), make.person(name="Cy")
    cohort = make.cohort(trainer, learner, other, gone)
    assignment = make.assignment(trainer, cohort, attempts_allowed=3, time_limit_minutes=10)
    submit_test(session, learner, assignment, clock(), AnswerKey(session).all_wrong)
    latest = start_attempt(session, learner, assignment, clock())
    theirs = submit_test(session, other, assignment, clock(), AnswerKey(session).all_wrong)
    start_attempt(session, gone, assignment, clock())
    cohorts.remove_member(session, trainer.user, cohort, gone.learner.id, clock())
    taught = assignments.get_for(session, trainer.viewer, assignment.id)
    assert taught is not None

    found = reopening.list_latest(session, taught, clock(), for_update=True)

    assert [(one.attempt.id, one.kind) for one in found] == [
        (latest.id, ReopeningKind.MORE_TIME),
        (theirs.id, ReopeningKind.REOPEN),
    ]
