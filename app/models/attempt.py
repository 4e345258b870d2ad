"""Attempts: the frozen paper, the append-only log of answers, marks, corrections and results."""

from __future__ import annotations

from sqlalchemy import JSON, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Model
from app.domain.attempt import AttemptState, Purpose
from app.domain.correction import Remedy
from app.domain.sections import SectionRule, load_rules
from app.models.columns import IntPk, Json, LongText, UtcDateTime, enum_column


class Attempt(Model):
    """One attempt at a paper.

    ``scope`` names what is attempted (``practice:module:3``, ``test:assignment:7``); ``number`` counts attempts within
    it. If ``checks_each`` is set, each answer is final and marked at once; otherwise all are marked on submission.
    ``reopened_at`` is when a trainer last reopened it or gave it more time. ``points`` and the columns after it are
    null until the attempt is submitted and every answer is marked: a submitted attempt without points is being marked
    by people, and the answers that they have not marked have no :class:`Mark`. ``sections`` are those of a composed
    test as they were when the attempt started (:class:`app.domain.sections.SectionRule`). If ``is_forward_only``, only
    the question at position ``furthest`` can be answered; after the last question it is one more than there are.
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
        Index(
            "ix_attempt_unmarked",
            "assignment_id",
            sqlite_where=text("state = 'submitted' AND points IS NULL"),
            postgresql_where=text("state = 'submitted' AND points IS NULL"),
        ),
        CheckConstraint("attempts_allowed IS NULL OR number <= attempts_allowed", name="limit"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("furthest >= 1", name="furthest"),
        CheckConstraint("(state = 'open') = (submitted_at IS NULL)", name="submitted"),
        CheckConstraint("points IS NULL OR (points >= 0 AND points <= max_points)", name="points"),
    )

    id: Mapped[IntPk]
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id"))
    scope: Mapped[str] = mapped_column(String(60))
    number: Mapped[int]
    purpose: Mapped[Purpose] = mapped_column(enum_column(Purpose))
    module_id: Mapped[int] = mapped_column(ForeignKey("module.id"))
    assignment_id: Mapped[int | None] = mapped_column(ForeignKey("assignment.id"), index=True)
    seed: Mapped[int]
    state: Mapped[AttemptState] = mapped_column(enum_column(AttemptState, "state"), default=AttemptState.OPEN)
    started_at: Mapped[UtcDateTime]
    deadline_at: Mapped[UtcDateTime | None]
    submitted_at: Mapped[UtcDateTime | None]
    reopened_at: Mapped[UtcDateTime | None]
    attempts_allowed: Mapped[int | None]
    pass_mark_percent: Mapped[int]
    asks_certainty: Mapped[bool] = mapped_column(default=False)
    checks_each: Mapped[bool] = mapped_column(default=False)
    sections: Mapped[Json | None] = mapped_column(JSON(none_as_null=True))
    is_forward_only: Mapped[bool] = mapped_column(default=False)
    furthest: Mapped[int] = mapped_column(default=1)
    points: Mapped[float | None]
    max_points: Mapped[float | None]
    is_passed: Mapped[bool | None]
    is_critical_missed: Mapped[bool | None]

    items: Mapped[list[AttemptItem]] = relationship(
        lazy="raise", order_by="AttemptItem.position", back_populates="attempt"
    )

    @property
    def section_rules(self) -> tuple[SectionRule, ...]:
        return load_rules(self.sections)


class AttemptItem(Model):
    """One question of the paper and the learner's current answer; :class:`AnswerRevision` is its log.

    ``option_order[i]`` is the author's index of the option shown at place i. ``response`` is described in
    :mod:`app.domain.kinds.base` and null while unanswered. ``revision`` counts the saved changes; a page that loaded
    another revision can't overwrite it. ``section`` is the index of its section in ``Attempt.sections``.
    """

    __tablename__ = "attempt_item"

    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("question_version.id"))
    option_order: Mapped[Json]
    revision: Mapped[int] = mapped_column(default=0)
    response: Mapped[Json | None]
    certainty: Mapped[int | None]
    is_flagged: Mapped[bool] = mapped_column(default=False)
    saved_at: Mapped[UtcDateTime | None]
    section: Mapped[int | None]

    attempt: Mapped[Attempt] = relationship(lazy="raise", back_populates="items")


class AnswerRevision(Model):
    """A saved change of an answer, append-only. A null ``response`` means that the answer was cleared."""

    __tablename__ = "answer_revision"
    __table_args__ = (
        ForeignKeyConstraint(
            ["attempt_id", "position"], ["attempt_item.attempt_id", "attempt_item.position"], ondelete="CASCADE"
        ),
        UniqueConstraint("attempt_id", "position", "revision"),
        UniqueConstraint("attempt_id", "position", "save_id"),
        CheckConstraint("certainty IS NULL OR certainty BETWEEN 1 AND 3", name="certainty"),
    )

    id: Mapped[IntPk]
    attempt_id: Mapped[int]
    position: Mapped[int]
    revision: Mapped[int]
    save_id: Mapped[str] = mapped_column(String(64))
    response: Mapped[Json | None]
    certainty: Mapped[int | None]
    arrived_at: Mapped[UtcDateTime]


class Mark(Model):
    """The current mark of one question in one attempt, written when its result is settled.

    Reports read marks, never the log. A void mark does not count: its ``points`` and ``max_points`` are 0.
    """

    __tablename__ = "mark"
    __table_args__ = (
        ForeignKeyConstraint(
            ["attempt_id", "position"], ["attempt_item.attempt_id", "attempt_item.position"], ondelete="CASCADE"
        ),
        Index("ix_mark_recent", "learner_id", "marked_at"),
        Index("ix_mark_version", "version_id", "attempt_id"),
        Index("ix_mark_objective", "learner_id", "objective_id"),
        CheckConstraint("points >= 0 AND points <= max_points", name="points"),
        CheckConstraint("certainty_points BETWEEN -6 AND 3", name="certainty_points"),
    )

    attempt_id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("question_version.id"))
    objective_id: Mapped[int] = mapped_column(ForeignKey("objective.id"))
    points: Mapped[float]
    max_points: Mapped[float]
    is_right: Mapped[bool]
    is_void: Mapped[bool] = mapped_column(default=False)
    certainty_points: Mapped[int]
    marked_at: Mapped[UtcDateTime]


class MarkChange(Model):
    """A change of a mark, with actor and reason; append-only. All changes made in one step have the same ``batch``.

    ``reopening_id`` is null for changes of the current mark. It names the reopening that withdrew an earlier mark.
    """

    __tablename__ = "mark_change"
    __table_args__ = (
        ForeignKeyConstraint(
            ["attempt_id", "position"], ["attempt_item.attempt_id", "attempt_item.position"], ondelete="CASCADE"
        ),
        Index("ix_mark_change_mark", "attempt_id", "position"),
    )

    id: Mapped[IntPk]
    attempt_id: Mapped[int]
    position: Mapped[int]
    old_points: Mapped[float]
    new_points: Mapped[float]
    old_max_points: Mapped[float]
    new_max_points: Mapped[float]
    correction_id: Mapped[int | None] = mapped_column(ForeignKey("correction.id", ondelete="SET NULL"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    reason: Mapped[LongText]
    batch: Mapped[str] = mapped_column(String(64))
    changed_at: Mapped[UtcDateTime]
    reopening_id: Mapped[int | None] = mapped_column(ForeignKey("attempt_reopening.id"))


class Correction(Model):
    """A remedy for a faulty question version, in one assignment or everywhere (``assignment_id`` null); append-only.

    It applies to attempts settled later, and to those settled before as :class:`Regrading` proceeds, until another row
    withdraws it (``withdraws_id``, once). ``key`` is the document of an additional accepted key, as in
    :class:`app.models.catalogue.QuestionKey`; it is null for the other remedies.
    """

    __tablename__ = "correction"
    __table_args__ = (
        CheckConstraint("(remedy = 'accept') = (key IS NOT NULL)", name="key"),
        CheckConstraint("(remedy = 'withdraw') = (withdraws_id IS NOT NULL)", name="withdraws"),
        UniqueConstraint("withdraws_id"),
    )

    id: Mapped[IntPk]
    version_id: Mapped[int] = mapped_column(ForeignKey("question_version.id"), index=True)
    assignment_id: Mapped[int | None] = mapped_column(ForeignKey("assignment.id"), index=True)
    remedy: Mapped[Remedy] = mapped_column(enum_column(Remedy))
    key: Mapped[Json | None] = mapped_column(JSON(none_as_null=True))
    withdraws_id: Mapped[int | None] = mapped_column(ForeignKey("correction.id"))
    reason: Mapped[LongText]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    corrected_at: Mapped[UtcDateTime]


class Regrading(Model):
    """The progress of changing existing marks after a correction, in the order of the attempts.

    ``last_attempt_id`` is the last one done. ``passes_to_lower`` is how many released passes may be taken away;
    ``lowered`` counts those that were, ``changed`` all changed marks, and ``kept`` the attempts that kept theirs.
    """

    __tablename__ = "regrading"
    __table_args__ = (
        Index(
            "ix_regrading_unfinished",
            "correction_id",
            sqlite_where=text("finished_at IS NULL"),
            postgresql_where=text("finished_at IS NULL"),
        ),
        CheckConstraint("lowered <= passes_to_lower", name="lowered"),
    )

    correction_id: Mapped[int] = mapped_column(ForeignKey("correction.id"), primary_key=True, autoincrement=False)
    passes_to_lower: Mapped[int] = mapped_column(default=0)
    last_attempt_id: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    lowered: Mapped[int] = mapped_column(default=0)
    kept: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[UtcDateTime | None]


class ScopeResult(Model):
    """A learner's result in one scope, updated on each submission so that pages need not aggregate attempts."""

    __tablename__ = "scope_result"
    __table_args__ = (
        Index("ix_scope_result_assignment", "assignment_id"),
        # Deleting an attempt looks for the results that refer to it.
        Index("ix_scope_result_best", "best_attempt_id"),
        Index("ix_scope_result_latest", "latest_attempt_id"),
    )

    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id", ondelete="CASCADE"), primary_key=True)
    scope: Mapped[str] = mapped_column(String(60), primary_key=True)
    purpose: Mapped[Purpose] = mapped_column(enum_column(Purpose))
    module_id: Mapped[int] = mapped_column(ForeignKey("module.id"))
    assignment_id: Mapped[int | None] = mapped_column(ForeignKey("assignment.id"))
    attempts: Mapped[int]
    best_attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"))
    best_percent: Mapped[float]
    latest_attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"))
    latest_percent: Mapped[float]
    latest_is_passed: Mapped[bool]
    latest_at: Mapped[UtcDateTime]
    passed_at: Mapped[UtcDateTime | None]
