"""E-mail reminders of due dates. Each kind is sent once for each date that a learner's assignment was due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.domain.attempt import GRACE, AttemptState
from app.domain.notifications import NotificationKind
from app.models import (
    Assignment,
    AssignmentException,
    Attempt,
    Cohort,
    Learner,
    Membership,
    ModuleRow,
    Reminder,
    ScopeResult,
    User,
)
from app.permissions import is_assigned_to
from app.services.assignments import assignment_sql
from app.services.assignments.assignment_sql import LINE_SEPARATOR
from app.services.assignments.learner_assignments import SOON
from app.services.course import selection
from app.services.course.selection import PaperContent
from app.services.people import notifications

OVERDUE_WINDOW = timedelta(days=7)
"""How long after the due date an overdue reminder may be sent, so that a server that was off sends no outdated ones."""


class ReminderKind(StrEnum):
    DUE = "due"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class ReminderItem:
    """An assignment in a reminder. ``due_at`` is the learner's own due date.

    ``time_zone`` is the one in which it was set. ``is_moved`` says that an earlier reminder named another date.
    """

    assignment_id: int
    title: str
    cohort_title: str
    own_time_zone: str
    time_zone: str
    due_at: datetime
    is_moved: bool


@dataclass(frozen=True, slots=True)
class ReminderMail:
    kind: ReminderKind
    learner_id: int
    name: str
    email: str
    user_id: int
    language: str
    items: tuple[ReminderItem, ...]


def list_reminders(session: Session, kind: ReminderKind, now: datetime, soon: timedelta = SOON) -> list[ReminderMail]:
    """List the reminders to send, one for each learner."""
    due = assignment_sql.own_due(Assignment, AssignmentException)
    rows = session.execute(
        select(
            Learner.id,
            User.name,
            User.email,
            User.id,
            Learner.language,
            Assignment.id,
            Assignment.title,
            Cohort.title,
            Learner.time_zone,
            Assignment.time_zone,
            due,
            _was_told(Reminder.due_at != due),
            ModuleRow,
            Assignment.question_use,
            Assignment.test_id,
            assignment_sql.chosen_lesson_slugs(),
        )
        .select_from(Assignment)
        .join(Cohort, Cohort.id == Assignment.cohort_id)
        .join(ModuleRow, ModuleRow.id == Assignment.module_id)
        .join(Membership, Membership.cohort_id == Cohort.id)
        .join(Learner, Learner.id == Membership.learner_id)
        .join(User, User.id == Learner.user_id)
        .outerjoin(AssignmentException, assignment_sql.is_exception(Assignment.id, Learner.id))
        .outerjoin(ScopeResult, assignment_sql.in_scope(ScopeResult, Assignment, Learner.id))
        .where(
            User.active,
            notifications.is_mail_wanted(NotificationKind.REMINDERS, User.id),
            Membership.removed_at.is_(None),
            Cohort.archived_at.is_(None),
            Assignment.withdrawn_at.is_(None),
            or_(ModuleRow.retired_at.is_(None), Assignment.test_id.is_not(None)),
            Membership.joined_at < due,
            or_(Assignment.opens_at.is_(None), Assignment.opens_at <= now),
            is_assigned_to(Assignment, Learner.id),
            ~assignment_sql.is_excused(Assignment, Learner.id),
            _is_unfinished(now),
            *_is_due_for(kind, due, now, soon),
            ~_was_told(Reminder.kind == kind, Reminder.due_at == due),
        )
        .order_by(Learner.id, due, Assignment.id)
    ).all()
    startable = _keep_startable(session, [tuple(row) for row in rows])
    return [_build_reminder(kind, list(group)) for _, group in groupby(startable, key=lambda row: row[0])]


def _keep_startable(session: Session, rows: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
    """Leave out tests that have no questions, and the four columns by which that is known."""
    contents = [
        PaperContent(module, frozenset(chosen.split(LINE_SEPARATOR) if chosen else ()), use, test_id)
        for *_, module, use, test_id, chosen in rows
    ]
    counts = selection.count_tests(session, contents)
    return [row[:-4] for row, questions in zip(rows, counts, strict=True) if questions]


def _is_due_for(
    kind: ReminderKind, due: ColumnElement[datetime | None], now: datetime, soon: timedelta
) -> Sequence[ColumnElement[bool]]:
    if kind is ReminderKind.DUE:
        return (due >= now, due <= now + soon)
    # A closed assignment cannot be submitted any more, so an overdue reminder would be pointless.
    return (due < now, due > now - OVERDUE_WINDOW, ~assignment_sql.is_closed_when_due(Assignment))


def _is_unfinished(now: datetime) -> ColumnElement[bool]:
    """Whether an attempt is left, and the learner has submitted nothing or has failed with a released score.

    While a score is not released, a reminder after submission would reveal that the learner failed.
    """
    # An attempt past its deadline counts as submitted before it is marked, and may turn out to be a pass. So may one
    # that people still mark.
    is_unmarked = exists().where(
        assignment_sql.in_scope(Attempt, Assignment, Learner.id),
        or_(
            and_(Attempt.state == AttemptState.OPEN, Attempt.deadline_at < now - GRACE),
            and_(Attempt.state == AttemptState.SUBMITTED, Attempt.points.is_(None)),
        ),
    )
    used = func.coalesce(ScopeResult.attempts, 0)
    is_left = or_(Assignment.attempts_allowed.is_(None), used < assignment_sql.attempts_allowed(Assignment, Learner.id))
    is_released = assignment_sql.is_mark_released(Assignment, ScopeResult, Learner.id, now)
    is_failed = and_(is_released, ~assignment_sql.is_passed(Assignment, ScopeResult))
    is_to_do = or_(ScopeResult.learner_id.is_(None), is_failed)
    return and_(is_to_do, is_left, ~is_unmarked.correlate(Assignment, Learner))


def _was_told(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the learner was sent a reminder of the assignment that meets these conditions."""
    return (
        select(Reminder.learner_id)
        .where(Reminder.assignment_id == Assignment.id, Reminder.learner_id == Learner.id, *conditions)
        .correlate(Assignment, AssignmentException, Learner)
        .exists()
    )


def _build_reminder(kind: ReminderKind, rows: Sequence[Sequence[Any]]) -> ReminderMail:
    learner_id, name, email, user_id, language = rows[0][:5]
    items = tuple(ReminderItem(*row[5:]) for row in rows)
    return ReminderMail(kind, learner_id, name, email, user_id, language, items)


def note(session: Session, mail: ReminderMail, now: datetime) -> bool:
    """Record that a reminder is written; return False if a concurrent run has recorded part of it."""
    try:
        with session.begin_nested():
            for item in mail.items:
                _note_item(session, mail, item, now)
    except IntegrityError:
        return False
    return True


def _note_item(session: Session, mail: ReminderMail, item: ReminderItem, now: datetime) -> None:
    """Replace the note of another date, else add one; a concurrent note of the same date makes that fail."""
    place = {"assignment_id": item.assignment_id, "learner_id": mail.learner_id, "kind": mail.kind}
    named = {"due_at": item.due_at, "sent_at": now}
    moved = (
        update(Reminder).filter_by(**place).where(Reminder.due_at != item.due_at).values(named).returning(Reminder.kind)
    )
    if not session.execute(moved.execution_options(synchronize_session=False)).all():
        session.execute(insert(Reminder).values(place | named))
