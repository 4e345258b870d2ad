"""The audit log: who changed what, and when. Append-only; it holds ids and values, never names, addresses or tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import AuditEvent, User

SHOWN = 20
"""How many of the latest events of one subject a page shows."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as an administrator reads it; ``actor`` is None where a command acted or the account was erased."""

    at: datetime
    actor: str | None
    action: str
    details: dict[str, object]


def record(session: Session, actor: User | None, action: str, subject: str, now: datetime, **details: object) -> None:
    """Note that ``actor`` (None: a command) did ``action`` to ``subject``, in the transaction that does it."""
    session.add(
        AuditEvent(at=now, actor_id=actor.id if actor else None, action=action, subject=subject, details=details)
    )


def list_latest(session: Session, subject: str) -> Sequence[Entry]:
    rows = session.execute(
        select(AuditEvent, User.name)
        .outerjoin(User, User.id == AuditEvent.actor_id)
        .where(AuditEvent.subject == subject)
        .order_by(AuditEvent.id.desc())
        .limit(SHOWN)
    )
    return [Entry(event.at, name, event.action, event.details) for event, name in rows]
