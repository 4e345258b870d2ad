"""The outbox: mails are stored in the transaction of what they announce, and sent after it.

A mail is sent at least once: it is deleted only after the mail server has accepted it. If the process is killed between
the two, the mail is sent again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, case, delete, func, literal_column, or_, select, update
from sqlalchemy.orm import Session

from app.models import OutboxMail, OutboxState

KEPT_FOR = timedelta(days=3)
"""How long the server tries to send a mail, unless it is written with another limit."""

CLAIMED_FOR = timedelta(minutes=10)
"""After this time, a mail whose sending was interrupted is sent again."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=4)
"""The pause after the first failure; it doubles with each further one up to the longest."""

GIVEN_UP_PER_STEP = 200
"""How many late mails are given up at a time: some 10 ms on SQLite."""

TOO_LATE = "too late"
"""The error of a mail that was given up before any try."""

RETENTION = timedelta(days=30)
"""How long the Health page reports a mail that could not be sent."""

_GIVEN_UP: Mapping[str, Any] = {"state": OutboxState.GIVEN_UP, "text": "", "html": "", "headers": {}}
"""What is stored of a mail that can't be sent, beside its address and the error."""

_UNSEEN: Mapping[str, Any] = {"synchronize_session": False}
"""No loaded row is used after such a statement."""


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """A mail to one address. ``user_id`` is the account to which it is written; without an address, it is a decoy."""

    to: str
    subject: str
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)
    html: str = ""
    user_id: int | None = None
    kept_for: timedelta = KEPT_FOR


@dataclass(frozen=True, slots=True)
class OutboxCounts:
    """How many mails wait (``late`` of them after a failure) or were given up, and the latest error."""

    waiting: int
    late: int
    given_up: int
    error: str


def add(session: Session, mail: OutgoingMail, now: datetime) -> None:
    """Store a mail. It is sent after the commit."""
    session.add(
        OutboxMail(
            user_id=mail.user_id,
            address=mail.to,
            subject=mail.subject,
            text=mail.text,
            html=mail.html,
            headers=dict(mail.headers),
            written_at=now,
            give_up_at=now + mail.kept_for,
            next_try_at=now,
            tries=0,
        )
    )


def give_up_late(session: Session, now: datetime) -> int:
    """Give up some mails that are due but no longer worth sending; return how many.

    The server may have been off or without mail for days. Call this until it returns 0.
    """
    late = _select_due(now).where(OutboxMail.give_up_at <= now).limit(GIVEN_UP_PER_STEP)
    found = session.execute(late.with_only_columns(OutboxMail.id, OutboxMail.address)).all()
    decoys = [mail_id for mail_id, address in found if not address]
    if decoys:
        session.execute(delete(OutboxMail).where(OutboxMail.id.in_(decoys)).execution_options(**_UNSEEN))
    if others := [mail_id for mail_id, address in found if address]:
        error = case((OutboxMail.error == "", TOO_LATE), else_=OutboxMail.error)
        given_up = update(OutboxMail).where(OutboxMail.id.in_(others)).values(error=error, **_GIVEN_UP)
        session.execute(given_up.execution_options(**_UNSEEN))
    return len(found)


def claim(session: Session, now: datetime, limit: int = 20) -> Sequence[OutboxMail]:
    """Take up to ``limit`` mails that are due, oldest first, in order to send them after the commit."""
    found = session.scalars(_select_due(now).where(OutboxMail.give_up_at > now).limit(limit)).all()
    for mail in found:
        mail.next_try_at, mail.tries = now + CLAIMED_FOR, mail.tries + 1
    return found


def _select_due(now: datetime) -> Select[OutboxMail]:
    due = or_(OutboxMail.next_try_at <= now, OutboxMail.next_try_at > now + LONGEST_PAUSE)  # the clock was set back
    return select(OutboxMail).where(OutboxMail.state == OutboxState.WAITING, due).order_by(OutboxMail.id)


def remove(session: Session, mail: OutboxMail) -> None:
    """Delete a mail with the links in it, because the mail server has accepted it, or because it is a decoy."""
    session.execute(delete(OutboxMail).where(OutboxMail.id == mail.id).execution_options(**_UNSEEN))


def postpone(session: Session, mails: Sequence[OutboxMail], error: str, now: datetime) -> None:
    """Try mails again later, or give them up if it is too late for them."""
    for mail in mails:
        pause = min(FIRST_PAUSE * 2 ** min(mail.tries - 1, 20), LONGEST_PAUSE)
        if now + pause > mail.give_up_at:
            give_up(session, mail, error)
        else:
            _change(session, mail, next_try_at=now + pause, error=error[:200])


def give_up(session: Session, mail: OutboxMail, error: str) -> None:
    """Keep only the address and the error of a mail that can't be sent. A decoy has neither, and is deleted."""
    if not mail.address:
        remove(session, mail)
        return
    _change(session, mail, error=error[:200], **_GIVEN_UP)


def _change(session: Session, mail: OutboxMail, **values: object) -> None:
    """Change a row unless it was deleted meanwhile, because its addressee was erased."""
    session.execute(update(OutboxMail).where(OutboxMail.id == mail.id).values(values))


def remove_old(session: Session, now: datetime) -> int:
    """Delete mails that were given up long ago; return how many."""
    removed = session.execute(
        delete(OutboxMail)
        .where(OutboxMail.state == OutboxState.GIVEN_UP, OutboxMail.written_at < now - RETENTION)
        .returning(OutboxMail.id)
        .execution_options(**_UNSEEN)
    )
    return len(removed.all())


def count(session: Session) -> OutboxCounts:
    """Count the mails for the Health page."""
    has_failed = OutboxMail.error != literal_column("''")  # PostgreSQL does not recognise two parameters as the same
    rows = session.execute(select(OutboxMail.state, has_failed, func.count()).group_by(OutboxMail.state, has_failed))
    numbers = {(state, is_late): number for state, is_late, number in rows}
    latest = select(OutboxMail.error).where(OutboxMail.error != "").order_by(OutboxMail.id.desc()).limit(1)
    late = numbers.get((OutboxState.WAITING, True), 0)
    return OutboxCounts(
        waiting=numbers.get((OutboxState.WAITING, False), 0) + late,
        late=late,
        given_up=numbers.get((OutboxState.GIVEN_UP, True), 0),
        error=session.scalar(latest) or "",
    )
