"""Attempts under way when terms change: for the better at once, for the worse not at all."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app.domain.assignment import Promise, effective, extended_until, kept
from app.domain.attempt import State, state_at
from app.models import Assignment, AssignmentException, Attempt, Learner


def keep(session: Session, assignment: Assignment, now: datetime, learner_ids: Collection[int] | None = None) -> None:
    """Give attempts under way what the terms give now, where it is better, and note until when anybody may be at it.

    What is over stays over. ``learner_ids`` looks at the attempts of these learners alone. The assignment was loaded for update: two changes
    at one moment would else each miss what the other promised.
    """
    session.flush()  # what follows is reckoned from what is stored
    exception = and_(
        AssignmentException.assignment_id == assignment.id, AssignmentException.learner_id == Attempt.learner_id
    )
    found = (
        select(Attempt, Learner.extra_time_percent, AssignmentException)
        .join(Learner, Learner.id == Attempt.learner_id)
        .outerjoin(AssignmentException, exception)
        .where(Attempt.assignment_id == assignment.id, Attempt.state == State.OPEN)
        .order_by(Attempt.id)
    )
    if learner_ids is not None:
        found = found.where(Attempt.learner_id.in_(learner_ids))
    for attempt, everywhere, granted in session.execute(found.with_for_update(of=Attempt)):
        if state_at(attempt.state, attempt.deadline_at, now) is State.OPEN:
            given = Promise(
                attempt.started_at, attempt.deadline_at, attempt.attempts_allowed, attempt.pass_mark_percent
            )
            now_given = kept(given, effective(assignment.for_all, granted.grant if granted else None, everywhere))
            attempt.deadline_at = now_given.deadline_at
            attempt.attempts_allowed = now_given.attempts_allowed
            attempt.pass_mark_percent = now_given.pass_mark_percent
    _note_extension(session, assignment, now)


def _note_extension(session: Session, assignment: Assignment, now: datetime) -> None:
    """Keep the latest moment that anybody was promised beyond the due date: what waits for the closing waits for it."""
    session.flush()  # the deadlines just given count
    granted = session.scalars(
        select(AssignmentException.due_at).where(
            AssignmentException.assignment_id == assignment.id, AssignmentException.due_at.is_not(None)
        )
    ).all()
    deadlines = session.scalars(
        select(Attempt.deadline_at).where(
            Attempt.assignment_id == assignment.id, Attempt.state == State.OPEN, Attempt.deadline_at > now
        )
    ).all()
    assignment.extended_until = extended_until(
        assignment.due_at,
        [moment for moment in granted if moment is not None],
        [moment for moment in deadlines if moment is not None] if assignment.policy.waits_for_closing else [],
    )
