"""Messages from trainers to learners of a cohort: sending, listing and reading them.

Their mails are delivered by :mod:`app.services.cohorts.message_mails`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from app.domain.names import get_sort_name
from app.domain.notifications import NotificationKind
from app.domain.paging import Paged, paginate
from app.models import Cohort, Learner, MailState, Membership, Message, MessageRecipient, User
from app.services.cohorts import cohorts
from app.services.cohorts.message_mails import is_interrupted
from app.services.log import audit
from app.services.people import notifications

MAX_LENGTH = 4000
MAX_UNREAD = 5
"""How many unread messages Home shows; the page of all messages shows the others."""


class NoRecipientsError(Exception):
    """None of the chosen learners is a member of the cohort (any more)."""


@dataclass(frozen=True, slots=True)
class PossibleRecipient:
    """A current member with an active account. ``wants_mail`` is their setting for messages."""

    learner_id: int
    name: str
    email: str
    wants_mail: bool


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A message as its recipient sees it. ``sender`` is None if the account was erased."""

    message_id: int
    sender: str | None
    cohort_title: str
    text: str
    sent_at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class RecipientLine:
    """A recipient as trainers see them; ``name`` is None if the account was erased."""

    name: str | None
    email: str | None
    read_at: datetime | None
    delivery: MailState
    is_interrupted: bool


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message as the cohort's trainers see it."""

    message_id: int
    sender: str | None
    text: str
    sent_at: datetime
    recipients: tuple[RecipientLine, ...]

    @property
    def read(self) -> int:
        return sum(one.read_at is not None for one in self.recipients)

    @property
    def mailed(self) -> int:
        return sum(one.delivery is MailState.SENT for one in self.recipients)

    @property
    def waiting(self) -> int:
        return sum(one.delivery in (MailState.WAITING, MailState.SENDING) for one in self.recipients)

    @property
    def failed(self) -> int:
        return sum(one.delivery in (MailState.FAILED, MailState.REFUSED) for one in self.recipients)

    @property
    def may_retry(self) -> bool:
        """Whether a mail failed or was interrupted. One that was just sent is on its way."""
        return bool(self.failed) or any(one.is_interrupted for one in self.recipients)


def list_possible_recipients(session: Session, cohort: Cohort) -> list[PossibleRecipient]:
    """List the learners to whom a message can be sent, by family name, as the gradebook does."""
    rows = session.execute(
        select(
            Learner.id,
            User.name,
            User.email,
            notifications.is_mail_wanted(NotificationKind.MESSAGES, User.id),
            Membership.sort_name,
        )
        .join(User, User.id == Learner.user_id)
        .join(Membership, Membership.learner_id == Learner.id)
        .where(Membership.cohort_id == cohort.id, Membership.removed_at.is_(None), User.active)
        .order_by(User.folded, Learner.id)
    ).all()
    return [
        PossibleRecipient(learner_id, name, email, bool(wants))
        for learner_id, name, email, wants, _sort_name in sorted(
            rows, key=lambda row: get_sort_name(row.name, row.sort_name)
        )
    ]


def send(
    session: Session,
    actor: User,
    cohort: Cohort,
    learner_ids: Collection[int],
    text: str,
    now: datetime,
    *,
    is_mailed: bool,
) -> Message:
    """Store a message to those of ``learner_ids`` who are members now, so that they see it on Home.

    ``is_mailed`` says whether mails can be sent: those who want it then wait for one.

    :raise NoRecipientsError: see there.
    :raise ArchivedError: see :func:`app.services.cohorts.cohorts.require_active`.
    """
    cohorts.require_active(cohort)
    chosen = set(learner_ids)
    recipients = [one for one in list_possible_recipients(session, cohort) if one.learner_id in chosen]
    if not recipients:
        raise NoRecipientsError
    message = Message(cohort_id=cohort.id, sender_id=actor.id, text=text, sent_at=now)
    session.add(message)
    session.flush()  # its recipients need its id
    session.execute(
        insert(MessageRecipient),
        [
            {
                "message_id": message.id,
                "learner_id": one.learner_id,
                "delivery": MailState.WAITING if is_mailed and one.wants_mail else MailState.NONE,
                "delivery_changed_at": now,
            }
            for one in recipients
        ],
    )
    audit.record(
        session,
        actor,
        "message.send",
        cohorts.get_subject(cohort),
        now,
        message=message.id,
        learners=[one.learner_id for one in recipients],
    )
    return message


