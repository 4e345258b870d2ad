"""Invitations: links, good once, to make an account of a role, to join a cohort, or to teach one."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.models import Cohort, CohortTrainer, Invitation, Learner, Membership, Role, User
from app.services import audit
from app.services.people import sign_ins, users
from app.services.teaching import cohorts

VALID = timedelta(days=7)
TO_JOIN_VALID = timedelta(days=30)
"""A class is invited before its term begins."""

SHOWN = 200
PAGE = 50
AT_ONCE = 2_000
"""As many as one list invites: a page that shows more links helps nobody."""


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


@dataclass(frozen=True, slots=True)
class Invitee:
    """Somebody to be invited: ``email`` is normalised, ``name`` may be empty."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Sent:
    """What somebody gets who is invited to a cohort. ``token`` is kept nowhere."""

    name: str
    email: str
    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """One page of invitations; ``number`` counts from 1, ``pages`` is at least 1."""

    invitations: Sequence[Invitation]
    total: int
    number: int
    pages: int


def create(
    session: Session,
    actor: User | None,
    role: Role,
    now: datetime,
    *,
    email: str | None = None,
    name: str | None = None,
    cohort: Cohort | None = None,
) -> Issued:
    """Invite somebody to a role, or to teach a cohort. ``actor`` None is the server's own start; name and e-mail only fill the form in."""
    token = secrets.token_urlsafe(32)
    invitation = Invitation(
        token_hash=_hash(token),
        role=role,
        email=email,
        name=name,
        cohort_id=cohort.id if cohort else None,
        created_by_id=actor.id if actor else None,
        created_at=now,
        expires_at=now + VALID,
    )
    session.add(invitation)
    session.flush()  # the audit log names it by its id
    of = {"cohort": cohort.id} if cohort else {}
    audit.record(session, actor, "invitation.create", _subject(invitation), now, role=role, **of)
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


def create_to_join(
    session: Session, actor: User, cohort: Cohort, people: Sequence[Invitee], now: datetime
) -> list[Sent]:
    """Invite people to a cohort, with a handful of statements however many they are.

    :raise ArchivedError: see :func:`app.services.teaching.cohorts.demand_active`.
    """
    cohorts.demand_active(cohort)
    if not people:
        return []
    sent = [Sent(one.name, one.email, secrets.token_urlsafe(32), now + TO_JOIN_VALID) for one in people]
    rows = [
        {
            "token_hash": _hash(one.token),
            "role": Role.LEARNER,
            "email": one.email,
            "name": one.name or None,
            "cohort_id": cohort.id,
            "created_by_id": actor.id,
            "created_at": now,
            "expires_at": one.expires_at,
        }
        for one in sent
    ]
    session.execute(insert(Invitation), rows)
    audit.record(session, actor, "cohort.invite", cohorts.subject_of(cohort), now, people=len(rows))
    return sent


def get_by_token(session: Session, token: str) -> Invitation | None:
    return session.scalar(select(Invitation).where(Invitation.token_hash == _hash(token)))


def get(session: Session, invitation_id: int) -> Invitation | None:
    return session.get(Invitation, invitation_id)


def get_of_cohort(session: Session, cohort: Cohort, invitation_id: int) -> Invitation | None:
    """An invitation to a cohort that was loaded for its trainer."""
    found = session.get(Invitation, invitation_id)
    return found if found is not None and found.cohort_id == cohort.id else None


def cohort_of(session: Session, invitation: Invitation) -> Cohort | None:
    """The cohort that an invitation leads to."""
    return session.get(Cohort, invitation.cohort_id) if invitation.cohort_id is not None else None


def list_open(session: Session, now: datetime) -> Sequence[Invitation]:
    """What may still be used to make an account, for administrators; those of cohorts are their trainers' own."""
    return session.scalars(
        select(Invitation)
        .where(Invitation.used_at.is_(None), Invitation.expires_at > now, Invitation.cohort_id.is_(None))
        .order_by(Invitation.id.desc())
        .limit(SHOWN)
    ).all()


