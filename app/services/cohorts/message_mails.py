"""The mails of messages. Each is claimed before it is sent, so that two processes do not send it both.

Rights and wishes are checked when a mail is sent, not when the message was written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from app.domain.notifications import NotificationKind
from app.models import (
    Cohort,
    CohortTrainer,
    Learner,
    MailState,
    Membership,
    Message,
    MessageRecipient,
    Role,
    User,
)
from app.services.people import notifications

INTERRUPTED_AFTER = timedelta(minutes=10)
"""A mail that has been on its way for longer was interrupted, for example by a restart of the server."""

RETRY_WITHIN = timedelta(days=3)
"""How long after a message its mails are retried without being asked for."""

_sender = aliased(User)


@dataclass(frozen=True, slots=True)
class MessageMail:
    """A mail to send. ``user_id`` and ``email`` are those of the recipient."""

    message_id: int
    learner_id: int
    user_id: int
    name: str
    email: str
    language: str
    sender: str
    cohort_title: str
    text: str


@dataclass(frozen=True, slots=True)
class MailKey:
    """Identifies the mail of one message to one recipient."""

    message_id: int
    learner_id: int


def list_waiting(session: Session, message_id: int | None = None) -> list[MailKey]:
    """List the mails to send, of one message or of all."""
    found = select(MessageRecipient.message_id, MessageRecipient.learner_id).where(
        MessageRecipient.delivery == MailState.WAITING
    )
    if message_id is not None:
        found = found.where(MessageRecipient.message_id == message_id)
    rows = session.execute(found.order_by(MessageRecipient.message_id, MessageRecipient.learner_id))
    return [MailKey(*row) for row in rows]


def claim(session: Session, key: MailKey, now: datetime) -> MessageMail | None:
    """Take a waiting mail in order to send it after the commit.

    Return None if another process took it, or if it must not be sent any more: its sender no longer teaches the cohort,
    or the recipient left, was deactivated or switched these mails off.
    """
    row = session.execute(
        select(
            Message.id,
            Learner.id,
            User.id,
            User.name,
            User.email,
            Learner.language,
            _sender.name,
            Cohort.title,
            Message.text,
        )
        .select_from(MessageRecipient)
        .join(Message, Message.id == MessageRecipient.message_id)
        .join(Cohort, Cohort.id == Message.cohort_id)
        .join(_sender, _sender.id == Message.sender_id)
        .join(Learner, Learner.id == MessageRecipient.learner_id)
        .join(User, User.id == Learner.user_id)
        .join(Membership, and_(Membership.cohort_id == Cohort.id, Membership.learner_id == Learner.id))
        .where(
            MessageRecipient.message_id == key.message_id,
            MessageRecipient.learner_id == key.learner_id,
            User.active,
            Membership.removed_at.is_(None),
            Cohort.archived_at.is_(None),
            notifications.is_mail_wanted(NotificationKind.MESSAGES, User.id),
            _may_still_write(),
        )
    ).one_or_none()
    state = MailState.NONE if row is None else MailState.SENDING
    is_claimed = _change_state(session, key, MailState.WAITING, state, now)
    return MessageMail(*row) if row is not None and is_claimed else None


def _may_still_write() -> ColumnElement[bool]:
    teaches = exists().where(CohortTrainer.cohort_id == Cohort.id, CohortTrainer.user_id == _sender.id)
    is_trainer = and_(_sender.role == Role.TRAINER, teaches.correlate_except(CohortTrainer))
    return and_(_sender.active, or_(_sender.role == Role.ADMIN, is_trainer))


def finish(session: Session, key: MailKey, now: datetime, state: MailState) -> None:
    """Record what became of a claimed mail."""
    _change_state(session, key, MailState.SENDING, state, now)


def retry(session: Session, message: Message, now: datetime) -> int:
    """Let the failed, refused and interrupted mails of a message wait again; return how many."""
    failed = [MailState.FAILED, MailState.REFUSED]  # a trainer may know that the address works now
    return _requeue(session, now, failed, MessageRecipient.message_id == message.id)


def retry_recent(session: Session, now: datetime) -> int:
    """Let the failed and interrupted mails of recent messages wait again; return how many.

    An interrupted one may have arrived already: each is sent at least once. Those that were refused for good are not
    tried again, because mail servers take that for abuse.
    """
    recent = select(Message.id).where(Message.sent_at > now - RETRY_WITHIN)
    return _requeue(session, now, [MailState.FAILED], MessageRecipient.message_id.in_(recent))


def is_interrupted(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a mail has been on its way for too long."""
    return and_(
        MessageRecipient.delivery == MailState.SENDING,
        MessageRecipient.delivery_changed_at < now - INTERRUPTED_AFTER,
    )


def _requeue(session: Session, now: datetime, failures: Sequence[MailState], of_messages: ColumnElement[bool]) -> int:
    changed = session.execute(
        update(MessageRecipient)
        .where(or_(MessageRecipient.delivery.in_(failures), is_interrupted(now)), of_messages)
        .values(delivery=MailState.WAITING, delivery_changed_at=now)
        .returning(MessageRecipient.learner_id)
        .execution_options(synchronize_session=False)
    )
    return len(changed.all())


def _change_state(session: Session, key: MailKey, old: MailState, new: MailState, now: datetime) -> bool:
    """Change the state of a mail; return False if it is not ``old`` any more."""
    changed = session.execute(
        update(MessageRecipient)
        .where(
            MessageRecipient.message_id == key.message_id,
            MessageRecipient.learner_id == key.learner_id,
            MessageRecipient.delivery == old,
        )
        .values(delivery=new, delivery_changed_at=now)
        .returning(MessageRecipient.learner_id)
        .execution_options(synchronize_session=False)
    )
    return len(changed.all()) == 1
