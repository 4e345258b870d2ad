"""Attempts that a trainer reopened or gave more time, and the marks that were withdrawn for it."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model
from app.models.columns import IntPk, LongText, UtcDateTime


class AttemptReopening(Model):
    """A trainer reopened an attempt, or gave an open one more time; append-only.

    ``minutes`` is what was given, null if the attempt has no time limit. The ``old_…`` columns are the attempt's values
    before: ``old_submitted_at`` and the ones after it are null if it was open.
    """

    __tablename__ = "attempt_reopening"
    __table_args__ = (CheckConstraint("minutes IS NULL OR minutes BETWEEN 1 AND 600", name="minutes"),)

    id: Mapped[IntPk]
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id", ondelete="CASCADE"), index=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    reason: Mapped[LongText]
    reopened_at: Mapped[UtcDateTime]
    minutes: Mapped[int | None]
    deadline_at: Mapped[UtcDateTime | None]
    old_deadline_at: Mapped[UtcDateTime | None]
    old_submitted_at: Mapped[UtcDateTime | None]
    old_points: Mapped[float | None]
    old_max_points: Mapped[float | None]
    old_is_passed: Mapped[bool | None]


class WithdrawnMark(Model):
    """A mark as it was before its attempt was reopened. Its changes are in ``mark_change`` with this reopening."""

    __tablename__ = "withdrawn_mark"

    reopening_id: Mapped[int] = mapped_column(ForeignKey("attempt_reopening.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    points: Mapped[float]
    max_points: Mapped[float]
    is_right: Mapped[bool]
    is_void: Mapped[bool]
    certainty_points: Mapped[int]
    marked_at: Mapped[UtcDateTime]
