"""What people want to be mailed about. Every mail of a :class:`NotificationKind` must ask :func:`wants_mail` first."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, and_, delete, exists, insert, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.db import lock_rows
from app.domain.notifications import NotificationKind
from app.models import NotificationSetting, User
from app.services.people import addresses


def wants_mail(session: Session, user: User, kind: NotificationKind) -> bool:
    """Whether this person is to be mailed about ``kind``.

    They are if the account is active, its address is confirmed, and they did not switch it off.
    """
    return user.active and not user.is_unconfirmed and get_settings(session, user)[kind]


def is_mail_wanted(kind: NotificationKind, user_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Return the SQL equivalent of :func:`wants_mail`, without the check that the account is active.

    The statement must select from the accounts.
    """
    differs = exists().where(
        NotificationSetting.user_id == user_id,
        NotificationSetting.kind == kind,
        NotificationSetting.is_on.is_(not kind.is_on_by_default),
    )
    differs = differs.correlate_except(NotificationSetting)
    return and_(addresses.is_confirmed(), ~differs if kind.is_on_by_default else differs)


def get_settings(session: Session, user: User) -> Mapping[NotificationKind, bool]:
    """Return a person's setting of each kind, with the defaults of kinds they did not decide on."""
    found = session.execute(
        select(NotificationSetting.kind, NotificationSetting.is_on).where(NotificationSetting.user_id == user.id)
    )
    return {kind: kind.is_on_by_default for kind in NotificationKind} | {kind: is_on for kind, is_on in found}


def change_settings(session: Session, user: User, wanted: Mapping[NotificationKind, bool]) -> None:
    """Store a person's decision on each of these kinds."""
    # The lock makes concurrent changes by the same person take turns.
    session.execute(lock_rows(select(User.id).where(User.id == user.id), User))
    kinds = list(wanted)
    session.execute(
        delete(NotificationSetting).where(NotificationSetting.user_id == user.id, NotificationSetting.kind.in_(kinds))
    )
    session.execute(
        insert(NotificationSetting), [{"user_id": user.id, "kind": kind, "is_on": wanted[kind]} for kind in kinds]
    )
