"""The outbox: mails that were written and not sent yet."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model
from app.models.columns import IntPk, Json, LongText, Str200, UtcDateTime, enum_column


class OutboxState(StrEnum):
    """``GIVEN_UP``: the mail server refused it for good, or it could not be sent in time. Its text was removed."""

    WAITING = "waiting"
    GIVEN_UP = "given_up"


class OutboxMail(Model):
    """A mail that waits to be sent, or could not be sent; mails that were sent are deleted.

    ``user_id`` is the account to which it was written, if any. ``address`` is empty for a decoy, which is never sent: the
    reset form stores one for an unknown address, so that its response takes as long as for a known one. ``next_try_at``
    is when it is sent or tried again; ``error`` is why the latest try failed.
    """

    __tablename__ = "outbox_mail"
    __table_args__ = (Index("ix_outbox_mail_state", "state", "next_try_at"),)

    id: Mapped[IntPk]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    address: Mapped[str] = mapped_column(String(254), index=True)
    subject: Mapped[LongText]
    text: Mapped[LongText]
    html: Mapped[LongText]
    headers: Mapped[Json]
    written_at: Mapped[UtcDateTime]
    give_up_at: Mapped[UtcDateTime]
    next_try_at: Mapped[UtcDateTime]
    state: Mapped[OutboxState] = mapped_column(enum_column(OutboxState, "state"), default=OutboxState.WAITING)
    tries: Mapped[int] = mapped_column(default=0)
    error: Mapped[Str200] = mapped_column(default="")
