"""A learner's extra time wherever there is a time limit. Extra time in one assignment is in :mod:`exceptions`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import lock_rows
from app.domain.attempt import AttemptState, compute_deadline, extend_deadline, resolve_state
from app.models import Assignment, Attempt, Learner, ModuleRow, User
from app.services.assignments import deadlines
from app.services.log import audit
from app.services.people import sign_ins, users


def get_percent(session: Session, user: User) -> int:
    """Return the extra time in per cent of any time limit, 0 to 400."""
    return sign_ins.get_learner(session, user).extra_time_percent


def set_percent(session: Session, actor: User, user: User, percent: int, now: datetime) -> None:
    """Set a learner's extra time and extend their open tests. Deadlines never move earlier."""
    learner = sign_ins.get_learner(session, user)
    old, learner.extra_time_percent = learner.extra_time_percent, percent
    if old == percent:
        return
    session.flush()  # the queries below read the new extra time
    audit.record(session, actor, "user.extra_time", users.get_subject(user), now, old=old, new=percent)
    _lengthen_own_tests(session, learner, now)
    of_mine = select(Attempt.assignment_id).where(Attempt.learner_id == learner.id, Attempt.state == AttemptState.OPEN)
    found = select(Assignment).where(Assignment.id.in_(of_mine)).order_by(Assignment.id)
    for assignment in session.scalars(lock_rows(found, Assignment).execution_options(populate_existing=True)).all():
        deadlines.extend_open_attempts(session, assignment, now, [learner.id])


def _lengthen_own_tests(session: Session, learner: Learner, now: datetime) -> None:
    """Extend open tests that are not assigned, by the current time limits of their modules."""
    rows = session.execute(
        select(Attempt, ModuleRow.test_minutes)
        .join(ModuleRow, ModuleRow.id == Attempt.module_id)
        .where(
            Attempt.learner_id == learner.id,
            Attempt.state == AttemptState.OPEN,
            Attempt.assignment_id.is_(None),
            Attempt.deadline_at.is_not(None),
        )
        .with_for_update(of=Attempt)
    )
    for attempt, minutes in rows:
        if resolve_state(attempt.state, attempt.deadline_at, now) is AttemptState.OPEN:
            proposed = compute_deadline(attempt.started_at, minutes, learner.extra_time_percent)
            attempt.deadline_at = extend_deadline(attempt.deadline_at, proposed)
