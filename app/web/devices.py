"""The device cookie: it lists, as keyed hashes, the accounts that have signed in with this browser.

Wrong passwords typed in a browser that knows the account are counted for this browser alone, so nobody else can lock
the holder of the account out there. The cookie gives no access. OWASP describes the protocol:
https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta

from flask import Response, after_this_request, current_app, request
from itsdangerous import BadData, URLSafeSerializer

from app.clock import now

VALIDITY = timedelta(days=180)
MAX_ACCOUNTS = 30
"""A computer in a classroom knows those who signed in last."""


@dataclass(frozen=True, slots=True)
class _Device:
    """``id`` is random; ``accounts`` are the tags of addresses, the latest one last."""

    id: str
    expires_at: int
    accounts: tuple[str, ...] = ()


def remember(address: str) -> None:
    """Note in this browser's cookie that the account with this address has signed in here."""
    device, tag = _read() or _Device(secrets.token_hex(12), 0), tag_address(address)
    accounts = (*(known for known in device.accounts if known != tag), tag)[-MAX_ACCOUNTS:]
    expires_at = int((now() + VALIDITY).timestamp())
    _write(replace(device, accounts=accounts, expires_at=expires_at))


def forget(address: str) -> None:
    """Remove an account from this browser's cookie."""
    device, tag = _read(), tag_address(address)
    if device is not None and tag in device.accounts:
        _write(replace(device, accounts=tuple(known for known in device.accounts if known != tag)))


def get_known_id(address: str) -> str | None:
    """Return the id of this browser if the account with this address has signed in here."""
    device = _read()
    return device.id if device is not None and tag_address(address) in device.accounts else None


def tag_address(address: str) -> str:
    """Return a keyed hash of an address: a key for counting, and what the cookie contains."""
    key = current_app.config["SECRET_KEY"]
    return hmac.new(key.encode(), f"device|{address}".encode(), hashlib.sha256).hexdigest()[:16]


def _read() -> _Device | None:
    try:
        device_id, expires_at, *accounts = _get_serializer().loads(request.cookies.get(_get_name(), ""))
    except BadData:
        return None
    return _Device(device_id, expires_at, tuple(accounts)) if expires_at > now().timestamp() else None


def _write(device: _Device) -> None:
    value = _get_serializer().dumps([device.id, device.expires_at, *device.accounts])

    @after_this_request
    def _set(response: Response) -> Response:
        is_secure = current_app.config["SESSION_COOKIE_SECURE"]
        response.set_cookie(
            _get_name(), str(value), max_age=VALIDITY, path="/", secure=is_secure, httponly=True, samesite="Lax"
        )
        return response


def _get_name() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-device"


def _get_serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="device")
