"""Invitations: single-use links to create an account with a role, to join a cohort or to teach one.

:mod:`app.services.cohorts.accepting` accepts them.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.orm import Session

from app.domain.paging import Paged, paginate
from app.models import Cohort, Invitation, Role, User
from app.models.folded import contains_words
from app.permissions import Viewer, may_administer, teaches
from app.services.cohorts import cohorts
from app.services.log import audit, subjects

VALIDITY = timedelta(days=7)
JOIN_VALIDITY = timedelta(days=30)
"""Longer, because a class is invited before its term begins."""

MAX_LISTED = 200
MAX_RENEWED = 2_000
"""The same as the maximum of one roster; a page of more links would be useless."""


class InvitationState(StrEnum):
    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"


class UnusableError(Exception):
    """The invitation was used or withdrawn, or has expired."""


@dataclass(frozen=True, slots=True)
class IssuedInvitation:
    """A new invitation and its token. The token is not stored, so it can be shown only now."""

    invitation: Invitation
    token: str


@dataclass(frozen=True, slots=True)
class Invitee:
    """A person to invite: ``email`` is normalised; everything else may be empty."""

    name: str
    email: str
    student_number: str = ""
    sort_name: str = ""


@dataclass(frozen=True, slots=True)
class IssuedJoinInvitation:
    """An issued invitation to a cohort. ``token`` is not stored."""

    name: str
    email: str
    token: str
    expires_at: datetime


def create(
    session: Session,
    actor: User | None,
    role: Role,
    now: datetime,
    *,
    email: str | None = None,
    name: str | None = None,
    cohort: Cohort | None = None,
) -> IssuedInvitation:
    """Invite somebody to a role, or to teach a cohort.

    ``actor`` is None if the server invites its first administrator. ``name`` and ``email`` only prefill the form.
    """
    token = secrets.token_urlsafe(32)
    invitation = Invitation(
        token_hash=_hash(token),
        role=role,
        email=email,
        name=name,
        cohort_id=cohort.id if cohort else None,
        created_by_id=actor.id if actor else None,
        created_at=now,
        expires_at=now + VALIDITY,
    )
    session.add(invitation)
    session.flush()  # the audit log needs its id
    details = {"cohort": cohort.id} if cohort else {}
    audit.record(session, actor, "invitation.create", get_subject(invitation), now, role=role, **details)
    return IssuedInvitation(invitation, token)


def create_first(session: Session, now: datetime) -> IssuedInvitation:
    """Invite the first administrator. Unused links from earlier starts of the server stop working."""
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


def create_to_join(
    session: Session, actor: User, cohort: Cohort, people: Sequence[Invitee], now: datetime
) -> list[IssuedJoinInvitation]:
    """Invite people to a cohort. The number of queries does not grow with theirs.

    :raise ArchivedError: see :func:`app.services.cohorts.cohorts.require_active`.
    """
    cohorts.require_active(cohort)
    if not people:
        return []
    sent = [IssuedJoinInvitation(one.name, one.email, secrets.token_urlsafe(32), now + JOIN_VALIDITY) for one in people]
    rows = [
        {
            "token_hash": _hash(one.token),
            "role": Role.LEARNER,
            "email": one.email,
            "name": one.name or None,
            "student_number": person.student_number or None,
            "sort_name": person.sort_name or None,
            "cohort_id": cohort.id,
            "created_by_id": actor.id,
            "created_at": now,
            "expires_at": one.expires_at,
        }
        for person, one in zip(people, sent, strict=True)
    ]
    session.execute(insert(Invitation), rows)
    audit.record(session, actor, "cohort.invite", cohorts.get_subject(cohort), now, people=len(rows))
    return sent


def get_by_token(session: Session, token: str) -> Invitation | None:
    return session.scalar(select(Invitation).where(Invitation.token_hash == _hash(token)))


def get(session: Session, invitation_id: int) -> Invitation | None:
    return session.get(Invitation, invitation_id)


def get_for_cohort(session: Session, cohort: Cohort, invitation_id: int) -> Invitation | None:
    """Return an invitation if it leads to this cohort."""
    found = session.get(Invitation, invitation_id)
    return found if found is not None and found.cohort_id == cohort.id else None


def get_cohort(session: Session, invitation: Invitation) -> Cohort | None:
    return session.get(Cohort, invitation.cohort_id) if invitation.cohort_id is not None else None


def list_open(session: Session, now: datetime) -> Sequence[Invitation]:
    """Return open invitations for administrators, latest first, without those to cohorts, which trainers manage."""
    return session.scalars(
        select(Invitation)
        .where(Invitation.used_at.is_(None), Invitation.expires_at > now, Invitation.cohort_id.is_(None))
        .order_by(Invitation.id.desc())
        .limit(MAX_LISTED)
    ).all()


def list_for_cohort(
    session: Session, cohort: Cohort, role: Role, sought: str = "", number: int = 1
) -> Paged[Invitation]:
    """Return one page of a cohort's pending invitations by name or address, including expired ones."""
    is_meant = (*_is_pending(cohort, role), contains_words(Invitation.folded, sought))
    total = session.scalar(select(func.count(Invitation.id)).where(*is_meant)) or 0
    ordered = select(Invitation).where(*is_meant).order_by(Invitation.folded, Invitation.id)
    return paginate(total, number, lambda offset, limit: session.scalars(ordered.limit(limit).offset(offset)).all())


