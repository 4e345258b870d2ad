"""Extra time that somebody has wherever there is a limit, as a property of the learner. What is granted in one assignment: :mod:`grants`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import locked
from app.domain.attempt import State, deadline, lengthened, state_at
from app.models import Assignment, Attempt, Learner, ModuleRow, User
from app.services import audit
from app.services.assigned import promises
from app.services.people import sign_ins, users


def everywhere(session: Session, user: User) -> int:
    """In per cent of any limit, 0 to 400."""
    return sign_ins.learner_of(session, user).extra_time_percent


def grant_everywhere(session: Session, actor: User, user: User, percent: int, now: datetime) -> None:
    """Set it, note it, and lengthen the tests under way; what somebody was promised in one is never shortened."""
    learner = sign_ins.learner_of(session, user)
    old, learner.extra_time_percent = learner.extra_time_percent, percent
    if old == percent:
        return
    session.flush()  # the deadlines below are reckoned from what is stored
    audit.record(session, actor, "user.extra_time", users.subject_of(user), now, old=old, new=percent)
    _lengthen_own_tests(session, learner, now)
    of_mine = select(Attempt.assignment_id).where(Attempt.learner_id == learner.id, Attempt.state == State.OPEN)
    found = select(Assignment).where(Assignment.id.in_(of_mine)).order_by(Assignment.id)
    for assignment in session.scalars(locked(found, Assignment).execution_options(populate_existing=True)).all():
        promises.keep(session, assignment, now, [learner.id])


def _lengthen_own_tests(session: Session, learner: Learner, now: datetime) -> None:
    """The modules' own tests that are under way, by the modules' limits as they are now."""
    rows = session.execute(
        select(Attempt, ModuleRow.test_minutes)
        .join(ModuleRow, ModuleRow.id == Attempt.module_id)
        .where(
            Attempt.learner_id == learner.id,
            Attempt.state == State.OPEN,
            Attempt.assignment_id.is_(None),
            Attempt.deadline_at.is_not(None),
        )
        .with_for_update(of=Attempt)
    )
    for attempt, minutes in rows:
        if state_at(attempt.state, attempt.deadline_at, now) is State.OPEN:
            proposed = deadline(attempt.started_at, minutes, learner.extra_time_percent)
            attempt.deadline_at = lengthened(attempt.deadline_at, proposed)
