"""The test that a learner has started and not submitted, which every page announces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from app.domain.attempt import AttemptState, Purpose
from app.models import Assignment, Attempt, Learner, ModuleRow
from app.services.attempts.attempts import IS_MEMBER


@dataclass(frozen=True, slots=True)
class RunningTest:
    """A test in progress. ``seconds_left`` is None without a deadline; ``others`` counts further tests in progress."""

    attempt_id: int
    title: str
    seconds_left: int | None
    others: int


# Built once, because every page of a learner runs it. There is an index of open attempts by learner.
_RUNNING = (
    select(Attempt.id, func.coalesce(Assignment.title, ModuleRow.title), Attempt.deadline_at)
    .join(ModuleRow, ModuleRow.id == Attempt.module_id)
    .outerjoin(Assignment, Assignment.id == Attempt.assignment_id)
    .where(
        Attempt.learner_id == bindparam("learner_id"),
        Attempt.state == AttemptState.OPEN,
        Attempt.purpose == Purpose.TEST,
        or_(Attempt.assignment_id.is_(None), IS_MEMBER),
    )
    .order_by(Attempt.deadline_at.is_(None), Attempt.deadline_at, Attempt.id)
)


def get_running_test(session: Session, learner: Learner, now: datetime) -> RunningTest | None:
    """Return the learner's test that ends first, or None if no test is in progress."""
    rows = session.execute(_RUNNING, {"learner_id": learner.id}).all()
    running = [row for row in rows if row.deadline_at is None or row.deadline_at > now]
    if not running:
        return None
    attempt_id, title, deadline_at = running[0]
    left = None if deadline_at is None else int((deadline_at - now).total_seconds())
    return RunningTest(attempt_id, title, left, others=len(running) - 1)
