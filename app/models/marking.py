"""What people award to answers that they mark."""

from __future__ import annotations

from sqlalchemy import JSON, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model
from app.domain.markings import MarkerRole
from app.models.columns import IntPk, Json, LongText, UtcDateTime, enum_column


class MarkingRow(Model):
    """The marking of one answer by one person, as :class:`app.domain.markings.Marking` describes it.

    ``criteria`` are the points of each criterion in the order of the rubric, null if the marker gave one mark for the
    whole. The learner reads ``comment`` with the result. ``reopening_id`` names the reopening that withdrew the
    marking; it is null for a current one.
    """

    __tablename__ = "marking"
    __table_args__ = (
        ForeignKeyConstraint(
            ["attempt_id", "position"], ["attempt_item.attempt_id", "attempt_item.position"], ondelete="CASCADE"
        ),
        Index(
            "uq_marking_current",
            "attempt_id",
            "position",
            "role",
            unique=True,
            sqlite_where=text("reopening_id IS NULL"),
            postgresql_where=text("reopening_id IS NULL"),
        ),
        CheckConstraint("points BETWEEN 0 AND 1", name="points"),
    )

    id: Mapped[IntPk]
    attempt_id: Mapped[int]
    position: Mapped[int]
    role: Mapped[MarkerRole] = mapped_column(enum_column(MarkerRole, "role"))
    marker_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    points: Mapped[float]
    criteria: Mapped[Json | None] = mapped_column(JSON(none_as_null=True))
    comment: Mapped[LongText | None]
    marked_at: Mapped[UtcDateTime]
    reopening_id: Mapped[int | None] = mapped_column(ForeignKey("attempt_reopening.id"))
