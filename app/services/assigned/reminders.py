"""Reminders: who is to be told by mail that something is due, each kind once for each assignment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby

from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.models import (
    Assignment,
    AssignmentException,
    AssignmentRecipient,
    Cohort,
    Learner,
    Membership,
    ModuleRow,
    Reminder,
    Standing,
    User,
)
from app.services.assigned import terms

SOON = timedelta(hours=48)
"""How long before the due date the first reminder is sent, unless the command is told otherwise."""

LATE = timedelta(days=7)
"""Until how long after the due date somebody is told that it has passed: a server that was off for weeks sends no old news."""


class Kind(StrEnum):
    DUE = "due"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Item:
    """An assignment that a letter names; ``due_at`` is the learner's own due date."""

    assignment_id: int
    title: str
    cohort_title: str
    module_slug: str
    time_zone: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one person."""

    kind: Kind
    learner_id: int
    name: str
    email: str
    items: tuple[Item, ...]


Post = Callable[[Letter], None]
"""Sends a letter, or raises ``OSError`` where the mail server can't be used."""


@dataclass(frozen=True, slots=True)
class Sent:
    letters: int
    failed: int


def send(session: Session, post: Post, now: datetime, soon: timedelta = SOON) -> Sent:
    """Send what is to be sent, and commit after each letter.

    That a letter goes out is noted before it does, and the note is taken back where the mail server refuses: a second run, even at the
    same moment, sends nothing twice, and what failed is tried again.
    """
    sent = failed = 0
    for letter in [letter for kind in Kind for letter in list_letters(session, kind, now, soon)]:
        if not _note(session, letter, now):
            continue
        session.commit()
        try:
            post(letter)
        except OSError:
            failed += 1
            _take_back(session, letter)
            session.commit()
        else:
            sent += 1
    return Sent(sent, failed)


def list_letters(session: Session, kind: Kind, now: datetime, soon: timedelta = SOON) -> list[Letter]:
    """Who is to be told of what, one letter for each person: one statement."""
    due = func.coalesce(AssignmentException.due_at, Assignment.due_at)
    its = and_(
        AssignmentException.assignment_id == Assignment.id, AssignmentException.learner_id == Membership.learner_id
    )
    rows = session.execute(
        select(
            Learner.id,
            User.name,
            User.email,
            Assignment.id,
            Assignment.title,
            Cohort.title,
            ModuleRow.slug,
            Assignment.time_zone,
            due,
        )
        .select_from(Assignment)
        .join(Cohort, Cohort.id == Assignment.cohort_id)
        .join(ModuleRow, ModuleRow.id == Assignment.module_id)
        .join(Membership, Membership.cohort_id == Cohort.id)
        .join(Learner, Learner.id == Membership.learner_id)
        .join(User, User.id == Learner.user_id)
        .outerjoin(AssignmentException, its)
        .outerjoin(Standing, and_(Standing.assignment_id == Assignment.id, Standing.learner_id == Learner.id))
        .where(
            User.active,
            Membership.removed_at.is_(None),
            Cohort.archived_at.is_(None),
            Assignment.withdrawn_at.is_(None),
            or_(Assignment.opens_at.is_(None), Assignment.opens_at <= now),
            or_(AssignmentException.is_excused.is_(None), ~AssignmentException.is_excused),
            or_(Assignment.is_for_all, _is_recipient()),
            _is_to_do(now),
            *_when(kind, due, now, soon),
            ~_is_told(kind),
        )
        .order_by(Learner.id, due, Assignment.id)
    ).all()
    return [_letter(kind, list(group)) for _, group in groupby(rows, key=lambda row: row[0])]


def _when(kind: Kind, due: ColumnElement[datetime], now: datetime, soon: timedelta) -> Sequence[ColumnElement[bool]]:
    if kind is Kind.DUE:
        return (due > now, due <= now + soon)
    # What has closed can't be handed in any more: a reminder would only vex.
    closes = [
        getattr(Assignment, f"release_{name}") == "closing" for name in ("mark", "correctness", "key", "explanation")
    ]
    return (due <= now, due > now - LATE, ~or_(*closes))


def _is_to_do(now: datetime) -> ColumnElement[bool]:
    """Nothing handed in; or not passed, as the learner may know, and an attempt is left.

    A score that waits is not told: whoever is reminded of what they handed in would know that they failed.
    """
    allowed = Assignment.attempts_allowed + func.coalesce(AssignmentException.more_attempts, 0)
    is_left = or_(Assignment.attempts_allowed.is_(None), Standing.attempts < allowed)
    is_told = terms.is_mark_released(Assignment, Standing, Learner.id, now)
    return or_(Standing.learner_id.is_(None), and_(is_told, ~terms.is_passed(Assignment, Standing), is_left))


def _is_recipient() -> ColumnElement[bool]:
    return (
        select(AssignmentRecipient.learner_id)
        .where(AssignmentRecipient.assignment_id == Assignment.id, AssignmentRecipient.learner_id == Learner.id)
        .correlate(Assignment, Learner)
        .exists()
    )


def _is_told(kind: Kind) -> ColumnElement[bool]:
    return (
        select(Reminder.learner_id)
        .where(Reminder.assignment_id == Assignment.id, Reminder.learner_id == Learner.id, Reminder.kind == kind)
        .correlate(Assignment, Learner)
        .exists()
    )


def _letter(kind: Kind, rows: Sequence[Sequence[object]]) -> Letter:
    learner_id, name, email = rows[0][:3]
    return Letter(kind, learner_id, name, email, tuple(Item(*row[3:]) for row in rows))  # type: ignore[arg-type]


def _note(session: Session, letter: Letter, now: datetime) -> bool:
    """Note that a letter goes out; False where another run has just noted some of it."""
    rows = [
        {"assignment_id": item.assignment_id, "learner_id": letter.learner_id, "kind": letter.kind, "sent_at": now}
        for item in letter.items
    ]
    try:
        with session.begin_nested():
            session.execute(insert(Reminder), rows)
    except IntegrityError:
        return False
    return True


def _take_back(session: Session, letter: Letter) -> None:
    session.execute(
        delete(Reminder).where(
            Reminder.learner_id == letter.learner_id,
            Reminder.kind == letter.kind,
            Reminder.assignment_id.in_([item.assignment_id for item in letter.items]),
        )
    )