def list_of_cohort(session: Session, cohort: Cohort, role: Role, sought: str = "", number: int = 1) -> Page:
    """One page of the invitations to a cohort that nobody took up or withdrew, expired ones included, by name or address."""
    is_meant = (*_waiting(cohort, role), _contains(sought))
    total = session.scalar(select(func.count(Invitation.id)).where(*is_meant)) or 0
    pages = max(1, -(-total // PAGE))
    number = min(max(1, number), pages)
    ordered = (
        select(Invitation).where(*is_meant).order_by(func.coalesce(Invitation.name, Invitation.email), Invitation.id)
    )
    return Page(session.scalars(ordered.limit(PAGE).offset((number - 1) * PAGE)).all(), total, number, pages)


def count_waiting(session: Session, cohort: Cohort) -> int:
    return session.scalar(select(func.count(Invitation.id)).where(*_waiting(cohort, Role.LEARNER))) or 0


def addresses_open(session: Session, cohort: Cohort, now: datetime) -> set[str]:
    """The addresses that are invited to a cohort and can still join by it."""
    found = select(Invitation.email).where(*_waiting(cohort, Role.LEARNER), Invitation.expires_at > now)
    return {address for address in session.scalars(found) if address}


def state_at(invitation: Invitation, now: datetime) -> InvitationState:
    if invitation.used_at is not None:
        return InvitationState.USED
    is_good = now < invitation.expires_at and invitation.withdrawn_at is None
    return InvitationState.OPEN if is_good else InvitationState.EXPIRED


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
    """Make the account that was offered, and let it join the cohort. Of two who try at one moment, one gets it.

    :raise UnusableError: somebody was faster, or it was withdrawn.
    :raise AddressTakenError: roll back, and the invitation can be used again.
    """
    cohort = _claim(session, invitation, now)
    user = users.create(
        session, name=name, email=email, password_hash=password_hash, now=now, role=invitation.role, time_zone=time_zone
    )
    audit.record(session, user, "invitation.accept", _subject(invitation), now, user=user.id)
    if cohort is not None:
        _enter(session, invitation, cohort, user, sign_ins.learner_of(session, user), now)
    return user


def take_up(session: Session, invitation: Invitation, user: User, learner: Learner, now: datetime) -> Cohort:
    """Let somebody who has an account join the cohort, or teach it, by an invitation to one.

    :raise UnusableError: somebody was faster, it was withdrawn, the cohort is archived, or they were removed from it since.
    """
    cohort = _claim(session, invitation, now)
    if cohort is None or (invitation.role is Role.LEARNER and _was_removed_since(session, invitation, cohort, learner)):
        raise UnusableError
    audit.record(session, user, "invitation.accept", _subject(invitation), now, user=user.id)
    _enter(session, invitation, cohort, user, learner, now)
    return cohort


def _was_removed_since(session: Session, invitation: Invitation, cohort: Cohort, learner: Learner) -> bool:
    """Whether a trainer took this learner out of the cohort after the link was made: another one brings them back, this one does not."""
    held = session.get(Membership, (cohort.id, learner.id))
    made_at = invitation.expires_at - TO_JOIN_VALID
    return held is not None and held.removed_at is not None and held.removed_at > made_at


def withdraw(session: Session, actor: User, invitation: Invitation, now: datetime) -> None:
    """Let an invitation that nobody used expire at once."""
    if invitation.used_at is not None or invitation.withdrawn_at is not None:
        return
    invitation.withdrawn_at = now
    invitation.expires_at = min(invitation.expires_at, now)
    audit.record(session, actor, "invitation.withdraw", _subject(invitation), now)


def renew(session: Session, actor: User, cohort: Cohort, invitation: Invitation, now: datetime) -> Sent:
    """Give an invitation to a cohort another link; the one before stops working.

    :raise UnusableError: it was used or withdrawn.
    :raise ArchivedError: see :func:`app.services.teaching.cohorts.demand_active`.
    """
    cohorts.demand_active(cohort)
    token = secrets.token_urlsafe(32)
    valid = TO_JOIN_VALID if invitation.role is Role.LEARNER else VALID
    renewed = session.execute(
        update(Invitation)
        .where(Invitation.id == invitation.id, Invitation.used_at.is_(None), Invitation.withdrawn_at.is_(None))
        .values(token_hash=_hash(token), expires_at=now + valid)
        .returning(Invitation.id)
    ).all()
    if not renewed:
        raise UnusableError
    audit.record(session, actor, "invitation.renew", _subject(invitation), now, cohort=cohort.id)
    return Sent(invitation.name or "", invitation.email or "", token, now + valid)


def renew_all(session: Session, actor: User, cohort: Cohort, now: datetime) -> list[Sent]:
    """Give those who are invited to join a cohort and have not done so another link: :data:`AT_ONCE` of them, the oldest links first.

    :raise ArchivedError: see :func:`app.services.teaching.cohorts.demand_active`.
    """
    cohorts.demand_active(cohort)
    oldest = select(Invitation).where(*_waiting(cohort, Role.LEARNER)).order_by(Invitation.expires_at, Invitation.id)
    waiting = session.scalars(oldest.limit(AT_ONCE)).all()
    if not waiting:
        return []
    sent = [Sent(one.name or "", one.email or "", secrets.token_urlsafe(32), now + TO_JOIN_VALID) for one in waiting]
    changes = [
        {"id": one.id, "token_hash": _hash(new.token), "expires_at": new.expires_at}
        for one, new in zip(waiting, sent, strict=True)
    ]
    session.execute(update(Invitation), changes)
    audit.record(session, actor, "cohort.renew_invitations", cohorts.subject_of(cohort), now, people=len(sent))
    return sent


def _claim(session: Session, invitation: Invitation, now: datetime) -> Cohort | None:
    """Use an invitation up; the cohort that it leads to, if any.

    :raise UnusableError: it was used, withdrawn, is too old, or its cohort is archived.
    """
    used = session.execute(
        update(Invitation)
        .where(
            Invitation.id == invitation.id,
            Invitation.used_at.is_(None),
            Invitation.withdrawn_at.is_(None),
            Invitation.expires_at > now,
        )
        .values(used_at=now)
        .returning(Invitation.cohort_id)
    ).all()
    if not used:
        raise UnusableError
    if used[0].cohort_id is None:
        return None
    cohort = session.get_one(Cohort, used[0].cohort_id, populate_existing=True)
    if cohort.archived_at is not None:
        raise UnusableError
    return cohort


def _enter(
    session: Session, invitation: Invitation, cohort: Cohort, user: User, learner: Learner, now: datetime
) -> None:
    if invitation.role is Role.LEARNER:
        cohorts.join(session, cohort, learner, now)
        return
    if user.role is Role.LEARNER:
        audit.record(session, user, "user.set_role", users.subject_of(user), now, old=user.role, new=Role.TRAINER)
        user.role = Role.TRAINER
    try:
        with session.begin_nested():
            session.add(CohortTrainer(cohort_id=cohort.id, user_id=user.id))
    except IntegrityError:
        return  # they teach it already
    audit.record(session, user, "cohort.add_trainer", cohorts.subject_of(cohort), now, user=user.id)


def _waiting(cohort: Cohort, role: Role) -> tuple[ColumnElement[bool], ...]:
    return (
        Invitation.cohort_id == cohort.id,
        Invitation.role == role,
        Invitation.used_at.is_(None),
        Invitation.withdrawn_at.is_(None),
    )


def _contains(sought: str) -> ColumnElement[bool]:
    return or_(Invitation.name.icontains(sought, autoescape=True), Invitation.email.icontains(sought, autoescape=True))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _subject(invitation: Invitation) -> str:
    return f"invitation:{invitation.id}"
