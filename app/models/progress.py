"""Learners' progress in lessons."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model
from app.models.columns import UtcDateTime


class LessonProgress(Model):
    """A lesson that a learner has opened and perhaps finished; ``done_revision`` is the revision they finished."""

    __tablename__ = "lesson_progress"

    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id", ondelete="CASCADE"), primary_key=True)
    lesson_id: Mapped[int] = mapped_column(ForeignKey("lesson.id"), primary_key=True)
    section: Mapped[str | None] = mapped_column(String(80))
    read_at: Mapped[UtcDateTime]
    done_at: Mapped[UtcDateTime | None]
    done_revision: Mapped[int | None]
