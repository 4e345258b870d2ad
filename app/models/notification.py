"""What people want to be mailed about, and the weekly digests that were sent."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model
from app.domain.notifications import NotificationKind
from app.models.columns import UtcDateTime, enum_column


class NotificationSetting(Model):
    """A person's decision about one kind of mail. Without a row, the kind's default applies."""

    __tablename__ = "notification_setting"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[NotificationKind] = mapped_column(enum_column(NotificationKind, "kind"), primary_key=True)
    is_on: Mapped[bool]


class Digest(Model):
    """A weekly digest sent to a trainer. ``week`` is an ISO week such as ``2026-W48``; each week has one at most."""

    __tablename__ = "digest"

    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True)
    week: Mapped[str] = mapped_column(String(8), primary_key=True)
    sent_at: Mapped[UtcDateTime]
