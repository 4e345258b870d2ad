"""Rate limits: against guessing and floods, and high enough for a class of 500 behind one address."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, request, session
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from app.services.people import users

limiter = Limiter(get_remote_address, strategy="fixed-window", headers_enabled=False)


def _account_and_address() -> str:
    # As accounts are looked up, so that other spellings of one address count as that one.
    return f"{users.normalised(request.form.get('email', '')) or ''}|{get_remote_address()}"


def _own_account() -> str:
    return f"own|{session.get('_user_id')}"


def _has_account() -> bool:
    return "_user_id" in session


def _has_none() -> bool:
    return not _has_account()


def throttle_guests() -> None:
    """At most 3000 new guests an hour from one address: a school behind one address fits, a flood does not."""
    with limiter.limit("3000 per hour", key_func=lambda: f"guest|{get_remote_address()}"):
        pass


def _has_failed(response: Response) -> bool:
    return response.status_code == 200


def _is_refused(response: Response) -> bool:
    return response.status_code in (200, 422)


def _is_unknown(response: Response) -> bool:
    return response.status_code == 404


def limit_views(app: Flask) -> None:
    """Throttle guessing: per account and address, and per address."""
    views: dict[str, Any] = app.view_functions
    posts = ["POST"]
    login = limiter.limit("10 per 5 minutes", key_func=_account_and_address, deduct_when=_has_failed, methods=posts)
    login_address = limiter.limit("600 per 15 minutes", deduct_when=_has_failed, methods=posts)
    views["security.login"] = login_address(login(views["security.login"]))
    for endpoint, limit in (
        ("security.register", "1000 per hour"),
        ("security.forgot_password", "60 per hour"),
        ("accounts.invitation", "1000 per hour"),
    ):
        if endpoint in views:
            views[endpoint] = limiter.limit(limit, methods=posts)(views[endpoint])
    for endpoint in ("security.change_password", "accounts.email", "accounts.delete"):
        own = limiter.limit("20 per hour", key_func=_own_account, deduct_when=_is_refused, methods=posts)
        views[endpoint] = own(views[endpoint])
    # Looking a code or an address up is guessing too, by whatever method: only those that don't exist are counted.
    for endpoint in ("accounts.join", "learn.calendar_feed"):
        # Whoever is signed in is counted by account: one who guesses does not lock out the class behind the same address.
        by_account = limiter.limit("60 per hour", key_func=_own_account, deduct_when=_is_unknown, exempt_when=_has_none)
        by_address = limiter.limit("600 per hour", deduct_when=_is_unknown, exempt_when=_has_account)
        views[endpoint] = by_address(by_account(views[endpoint]))
    # A list is read line by line, and each invitation may be a mail to somebody who never asked for one.
    for endpoint, limit in (
        ("teach.roster_read", "60 per hour"),
        ("teach.roster_accept", "20 per hour"),
        ("teach.invitations_renew", "20 per hour"),
        ("teach.trainer_invite", "100 per hour"),
        ("teach.invitation_renew", "300 per hour"),
    ):
        views[endpoint] = limiter.limit(limit, key_func=_own_account, methods=posts)(views[endpoint])
    # A file of everything takes as long as a hundred pages.
    views["accounts.data"] = limiter.limit("20 per hour", key_func=_own_account)(views["accounts.data"])
