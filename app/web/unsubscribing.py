"""Links with which a person switches off a kind of mail without signing in, for mail programs too (RFC 8058)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.orm import Session

from app.domain.notifications import NotificationKind
from app.models import User
from app.services.people import users
from app.web.urls import make_absolute


@dataclass(frozen=True, slots=True)
class Unsubscription:
    """What a valid link is for."""

    user: User
    kind: NotificationKind


def make_link(user_id: int, email: str, kind: NotificationKind) -> str:
    """Return a link that works as long as the account has this address."""
    token = _get_signer().dumps([user_id, _hash(email), kind.value])
    return make_absolute(f"/unsubscribe/{token}")


def build_headers(link: str) -> dict[str, str]:
    return {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def read_token(session: Session, token: str) -> Unsubscription | None:
    """Return what a link is for; None if it is damaged, or its account was erased or has another address now."""
    try:
        user_id, address, kind = _get_signer().loads(token)
        wanted = NotificationKind(kind)
    except (BadSignature, ValueError, TypeError):
        return None
    user = users.get(session, user_id)
    return Unsubscription(user, wanted) if user is not None and _hash(user.email) == address else None


def _hash(email: str) -> str:
    """Return a short digest of an address, which must not be readable in links."""
    return hashlib.sha256(email.encode()).hexdigest()[:16]


def _get_signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="unsubscribe")