def count_pending(session: Session, cohort: Cohort) -> int:
    return session.scalar(select(func.count(Invitation.id)).where(*_is_pending(cohort, Role.LEARNER))) or 0


def list_open_addresses(session: Session, cohort: Cohort, now: datetime) -> set[str]:
    """Return the addresses with an open invitation to join a cohort."""
    found = select(Invitation.email).where(*_is_pending(cohort, Role.LEARNER), Invitation.expires_at > now)
    return {address for address in session.scalars(found) if address}


def get_state(session: Session, invitation: Invitation, now: datetime) -> InvitationState:
    if invitation.used_at is not None:
        return InvitationState.USED
    is_good = now < invitation.expires_at and invitation.withdrawn_at is None and may_still_invite(session, invitation)
    return InvitationState.OPEN if is_good else InvitationState.EXPIRED


def may_still_invite(session: Session, invitation: Invitation) -> bool:
    """Whether the account that made a link still has the right to: links end with the right of their maker.

    Only the link of the first administrator has no maker. The maker of any other may have been erased.
    """
    if invitation.created_by_id is None:
        return invitation.role is Role.ADMIN and invitation.cohort_id is None
    maker = Viewer(session.get(User, invitation.created_by_id))
    if maker.user is None or not maker.user.active:
        return False
    if invitation.cohort_id is None:
        return may_administer(maker)
    taught = select(Cohort.id).where(Cohort.id == invitation.cohort_id, teaches(maker, Cohort.id))
    return session.scalar(taught) is not None


def withdraw(session: Session, actor: User, invitation: Invitation, now: datetime) -> None:
    """Withdraw an unused invitation at once."""
    if invitation.used_at is not None or invitation.withdrawn_at is not None:
        return
    invitation.withdrawn_at = now
    invitation.expires_at = min(invitation.expires_at, now)
    audit.record(session, actor, "invitation.withdraw", get_subject(invitation), now)


def withdraw_to_teach(session: Session, actor: User, cohort: Cohort, now: datetime) -> None:
    """Withdraw all open links to teach a cohort, so that none lets a removed trainer back in."""
    for one in session.scalars(select(Invitation).where(*_is_pending(cohort, Role.TRAINER))):
        withdraw(session, actor, one, now)


def renew(session: Session, actor: User, cohort: Cohort, invitation: Invitation, now: datetime) -> IssuedJoinInvitation:
    """Give an invitation to a cohort a new link; the old one stops working.

    :raise UnusableError: it was used or withdrawn.
    :raise ArchivedError: see :func:`app.services.cohorts.cohorts.require_active`.
    """
    cohorts.require_active(cohort)
    token = secrets.token_urlsafe(32)
    valid = JOIN_VALIDITY if invitation.role is Role.LEARNER else VALIDITY
    renewed = session.execute(
        update(Invitation)
        .where(Invitation.id == invitation.id, Invitation.used_at.is_(None), Invitation.withdrawn_at.is_(None))
        .values(token_hash=_hash(token), expires_at=now + valid, created_by_id=actor.id)
        .returning(Invitation.id)
    ).all()
    if not renewed:
        raise UnusableError
    audit.record(session, actor, "invitation.renew", get_subject(invitation), now, cohort=cohort.id)
    return IssuedJoinInvitation(invitation.name or "", invitation.email or "", token, now + valid)


def renew_all(session: Session, actor: User, cohort: Cohort, now: datetime) -> list[IssuedJoinInvitation]:
    """Give pending invitations to join a cohort new links: up to :data:`MAX_RENEWED`, the earliest to expire first.

    :raise ArchivedError: see :func:`app.services.cohorts.cohorts.require_active`.
    """
    cohorts.require_active(cohort)
    oldest = select(Invitation).where(*_is_pending(cohort, Role.LEARNER)).order_by(Invitation.expires_at, Invitation.id)
    waiting = session.scalars(oldest.limit(MAX_RENEWED)).all()
    if not waiting:
        return []
    sent = [
        IssuedJoinInvitation(one.name or "", one.email or "", secrets.token_urlsafe(32), now + JOIN_VALIDITY)
        for one in waiting
    ]
    changes = [
        {"id": one.id, "token_hash": _hash(new.token), "expires_at": new.expires_at, "created_by_id": actor.id}
        for one, new in zip(waiting, sent, strict=True)
    ]
    session.execute(update(Invitation), changes)
    audit.record(session, actor, "cohort.renew_invitations", cohorts.get_subject(cohort), now, people=len(sent))
    return sent


def _is_pending(cohort: Cohort, role: Role) -> tuple[ColumnElement[bool], ...]:
    return (
        Invitation.cohort_id == cohort.id,
        Invitation.role == role,
        Invitation.used_at.is_(None),
        Invitation.withdrawn_at.is_(None),
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def get_subject(invitation: Invitation) -> str:
    return subjects.make_reference("invitation", invitation.id)
