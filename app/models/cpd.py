"""Continuing professional development: a learner's own entries, and what they write about passed tests."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model
from app.domain.cpd import CpdKind
from app.models.columns import IntPk, LongText, Str200, enum_column


class CpdEntry(Model):
    """An activity that a learner entered. ``done_on`` is a day without a time zone; texts may be empty."""

    __tablename__ = "cpd_entry"
    __table_args__ = (
        Index("ix_cpd_entry_learner", "learner_id", "done_on"),
        CheckConstraint("minutes BETWEEN 1 AND 60000", name="minutes"),
    )

    id: Mapped[IntPk]
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id", ondelete="CASCADE"))
    done_on: Mapped[date]
    title: Mapped[Str200]
    minutes: Mapped[int]
    kind: Mapped[CpdKind] = mapped_column(enum_column(CpdKind, "kind"))
    reflection: Mapped[LongText]
    evidence: Mapped[LongText]


class CpdReflection(Model):
    """What a learner wrote about a passed test. Date, title and hours are those of the test."""

    __tablename__ = "cpd_reflection"

    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id", ondelete="CASCADE"), primary_key=True)
    reflection: Mapped[LongText]
