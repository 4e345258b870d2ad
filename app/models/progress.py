"""Where a learner is in the lessons."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model
from app.models.columns import Moment


class LessonProgress(Model):
    """A learner opened a lesson, perhaps finished it: ``done_revision`` is the revision that was finished."""

    __tablename__ = "lesson_progress"

    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id", ondelete="CASCADE"), primary_key=True)
    lesson_id: Mapped[int] = mapped_column(ForeignKey("lesson.id"), primary_key=True)
    section: Mapped[str | None] = mapped_column(String(80))
    read_at: Mapped[Moment]
    done_at: Mapped[Moment | None]
    done_revision: Mapped[int | None]
