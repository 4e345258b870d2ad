"""Open attempts when terms change: changes that favour the learner apply at once, and no others."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.assignment import AttemptTerms, find_extended_until, keep_better_terms, resolve_terms
from app.domain.attempt import AttemptState, resolve_state
from app.models import Assignment, AssignmentException, Attempt, Learner
from app.services.assignments import assignment_sql


def extend_open_attempts(
    session: Session, assignment: Assignment, now: datetime, learner_ids: Collection[int] | None = None
) -> None:
    """Give open attempts the better of their own and the current terms, and update the assignment's ``extended_until``.

    Attempts past their deadline stay as they are. ``learner_ids`` limits this to the attempts of these learners. The
    assignment must be loaded for update: otherwise two concurrent changes would each miss what the other extended.
    """
    session.flush()  # the queries below read the changed terms
    found = (
        select(Attempt, Learner.extra_time_percent, AssignmentException)
        .join(Learner, Learner.id == Attempt.learner_id)
        .outerjoin(AssignmentException, assignment_sql.is_exception_of(Attempt))
        .where(Attempt.assignment_id == assignment.id, Attempt.state == AttemptState.OPEN)
        .order_by(Attempt.id)
    )
    if learner_ids is not None:
        found = found.where(Attempt.learner_id.in_(learner_ids))
    for attempt, everywhere, granted in session.execute(found.with_for_update(of=Attempt)):
        if resolve_state(attempt.state, attempt.deadline_at, now) is AttemptState.OPEN:
            given = AttemptTerms(
                attempt.started_at, attempt.deadline_at, attempt.attempts_allowed, attempt.pass_mark_percent
            )
            now_given = keep_better_terms(
                given, resolve_terms(assignment.base_terms, granted.terms if granted else None, everywhere)
            )
            attempt.deadline_at = now_given.deadline_at
            attempt.attempts_allowed = now_given.attempts_allowed
            attempt.pass_mark_percent = now_given.pass_mark_percent
    note_extension(session, assignment, now)


def note_extension(session: Session, assignment: Assignment, now: datetime) -> None:
    """Store the latest moment beyond the due date that any learner has: releases at closing wait for it."""
    session.flush()  # the query below reads the new deadlines
    granted = session.scalars(
        select(AssignmentException.due_at).where(
            AssignmentException.assignment_id == assignment.id, AssignmentException.due_at.is_not(None)
        )
    ).all()
    deadlines = session.scalars(
        select(Attempt.deadline_at).where(
            Attempt.assignment_id == assignment.id, Attempt.state == AttemptState.OPEN, Attempt.deadline_at > now
        )
    ).all()
    assignment.extended_until = find_extended_until(
        assignment.due_at,
        [moment for moment in granted if moment is not None],
        [moment for moment in deadlines if moment is not None] if assignment.policy.waits_for_closing else [],
    )
