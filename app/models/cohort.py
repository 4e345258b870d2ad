"""Cohorts, their trainers and members, and uploaded rosters."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Model
from app.models.columns import Digest, IntPk, Json, Str200, UtcDateTime


class Cohort(Model):
    """A group of learners with its trainers.

    ``join_code`` is 50 random bits in Crockford's base 32 and lets learners join until ``join_expires_at``. An archived
    cohort is read-only: nobody can join, and nothing in it is due. The gradebook's totals leave out each learner's
    ``drop_lowest`` lowest scores. Only an administrator can remove the trainer who created it (``created_by_id``).
    """

    __tablename__ = "cohort"
    __table_args__ = (CheckConstraint("drop_lowest BETWEEN 0 AND 20", name="drop_lowest"),)

    id: Mapped[IntPk]
    title: Mapped[Str200]
    time_zone: Mapped[str] = mapped_column(String(64))
    join_code: Mapped[str] = mapped_column(String(16), unique=True)
    join_expires_at: Mapped[UtcDateTime]
    created_at: Mapped[UtcDateTime]
    drop_lowest: Mapped[int] = mapped_column(default=0)
    archived_at: Mapped[UtcDateTime | None]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))


class CohortTrainer(Model):
    __tablename__ = "cohort_trainer"

    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, index=True)


class Membership(Model):
    """A learner belongs to a cohort until ``removed_at``; joining again reuses the row.

    ``has_left``: they left by themselves, so they can join again by themselves.
    ``student_number`` is the school's number for the learner. ``sort_name`` is the name under which the gradebook sorts
    them, if the rule for family names gets it wrong; see :func:`app.domain.names.get_sort_name`.
    ``joined_before``: with an account that was erased. After an erasure, ``former_address`` is a keyed hash of the
    address (:mod:`app.services.cohorts.rejoining`).
    """

    __tablename__ = "membership"

    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id", ondelete="CASCADE"), primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id", ondelete="CASCADE"), primary_key=True, index=True)
    joined_at: Mapped[UtcDateTime]
    removed_at: Mapped[UtcDateTime | None]
    has_left: Mapped[bool] = mapped_column(default=False)
    student_number: Mapped[str | None] = mapped_column(String(50))
    sort_name: Mapped[Str200 | None]
    joined_before: Mapped[bool] = mapped_column(default=False)
    former_address: Mapped[Digest | None]


class Roster(Model):
    """An uploaded list of people to invite, kept until a trainer accepts it or for a day.

    ``lines`` is the document for the preview: the file's encoding, its heading and its lines.
    """

    __tablename__ = "roster"

    id: Mapped[IntPk]
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id", ondelete="CASCADE"), index=True)
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    created_at: Mapped[UtcDateTime]
    lines: Mapped[Json]
