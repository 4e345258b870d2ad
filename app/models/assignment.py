"""What a trainer sets: a module's test for a cohort, with its terms, and exceptions for single learners."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model
from app.domain.release import Policy
from app.models.columns import Key, Line, Moment, choice


class Assignment(Model):
    """``due_at`` ends the time in which an attempt may be started; an attempt under way keeps its own time limit."""

    __tablename__ = "assignment"
    __table_args__ = (
        CheckConstraint("attempts_allowed IS NULL OR attempts_allowed BETWEEN 1 AND 100", name="attempts_allowed"),
        CheckConstraint("time_limit_minutes IS NULL OR time_limit_minutes BETWEEN 1 AND 600", name="time_limit"),
        CheckConstraint("pass_mark_percent BETWEEN 1 AND 100", name="pass_mark"),
    )

    id: Mapped[Key]
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id"), index=True)
    module_id: Mapped[int] = mapped_column(ForeignKey("module.id"))
    title: Mapped[Line]
    due_at: Mapped[Moment | None]
    attempts_allowed: Mapped[int | None]
    time_limit_minutes: Mapped[int | None]
    pass_mark_percent: Mapped[int]
    release: Mapped[Policy] = mapped_column(choice(Policy))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    created_at: Mapped[Moment]


class AssignmentException(Model):
    """What one learner was granted in one assignment, on top of what applies to everybody."""

    __tablename__ = "assignment_exception"
    __table_args__ = (CheckConstraint("extra_time_percent BETWEEN 0 AND 400", name="extra_time"),)

    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id", ondelete="CASCADE"), primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id", ondelete="CASCADE"), primary_key=True)
    extra_time_percent: Mapped[int] = mapped_column(default=0)
