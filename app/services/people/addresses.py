"""Addresses that count only after their owner has opened a link that was mailed there.

``user.unconfirmed_email`` is the address of a new account, or the one to which an account will change. Servers without
mail don't ask for confirmations; :mod:`app.web.confirmation` decides.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import Session

from app.models import User
from app.services.log import audit, security_log
from app.services.people import users
from app.services.people.users import AddressTakenError


def is_confirmed() -> ColumnElement[bool]:
    """Return the SQL equivalent of ``not user.is_unconfirmed``."""
    return or_(User.unconfirmed_email.is_(None), User.unconfirmed_email != User.email)


def require_confirmation(user: User, now: datetime) -> None:
    """Treat the address of an account as unconfirmed from now on. Earlier links stop working."""
    user.unconfirmed_email, user.unconfirmed_since = user.email, now


def request_change(session: Session, actor: User, user: User, address: str, now: datetime) -> None:
    """Note the normalised address that an account will have once it is confirmed. Earlier links stop working.

    :raise AddressTakenError: another account has the address now. The database checks it again at the confirmation.
    """
    if users.get_by_email(session, address) is not None:
        raise AddressTakenError(address)
    user.unconfirmed_email, user.unconfirmed_since = address, now
    audit.record(session, actor, "user.request_email", users.get_subject(user), now)


def renew_request(user: User, now: datetime) -> None:
    """Let earlier links to confirm the same address stop working."""
    user.unconfirmed_since = now


def cancel_change(user: User) -> None:
    """Keep the present address. The address of a new account stays unconfirmed."""
    if not user.is_unconfirmed:
        user.unconfirmed_email = user.unconfirmed_since = None


def lock(session: Session, user: User) -> None:
    """Read an account again and lock it, so that of two requests with the same link only one confirms."""
    session.refresh(user, with_for_update={"key_share": True})


def confirm(session: Session, user: User, now: datetime, *, stays_in: str | None = None) -> None:
    """Let the unconfirmed address count. If it is a new one, everything issued for the old one ends.

    ``stays_in`` is the hash of the token of the browser that stays signed in.

    :raise AddressTakenError: another account has the address by now. The user keeps the old one.
    """
    address = user.unconfirmed_email
    if address is None:
        return
    users.change_email(session, user, user, address, now, stays_in=stays_in)
    user.unconfirmed_email = user.unconfirmed_since = None
    security_log.record_on_commit(session, "address.confirmed", account=user.id)
