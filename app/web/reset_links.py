"""Links with which somebody else lets an account holder choose a new password: administrators and trainers give them.

A link is worth what its maker may do at the moment of its use. It ends with the password or the address for which it
was made, because both renew the account's uniquifier.
"""

from __future__ import annotations

import hashlib

from flask import current_app, url_for
from flask_security.recoverable import generate_reset_password_token
from itsdangerous import BadData, URLSafeTimedSerializer

from app.db import db
from app.models import Cohort, User
from app.services.cohorts import memberships
from app.services.people import users
from app.web.timed_tokens import LINK_VALID_FOR, build_serializer
from app.web.urls import make_absolute


def create(maker: User, owner: User, cohort: Cohort | None = None) -> str:
    """Return a link for the owner of an account; ``cohort`` is the one in which a trainer teaches them."""
    token = _get_serializer().dumps([owner.id, _get_state(owner), maker.id, cohort.id if cohort else None])
    return make_absolute(url_for("security.reset_password", token=token))


def exchange(token: str) -> str | None:
    """Return Flask-Security's token for a link of :func:`create` that is valid now, else None."""
    try:
        owner_id, state, maker_id, cohort_id = _get_serializer().loads(
            token, max_age=int(LINK_VALID_FOR.total_seconds())
        )
    except (BadData, ValueError, TypeError):
        return None
    owner, maker = users.get(db.session, owner_id), users.get(db.session, maker_id)
    if owner is None or maker is None or not owner.active or _get_state(owner) != state:
        return None
    if not memberships.may_reset_password(db.session, maker, owner, cohort_id):
        return None
    return str(generate_reset_password_token(owner))  # type: ignore[no-untyped-call]


def _get_state(owner: User) -> str:
    """Return a value that changes with the password and the address."""
    return hashlib.sha256(f"{owner.fs_uniquifier}|{owner.password}|{owner.email}".encode()).hexdigest()[:32]


def _get_serializer() -> URLSafeTimedSerializer:
    return build_serializer(current_app.config["SECRET_KEY"], "reset-link")
