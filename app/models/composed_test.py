"""Composed tests: what trainers put together from several modules, and assign."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model
from app.domain.content import Level, Use
from app.models.columns import IntPk, Str200, UtcDateTime, enum_column


class ComposedTest(Model):
    """A test that its owner composes from sections. Attempts keep the sections as they were when they started.

    ``shuffles`` mixes the questions within each section. ``is_forward_only``: nobody goes back to a question.
    ``revision`` counts its changes. ``owner_id`` is null after the owner's account was erased.
    """

    __tablename__ = "test"
    # So that pytest does not take an imported model for a class of tests.
    __test__ = False

    id: Mapped[IntPk]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    title: Mapped[Str200]
    shuffles: Mapped[bool] = mapped_column(default=True)
    is_forward_only: Mapped[bool] = mapped_column(default=False)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[UtcDateTime]
    archived_at: Mapped[UtcDateTime | None]


class SectionRow(Model):
    """A section of a composed test, with the fields of :class:`app.domain.sections.SectionRule`."""

    __tablename__ = "test_section"
    __table_args__ = (
        UniqueConstraint("test_id", "position"),
        CheckConstraint("pass_mark_percent IS NULL OR pass_mark_percent BETWEEN 1 AND 100", name="pass_mark"),
    )

    id: Mapped[IntPk]
    test_id: Mapped[int] = mapped_column(ForeignKey("test.id", ondelete="CASCADE"))
    position: Mapped[int]
    title: Mapped[Str200]
    pass_mark_percent: Mapped[int | None]
    needs_critical_right: Mapped[bool] = mapped_column(default=True)


class DrawRow(Model):
    """One line of a section: ``questions`` drawn at random from one pool of a module, or one fixed question.

    ``objective_id`` and ``level`` narrow a random draw; null means any.
    """

    __tablename__ = "test_draw"
    __table_args__ = (
        UniqueConstraint("section_id", "position"),
        CheckConstraint("questions BETWEEN 1 AND 100", name="questions"),
        CheckConstraint("question_use <> 'practice'", name="draws_no_practice"),
        CheckConstraint(
            "question_id IS NULL OR (questions = 1 AND objective_id IS NULL AND level IS NULL)", name="fixed"
        ),
    )

    id: Mapped[IntPk]
    section_id: Mapped[int] = mapped_column(ForeignKey("test_section.id", ondelete="CASCADE"))
    position: Mapped[int]
    module_id: Mapped[int] = mapped_column(ForeignKey("module.id"), index=True)
    question_use: Mapped[Use] = mapped_column(enum_column(Use, "question_use"))
    questions: Mapped[int]
    objective_id: Mapped[int | None] = mapped_column(ForeignKey("objective.id"))
    level: Mapped[Level | None] = mapped_column(enum_column(Level))
    question_id: Mapped[int | None] = mapped_column(ForeignKey("question.id"))
