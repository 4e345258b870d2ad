"""What is taught: published from files (see ``app.content``). Question versions never change once they are here."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Model
from app.domain.content import Kind, Level, Use
from app.models.columns import Digest, Document, Key, Line, Moment, Prose, Slug, choice


class Publication(Model):
    """One publishing of the course: the latest row says what is live, and since when.

    ``files`` is the fingerprint of the files as they were last found to say this; null where they did not come from files.
    """

    __tablename__ = "publication"

    id: Mapped[Key]
    digest: Mapped[Digest]
    title: Mapped[Line]
    red_flags: Mapped[Slug]
    changes: Mapped[Document]
    files: Mapped[Digest | None]
    published_at: Mapped[Moment]


class SourceRow(Model):
    """One entry of the bibliography: the fields of :class:`app.domain.content.Source`."""

    __tablename__ = "source"

    id: Mapped[Key]
    slug: Mapped[Slug] = mapped_column(unique=True)
    body: Mapped[Document]


class ZoneRow(Model):
    """One place of the body map: the fields of :class:`app.domain.body_map.Zone`. One that is taken off the map goes: nothing points at it."""

    __tablename__ = "zone"

    id: Mapped[Key]
    slug: Mapped[Slug] = mapped_column(unique=True)
    position: Mapped[int]
    body: Mapped[Document]


class MuscleRow(Model):
    """One muscle of the body map: the fields of :class:`app.domain.body_map.Muscle`. One that is taken off the map goes."""

    __tablename__ = "muscle"

    id: Mapped[Key]
    slug: Mapped[Slug] = mapped_column(unique=True)
    position: Mapped[int]
    body: Mapped[Document]


class ModuleRow(Model):
    __tablename__ = "module"
    __table_args__ = (CheckConstraint("pass_mark_percent BETWEEN 1 AND 100", name="pass_mark"),)

    id: Mapped[Key]
    slug: Mapped[Slug] = mapped_column(unique=True)
    position: Mapped[int]
    title: Mapped[Line]
    summary: Mapped[Prose]
    pass_mark_percent: Mapped[int]
    practice_questions: Mapped[int]
    test_questions: Mapped[int]
    test_minutes: Mapped[int | None]
    blueprint: Mapped[Document]
    asks_certainty: Mapped[bool] = mapped_column(default=False)
    retired_at: Mapped[Moment | None]

    objectives: Mapped[list[ObjectiveRow]] = relationship(lazy="raise", order_by="ObjectiveRow.position")
    lessons: Mapped[list[LessonRow]] = relationship(lazy="raise", order_by="LessonRow.position")


class ObjectiveRow(Model):
    """``read`` is ``lesson`` or ``lesson#section``, slugs of this module's lessons."""

    __tablename__ = "objective"

    id: Mapped[Key]
    slug: Mapped[Slug] = mapped_column(unique=True)
    module_id: Mapped[int] = mapped_column(ForeignKey("module.id"), index=True)
    position: Mapped[int]
    title: Mapped[Line]
    read: Mapped[str | None] = mapped_column(default=None)
    retired_at: Mapped[Moment | None]


class LessonRow(Model):
    """A lesson as it is now. ``revision`` counts its changes, so that who finished an earlier one can be told."""

    __tablename__ = "lesson"

    id: Mapped[Key]
    slug: Mapped[Slug] = mapped_column(unique=True)
    module_id: Mapped[int] = mapped_column(ForeignKey("module.id"), index=True)
    position: Mapped[int]
    title: Mapped[Line]
    hook: Mapped[Prose]
    minutes: Mapped[int]
    body: Mapped[Document]
    digest: Mapped[Digest]
    revision: Mapped[int]
    published_at: Mapped[Moment]
    retired_at: Mapped[Moment | None]


class QuestionRow(Model):
    __tablename__ = "question"
    __table_args__ = (Index("ix_question_pool", "module_id", "use"),)

    id: Mapped[Key]
    slug: Mapped[Slug] = mapped_column(unique=True)
    module_id: Mapped[int] = mapped_column(ForeignKey("module.id"))
    objective_id: Mapped[int] = mapped_column(ForeignKey("objective.id"))
    use: Mapped[Use] = mapped_column(choice(Use))
    level: Mapped[Level] = mapped_column(choice(Level))
    retired_at: Mapped[Moment | None]


class QuestionVersion(Model):
    """What a learner is shown of one version of a question: it holds nothing of the key.

    ``options``, ``prompts``, ``unit`` and ``picture`` are as in :class:`app.domain.content.Question`. The current version is the one that
    was not superseded.
    """

    __tablename__ = "question_version"
    __table_args__ = (
        UniqueConstraint("question_id", "number"),
        Index(
            "uq_question_version_current",
            "question_id",
            unique=True,
            sqlite_where=text("superseded_at IS NULL"),
            postgresql_where=text("superseded_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    question_id: Mapped[int] = mapped_column(ForeignKey("question.id"))
    objective_id: Mapped[int] = mapped_column(ForeignKey("objective.id"))
    number: Mapped[int]
    digest: Mapped[Digest]
    kind: Mapped[Kind] = mapped_column(choice(Kind))
    is_critical: Mapped[bool]
    is_order_fixed: Mapped[bool]
    vignette: Mapped[Prose | None]
    stem: Mapped[Prose]
    options: Mapped[Document]
    option_count: Mapped[int]
    prompts: Mapped[Document]
    unit: Mapped[str | None] = mapped_column(String(30))
    picture: Mapped[Prose | None]
    published_at: Mapped[Moment]
    superseded_at: Mapped[Moment | None]


class QuestionKey(Model):
    """The key of a version, apart from what is shown: only marking and released feedback read it.

    ``correct``, ``near``, ``value``, ``tolerance`` and ``whys`` are as in :class:`app.domain.content.Key`.
    """

    __tablename__ = "question_key"

    version_id: Mapped[int] = mapped_column(ForeignKey("question_version.id"), primary_key=True)
    correct: Mapped[Document]
    near: Mapped[Document]
    value: Mapped[float | None]
    tolerance: Mapped[float | None]
    whys: Mapped[Document]
    explanation: Mapped[Prose]
    sources: Mapped[Document]
