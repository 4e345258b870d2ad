"""Replies to learners' reports: which are unread, and who is to be told of a new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, or_, select, update
from sqlalchemy.orm import Session

from app.domain.attempt import AttemptState, Purpose
from app.models import (
    Assignment,
    Attempt,
    AttemptItem,
    Learner,
    ModuleRow,
    QuestionReport,
    QuestionRow,
    QuestionVersion,
    User,
)
from app.services.attempts.attempts import IS_ACCESSIBLE

MAX_UNREAD = 10
"""The maximum number of unread replies in a list."""


@dataclass(frozen=True, slots=True)
class UnreadReply:
    """A reply that its learner has not read. ``n`` is the question's position in the attempt."""

    attempt_id: int
    n: int
    stem: str
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class ReplyRecipient:
    """The person who reported a question, with what a message about the reply needs."""

    user: User
    language: str
    attempt_id: int
    n: int
    module_title: str
    stem: str
    says: str
    reply: str


_ITEM = and_(AttemptItem.attempt_id == QuestionReport.attempt_id, AttemptItem.position == QuestionReport.position)
# A reply may name the right answer, so it waits until a test is submitted.
_IS_SHOWN = or_(Attempt.state == AttemptState.SUBMITTED, Attempt.purpose == Purpose.PRACTICE)
_UNREAD = (
    select(QuestionReport.attempt_id, QuestionReport.position, QuestionVersion.stem, QuestionReport.answered_at)
    .join(Attempt, Attempt.id == QuestionReport.attempt_id)
    .join(AttemptItem, _ITEM)
    .join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
    .outerjoin(Assignment, Assignment.id == Attempt.assignment_id)
    .where(
        QuestionReport.answered_at.is_not(None),
        QuestionReport.reply_read_at.is_(None),
        Attempt.learner_id == bindparam("learner_id"),
        Attempt.purpose != Purpose.CHECK,
        IS_ACCESSIBLE,
        _IS_SHOWN,
    )
    .order_by(QuestionReport.answered_at.desc())
    .limit(MAX_UNREAD)
)


def list_unread(session: Session, learner: Learner | None) -> Sequence[UnreadReply]:
    """List the latest replies that a learner has not read and can open, with one statement; none for a visitor."""
    if learner is None:
        return ()
    rows: Sequence[Any] = session.execute(_UNREAD, {"learner_id": learner.id}).all()
    return [UnreadReply(*row) for row in rows]


def mark_read(session: Session, report: QuestionReport, now: datetime) -> None:
    """Record that the learner has read the reply. Repeating it changes nothing."""
    session.execute(
        update(QuestionReport)
        .where(
            QuestionReport.id == report.id,
            QuestionReport.answered_at.is_not(None),
            QuestionReport.reply_read_at.is_(None),
        )
        .values(reply_read_at=now)
    )


def get_recipient(session: Session, report_id: int) -> ReplyRecipient | None:
    """Return the person to tell of the reply to a report.

    None if there is no reply, they have read it, they have no account (a guest or an erased person) or it is
    deactivated, they can no longer open the attempt, or the test is not submitted yet.
    """
    row = session.execute(
        select(QuestionReport, User, Learner.language, ModuleRow.title, QuestionVersion.stem)
        .join(Attempt, Attempt.id == QuestionReport.attempt_id)
        .join(AttemptItem, _ITEM)
        .join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
        .join(QuestionRow, QuestionRow.id == QuestionVersion.question_id)
        .join(ModuleRow, ModuleRow.id == QuestionRow.module_id)
        .join(Learner, Learner.id == Attempt.learner_id)
        .join(User, User.id == Learner.user_id)
        .outerjoin(Assignment, Assignment.id == Attempt.assignment_id)
        .where(
            QuestionReport.id == report_id,
            QuestionReport.answered_at.is_not(None),
            QuestionReport.reply_read_at.is_(None),
            User.active,
            IS_ACCESSIBLE,
            _IS_SHOWN,
        )
    ).one_or_none()
    if row is None:
        return None
    report, user, language, module_title, stem = row
    return ReplyRecipient(
        user, language, report.attempt_id, report.position, module_title, stem, report.says, report.reply or ""
    )
