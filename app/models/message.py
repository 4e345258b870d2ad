"""Messages from trainers to learners of a cohort."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model
from app.models.columns import IntPk, LongText, UtcDateTime, enum_column


class MailState(StrEnum):
    """The state of a message's mail to one recipient.

    - ``NONE``: the recipient sees the message on Home only.
    - ``WAITING``: it is to be sent. ``SENDING``: it was handed to the mail server, whose reply is not known yet.
    - ``FAILED``: it is tried again for some days. ``REFUSED``: the mail server refused it for good.
    """

    NONE = "none"
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    REFUSED = "refused"


class Message(Model):
    """A trainer's message, as plain text. ``sender_id`` is null if the account was erased."""

    __tablename__ = "message"
    __table_args__ = (Index("ix_message_cohort", "cohort_id", "id"),)

    id: Mapped[IntPk]
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id", ondelete="CASCADE"))
    sender_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    text: Mapped[LongText]
    sent_at: Mapped[UtcDateTime]


class MessageRecipient(Model):
    """A learner to whom a message was sent. ``read_at`` is when they dismissed it from Home.

    ``delivery`` is the state of its mail, which last changed at ``delivery_changed_at``.
    """

    __tablename__ = "message_recipient"
    __table_args__ = (
        Index(
            "ix_message_recipient_unread",
            "learner_id",
            sqlite_where=text("read_at IS NULL"),
            postgresql_where=text("read_at IS NULL"),
        ),
        Index("ix_message_recipient_learner", "learner_id", "message_id"),
        Index(
            "ix_message_recipient_unsent",
            "message_id",
            sqlite_where=text("delivery IN ('waiting', 'sending', 'failed')"),
            postgresql_where=text("delivery IN ('waiting', 'sending', 'failed')"),
        ),
    )

    message_id: Mapped[int] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"), primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id", ondelete="CASCADE"), primary_key=True)
    read_at: Mapped[UtcDateTime | None]
    delivery: Mapped[MailState] = mapped_column(enum_column(MailState, "delivery"), default=MailState.NONE)
    delivery_changed_at: Mapped[UtcDateTime | None]
