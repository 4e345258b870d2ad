"""Links with which people confirm their e-mail addresses. Without mail, addresses count at once.

A link works once, for a day, and only in a browser that is signed in to the account for which it was sent. It ends with a
newer link, a later change of the address, and a new password. Flask-Security's own links are confirmed by a GET request,
which programs that scan mails send as well.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum

from flask import current_app, url_for
from itsdangerous import BadData, URLSafeTimedSerializer

from app.clock import now
from app.db import db
from app.models import User
from app.services.people import addresses, users
from app.web import mail
from app.web.limits import LinkPurpose, may_send_link
from app.web.timed_tokens import LINK_VALID_FOR, build_serializer
from app.web.urls import make_absolute


class AddressChange(StrEnum):
    """What became of a new address."""

    NONE = "none"
    """The account has it already."""
    DONE = "done"
    REQUESTED = "requested"
    """It counts once it is confirmed."""


def start(user: User) -> None:
    """Ask the owner of a new account to confirm its address."""
    if mail.is_delivering():
        addresses.require_confirmation(user, now())
        send_link(user)


def change_address(actor: User, user: User, address: str, *, stays_in: str | None = None) -> AddressChange:
    """Change an address, or mail a link to the new one if it must be confirmed first. The old address is told.

    An address that was never confirmed is replaced at once: it may be mistyped, and nobody has proved that it is theirs.

    :raise AddressTakenError: another account has the address.
    """
    if address == user.email:
        addresses.cancel_change(user)
        return AddressChange.NONE
    if mail.is_delivering() and not user.is_unconfirmed:
        addresses.request_change(db.session, actor, user, address, now())
        mail.send_address_request_notice(user)
        send_link(user)
        return AddressChange.REQUESTED
    old_address = user.email
    users.change_email(db.session, actor, user, address, now(), stays_in=stays_in)
    mail.send_address_notice(user, old_address)
    start(user)
    return AddressChange.DONE


def send_link(user: User) -> bool:
    """Mail a link to the unconfirmed address, and end earlier links. Return False if too many were sent there."""
    if user.unconfirmed_email is None or not may_send_link(user.unconfirmed_email, LinkPurpose.CONFIRMATION):
        return False
    addresses.renew_request(user, now())
    mail.send_confirmation_link(user, make_link(user))
    return True


def make_link(user: User) -> str:
    token = _get_serializer().dumps([user.id, _get_state(user)])
    return make_absolute(url_for("accounts.confirm_email", token=token))


def is_valid(token: str, user: User) -> bool:
    """Whether a link confirms the address of ``user`` now."""
    try:
        user_id, state = _get_serializer().loads(token, max_age=int(LINK_VALID_FOR.total_seconds()))
    except (BadData, ValueError, TypeError):
        return False
    return user.unconfirmed_email is not None and user_id == user.id and state == _get_state(user)


def _get_state(user: User) -> str:
    """Return a value that changes with the password, both addresses and each new link."""
    parts = (user.fs_uniquifier, user.password, user.email, user.unconfirmed_email, user.unconfirmed_since)
    return hashlib.sha256("|".join(str(part) for part in parts).encode()).hexdigest()[:32]


def _get_serializer() -> URLSafeTimedSerializer:
    return build_serializer(current_app.config["SECRET_KEY"], "confirm-address")
