"""Sign-ins: rows that say who a browser is, and that can be ended from here."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from app.domain import wall_clock
from app.models import Learner, SignIn, User
from app.permissions import VISITOR, Viewer

# Every request of somebody known runs this one: it is built once.
_HOLDER = (
    select(Learner, User)
    .select_from(SignIn)
    .join(Learner, Learner.id == SignIn.learner_id)
    .outerjoin(User, User.id == SignIn.user_id)
    .where(SignIn.token_hash == bindparam("token_hash"), SignIn.ended_at.is_(None))
)


def get_viewer(session: Session, token_hash: str) -> Viewer:
    """Who holds this sign-in; a visitor where it was ended or its account is inactive."""
    found = session.execute(_HOLDER, {"token_hash": token_hash}).one_or_none()
    if found is None:
        return VISITOR
    learner, user = found
    if user is not None and not user.active:
        return VISITOR
    return Viewer(user=user, learner=learner)


def start(session: Session, token_hash: str, learner: Learner, user: User | None, now: datetime) -> None:
    session.flush()  # a new learner or account gets its id here
    session.add(SignIn(token_hash=token_hash, learner_id=learner.id, user_id=user.id if user else None, started_at=now))


def end(session: Session, token_hash: str, now: datetime) -> None:
    session.execute(
        update(SignIn).where(SignIn.token_hash == token_hash, SignIn.ended_at.is_(None)).values(ended_at=now)
    )


def end_all(session: Session, user: User, now: datetime) -> None:
    """Sign a user out everywhere."""
    session.execute(update(SignIn).where(SignIn.user_id == user.id, SignIn.ended_at.is_(None)).values(ended_at=now))


def learner_of(session: Session, user: User) -> Learner:
    return session.scalars(select(Learner).where(Learner.user_id == user.id)).one()


def give_learner(session: Session, user: User, guest: Learner | None, time_zone: str, now: datetime) -> Learner:
    """Give a new account its learner: the guest it was so far, or a new one."""
    learner = guest or Learner(created_at=now)
    if wall_clock.is_zone(time_zone):
        learner.time_zone = time_zone
    learner.user, learner.is_guest = user, False
    session.add(learner)
    return learner
