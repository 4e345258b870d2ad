"""What learners say is wrong with a question."""

from __future__ import annotations

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model
from app.models.columns import Key, Moment, Prose


class QuestionReport(Model):
    """One learner's doubt about one question of one attempt; ``reply`` and what follows are null until somebody answered it."""

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
    )

    id: Mapped[Key]
    attempt_id: Mapped[int]
    position: Mapped[int]
    says: Mapped[Prose]
    reported_at: Mapped[Moment]
    reply: Mapped[Prose | None]
    answered_at: Mapped[Moment | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
