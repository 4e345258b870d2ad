"""Create, find, change and deactivate accounts. :mod:`app.services.people.directory` lists them."""

from __future__ import annotations

import uuid
from datetime import datetime

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db import lock_rows
from app.domain.identifiers import clean_address
from app.models import Attempt, CohortTrainer, Invitation, Learner, LearnerNote, LessonProgress, Role, User
from app.services.log import audit, subjects
from app.services.people import notices, sign_ins
from app.services.people.notices import NoticeKind


class AddressTakenError(Exception):
    """Another account has this e-mail address."""


class LastAdminError(Exception):
    """The last active administrator can't be demoted or deactivated, because nobody could appoint another."""


def normalise_address(address: str) -> str | None:
    """Return an address in the form that is stored and looked up, or None if it is not a valid address.

    The result is lower case, so that the unique constraint ignores case (:func:`app.domain.identifiers.clean_address`).
    """
    try:
        return validate_email(clean_address(address), check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return None


def get(session: Session, user_id: int) -> User | None:
    return session.get(User, user_id)


def get_by_email(session: Session, address: str) -> User | None:
    """Find an account by its normalised address."""
    return session.scalar(select(User).where(User.email == address))


def has_any(session: Session) -> bool:
    return session.scalar(select(User.id).limit(1)) is not None


def has_admin(session: Session) -> bool:
    """Whether anybody can administer this server."""
    return session.scalar(select(User.id).where(User.role == Role.ADMIN, User.active).limit(1)) is not None


def add(
    session: Session, *, name: str, email: str, password_hash: str, now: datetime, role: Role = Role.LEARNER
) -> User:
    """Add an account without its learner; ``email`` is normalised.

    :raise AddressTakenError: another account has the address. The transaction stays usable.
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
    """Create an account and its learner.

    :raise AddressTakenError: see :func:`add`.
    """
    user = add(session, name=name, email=email, password_hash=password_hash, now=now, role=role)
    sign_ins.assign_learner(session, user, None, time_zone, now)
    return user


def change_email(
    session: Session, actor: User, user: User, email: str, now: datetime, *, stays_in: str | None = None
) -> None:
    """Give ``user`` another normalised address, and end what was issued for the old one.

    These are sign-ins, reset links and a request to confirm an address. ``stays_in`` is the hash of the token of the
    browser that stays signed in.

    :raise AddressTakenError: another account has the address. The user keeps the old one.
    """
    if email == user.email:
        return
    try:
        with session.begin_nested():
            user.email = email
    except IntegrityError:
        raise AddressTakenError(email) from None
    user.unconfirmed_email = user.unconfirmed_since = None
    renew_credentials(session, user, now, stays_in=stays_in)
    if actor.id != user.id:
        notices.add(user, NoticeKind.EMAIL_CHANGED, now)
    audit.record(session, actor, "user.change_email", get_subject(user), now)


def renew_credentials(session: Session, user: User, now: datetime, *, stays_in: str | None = None) -> None:
    """End all sign-ins and reset links of a user, except the sign-in ``stays_in``."""
    user.fs_uniquifier = uuid.uuid4().hex
    sign_ins.end_all(session, user, now, but=stays_in)


def end_sign_ins(session: Session, actor: User, user: User, now: datetime, *, stays_in: str | None = None) -> None:
    """Sign ``user`` out everywhere, except in the browser ``stays_in``. The password and open links stay valid."""
    sign_ins.end_all(session, user, now, but=stays_in)
    audit.record(session, actor, "user.end_sign_ins", get_subject(user), now)


def set_role(session: Session, actor: User, user: User, role: Role, now: datetime) -> None:
    """Give ``user`` another role.

    :raise LastAdminError: it would leave no active administrator.
    """
    if role is user.role:
        return
    if user.role is Role.ADMIN:
        require_other_admin(session, user)
    audit.record(session, actor, "user.set_role", get_subject(user), now, old=user.role, new=role)
    user.role = role
    if role is Role.LEARNER:
        _withdraw_links_to_teach(session, actor, user, now)


def deactivate(session: Session, actor: User, user: User, now: datetime) -> None:
    """Deactivate ``user`` and end all their sign-ins, from the next request on.

    :raise LastAdminError: it would leave no active administrator.
    """
    if not user.active:
        return
    if user.role is Role.ADMIN:
        require_other_admin(session, user)
    user.active = False
    renew_credentials(session, user, now)
    _withdraw_links_to_teach(session, actor, user, now)
    audit.record(session, actor, "user.deactivate", get_subject(user), now)


def _withdraw_links_to_teach(session: Session, actor: User, user: User, now: datetime) -> None:
    """Withdraw the open links with which somebody who lost the role could get it back.

    These are links to their address, and those to the cohorts that they taught, whoever made them: a trainer sees them.
    """
    taught = select(CohortTrainer.cohort_id).where(CohortTrainer.user_id == user.id)
    withdrawn = session.scalars(
        update(Invitation)
        .where(
            Invitation.role != Role.LEARNER,
            Invitation.used_at.is_(None),
            Invitation.withdrawn_at.is_(None),
            Invitation.expires_at > now,
            or_(Invitation.email == user.email, Invitation.cohort_id.in_(taught)),
        )
        .values(withdrawn_at=now, expires_at=now)
        .returning(Invitation.id)
    ).all()
    for invitation_id in withdrawn:
        reference = subjects.make_reference("invitation", invitation_id)
        audit.record(session, actor, "invitation.withdraw", reference, now)


def reactivate(session: Session, actor: User, user: User, now: datetime) -> None:
    """Let ``user`` sign in again."""
    if user.active:
        return
    user.active = True
    audit.record(session, actor, "user.reactivate", get_subject(user), now)


def count_guest_work(session: Session, guest: Learner) -> int:
    """Count the attempts that a guest started, the lessons that they opened and their notes."""
    attempts = select(func.count(Attempt.id)).where(Attempt.learner_id == guest.id).scalar_subquery()
    lessons = (
        select(func.count(LessonProgress.lesson_id)).where(LessonProgress.learner_id == guest.id).scalar_subquery()
    )
    notes = select(func.count(LearnerNote.id)).where(LearnerNote.learner_id == guest.id).scalar_subquery()
    return session.scalar(select(attempts + lessons + notes)) or 0


def get_subject(user: User) -> str:
    return subjects.make_reference("user", user.id)


def require_other_admin(session: Session, leaving: User) -> None:
    """Require another active administrator, and lock them all so that two of them can't remove each other at once.

    :raise LastAdminError: ``leaving`` is the only active administrator.
    """
    admins = select(User).where(User.role == Role.ADMIN, User.active).order_by(User.id)
    if all(admin.id == leaving.id for admin in session.scalars(lock_rows(admins, User))):
        raise LastAdminError
