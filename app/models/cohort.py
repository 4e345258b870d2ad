"""Cohorts: who learns together, who teaches them, and who is about to be invited."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model
from app.models.columns import Document, Key, Line, Moment


class Cohort(Model):
    """``join_code`` is 50 random bits in Crockford's base 32; whoever has it before ``join_expires_at`` may join.

    An archived cohort can be read and not changed: nobody joins, and nothing in it is due.
    """

    __tablename__ = "cohort"

    id: Mapped[Key]
    title: Mapped[Line]
    time_zone: Mapped[str] = mapped_column(String(64))
    join_code: Mapped[str] = mapped_column(String(16), unique=True)
    join_expires_at: Mapped[Moment]
    created_at: Mapped[Moment]
    archived_at: Mapped[Moment | None]


class CohortTrainer(Model):
    __tablename__ = "cohort_trainer"

    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, index=True)


class Membership(Model):
    """A learner belongs to a cohort until ``removed_at``; joining again takes the same row up."""

    __tablename__ = "membership"

    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id", ondelete="CASCADE"), primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id", ondelete="CASCADE"), primary_key=True, index=True)
    joined_at: Mapped[Moment]
    removed_at: Mapped[Moment | None]


class Roster(Model):
    """An uploaded list of people to invite, as it was read, until its trainer accepts it or a day has passed.

    ``lines`` holds what the preview shows: how the file was read, its heading, and a document for each of its lines.
    """

    __tablename__ = "roster"

    id: Mapped[Key]
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id", ondelete="CASCADE"), index=True)
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    created_at: Mapped[Moment]
    lines: Mapped[Document]
