"""Delivers the mails of messages, with separate transactions for each mail.

They are not written to the outbox, but rendered when they are sent: rights and wishes are checked at every try, and
trainers see which mails wait or failed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flask_babel import lazy_gettext
from sqlalchemy.orm import Session

from app.clock import now
from app.domain.notifications import NotificationKind
from app.models import MailState
from app.services.cohorts import message_mails
from app.services.cohorts.message_mails import MessageMail
from app.web import mail
from app.web.mail_connection import MailConnection, MailFailure

Post = Callable[[MessageMail], MailFailure | None]
"""Sends a mail and returns its failure, or None if the mail server accepted it."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """How many mails were sent, failed, or were refused for good."""

    sent: int
    failed: int
    refused: int


def deliver(session: Session, post: Post) -> Delivered:
    """Send all mails that wait; see :func:`deliver_each`."""
    results = list(deliver_each(session, post))
    return Delivered(
        sent=results.count(MailState.SENT),
        failed=results.count(MailState.FAILED),
        refused=results.count(MailState.REFUSED),
    )


def deliver_each(session: Session, post: Post) -> Iterator[MailState]:
    """Send the mails that wait, committing before and after each one. Yield what became of each.

    Each is claimed and committed before it is sent, so two processes do not send it both, and the lock of the database
    is not held while the mail server works. A mail whose process was killed is sent again by a later retry.
    """
    for key in message_mails.list_waiting(session):
        letter = message_mails.claim(session, key, now())
        session.commit()
        if letter is None:
            yield MailState.NONE
            continue
        state = _judge(post(letter))
        message_mails.finish(session, key, now(), state)
        session.commit()
        yield state


def _judge(failure: MailFailure | None) -> MailState:
    if failure is None:
        return MailState.SENT
    return MailState.REFUSED if failure.is_final else MailState.FAILED


def post_by(connection: MailConnection) -> Post:
    """Return a function that sends the mails of messages by this connection."""

    def post(letter: MessageMail) -> MailFailure | None:
        addressee = mail.Addressee(letter.user_id, letter.name, letter.email, letter.language)
        subject = lazy_gettext("Message from %(sender)s: %(cohort)s", sender=letter.sender, cohort=letter.cohort_title)
        return connection.try_to_send(
            mail.write_notification(addressee, NotificationKind.MESSAGES, subject, "mail/message.txt", letter=letter)
        )

    return post
