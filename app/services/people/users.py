"""Accounts: made, looked up, given a role, deactivated. Lists of them: :mod:`app.services.people.directory`."""

from __future__ import annotations

import uuid
from datetime import datetime

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db import locked
from app.models import Attempt, Learner, LessonProgress, Role, User
from app.services import audit
from app.services.people import sign_ins


class AddressTakenError(Exception):
    """Another account has this e-mail address."""


class LastAdminError(Exception):
    """The last active administrator can't be demoted or deactivated: nobody could make another."""


def normalised(address: str) -> str | None:
    """The form in which an address is kept and looked up; None where it can't be an address.

    Lower case throughout: people mix the cases up, no mailbox in use tells them apart, and so the unique constraint
    holds whatever the case.
    """
    try:
        return validate_email(address.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return None


def get(session: Session, user_id: int) -> User | None:
    return session.get(User, user_id)


def get_by_email(session: Session, address: str) -> User | None:
    """Find an account by its normalised address."""
    return session.scalar(select(User).where(User.email == address))


def is_any(session: Session) -> bool:
    """Whether there is any account."""
    return session.scalar(select(User.id).limit(1)) is not None


def has_admin(session: Session) -> bool:
    """Whether anybody can administer this server."""
    return session.scalar(select(User.id).where(User.role == Role.ADMIN, User.active).limit(1)) is not None


def add(
    session: Session, *, name: str, email: str, password_hash: str, now: datetime, role: Role = Role.LEARNER
) -> User:
    """Add an account without its learner; ``email`` is normalised.

    :raise AddressTakenError: the transaction goes on without the account.
    """
    user = User(
        name=name,
        email=email,
        password=password_hash,
        role=role,
        active=True,
        fs_uniquifier=uuid.uuid4().hex,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(user)
    except IntegrityError:
        raise AddressTakenError(email) from None
    return user


def create(
    session: Session,
    *,
    name: str,
    email: str,
    password_hash: str,
    now: datetime,
    role: Role = Role.LEARNER,
    time_zone: str = "UTC",
) -> User:
    """Make an account and its learner.

    :raise AddressTakenError: see :func:`add`.
    """
    user = add(session, name=name, email=email, password_hash=password_hash, now=now, role=role)
    sign_ins.give_learner(session, user, None, time_zone, now)
    return user


def change_email(session: Session, user: User, email: str, now: datetime) -> None:
    """Give ``user`` another normalised address.

    :raise AddressTakenError: the address stays as it was.
    """
    try:
        with session.begin_nested():
            user.email = email
    except IntegrityError:
        raise AddressTakenError(email) from None
    audit.record(session, user, "user.change_email", subject_of(user), now)


def set_role(session: Session, actor: User, user: User, role: Role, now: datetime) -> None:
    """Give ``user`` another role.

    :raise LastAdminError: it would leave no active administrator.
    """
    if role is user.role:
        return
    if user.role is Role.ADMIN:
        keep_an_admin(session, user)
    audit.record(session, actor, "user.set_role", subject_of(user), now, old=user.role, new=role)
    user.role = role


def deactivate(session: Session, actor: User, user: User, now: datetime) -> None:
    """Refuse ``user`` from the next request on, in every browser.

    :raise LastAdminError: it would leave no active administrator.
    """
    if not user.active:
        return
    if user.role is Role.ADMIN:
        keep_an_admin(session, user)
    user.active = False
    sign_ins.end_all(session, user, now)
    audit.record(session, actor, "user.deactivate", subject_of(user), now)


def reactivate(session: Session, actor: User, user: User, now: datetime) -> None:
    """Let ``user`` sign in again."""
    if user.active:
        return
    user.active = True
    audit.record(session, actor, "user.reactivate", subject_of(user), now)


def count_guest_work(session: Session, guest: Learner) -> int:
    """How many attempts a guest began and lessons they opened."""
    attempts = select(func.count(Attempt.id)).where(Attempt.learner_id == guest.id).scalar_subquery()
    lessons = (
        select(func.count(LessonProgress.lesson_id)).where(LessonProgress.learner_id == guest.id).scalar_subquery()
    )
    return session.scalar(select(attempts + lessons)) or 0


def subject_of(user: User) -> str:
    return f"user:{user.id}"


def keep_an_admin(session: Session, leaving: User) -> None:
    """Lock the administrators, so that two of them can't remove each other at one moment.

    :raise LastAdminError: there is no other active one than ``leaving``.
    """
    admins = select(User).where(User.role == Role.ADMIN, User.active).order_by(User.id)
    if all(admin.id == leaving.id for admin in session.scalars(locked(admins, User))):
        raise LastAdminError
