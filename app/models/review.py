"""Daily review: what each learner remembers of each objective, and what they aim for."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model
from app.domain.spacing import DEFAULT_DAILY_LIMIT, DEFAULT_RETENTION
from app.models.columns import IntPk, UtcDateTime


class MemoryCard(Model):
    """A learner's memory of one objective. It can always be rebuilt from their released marks.

    The columns up to ``is_urgent`` are those of :class:`app.domain.spacing.Memory`; ``due_at`` follows from them and
    the learner's :class:`ReviewPlan`.
    """

    __tablename__ = "memory_card"
    __table_args__ = (
        Index("ix_memory_card_due", "learner_id", "due_at"),
        CheckConstraint("stability > 0", name="stability"),
        CheckConstraint("difficulty BETWEEN 1 AND 10", name="difficulty"),
    )

    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id", ondelete="CASCADE"), primary_key=True)
    objective_id: Mapped[int] = mapped_column(ForeignKey("objective.id"), primary_key=True)
    stability: Mapped[float]
    difficulty: Mapped[float]
    reviewed_at: Mapped[UtcDateTime]
    is_urgent: Mapped[bool]
    due_at: Mapped[UtcDateTime]


class CardUpdate(Model):
    """A note that marks of an attempt changed, and that its learner's cards do not yet know."""

    __tablename__ = "card_update"

    id: Mapped[IntPk]
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id", ondelete="CASCADE"), index=True)


class ReviewPlan(Model):
    """What a learner wants of reviews; without a row, the defaults apply.

    ``exam_on`` is a day in the learner's time zone. ``reminded_on`` is the day of the latest reminder by mail.
    """

    __tablename__ = "review_plan"
    __table_args__ = (
        CheckConstraint("retention_percent BETWEEN 70 AND 97", name="retention_percent"),
        CheckConstraint("daily_limit BETWEEN 1 AND 200", name="daily_limit"),
    )

    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id", ondelete="CASCADE"), primary_key=True)
    retention_percent: Mapped[int] = mapped_column(default=DEFAULT_RETENTION)
    daily_limit: Mapped[int] = mapped_column(default=DEFAULT_DAILY_LIMIT)
    exam_on: Mapped[date | None]
    is_paused: Mapped[bool] = mapped_column(default=False)
    is_in_calendar: Mapped[bool] = mapped_column(default=False)
    reminded_on: Mapped[date | None]