def count_recipients(session: Session, message: Message) -> int:
    counted = select(func.count()).where(MessageRecipient.message_id == message.id)
    return session.scalar(counted) or 0


# -- trainers -----------------------------------------------------------------------------------------------------------


def get_for_cohort(session: Session, cohort: Cohort, message_id: int) -> Message | None:
    """Return a message that was sent to this cohort, which the caller was given as its trainer."""
    return session.scalar(select(Message).where(Message.id == message_id, Message.cohort_id == cohort.id))


def list_sent(session: Session, cohort: Cohort, now: datetime, number: int = 1) -> Paged[SentMessage]:
    """Return one page of the messages sent to a cohort, latest first."""
    total = session.scalar(select(func.count()).where(Message.cohort_id == cohort.id)) or 0
    found = (
        select(Message, User.name)
        .outerjoin(User, User.id == Message.sender_id)
        .where(Message.cohort_id == cohort.id)
        .order_by(Message.id.desc())
    )

    def fetch(offset: int, limit: int) -> list[SentMessage]:
        rows = session.execute(found.limit(limit).offset(offset)).all()
        recipients = _list_recipients(session, [message.id for message, _ in rows], now)
        return [
            SentMessage(message.id, sender, message.text, message.sent_at, tuple(recipients[message.id]))
            for message, sender in rows
        ]

    return paginate(total, number, fetch)


def _list_recipients(session: Session, message_ids: Sequence[int], now: datetime) -> Mapping[int, list[RecipientLine]]:
    it = MessageRecipient
    rows = session.execute(
        select(
            it.message_id, User.name, User.email, it.read_at, it.delivery, is_interrupted(now).label("is_interrupted")
        )
        .join(Learner, Learner.id == MessageRecipient.learner_id)
        .outerjoin(User, User.id == Learner.user_id)
        .where(MessageRecipient.message_id.in_(message_ids))
        .order_by(User.folded, Learner.id)
    )
    found: dict[int, list[RecipientLine]] = defaultdict(list)
    for row in rows:
        found[row.message_id].append(RecipientLine(row.name, row.email, row.read_at, row.delivery, row.is_interrupted))
    return found


# -- learners -----------------------------------------------------------------------------------------------------------

_RECEIVED = (
    select(Message.id, User.name, Cohort.title, Message.text, Message.sent_at, MessageRecipient.read_at)
    .select_from(MessageRecipient)
    .join(Message, Message.id == MessageRecipient.message_id)
    .join(Cohort, Cohort.id == Message.cohort_id)
    .outerjoin(User, User.id == Message.sender_id)
    .where(MessageRecipient.learner_id == bindparam("learner_id"))
    .order_by(Message.id.desc())
)
# Built once, because Home runs it. A learner who left the cohort no longer sees its messages there.
_UNREAD = (
    _RECEIVED.join(
        Membership,
        (Membership.cohort_id == Message.cohort_id) & (Membership.learner_id == MessageRecipient.learner_id),
    )
    .where(MessageRecipient.read_at.is_(None), Membership.removed_at.is_(None))
    .limit(MAX_UNREAD)
)


def list_unread(session: Session, learner: Learner) -> list[ReceivedMessage]:
    """List a learner's latest unread messages, latest first."""
    return [ReceivedMessage(*row) for row in session.execute(_UNREAD, {"learner_id": learner.id})]


def list_received(session: Session, learner: Learner, number: int = 1) -> Paged[ReceivedMessage]:
    """Return one page of all messages that a learner ever received, latest first."""
    counted = select(func.count()).where(MessageRecipient.learner_id == learner.id)
    total = session.scalar(counted) or 0

    def fetch(offset: int, limit: int) -> list[ReceivedMessage]:
        rows = session.execute(_RECEIVED.limit(limit).offset(offset), {"learner_id": learner.id})
        return [ReceivedMessage(*row) for row in rows]

    return paginate(total, number, fetch)


def mark_read(session: Session, learner: Learner, message_id: int, now: datetime) -> bool:
    """Record that a learner read a message; return False if they did not receive it. Only the first time counts."""
    its = (MessageRecipient.message_id == message_id, MessageRecipient.learner_id == learner.id)
    if session.scalar(select(MessageRecipient.message_id).where(*its)) is None:
        return False
    session.execute(update(MessageRecipient).where(*its, MessageRecipient.read_at.is_(None)).values(read_at=now))
    return True
