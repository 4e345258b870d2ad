"""Guests: learners without an account, made by a visitor's first POST."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session

from app.models import Attempt, Learner, LessonProgress, Mark, SignIn
from app.services import submission

KEPT = timedelta(days=30)
"""How long a guest's traces are kept."""


def create(session: Session, now: datetime) -> Learner:
    learner = Learner(is_guest=True, created_at=now)
    session.add(learner)
    return learner


def has_work(session: Session, learner: Learner | None) -> bool:
    """Whether a guest did anything worth asking about."""
    if learner is None:
        return False
    return bool(
        session.scalar(
            select(
                exists().where(Attempt.learner_id == learner.id)
                | exists().where(LessonProgress.learner_id == learner.id)
            )
        )
    )


def move_work(session: Session, guest: Learner, learner: Learner, now: datetime) -> int:
    """Give a signed-in learner what a guest did in the same browser, as closed practice; return the number of attempts moved."""
    moved = session.scalars(select(Attempt).where(Attempt.learner_id == guest.id).order_by(Attempt.id)).all()
    of_mine = select(Attempt.scope, func.max(Attempt.number)).where(Attempt.learner_id == learner.id)
    highest = {scope: number for scope, number in session.execute(of_mine.group_by(Attempt.scope))}
    for attempt in moved:
        number = highest.get(attempt.scope, 0) + 1
        highest[attempt.scope] = number
        submission.submit(session, attempt, now)
        attempt.learner_id, attempt.number = learner.id, number
    session.execute(update(Mark).where(Mark.learner_id == guest.id).values(learner_id=learner.id))
    known = set(session.scalars(select(LessonProgress.lesson_id).where(LessonProgress.learner_id == learner.id)))
    session.execute(
        update(LessonProgress)
        .where(LessonProgress.learner_id == guest.id, LessonProgress.lesson_id.not_in(known))
        .values(learner_id=learner.id)
    )
    return len(moved)


def remove_old(session: Session, now: datetime, kept: timedelta = KEPT) -> int:
    """Remove guests, and all they did, whose last attempt (or, without one, whose first visit) is older than ``kept``; return how many."""
    last = func.coalesce(
        select(func.max(Attempt.started_at)).where(Attempt.learner_id == Learner.id).scalar_subquery(),
        Learner.created_at,
    )
    old = list(session.scalars(select(Learner.id).where(Learner.is_guest, last < now - kept)))
    if not old:
        return 0
    for table in (Attempt, LessonProgress, SignIn):
        session.execute(delete(table).where(table.learner_id.in_(old)))
    session.execute(delete(Learner).where(Learner.id.in_(old)))
    return len(old)
