"""What a trainer sets: lessons and a test for a cohort, with their terms, and exceptions for single learners."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model
from app.domain.assignment import Counts, ForAll, Grant
from app.domain.release import Policy, When
from app.models.columns import Key, Line, Moment, choice


class Assignment(Model):
    """``due_at`` is when it should be done; it closes then, attempts under way included, where something is released at closing.

    ``opens_local`` and ``due_local`` are what was decided, ``YYYY-MM-DDTHH:MM`` on the clocks of ``time_zone``; ``opens_at`` and ``due_at``
    are derived from them. ``extended_until`` is the latest moment beyond ``due_at`` that was promised to anybody, by an exception or by a due
    date that was later once: what is released at closing waits for it. ``release_…`` are the moments of
    :class:`app.domain.release.Policy`. ``pretest_id`` names the assignment that learning gain is measured from.
    ``is_for_all`` false is: only for those who have an :class:`AssignmentRecipient`. ``revision`` counts the changes of the terms.
    Withdrawn, it is seen by trainers only, and what was attempted is kept.
    """

    __tablename__ = "assignment"
    __table_args__ = (
        CheckConstraint("attempts_allowed IS NULL OR attempts_allowed BETWEEN 1 AND 100", name="attempts_allowed"),
        CheckConstraint("time_limit_minutes IS NULL OR time_limit_minutes BETWEEN 1 AND 600", name="time_limit"),
        CheckConstraint("pass_mark_percent BETWEEN 1 AND 100", name="pass_mark"),
        CheckConstraint("opens_at IS NULL OR due_at IS NULL OR opens_at < due_at", name="opens_before_due"),
        CheckConstraint("pretest_id IS NULL OR pretest_id <> id", name="pretest"),
    )

    id: Mapped[Key]
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id"), index=True)
    module_id: Mapped[int] = mapped_column(ForeignKey("module.id"))
    title: Mapped[Line]
    time_zone: Mapped[str] = mapped_column(String(64))
    opens_local: Mapped[str | None] = mapped_column(String(16))
    opens_at: Mapped[Moment | None]
    due_local: Mapped[str | None] = mapped_column(String(16))
    due_at: Mapped[Moment | None]
    extended_until: Mapped[Moment | None]
    attempts_allowed: Mapped[int | None]
    time_limit_minutes: Mapped[int | None]
    pass_mark_percent: Mapped[int]
    counts: Mapped[Counts] = mapped_column(choice(Counts), default=Counts.BEST)
    asks_certainty: Mapped[bool] = mapped_column(default=False)
    lessons_first: Mapped[bool] = mapped_column(default=False)
    is_for_all: Mapped[bool] = mapped_column(default=True)
    pretest_id: Mapped[int | None] = mapped_column(ForeignKey("assignment.id", ondelete="SET NULL"))
    revision: Mapped[int] = mapped_column(default=1)
    withdrawn_at: Mapped[Moment | None]
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

    @property
    def for_all(self) -> ForAll:
        return ForAll(
            opens_at=self.opens_at,
            due_at=self.due_at,
            closes_when_due=self.policy.waits_for_closing,
            extended_until=self.extended_until,
            attempts_allowed=self.attempts_allowed,
            time_limit_minutes=self.time_limit_minutes,
            pass_mark_percent=self.pass_mark_percent,
        )


class AssignmentException(Model):
    """What one learner was granted in one assignment, on top of what applies to everybody.

    ``due_local`` (on the clocks of the assignment's time zone) and ``due_at`` are their own due date. Who is excused has nothing due here.
    """

    __tablename__ = "assignment_exception"
    __table_args__ = (
        CheckConstraint("extra_time_percent BETWEEN 0 AND 400", name="extra_time"),
        CheckConstraint("more_attempts BETWEEN 0 AND 100", name="more_attempts"),
    )

    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id", ondelete="CASCADE"), primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id", ondelete="CASCADE"), primary_key=True)
    extra_time_percent: Mapped[int] = mapped_column(default=0)
    due_local: Mapped[str | None] = mapped_column(String(16))
    due_at: Mapped[Moment | None]
    more_attempts: Mapped[int] = mapped_column(default=0)
    is_excused: Mapped[bool] = mapped_column(default=False)
    note: Mapped[Line | None]

    @property
    def grant(self) -> Grant:
        return Grant(self.extra_time_percent, self.due_at, self.more_attempts, self.is_excused)


class AssignmentLesson(Model):
    """A lesson that is set with the test; without any, all lessons of the module are. The test then asks about what these teach."""

    __tablename__ = "assignment_lesson"

    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id", ondelete="CASCADE"), primary_key=True)
    lesson_id: Mapped[int] = mapped_column(ForeignKey("lesson.id", ondelete="CASCADE"), primary_key=True, index=True)


class AssignmentRecipient(Model):
    """A learner for whom an assignment is that is not for all."""

    __tablename__ = "assignment_recipient"

    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id", ondelete="CASCADE"), primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id", ondelete="CASCADE"), primary_key=True, index=True)


class Prerequisite(Model):
    """``required_id`` has to be passed before an attempt at ``assignment_id`` can be started."""

    __tablename__ = "prerequisite"
    __table_args__ = (CheckConstraint("required_id <> assignment_id", name="other"),)

    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id", ondelete="CASCADE"), primary_key=True)
    required_id: Mapped[int] = mapped_column(
        ForeignKey("assignment.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Reminder(Model):
    """A mail that was sent about an assignment: each kind once to each learner."""

    __tablename__ = "reminder"

    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id", ondelete="CASCADE"), primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id", ondelete="CASCADE"), primary_key=True, index=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    sent_at: Mapped[Moment]
