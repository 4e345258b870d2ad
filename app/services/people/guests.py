"""Guests: learners without an account, made by a visitor's first POST."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session

from app.models import Attempt, Learner, LessonProgress, Mark, SignIn
from app.services.marking import submission

KEPT = timedelta(days=30)
"""How long a guest's traces are kept."""

BATCH = 500
"""How many guests are removed in one go: a statement can name no more than so many."""


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
    _move_lessons(session, guest, learner)
    return len(moved)


def _move_lessons(session: Session, guest: Learner, learner: Learner) -> None:
    """Add a guest's lessons to the learner's own: one that either of them finished is finished."""
    mine, theirs = _lessons(session, learner), _lessons(session, guest)
    for lesson_id, row in theirs.items():
        known = mine.get(lesson_id)
        if known is None:
            row.learner_id = learner.id
        elif (row.done_revision or 0) > (known.done_revision or 0):
            known.done_at, known.done_revision = row.done_at, row.done_revision


def _lessons(session: Session, learner: Learner) -> dict[int, LessonProgress]:
    found = select(LessonProgress).where(LessonProgress.learner_id == learner.id)
    return {row.lesson_id: row for row in session.scalars(found.execution_options(populate_existing=True))}


def remove_old(session: Session, now: datetime, kept: timedelta = KEPT) -> int:
    """Remove guests, and all they did, whose last attempt (or, without one, whose first visit) is older than ``kept``.

    Return how many; as long as there may be more, that is :data:`BATCH`.
    """
    last = func.coalesce(
        select(func.max(Attempt.started_at)).where(Attempt.learner_id == Learner.id).scalar_subquery(),
        Learner.created_at,
    )
    old = list(session.scalars(select(Learner.id).where(Learner.is_guest, last < now - kept).limit(BATCH)))
    if not old:
        return 0
    for table in (Attempt, LessonProgress, SignIn):
        session.execute(delete(table).where(table.learner_id.in_(old)))
    session.execute(delete(Learner).where(Learner.id.in_(old)))
    return len(old)
