"""People: accounts, the learners behind them, sign-ins and invitations."""

from __future__ import annotations

from enum import StrEnum

from flask_security.core import RoleMixin, UserMixin
from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Model
from app.models.columns import Digest, Key, Line, Moment, choice


class Role(StrEnum):
    LEARNER = "learner"
    TRAINER = "trainer"
    ADMIN = "admin"


class User(Model, UserMixin):
    """An account. Its learner owns what was learned; erasing the account leaves that behind, nameless."""

    __tablename__ = "user"

    id: Mapped[Key]
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password: Mapped[str | None] = mapped_column(String(255))
    name: Mapped[Line]
    role: Mapped[Role] = mapped_column(choice(Role), default=Role.LEARNER)
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[Moment]

    learner: Mapped[Learner] = relationship(back_populates="user", uselist=False, lazy="raise")

    @property
    def roles(self) -> list[RoleMixin]:  # type: ignore[override]
        """Always empty: who may what is decided by ``permissions.py``, not by the accounts library."""
        return []


class Learner(Model):
    """Who attempts and progress belong to: a guest (no account), a person with an account, or, after erasure, nobody.

    ``calendar_number`` is part of the address of their calendar feed: counting it up makes the old address worthless.
    """

    __tablename__ = "learner"
    __table_args__ = (CheckConstraint("extra_time_percent BETWEEN 0 AND 400", name="extra_time"),)

    id: Mapped[Key]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), unique=True)
    is_guest: Mapped[bool] = mapped_column(default=False)
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    extra_time_percent: Mapped[int] = mapped_column(default=0)
    calendar_number: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[Moment] = mapped_column(index=True)

    user: Mapped[User | None] = relationship(back_populates="learner", lazy="raise")


class SignIn(Model):
    """One signed-in browser (or a guest's). Ending the row ends the access at the next request, even of a copied cookie."""

    __tablename__ = "sign_in"

    id: Mapped[Key]
    token_hash: Mapped[Digest] = mapped_column(unique=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    started_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]


class Invitation(Model):
    """A link, good once, with which somebody makes an account of a role. Only the hash of its token is kept.

    With ``cohort_id`` whoever takes it up joins that cohort (a trainer: teaches it), with a new account or the one they have.
    """

    __tablename__ = "invitation"

    id: Mapped[Key]
    token_hash: Mapped[Digest] = mapped_column(unique=True)
    role: Mapped[Role] = mapped_column(choice(Role))
    email: Mapped[str | None] = mapped_column(String(254))
    name: Mapped[Line | None]
    cohort_id: Mapped[int | None] = mapped_column(ForeignKey("cohort.id", ondelete="CASCADE"), index=True)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    used_at: Mapped[Moment | None]
    withdrawn_at: Mapped[Moment | None]
