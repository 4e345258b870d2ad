"""Attempts: the frozen paper, the append-only log of answers, the marks, and where a learner stands."""

from __future__ import annotations

from sqlalchemy import JSON, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Model
from app.domain.attempt import Purpose, State
from app.domain.correction import Remedy
from app.models.columns import Document, Key, Moment, Prose, choice


class Attempt(Model):
    """One go at a paper. ``scope`` names what is attempted (``practice:module:3``, ``test:assignment:7``): numbers count within it.

    ``checks_each`` says that each answer is marked at once and final; else they are marked when the attempt is submitted.
    ``points`` and what follows are null until the attempt is submitted and its marks are written.
    """

    __tablename__ = "attempt"
    __table_args__ = (
        UniqueConstraint("learner_id", "scope", "number"),
        Index(
            "uq_attempt_open",
            "learner_id",
            "scope",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index(
            "ix_attempt_due",
            "deadline_at",
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        CheckConstraint("attempts_allowed IS NULL OR number <= attempts_allowed", name="limit"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("(state = 'open') = (submitted_at IS NULL)", name="submitted"),
        CheckConstraint("points IS NULL OR (points >= 0 AND points <= max_points)", name="points"),
    )

    id: Mapped[Key]
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id"))
    scope: Mapped[str] = mapped_column(String(60))
    number: Mapped[int]
    purpose: Mapped[Purpose] = mapped_column(choice(Purpose))
    module_id: Mapped[int] = mapped_column(ForeignKey("module.id"))
    assignment_id: Mapped[int | None] = mapped_column(ForeignKey("assignment.id"), index=True)
    seed: Mapped[int]
    state: Mapped[State] = mapped_column(choice(State), default=State.OPEN)
    started_at: Mapped[Moment]
    deadline_at: Mapped[Moment | None]
    submitted_at: Mapped[Moment | None]
    attempts_allowed: Mapped[int | None]
    pass_mark_percent: Mapped[int]
    asks_certainty: Mapped[bool] = mapped_column(default=False)
    checks_each: Mapped[bool] = mapped_column(default=False)
    points: Mapped[float | None]
    max_points: Mapped[float | None]
    is_passed: Mapped[bool | None]
    is_critical_missed: Mapped[bool | None]

    items: Mapped[list[AttemptItem]] = relationship(
        lazy="raise", order_by="AttemptItem.position", back_populates="attempt"
    )


class AttemptItem(Model):
    """One question of the paper and the learner's current answer to it (the log of how it came about is :class:`Answer`).

    ``option_order[i]`` is the author's index of the option shown at place i. ``response`` is as in
    :mod:`app.domain.response`, null while unanswered. ``revision`` counts the saved changes; a page that saw another revision may not overwrite.
    """

    __tablename__ = "attempt_item"

    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("question_version.id"))
    option_order: Mapped[Document]
    revision: Mapped[int] = mapped_column(default=0)
    response: Mapped[Document | None]
    certainty: Mapped[int | None]
    is_flagged: Mapped[bool] = mapped_column(default=False)
    saved_at: Mapped[Moment | None]

    attempt: Mapped[Attempt] = relationship(lazy="raise", back_populates="items")


class Answer(Model):
    """The append-only log: each saved change of an answer. ``response`` null means that the answer was cleared."""

    __tablename__ = "answer"
    __table_args__ = (
        ForeignKeyConstraint(
            ["attempt_id", "position"], ["attempt_item.attempt_id", "attempt_item.position"], ondelete="CASCADE"
        ),
        UniqueConstraint("attempt_id", "position", "revision"),
        UniqueConstraint("attempt_id", "position", "save_id"),
        CheckConstraint("certainty IS NULL OR certainty BETWEEN 1 AND 3", name="certainty"),
    )

    id: Mapped[Key]
    attempt_id: Mapped[int]
    position: Mapped[int]
    revision: Mapped[int]
    save_id: Mapped[str] = mapped_column(String(64))
    response: Mapped[Document | None]
    certainty: Mapped[int | None]
    arrived_at: Mapped[Moment]


class Mark(Model):
    """The current mark of one question of one attempt, written when its result is settled. Reports read these, never the log.

    A void mark counts for nothing: ``points`` and ``max_points`` are 0.
    """

    __tablename__ = "mark"
    __table_args__ = (
        ForeignKeyConstraint(
            ["attempt_id", "position"], ["attempt_item.attempt_id", "attempt_item.position"], ondelete="CASCADE"
        ),
        Index("ix_mark_recent", "learner_id", "settled_at"),
        CheckConstraint("points >= 0 AND points <= max_points", name="points"),
        CheckConstraint("certainty_points BETWEEN -6 AND 3", name="certainty_points"),
    )

    attempt_id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("question_version.id"), index=True)
    objective_id: Mapped[int] = mapped_column(ForeignKey("objective.id"))
    points: Mapped[float]
    max_points: Mapped[float]
    is_right: Mapped[bool]
    is_void: Mapped[bool] = mapped_column(default=False)
    certainty_points: Mapped[int]
    settled_at: Mapped[Moment]


class MarkChange(Model):
    """Append-only: each change of a mark after it was written, by whom and why; ``batch`` is the same for all that one step changed."""

    __tablename__ = "mark_change"
    __table_args__ = (
        ForeignKeyConstraint(["attempt_id", "position"], ["mark.attempt_id", "mark.position"], ondelete="CASCADE"),
        Index("ix_mark_change_mark", "attempt_id", "position"),
    )

    id: Mapped[Key]
    attempt_id: Mapped[int]
    position: Mapped[int]
    old_points: Mapped[float]
    new_points: Mapped[float]
    old_max_points: Mapped[float]
    new_max_points: Mapped[float]
    correction_id: Mapped[int | None] = mapped_column(ForeignKey("correction.id", ondelete="SET NULL"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    reason: Mapped[Prose]
    batch: Mapped[str] = mapped_column(String(64))
    changed_at: Mapped[Moment]


class Correction(Model):
    """A remedy for a faulty question version: in one assignment, or everywhere (``assignment_id`` null). Append-only.

    It holds for the attempts that were settled before (their marks were changed in the same step) and for all that are settled later, until
    another row withdraws it (``withdraws_id``, once). ``key`` is the other key that is accepted: ``correct``, ``value`` and ``tolerance`` of
    :class:`app.domain.content.Key`; null for the other remedies.
    """

    __tablename__ = "correction"
    __table_args__ = (
        CheckConstraint("(remedy = 'accept') = (key IS NOT NULL)", name="key"),
        CheckConstraint("(remedy = 'withdraw') = (withdraws_id IS NOT NULL)", name="withdraws"),
        UniqueConstraint("withdraws_id"),
    )

    id: Mapped[Key]
    version_id: Mapped[int] = mapped_column(ForeignKey("question_version.id"), index=True)
    assignment_id: Mapped[int | None] = mapped_column(ForeignKey("assignment.id"), index=True)
    remedy: Mapped[Remedy] = mapped_column(choice(Remedy))
    key: Mapped[Document | None] = mapped_column(JSON(none_as_null=True))
    withdraws_id: Mapped[int | None] = mapped_column(ForeignKey("correction.id"))
    reason: Mapped[Prose]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    corrected_at: Mapped[Moment]


class Standing(Model):
    """Where a learner stands in one scope: kept at each submission, so that no page has to add attempts up."""

    __tablename__ = "standing"
    __table_args__ = (Index("ix_standing_assignment", "assignment_id"),)

    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id", ondelete="CASCADE"), primary_key=True)
    scope: Mapped[str] = mapped_column(String(60), primary_key=True)
    purpose: Mapped[Purpose] = mapped_column(choice(Purpose))
    module_id: Mapped[int] = mapped_column(ForeignKey("module.id"))
    assignment_id: Mapped[int | None] = mapped_column(ForeignKey("assignment.id"))
    attempts: Mapped[int]
    best_attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"))
    best_percent: Mapped[float]
    latest_attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"))
    latest_percent: Mapped[float]
    latest_is_passed: Mapped[bool]
    latest_at: Mapped[Moment]
    passed_at: Mapped[Moment | None]
