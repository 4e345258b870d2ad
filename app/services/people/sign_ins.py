"""Sign-ins: rows that identify the account or guest of a browser, and that the server can end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from app.db import lock_rows
from app.domain import wall_clock
from app.domain.attempt import AttemptState, Purpose
from app.models import Attempt, Learner, SignIn, User
from app.permissions import Viewer

LONGEST = timedelta(days=60)
"""How long the sign-in of an account lasts, however much it is used."""

IDLE_DURING_TEST = timedelta(hours=12)
"""How long an unused sign-in lasts at least while a test is running."""

MAX_LISTED = 50

RETENTION = timedelta(days=30)
"""How long a sign-in is kept after its end."""

BATCH_SIZE = 500

# Built once, because every request with a sign-in runs it.
_HAS_OPEN_TEST = exists().where(
    Attempt.learner_id == SignIn.learner_id, Attempt.state == AttemptState.OPEN, Attempt.purpose == Purpose.TEST
)
_HOLDER = (
    select(Learner, User, _HAS_OPEN_TEST, SignIn.started_at, SignIn.seen_at)
    .select_from(SignIn)
    .join(Learner, Learner.id == SignIn.learner_id)
    .outerjoin(User, User.id == SignIn.user_id)
    .where(SignIn.token_hash == bindparam("token_hash"), SignIn.ended_at.is_(None))
)


@dataclass(frozen=True, slots=True)
class Origin:
    """The browser and the network of a new sign-in; a part that is not known is empty."""

    browser: str = ""
    system: str = ""
    network: str = ""


_UNKNOWN = Origin()


@dataclass(frozen=True, slots=True)
class Holder:
    """The holder of an active sign-in."""

    viewer: Viewer
    seen_at: datetime


def get_holder(session: Session, token_hash: str, now: datetime, idle: timedelta) -> Holder | None:
    """Return the holder of a sign-in, or None if it has ended or its account is inactive.

    The sign-in of an account ends ``idle`` after its last use, which a running test puts off, or :data:`LONGEST` after
    its start. That of a guest does not: a guest could not sign in again.
    """
    found = session.execute(_HOLDER, {"token_hash": token_hash}).one_or_none()
    if found is None:
        return None
    learner, user, has_open_test, started_at, seen_at = found
    if user is not None:
        allowed = max(idle, IDLE_DURING_TEST) if has_open_test else idle
        if not user.active or now - seen_at > allowed or now - started_at > LONGEST:
            return None
    return Holder(Viewer(user=user, learner=learner, has_open_test=has_open_test), seen_at)


def start(
    session: Session,
    token_hash: str,
    learner: Learner,
    user: User | None,
    now: datetime,
    origin: Origin = _UNKNOWN,
) -> None:
    session.flush()  # gives a new learner or account its id
    session.add(
        SignIn(
            token_hash=token_hash,
            learner_id=learner.id,
            user_id=user.id if user else None,
            started_at=now,
            seen_at=now,
            browser=origin.browser,
            system=origin.system,
            network=origin.network,
        )
    )


def record_use(session: Session, token_hash: str, now: datetime, network: str) -> None:
    """Store that a sign-in was used, and from which network; an unknown one leaves the last known one."""
    values = {"seen_at": now} | ({"network": network} if network else {})
    session.execute(update(SignIn).where(SignIn.token_hash == token_hash, SignIn.ended_at.is_(None)).values(values))


def list_active(session: Session, user: User, now: datetime, idle: timedelta) -> Sequence[SignIn]:
    """List a user's sign-ins that have not expired, latest used first, at most :data:`MAX_LISTED`.

    An unused one expires after ``idle``, but is listed for :data:`IDLE_DURING_TEST` at least, because it opens pages again
    while a test is running.
    """
    its = select(SignIn).where(SignIn.user_id == user.id, SignIn.ended_at.is_(None))
    valid = its.where(SignIn.seen_at >= now - max(idle, IDLE_DURING_TEST), SignIn.started_at >= now - LONGEST)
    return session.scalars(valid.order_by(SignIn.seen_at.desc(), SignIn.id.desc()).limit(MAX_LISTED)).all()


def end(session: Session, token_hash: str, now: datetime) -> None:
    session.execute(
        update(SignIn).where(SignIn.token_hash == token_hash, SignIn.ended_at.is_(None)).values(ended_at=now)
    )


def end_one(session: Session, user: User, sign_in_id: int, now: datetime) -> None:
    """End one of a user's sign-ins; one that has ended, or that is not theirs, is left alone."""
    its = (SignIn.id == sign_in_id, SignIn.user_id == user.id, SignIn.ended_at.is_(None))
    session.execute(update(SignIn).where(*its).values(ended_at=now))


def end_all(session: Session, user: User, now: datetime, *, but: str | None = None) -> None:
    """Sign a user out everywhere, except in the browser whose token has the hash ``but``."""
    its = update(SignIn).where(SignIn.user_id == user.id, SignIn.ended_at.is_(None))
    session.execute((its.where(SignIn.token_hash != but) if but else its).values(ended_at=now))


def remove_old(session: Session, now: datetime) -> int:
    """Delete sign-ins that ended over :data:`RETENTION` ago, and those of accounts that are older than :data:`LONGEST`.

    Those of guests stay as long as their guests, who have no other way back to their work. Return the number deleted; if
    :data:`BATCH_SIZE`, there may be more.
    """
    is_too_old = and_(SignIn.user_id.is_not(None), SignIn.started_at < now - LONGEST)
    old = select(SignIn.id).where(or_(SignIn.ended_at < now - RETENTION, is_too_old))
    removed = session.execute(
        delete(SignIn)
        .where(SignIn.id.in_(old.limit(BATCH_SIZE)))
        .returning(SignIn.id)
        .execution_options(synchronize_session=False)
    )
    return len(removed.all())


def get_learner(session: Session, user: User) -> Learner:
    return session.scalars(select(Learner).where(Learner.user_id == user.id)).one()


def get_language(session: Session, user: User) -> str:
    """Return the code of the language that the owner of an account chose; empty if none."""
    return session.scalar(select(Learner.language).where(Learner.user_id == user.id)) or ""


def assign_learner(session: Session, user: User, guest: Learner | None, time_zone: str, now: datetime) -> Learner:
    """Give a new account its learner: the guest it was before, or a new one.

    The guest may have just been removed, or registered in another tab.
    """
    held = None
    if guest is not None:
        held = session.scalar(lock_rows(select(Learner).where(Learner.id == guest.id, Learner.is_guest), Learner))
    learner = held or Learner(created_at=now)
    if wall_clock.is_time_zone(time_zone):
        learner.time_zone = time_zone
    learner.user, learner.is_guest = user, False
    session.add(learner)
    return learner
