"""Assignments: lessons and a test for a cohort with their terms, exceptions and reminders."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model
from app.domain.assignment import AssignmentTerms, ExceptionTerms, GradingMethod
from app.domain.content import Use
from app.domain.release import ReleaseMoment, ReleasePolicy
from app.models.columns import IntPk, Str200, UtcDateTime, enum_column


class Assignment(Model):
    """A test set for a cohort, with its lessons and terms.

    ``opens_local`` and ``due_local`` are the times as entered, ``YYYY-MM-DDTHH:MM`` in ``time_zone``; ``opens_at`` and
    ``due_at`` are derived from them. If something is released at closing, the assignment closes at ``due_at``, even for
    attempts under way. ``extended_until`` is the latest time after ``due_at`` that was promised to anybody, by an
    exception or a former due date; releases at closing wait for it. ``release_…`` are the moments of
    :class:`app.domain.release.ReleasePolicy`. Learning gain is measured from the assignment ``pretest_id``. If
    ``is_for_all`` is false, the assignment is only for learners with an :class:`AssignmentRecipient`. ``revision``
    counts the changes of the terms. ``question_use`` is the pool that the test draws on: the module's test questions,
    which everybody can meet in its own test, or its exam questions. ``weight`` is its share in the gradebook's totals;
    None means 1, or 0 for a pre-test (:func:`app.domain.totals.resolve_weight`). ``marks_anonymously`` hides names from markers, and
    ``needs_second_marker`` asks two people to mark each answer. ``releases_unfinished`` lets learners see the marks so
    far while people still mark the rest. Only trainers see a withdrawn
    assignment; its attempts are kept. With a ``test_id``, it asks that composed test instead of the module's own;
    ``module_id`` is then the first module of the test, and ``question_use`` says nothing.
    """

    __tablename__ = "assignment"
    __table_args__ = (
        CheckConstraint("attempts_allowed IS NULL OR attempts_allowed BETWEEN 1 AND 100", name="attempts_allowed"),
        CheckConstraint("time_limit_minutes IS NULL OR time_limit_minutes BETWEEN 1 AND 600", name="time_limit"),
        CheckConstraint("pass_mark_percent BETWEEN 1 AND 100", name="pass_mark"),
        CheckConstraint("opens_at IS NULL OR due_at IS NULL OR opens_at < due_at", name="opens_before_due"),
        CheckConstraint("pretest_id IS NULL OR pretest_id <> id", name="pretest"),
        CheckConstraint("question_use <> 'practice'", name="draws_no_practice"),
        CheckConstraint("weight IS NULL OR weight BETWEEN 0 AND 1000", name="weight"),
    )

    id: Mapped[IntPk]
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id"), index=True)
    module_id: Mapped[int] = mapped_column(ForeignKey("module.id"))
    test_id: Mapped[int | None] = mapped_column(ForeignKey("test.id"), index=True)
    title: Mapped[Str200]
    time_zone: Mapped[str] = mapped_column(String(64))
    opens_local: Mapped[str | None] = mapped_column(String(16))
    opens_at: Mapped[UtcDateTime | None]
    due_local: Mapped[str | None] = mapped_column(String(16))
    due_at: Mapped[UtcDateTime | None]
    extended_until: Mapped[UtcDateTime | None]
    attempts_allowed: Mapped[int | None]
    time_limit_minutes: Mapped[int | None]
    pass_mark_percent: Mapped[int]
    counts: Mapped[GradingMethod] = mapped_column(enum_column(GradingMethod, "counts"), default=GradingMethod.BEST)
    asks_certainty: Mapped[bool] = mapped_column(default=False)
    question_use: Mapped[Use] = mapped_column(enum_column(Use, "question_use"), default=Use.TEST)
    lessons_first: Mapped[bool] = mapped_column(default=False)
    is_for_all: Mapped[bool] = mapped_column(default=True)
    pretest_id: Mapped[int | None] = mapped_column(ForeignKey("assignment.id", ondelete="SET NULL"))
    weight: Mapped[int | None]
    marks_anonymously: Mapped[bool] = mapped_column(default=False)
    needs_second_marker: Mapped[bool] = mapped_column(default=False)
    releases_unfinished: Mapped[bool] = mapped_column(default=False)
    revision: Mapped[int] = mapped_column(default=1)
    withdrawn_at: Mapped[UtcDateTime | None]
    release_mark: Mapped[ReleaseMoment] = mapped_column(enum_column(ReleaseMoment, "release_mark"))
    release_correctness: Mapped[ReleaseMoment] = mapped_column(enum_column(ReleaseMoment, "release_correctness"))
    release_key: Mapped[ReleaseMoment] = mapped_column(enum_column(ReleaseMoment, "release_key"))
    release_explanation: Mapped[ReleaseMoment] = mapped_column(enum_column(ReleaseMoment, "release_explanation"))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    created_at: Mapped[UtcDateTime]

    @property
    def policy(self) -> ReleasePolicy:
        return ReleasePolicy(self.release_mark, self.release_correctness, self.release_key, self.release_explanation)

    @property
    def base_terms(self) -> AssignmentTerms:
        return AssignmentTerms(
            opens_at=self.opens_at,
            due_at=self.due_at,
            closes_when_due=self.policy.waits_for_closing,
            extended_until=self.extended_until,
            attempts_allowed=self.attempts_allowed,
            time_limit_minutes=self.time_limit_minutes,
            pass_mark_percent=self.pass_mark_percent,
        )


class AssignmentException(Model):
    """One learner's exception from the terms of one assignment.

    ``due_local`` (in the assignment's time zone) and ``due_at`` are the learner's own due date. Nothing is due from an
    excused learner.
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
    due_at: Mapped[UtcDateTime | None]
    more_attempts: Mapped[int] = mapped_column(default=0)
    is_excused: Mapped[bool] = mapped_column(default=False)
    note: Mapped[Str200 | None]

    @property
    def terms(self) -> ExceptionTerms:
        return ExceptionTerms(self.extra_time_percent, self.due_at, self.more_attempts, self.is_excused)


class AssignmentLesson(Model):
    """A lesson set with the test, which then only asks about these lessons.

    Without any row, all lessons of the module are set.
    """

    __tablename__ = "assignment_lesson"

    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id", ondelete="CASCADE"), primary_key=True)
    lesson_id: Mapped[int] = mapped_column(ForeignKey("lesson.id", ondelete="CASCADE"), primary_key=True, index=True)


class AssignmentRecipient(Model):
    """A learner to whom an assignment is given that is not for all."""

    __tablename__ = "assignment_recipient"

    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id", ondelete="CASCADE"), primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id", ondelete="CASCADE"), primary_key=True, index=True)


class Prerequisite(Model):
    """An assignment (``required_id``) that must be passed before an attempt at ``assignment_id`` can start."""

    __tablename__ = "prerequisite"
    __table_args__ = (CheckConstraint("required_id <> assignment_id", name="other"),)

    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id", ondelete="CASCADE"), primary_key=True)
    required_id: Mapped[int] = mapped_column(
        ForeignKey("assignment.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Reminder(Model):
    """The latest mail of each kind to a learner about an assignment.

    ``due_at`` is the due date that it named. After the date has moved, the mail is sent again.
    """

    __tablename__ = "reminder"

    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id", ondelete="CASCADE"), primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id", ondelete="CASCADE"), primary_key=True, index=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    sent_at: Mapped[UtcDateTime]
    due_at: Mapped[UtcDateTime]
