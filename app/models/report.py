"""Learners' reports of faulty questions."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model
from app.models.columns import IntPk, LongText, UtcDateTime


class QuestionReport(Model):
    """A learner's report of a question in an attempt; ``reply`` and the columns after it are null until a reply.

    ``reply_read_at`` is when the learner said that they have read the reply.
    """

    __tablename__ = "question_report"
    __table_args__ = (
        ForeignKeyConstraint(
            ["attempt_id", "position"], ["attempt_item.attempt_id", "attempt_item.position"], ondelete="CASCADE"
        ),
        UniqueConstraint("attempt_id", "position"),
        Index(
            "ix_question_report_open",
            "reported_at",
            sqlite_where=text("answered_at IS NULL"),
            postgresql_where=text("answered_at IS NULL"),
        ),
        Index(
            "ix_question_report_unread",
            "attempt_id",
            sqlite_where=text("answered_at IS NOT NULL AND reply_read_at IS NULL"),
            postgresql_where=text("answered_at IS NOT NULL AND reply_read_at IS NULL"),
        ),
        CheckConstraint("reply_read_at IS NULL OR answered_at IS NOT NULL", name="read"),
    )

    id: Mapped[IntPk]
    attempt_id: Mapped[int]
    position: Mapped[int]
    says: Mapped[LongText]
    reported_at: Mapped[UtcDateTime]
    reply: Mapped[LongText | None]
    answered_at: Mapped[UtcDateTime | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    reply_read_at: Mapped[UtcDateTime | None]
