"""Invitations: links, good once, with which somebody makes an account of a role."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.models import Invitation, Role, User
from app.services import audit, users

VALID = timedelta(days=7)
SHOWN = 200


class InvitationState(StrEnum):
    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"


class UnusableError(Exception):
    """The invitation was used, withdrawn, or is too old."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A new invitation and its token, which is kept nowhere: this is the only time it can be shown."""

    invitation: Invitation
    token: str


def create(
    session: Session,
    actor: User | None,
    role: Role,
    now: datetime,
    *,
    email: str | None = None,
    name: str | None = None,
) -> Issued:
    """Invite somebody to a role. ``actor`` None is the server's own start; name and e-mail only fill the form in."""
    token = secrets.token_urlsafe(32)
    invitation = Invitation(
        token_hash=_hash(token),
        role=role,
        email=email,
        name=name,
        created_by_id=actor.id if actor else None,
        created_at=now,
        expires_at=now + VALID,
    )
    session.add(invitation)
    session.flush()  # the audit log names it by its id
    audit.record(session, actor, "invitation.create", _subject(invitation), now, role=role)
    return Issued(invitation, token)


def create_first(session: Session, now: datetime) -> Issued:
    """Invite the first administrator; the link of an earlier start that nobody used stops working."""
    session.execute(
        update(Invitation)
        .where(
            Invitation.created_by_id.is_(None),
            Invitation.role == Role.ADMIN,
            Invitation.used_at.is_(None),
            Invitation.expires_at > now,
        )
        .values(expires_at=now)
    )
    return create(session, None, Role.ADMIN, now)


def get_by_token(session: Session, token: str) -> Invitation | None:
    return session.scalar(select(Invitation).where(Invitation.token_hash == _hash(token)))


def get(session: Session, invitation_id: int) -> Invitation | None:
    return session.get(Invitation, invitation_id)


def list_open(session: Session, now: datetime) -> Sequence[Invitation]:
    return session.scalars(
        select(Invitation)
        .where(Invitation.used_at.is_(None), Invitation.expires_at > now)
        .order_by(Invitation.id.desc())
        .limit(SHOWN)
    ).all()


def state_at(invitation: Invitation, now: datetime) -> InvitationState:
    if invitation.used_at is not None:
        return InvitationState.USED
    return InvitationState.OPEN if now < invitation.expires_at else InvitationState.EXPIRED


def accept(
    session: Session,
    invitation: Invitation,
    *,
    name: str,
    email: str,
    password_hash: str,
    time_zone: str,
    now: datetime,
) -> User:
    """Make the account that was offered. Of two who try at one moment, one gets it.

    :raise UnusableError: somebody was faster, or it was withdrawn.
    :raise AddressTakenError: roll back, and the invitation can be used again.
    """
    used = session.execute(
        update(Invitation)
        .where(Invitation.id == invitation.id, Invitation.used_at.is_(None), Invitation.expires_at > now)
        .values(used_at=now)
        .returning(Invitation.id)
    ).all()
    if not used:
        raise UnusableError
    user = users.create(
        session, name=name, email=email, password_hash=password_hash, now=now, role=invitation.role, time_zone=time_zone
    )
    audit.record(session, user, "invitation.accept", _subject(invitation), now, user=user.id)
    return user


def withdraw(session: Session, actor: User, invitation: Invitation, now: datetime) -> None:
    """Let an invitation that nobody used expire at once."""
    if state_at(invitation, now) is InvitationState.OPEN:
        invitation.expires_at = now
        audit.record(session, actor, "invitation.withdraw", _subject(invitation), now)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _subject(invitation: Invitation) -> str:
    return f"invitation:{invitation.id}"
