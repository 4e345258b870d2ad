"""Learners' private notes, highlights and bookmarks."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model
from app.domain.learner_notes import TargetKind
from app.domain.quotes import CONTEXT_LENGTH
from app.models.columns import CatalogueSlug, IntPk, LongText, Str200, UtcDateTime, enum_column

_IS_BOOKMARK = text("quote = '' AND body = ''")


class LearnerNote(Model):
    """Something that a learner kept for themselves about a lesson, question or muscle, which only they see.

    ``target`` is the slug of the lesson, question or muscle; it is no reference, so that a note outlives what it is
    about. ``title`` is the title of its lesson or muscle when it was made. The words in ``quote``, and around it, are the
    lesson's; ``body`` is the learner's. A row without both is a bookmark. No text of a question is stored here, because
    a question may be hidden again.
    """

    __tablename__ = "learner_note"
    __table_args__ = (
        Index("ix_learner_note_target", "learner_id", "target_kind", "target"),
        Index(
            "uq_learner_note_bookmark",
            "learner_id",
            "target_kind",
            "target",
            unique=True,
            sqlite_where=_IS_BOOKMARK,
            postgresql_where=_IS_BOOKMARK,
        ),
        CheckConstraint("target_kind <> 'question' OR (quote = '' AND title = '')", name="question_text"),
    )

    id: Mapped[IntPk]
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id", ondelete="CASCADE"))
    target_kind: Mapped[TargetKind] = mapped_column(enum_column(TargetKind))
    target: Mapped[CatalogueSlug]
    title: Mapped[Str200]
    quote: Mapped[LongText]
    quote_before: Mapped[str] = mapped_column(String(CONTEXT_LENGTH))
    quote_after: Mapped[str] = mapped_column(String(CONTEXT_LENGTH))
    body: Mapped[LongText]
    created_at: Mapped[UtcDateTime]
    changed_at: Mapped[UtcDateTime]
