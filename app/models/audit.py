"""Who changed what, and when."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model
from app.models.columns import Document, Key, Moment


class AuditEvent(Model):
    """Append-only. ``action`` is a verb of the domain (``user.deactivate``), ``subject`` what it was done to (``user:12``).

    The database itself refuses to delete an event or to change one, except that an event may lose a person who was erased: its actor, its
    details, and a subject that becomes the anonymous learner (triggers of migration 0003).
    """

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_actor", "actor_id", "at"),
        Index("ix_audit_event_action", "action", "at"),
    )

    id: Mapped[Key]
    at: Mapped[Moment] = mapped_column(index=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(60), index=True)
    details: Mapped[Document]
