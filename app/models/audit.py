"""The audit log."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model
from app.models.columns import IntPk, Json, UtcDateTime


class AuditEvent(Model):
    """One event: ``action`` is a verb of the domain (``user.deactivate``), ``subject`` its object (``user:12``).

    The log is append-only. Triggers (migration 0003) refuse to delete or change an event, except that an erasure may
    clear its actor and details and set its subject to the anonymous learner.
    """

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_actor", "actor_id", "at"),
        Index("ix_audit_event_action", "action", "at"),
    )

    id: Mapped[IntPk]
    at: Mapped[UtcDateTime] = mapped_column(index=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(60), index=True)
    details: Mapped[Json]
