"""Signed values with an age, read with tolerance for clocks that differ or step back.

itsdangerous refuses a signature from the future, even of one second: after a step back of the clock, or on another
machine whose clock is behind, a browser that has just signed in would seem signed out.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from itsdangerous import SignatureExpired, Signer, TimestampSigner, URLSafeTimedSerializer

from app.web.copies import asks_for_copy, is_copy

# All signatures, also those of the libraries for forms and accounts, use SHA-256 in place of SHA-1.
Signer.default_digest_method = staticmethod(hashlib.sha256)

LINK_VALID_FOR = timedelta(days=1)
"""How long a link that is sent or given to the owner of an account works."""

TOLERANCE_SECONDS = 60
"""How far in the future a signature may be. What revokes a sign-in is its row, not the age of its cookie."""


class TolerantSigner(TimestampSigner):
    """Accepts signatures from up to a minute in the future."""

    def unsign(self, signed_value: str | bytes, max_age: int | None = None, return_timestamp: bool = False) -> Any:
        value, signed_at = super().unsign(signed_value, max_age=None, return_timestamp=True)
        if max_age is not None:
            age = self.get_timestamp() - int(signed_at.timestamp())
            if not -TOLERANCE_SECONDS <= age <= max_age:
                raise _make_error(age, max_age, value, signed_at)
        return (value, signed_at) if return_timestamp else value


def _make_error(age: int, max_age: int, value: bytes, signed_at: datetime) -> SignatureExpired:
    return SignatureExpired(f"signature age {age} s, at most {max_age} s", payload=value, date_signed=signed_at)


class TolerantSessions(SecureCookieSessionInterface):
    """Flask's session cookie, read by :class:`TolerantSigner`. A request for a copy of a page has no session."""

    digest_method = staticmethod(hashlib.sha256)

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        return self.session_class() if asks_for_copy(request) else super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not is_copy():
            super().save_session(app, session, response)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        serializer = super().get_signing_serializer(app)
        if serializer is not None:
            serializer.signer = TolerantSigner
        return serializer


def build_serializer(secret: str, salt: str) -> URLSafeTimedSerializer:
    """Build a serializer for links that expire."""
    return URLSafeTimedSerializer(secret, salt=salt, signer=TolerantSigner)
