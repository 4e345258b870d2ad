"""The course and the libraries, as published (see :mod:`app.content`). A published question version never changes.

Rows with a ``library_id`` come from a library, and their slugs are ``<library>.<id>``; the others are the course's.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Model
from app.domain.content import Level, Use
from app.models.columns import CatalogueSlug, Digest, IntPk, Json, LongText, Slug, Str200, UtcDateTime, enum_column


class Publication(Model):
    """One publication of the course or of a library; the latest row of each is live.

    ``files`` is the fingerprint of the files that last matched it, or null if it did not come from files.
    """

    __tablename__ = "publication"

    id: Mapped[IntPk]
    library_id: Mapped[int | None] = mapped_column(ForeignKey("library.id"), index=True)
    digest: Mapped[Digest]
    title: Mapped[Str200]
    red_flags: Mapped[Slug]
    changes: Mapped[Json]
    files: Mapped[Digest | None]
    published_at: Mapped[UtcDateTime]


class SourceRow(Model):
    """One entry of the bibliography: the fields of :class:`app.domain.content.Source`."""

    __tablename__ = "source"

    id: Mapped[IntPk]
    library_id: Mapped[int | None] = mapped_column(ForeignKey("library.id"), index=True)
    slug: Mapped[CatalogueSlug] = mapped_column(unique=True)
    body: Mapped[Json]


class ZoneRow(Model):
    """One place of the body map: the fields of :class:`app.domain.body_map.Zone`.

    A zone removed from the map is deleted, because nothing refers to it.
    """

    __tablename__ = "zone"

    id: Mapped[IntPk]
    slug: Mapped[Slug] = mapped_column(unique=True)
    position: Mapped[int]
    body: Mapped[Json]


class MuscleRow(Model):
    """One muscle of the body map: the fields of :class:`app.domain.body_map.Muscle`. A removed muscle is deleted."""

    __tablename__ = "muscle"

    id: Mapped[IntPk]
    slug: Mapped[Slug] = mapped_column(unique=True)
    position: Mapped[int]
    body: Mapped[Json]


class ModuleRow(Model):
    __tablename__ = "module"
    __table_args__ = (CheckConstraint("pass_mark_percent BETWEEN 1 AND 100", name="pass_mark"),)

    id: Mapped[IntPk]
    library_id: Mapped[int | None] = mapped_column(ForeignKey("library.id"), index=True)
    slug: Mapped[CatalogueSlug] = mapped_column(unique=True)
    position: Mapped[int]
    title: Mapped[Str200]
    summary: Mapped[LongText]
    pass_mark_percent: Mapped[int]
    practice_questions: Mapped[int]
    test_questions: Mapped[int]
    test_minutes: Mapped[int | None]
    blueprint: Mapped[Json]
    asks_certainty: Mapped[bool] = mapped_column(default=False)
    retired_at: Mapped[UtcDateTime | None]

    objectives: Mapped[list[ObjectiveRow]] = relationship(lazy="raise", order_by="ObjectiveRow.position")
    lessons: Mapped[list[LessonRow]] = relationship(lazy="raise", order_by="LessonRow.position")


class PictureRow(Model):
    """A picture that figures of a module show. Rows are only added: earlier versions of questions may show it, too.

    ``digest`` is the SHA-256 of ``body`` in hex.
    """

    __tablename__ = "picture"

    module_id: Mapped[int] = mapped_column(ForeignKey("module.id"), primary_key=True)
    digest: Mapped[Digest] = mapped_column(primary_key=True, index=True)
    media_type: Mapped[str] = mapped_column(String(20))
    body: Mapped[bytes] = mapped_column(LargeBinary)


class ObjectiveRow(Model):
    """A learning objective.

    ``read`` is what to read again: ``lesson`` or ``lesson#section``, as slugs of this module.
    """

    __tablename__ = "objective"

    id: Mapped[IntPk]
    slug: Mapped[CatalogueSlug] = mapped_column(unique=True)
    module_id: Mapped[int] = mapped_column(ForeignKey("module.id"), index=True)
    position: Mapped[int]
    title: Mapped[Str200]
    read: Mapped[str | None] = mapped_column(default=None)
    retired_at: Mapped[UtcDateTime | None]


class LessonRow(Model):
    """The current text of a lesson.

    ``revision`` counts its changes, so that learners who finished an earlier revision can be notified.
    """

    __tablename__ = "lesson"

    id: Mapped[IntPk]
    slug: Mapped[CatalogueSlug] = mapped_column(unique=True)
    module_id: Mapped[int] = mapped_column(ForeignKey("module.id"), index=True)
    position: Mapped[int]
    title: Mapped[Str200]
    hook: Mapped[LongText]
    minutes: Mapped[int]
    body: Mapped[Json]
    digest: Mapped[Digest]
    revision: Mapped[int]
    published_at: Mapped[UtcDateTime]
    retired_at: Mapped[UtcDateTime | None]


class QuestionRow(Model):
    __tablename__ = "question"
    __table_args__ = (Index("ix_question_pool", "module_id", "use"),)

    id: Mapped[IntPk]
    slug: Mapped[CatalogueSlug] = mapped_column(unique=True)
    module_id: Mapped[int] = mapped_column(ForeignKey("module.id"))
    objective_id: Mapped[int] = mapped_column(ForeignKey("objective.id"))
    use: Mapped[Use] = mapped_column(enum_column(Use))
    level: Mapped[Level] = mapped_column(enum_column(Level))
    retired_at: Mapped[UtcDateTime | None]


class QuestionVersion(Model):
    """The visible part of one version of a question, without the key.

    :class:`app.domain.content.Question` describes ``kind``, ``options``, ``prompts``, ``unit`` and ``picture``. The
    current version is the one that is not superseded.
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

    id: Mapped[IntPk]
    question_id: Mapped[int] = mapped_column(ForeignKey("question.id"))
    objective_id: Mapped[int] = mapped_column(ForeignKey("objective.id"))
    number: Mapped[int]
    digest: Mapped[Digest]
    kind: Mapped[str] = mapped_column(String(30))
    is_critical: Mapped[bool]
    is_order_fixed: Mapped[bool]
    vignette: Mapped[LongText | None]
    stem: Mapped[LongText]
    options: Mapped[Json]
    option_count: Mapped[int]
    prompts: Mapped[Json]
    unit: Mapped[str | None] = mapped_column(String(30))
    picture: Mapped[LongText | None]
    published_at: Mapped[UtcDateTime]
    superseded_at: Mapped[UtcDateTime | None]


class QuestionKey(Model):
    """The key of a question version, in its own table because only marking and released feedback may read it.

    ``body`` is the document made by :meth:`app.domain.kinds.QuestionKind.dump_key`.
    """

    __tablename__ = "question_key"

    version_id: Mapped[int] = mapped_column(ForeignKey("question_version.id"), primary_key=True)
    body: Mapped[Json]
    explanation: Mapped[LongText]
    sources: Mapped[Json]
