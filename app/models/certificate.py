"""Certificates of passed tests."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model
from app.models.columns import Digest, IntPk, LongText, Str200, UtcDateTime


class Certificate(Model):
    """A certificate of one passed test, as it was issued. Anybody with its ``code`` can verify it.

    ``percent`` is the score; ``minutes`` is the reading time of the lessons and the time of the test. ``publication_id``
    and ``content_digest`` say which content was passed. ``name`` is null if the learner was erased; then it is
    withdrawn without a reason.
    """

    __tablename__ = "certificate"
    __table_args__ = (
        CheckConstraint("percent BETWEEN 0 AND 100", name="percent"),
        CheckConstraint("minutes >= 0", name="minutes"),
        CheckConstraint("(withdrawn_at IS NULL) = (reason IS NULL)", name="reason"),
        CheckConstraint("name IS NOT NULL OR withdrawn_at IS NOT NULL", name="name"),
    )

    id: Mapped[IntPk]
    code: Mapped[str] = mapped_column(String(26), unique=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id", ondelete="CASCADE"), unique=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id", ondelete="CASCADE"), index=True)
    name: Mapped[Str200 | None]
    title: Mapped[Str200]
    module_title: Mapped[Str200]
    percent: Mapped[int]
    minutes: Mapped[int]
    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id"))
    content_digest: Mapped[Digest]
    passed_at: Mapped[UtcDateTime]
    review_at: Mapped[UtcDateTime]
    issued_at: Mapped[UtcDateTime]
    withdrawn_at: Mapped[UtcDateTime | None]
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    reason: Mapped[LongText | None]
