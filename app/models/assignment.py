"""What a trainer sets: a module's test for a cohort, with its terms, and exceptions for single learners."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model
from app.domain.release import Policy, When
from app.models.columns import Key, Line, Moment, choice


class Assignment(Model):
    """``due_at`` is when it should be done; it closes then, attempts under way included, where something is released at closing.

    ``release_…`` are the moments of :class:`app.domain.release.Policy`.
    """

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
    asks_certainty: Mapped[bool] = mapped_column(default=False)
    release_mark: Mapped[When] = mapped_column(choice(When, "release_mark"))
    release_correctness: Mapped[When] = mapped_column(choice(When, "release_correctness"))
    release_key: Mapped[When] = mapped_column(choice(When, "release_key"))
    release_explanation: Mapped[When] = mapped_column(choice(When, "release_explanation"))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    created_at: Mapped[Moment]

    @property
    def policy(self) -> Policy:
        return Policy(self.release_mark, self.release_correctness, self.release_key, self.release_explanation)

    @property
    def closes_at(self) -> datetime | None:
        """When all attempts end; None where the due date is soft, and later attempts are only marked as late."""
        return self.due_at if self.policy.waits_for_closing else None


class AssignmentException(Model):
    """What one learner was granted in one assignment, on top of what applies to everybody."""

    __tablename__ = "assignment_exception"
    __table_args__ = (CheckConstraint("extra_time_percent BETWEEN 0 AND 400", name="extra_time"),)

    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id", ondelete="CASCADE"), primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id", ondelete="CASCADE"), primary_key=True)
    extra_time_percent: Mapped[int] = mapped_column(default=0)
