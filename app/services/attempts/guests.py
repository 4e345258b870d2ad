"""Guests: learners without an account, created by a visitor's first POST."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session

from app.db import lock_rows
from app.models import Attempt, Learner, LearnerNote, LessonProgress, Mark, SignIn
from app.services.attempts import learner_notes
from app.services.marking import card_updates, submission

RETENTION = timedelta(days=30)
"""How long a guest's data is kept."""

ATTEMPTS_PER_STEP = 100
"""How many attempts, with their answers, are deleted at a time: some 50 ms on SQLite."""


def create_guest(session: Session, now: datetime) -> Learner:
    learner = Learner(is_guest=True, created_at=now)
    session.add(learner)
    return learner


def has_work(session: Session, learner: Learner | None) -> bool:
    """Whether a guest has attempts, lesson progress or notes."""
    if learner is None:
        return False
    return bool(
        session.scalar(
            select(
                exists().where(Attempt.learner_id == learner.id)
                | exists().where(LessonProgress.learner_id == learner.id)
                | exists().where(LearnerNote.learner_id == learner.id)
            )
        )
    )


def move_work(session: Session, guest: Learner, learner: Learner, now: datetime) -> int:
    """Move a guest's attempts, lessons and notes to a learner, submitting open attempts. Return how many were moved.

    The learner signed in with the guest's browser. Nothing is moved if the guest has just been removed or registered.
    """
    if session.scalar(lock_rows(select(Learner.id).where(Learner.id == guest.id, Learner.is_guest), Learner)) is None:
        return 0
    moved = session.scalars(select(Attempt).where(Attempt.learner_id == guest.id).order_by(Attempt.id)).all()
    of_mine = select(Attempt.scope, func.max(Attempt.number)).where(Attempt.learner_id == learner.id)
    highest = {scope: number for scope, number in session.execute(of_mine.group_by(Attempt.scope))}
    for attempt in moved:
        number = highest.get(attempt.scope, 0) + 1
        highest[attempt.scope] = number
        submission.submit(session, attempt, now)
        attempt.learner_id, attempt.number = learner.id, number
    session.execute(update(Mark).where(Mark.learner_id == guest.id).values(learner_id=learner.id))
    session.flush()  # the notes below read whose attempts these are
    card_updates.note(session, [attempt.id for attempt in moved])
    return len(moved) + _move_lessons(session, guest, learner) + learner_notes.move_notes(session, guest, learner)


def _move_lessons(session: Session, guest: Learner, learner: Learner) -> int:
    """Merge a guest's lesson progress into the learner's; return of how many lessons. One finished by either is finished."""
    mine, theirs = _list_lessons(session, learner), _list_lessons(session, guest)
    for lesson_id, row in theirs.items():
        known = mine.get(lesson_id)
        if known is None:
            row.learner_id = learner.id
        elif (row.done_revision or 0) > (known.done_revision or 0):
            known.done_at, known.done_revision = row.done_at, row.done_revision
    return len(theirs)


def _list_lessons(session: Session, learner: Learner) -> dict[int, LessonProgress]:
    found = select(LessonProgress).where(LessonProgress.learner_id == learner.id)
    return {row.lesson_id: row for row in session.scalars(found.execution_options(populate_existing=True))}


@dataclass(frozen=True, slots=True)
class RemovalStep:
    """How many guests a step removed. If ``is_more``, there may be others."""

    guests: int
    is_more: bool


def remove_some_old_guests(session: Session, now: datetime, kept: timedelta = RETENTION) -> RemovalStep:
    """Delete guests and their data if their last attempt is older than ``kept``, in a step of limited length.

    If there is no attempt, the first visit counts. A guest who is registering or becomes active at the same moment is
    left alone: the rows are locked, which also keeps new attempts out, and the condition is checked again.
    """
    last = func.coalesce(
        select(func.max(Attempt.started_at)).where(Attempt.learner_id == Learner.id).scalar_subquery(),
        Learner.created_at,
    )
    old = select(Learner.id).where(Learner.is_guest, last < now - kept).order_by(Learner.id)
    locked = session.scalars(old.limit(ATTEMPTS_PER_STEP).with_for_update(of=Learner, skip_locked=True)).all()
    guest_ids = session.scalars(old.where(Learner.id.in_(locked))).all()
    of_guests = Attempt.learner_id.in_(guest_ids)
    attempt_ids = session.scalars(select(Attempt.id).where(of_guests).limit(ATTEMPTS_PER_STEP)).all()
    session.execute(delete(Attempt).where(Attempt.id.in_(attempt_ids), of_guests))
    if len(attempt_ids) == ATTEMPTS_PER_STEP:
        return RemovalStep(0, is_more=True)
    for table in (LessonProgress, LearnerNote, SignIn):
        session.execute(delete(table).where(table.learner_id.in_(guest_ids)))
    session.execute(delete(Learner).where(Learner.id.in_(guest_ids)))
    return RemovalStep(len(guest_ids), is_more=len(locked) == ATTEMPTS_PER_STEP)
