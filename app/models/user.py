"""People: accounts, the learners behind them, sign-ins and invitations."""

from __future__ import annotations

from enum import StrEnum

from flask_security.core import RoleMixin, UserMixin
from sqlalchemy import CheckConstraint, ForeignKey, String, event
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Model
from app.models.columns import Digest, IntPk, Json, Str200, UtcDateTime, enum_column
from app.models.folded import fold_updated, folded_column


class Role(StrEnum):
    LEARNER = "learner"
    TRAINER = "trainer"
    ADMIN = "admin"


class User(Model, UserMixin):
    """An account. Attempts and progress belong to its learner, which stays as an anonymous learner after an erasure.

    ``notices`` are what others did to the account and its owner has not confirmed yet
    (:mod:`app.services.people.notices`). ``unconfirmed_email`` is an address that counts once its owner has opened the
    link that was mailed there at ``unconfirmed_since``: that of a new account, or another one
    (:mod:`app.services.people.addresses`).
    """

    __tablename__ = "user"
    __table_args__ = (CheckConstraint("(unconfirmed_email IS NULL) = (unconfirmed_since IS NULL)", name="unconfirmed"),)

    id: Mapped[IntPk]
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password: Mapped[str | None] = mapped_column(String(255))
    name: Mapped[Str200]
    role: Mapped[Role] = mapped_column(enum_column(Role), default=Role.LEARNER)
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[UtcDateTime]
    folded: Mapped[str] = folded_column()
    notices: Mapped[Json] = mapped_column(default=list)
    unconfirmed_email: Mapped[str | None] = mapped_column(String(254))
    unconfirmed_since: Mapped[UtcDateTime | None]

    learner: Mapped[Learner] = relationship(back_populates="user", uselist=False, lazy="raise")

    @property
    def is_unconfirmed(self) -> bool:
        """Whether nobody has confirmed the address with which the account signs in."""
        return self.unconfirmed_email == self.email

    @property
    def roles(self) -> list[RoleMixin]:  # type: ignore[override]
        """Always empty, because ``permissions.py`` decides on permissions, not Flask-Security."""
        return []


class Learner(Model):
    """The owner of attempts and progress: a guest, a person with an account or, after an erasure, nobody.

    ``language`` is the code of the language chosen for pages and mail; it is empty until one is chosen.
    ``calendar_revision`` is part of the address of their calendar feed; increasing it disables the old address.
    """

    __tablename__ = "learner"
    __table_args__ = (CheckConstraint("extra_time_percent BETWEEN 0 AND 400", name="extra_time"),)

    id: Mapped[IntPk]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), unique=True)
    is_guest: Mapped[bool] = mapped_column(default=False)
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    language: Mapped[str] = mapped_column(String(16), default="", server_default="")
    extra_time_percent: Mapped[int] = mapped_column(default=0)
    calendar_revision: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[UtcDateTime] = mapped_column(index=True)

    user: Mapped[User | None] = relationship(back_populates="learner", lazy="raise")


class SignIn(Model):
    """The sign-in of one browser, also of a guest.

    Ending it ends access from the next request, even for a copied cookie. ``seen_at`` is its last use, to within a few
    minutes. ``network`` is the part of the address of that use that many people share.
    """

    __tablename__ = "sign_in"

    id: Mapped[IntPk]
    token_hash: Mapped[Digest] = mapped_column(unique=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    started_at: Mapped[UtcDateTime]
    seen_at: Mapped[UtcDateTime]
    ended_at: Mapped[UtcDateTime | None]
    browser: Mapped[str] = mapped_column(String(20), default="")
    system: Mapped[str] = mapped_column(String(20), default="")
    network: Mapped[str] = mapped_column(String(45), default="")


class Invitation(Model):
    """A single-use link to create an account with a role. Only the hash of its token is stored.

    With ``cohort_id``, a new or existing account also joins that cohort, or teaches it if the role is trainer.
    ``student_number`` and ``sort_name`` become those of the membership.
    """

    __tablename__ = "invitation"

    id: Mapped[IntPk]
    token_hash: Mapped[Digest] = mapped_column(unique=True)
    role: Mapped[Role] = mapped_column(enum_column(Role))
    email: Mapped[str | None] = mapped_column(String(254))
    name: Mapped[Str200 | None]
    student_number: Mapped[str | None] = mapped_column(String(50))
    sort_name: Mapped[Str200 | None]
    cohort_id: Mapped[int | None] = mapped_column(ForeignKey("cohort.id", ondelete="CASCADE"), index=True)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    created_at: Mapped[UtcDateTime]
    expires_at: Mapped[UtcDateTime]
    used_at: Mapped[UtcDateTime | None]
    withdrawn_at: Mapped[UtcDateTime | None]
    folded: Mapped[str] = folded_column()


for _kind in (User, Invitation):
    event.listen(_kind, "before_update", fold_updated)
