"""Sends the mails of the outbox, with separate transactions before and after each one."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy.orm import Session

from app.clock import now
from app.models import OutboxMail
from app.services.upkeep import outbox
from app.services.upkeep.outbox import OutgoingMail
from app.web.mail_connection import MailConnection, MailFailure


def deliver(session: Session, connection: MailConnection) -> Iterator[int]:
    """Send all mails that are due. Each step is one mail; the caller commits after it.

    Late mails are given up first. If the mail server can't be reached, the mails are postponed, and nothing more is tried.
    """
    while outbox.give_up_late(session, now()):
        yield 0
    while mails := outbox.claim(session, now()):
        session.commit()  # mails are not sent while a transaction is open: it would hold SQLite's write lock
        for number, mail in enumerate(mails):
            failure = _try_to_send(connection, mail)
            if failure is None:
                outbox.remove(session, mail)
            elif connection.failure is not None:
                outbox.postpone(session, mails[number:], failure.name, now())
                yield 0
                return
            elif failure.is_final:
                outbox.give_up(session, mail, failure.name)
            else:
                outbox.postpone(session, [mail], failure.name, now())
            yield int(failure is None)


def _try_to_send(connection: MailConnection, mail: OutboxMail) -> MailFailure | None:
    if not mail.address:
        return None
    headers = {**mail.headers, "Message-ID": _make_message_id(mail)}
    message = OutgoingMail(mail.address, mail.subject, mail.text, headers, mail.html, user_id=mail.user_id)
    return connection.try_to_send(message)


def _make_message_id(mail: OutboxMail) -> str:
    """Return an id that stays the same if the mail is sent twice, so that mail programs can show it once."""
    host = urlsplit(current_app.config["PALPATE"].base_url).hostname
    return f"<{mail.id}.{mail.written_at.timestamp():.0f}@{host}>"
