"""Accounts library, sign-ins that can be revoked, CSRF, headers, cookies and rate limits."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, after_this_request, current_app, g, request, session
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import user_logged_in, user_logged_out
from flask_security import RoleMixin, Security, user_registered
from flask_security.utils import set_request_attr
from flask_wtf import CSRFProtect
from passlib.context import CryptContext

from app import db as database
from app.accounts.forms import ChangePasswordForm, ForgotPasswordForm, LoginForm, RegisterForm, ResetPasswordForm
from app.accounts.library import Accounts, Mails
from app.clock import now
from app.db import db
from app.models import Learner, User
from app.permissions import VISITOR, Viewer
from app.services import guests, sign_ins
from app.settings import Settings

limiter = Limiter(get_remote_address, strategy="fixed-window", headers_enabled=False)
csrf = CSRFProtect()

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

_HASHING_ENDPOINTS = frozenset(
    {"security.login", "security.register", "security.reset_password", "security.change_password", "accounts.email", "accounts.invitation"}
)


class _PasswordContext(CryptContext):  # type: ignore[misc]
    """Hashing takes 20 ms on purpose: whatever was read before ends its transaction first, so that nobody waits for it."""

    def hash(self, *args: Any, **kwargs: Any) -> Any:
        database.end_read()
        return super().hash(*args, **kwargs)

    def verify(self, *args: Any, **kwargs: Any) -> Any:
        database.end_read()
        return super().verify(*args, **kwargs)


def init_app(app: Flask, settings: Settings) -> None:
    app.before_request(_choose_transaction)
    app.config.update(_config(settings))
    csrf.init_app(app)
    security = Security(
        app,
        Accounts(db, User, RoleMixin),
        register_blueprint=True,
        login_form=LoginForm,
        register_form=RegisterForm,
        forgot_password_form=ForgotPasswordForm,
        reset_password_form=ResetPasswordForm,
        change_password_form=ChangePasswordForm,
        mail_util_cls=Mails,
    )
    # argon2id with OWASP's second recommendation (19 MiB, t=2, p=1): about 20 ms.
    security.pwd_context = _PasswordContext(
        schemes=["argon2"], argon2__type="ID", argon2__memory_cost=19456, argon2__time_cost=2, argon2__parallelism=1
    )
    app.login_manager.user_loader(_load_user)  # type: ignore[attr-defined]
    user_registered.connect(_on_registered, app)
    user_logged_in.connect(_on_signed_in, app)
    user_logged_out.connect(_on_signed_out, app)
    limiter.init_app(app)
    app.after_request(_set_headers)


def _config(settings: Settings) -> dict[str, Any]:
    host = urlsplit(settings.base_url).hostname or "localhost"
    loopback = {"localhost", "127.0.0.1", "[::1]"}
    return {
        "SECRET_KEY": settings.secret,
        "TRUSTED_HOSTS": sorted(loopback if host in loopback | {"::1"} else {host}),
        "MAX_CONTENT_LENGTH": 256 * 1024,
        "MAX_FORM_MEMORY_SIZE": 128 * 1024,
        "MAX_FORM_PARTS": 200,
        "SESSION_COOKIE_NAME": "__Host-palpate" if settings.is_secure else "palpate",
        "SESSION_COOKIE_SECURE": settings.is_secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_REFRESH_EACH_REQUEST": False,
        "PERMANENT_SESSION_LIFETIME": timedelta(days=60),
        "SESSION_PROTECTION": None,  # it signs people out whose phone changes network
        # An examination may outlast an hour; the session is what ends a token.
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": False,
        "RATELIMIT_STORAGE_URI": settings.redis_url or "memory://",
        "SECURITY_PASSWORD_SALT": settings.secret,
        "SECURITY_PASSWORD_LENGTH_MIN": 10,
        "SECURITY_PASSWORD_CONFIRM_REQUIRED": False,
        "SECURITY_JOIN_USER_ROLES": False,
        "SECURITY_REGISTERABLE": settings.registration == "open",
        "SECURITY_RECOVERABLE": True,
        "SECURITY_CHANGEABLE": True,
        "SECURITY_RETURN_GENERIC_RESPONSES": False,
        "SECURITY_SEND_REGISTER_EMAIL": False,
        "SECURITY_RESET_PASSWORD_WITHIN": timedelta(days=1),
        "SECURITY_POST_REGISTER_VIEW": "learn.course",
        "SECURITY_POST_LOGIN_VIEW": "learn.course",
        "SECURITY_POST_LOGOUT_VIEW": "learn.course",
        "SECURITY_POST_CHANGE_VIEW": "accounts.account",
        "SECURITY_LOGOUT_CSRF": True,
        "SECURITY_CSRF_IGNORE_UNAUTH_ENDPOINTS": False,
        "SECURITY_MSG_PASSWORD_RESET_REQUEST": (
            "If %(email)s has an account here, a link to choose a new password is on its way. No mail? Your trainer or an administrator "
            "can give you such a link.",
            "info",
        ),
        "SECURITY_MSG_INVALID_RESET_PASSWORD_TOKEN": ("This link was used, or is damaged. Ask for a new one here.", "error"),
        "SECURITY_MSG_PASSWORD_RESET_EXPIRED": ("This link is older than a day. Ask for a new one here.", "error"),
        "SECURITY_MSG_PASSWORD_RESET_NO_LOGIN": ("Your password is changed. Sign in with the new one.", "info"),
        "SECURITY_MSG_PASSWORD_CHANGE": ("Your password is changed. All other browsers are signed out.", "info"),
        "SECURITY_EMAIL_SUBJECT_PASSWORD_RESET": "Choose a new password for Palpate",
        "SECURITY_EMAIL_SUBJECT_PASSWORD_NOTICE": "Your Palpate password was changed",
        "SECURITY_EMAIL_SUBJECT_PASSWORD_CHANGE_NOTICE": "Your Palpate password was changed",
        "SECURITY_EMAIL_SENDER": settings.mail_from,
        "SECURITY_LOGIN_USER_TEMPLATE": "accounts/login.html",
        "SECURITY_REGISTER_USER_TEMPLATE": "accounts/register.html",
        "SECURITY_FORGOT_PASSWORD_TEMPLATE": "accounts/forgot_password.html",
        "SECURITY_RESET_PASSWORD_TEMPLATE": "accounts/reset_password.html",
        "SECURITY_CHANGE_PASSWORD_TEMPLATE": "accounts/change_password.html",
    }


def _choose_transaction() -> None:
    """Before the user is loaded: requests that hash a password read plainly first."""
    if request.endpoint in _HASHING_ENDPOINTS:
        database.begin_plain()


# -- who is asking ---------------------------------------------------------------------------------------------------------------


def viewer() -> Viewer:
    """Whoever sends this request, loaded once, with one statement; a visitor costs none."""
    if "viewer" not in g:
        token = session.get("sign_in")
        g.viewer = _known(token) if token else VISITOR
    known: Viewer = g.viewer
    return known


def _known(token: str) -> Viewer:
    found = sign_ins.get_viewer(db.session, _hash(token))
    # A changed password changes the uniquifier, which ends every other sign-in of the account.
    is_current = found.user is None or found.user.fs_uniquifier == session.get("_user_id")
    return found if is_current else VISITOR


def _load_user(fs_uniquifier: str) -> User | None:
    """The accounts library's loader: the session must name a sign-in that was not revoked, of this very user."""
    user = viewer().user
    if user is None or user.fs_uniquifier != fs_uniquifier:
        return None
    set_request_attr("fs_authn_via", "session")
    set_request_attr("fs_paa", session.get("fs_paa", 0))
    return user


def ensure_learner() -> Learner:
    """The viewer's learner; a visitor becomes a guest learner. Only ever called while handling a POST."""
    known = viewer()
    if known.learner is not None:
        return known.learner
    _throttle_guests()
    learner = guests.create(db.session, now())
    _start_sign_in(learner, None)
    return learner


def _start_sign_in(learner: Learner, user: User | None) -> None:
    token = secrets.token_urlsafe(32)
    sign_ins.start(db.session, _hash(token), learner, user, now())
    session["sign_in"] = token
    session.permanent = True
    g.viewer = Viewer(user=user, learner=learner)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _on_registered(_app: Flask, user: User, **_extra: Any) -> None:
    """A new account adopts what its guest did so far."""
    known = viewer()
    if known.is_guest:
        sign_ins.end(db.session, _hash(session.pop("sign_in")), now())
    sign_ins.give_learner(db.session, user, known.learner if known.is_guest else None, request.form.get("time_zone", ""), now())


def _on_signed_in(_app: Flask, user: User, **_extra: Any) -> None:
    """A sign-in is a row. What a guest did in this browser is asked about, not silently taken (shared computers)."""
    token = session.pop("sign_in", None)
    if token:
        if viewer().is_guest and guests.has_work(db.session, viewer().learner):
            session["guest"] = token
        else:
            sign_ins.end(db.session, _hash(token), now())
    # A token that was known before signing in is worth nothing after it.
    session.pop("csrf_token", None)
    g.pop("csrf_token", None)
    _start_sign_in(sign_ins.learner_of(db.session, user), user)


def _on_signed_out(_app: Flask, **_extra: Any) -> None:
    token = session.pop("sign_in", None)
    session.clear()
    if token:
        sign_ins.end(db.session, _hash(token), now())

    @after_this_request
    def _commit(response: Response) -> Response:
        db.session.commit()
        return response


def guest_left_behind() -> Learner | None:
    """The guest learner whose work this browser's owner was not asked about yet."""
    token = session.get("guest")
    return sign_ins.get_viewer(db.session, _hash(token)).learner if token else None


def forget_guest() -> None:
    token = session.pop("guest", None)
    if token:
        sign_ins.end(db.session, _hash(token), now())


# -- limits and headers ----------------------------------------------------------------------------------------------------------


def _account_and_address() -> str:
    return f"{request.form.get('email', '').strip().casefold()}|{get_remote_address()}"


def _throttle_guests() -> None:
    """At most 3000 new guests an hour from one address: a school behind one address fits, a flood does not."""
    with limiter.limit("3000 per hour", key_func=lambda: f"guest|{get_remote_address()}"):
        pass


def _has_failed(response: Response) -> bool:
    return response.status_code == 200


def _is_unknown(response: Response) -> bool:
    return response.status_code == 404


def limit_views(app: Flask) -> None:
    """Throttle guessing: per account and address, and per address high enough for a class of 500 behind one."""
    views = app.view_functions
    posts = {"methods": ["POST"]}
    login = limiter.limit("10 per 5 minutes", key_func=_account_and_address, deduct_when=_has_failed, **posts)
    login_address = limiter.limit("600 per 15 minutes", deduct_when=_has_failed, **posts)
    views["security.login"] = login_address(login(views["security.login"]))
    for endpoint, limit in (
        ("security.register", "1000 per hour"),
        ("security.forgot_password", "60 per hour"),
        ("accounts.invitation", "60 per hour"),
    ):
        if endpoint in views:
            views[endpoint] = limiter.limit(limit, **posts)(views[endpoint])
    # Looking a code up is guessing too, by whatever method: only codes that don't exist are counted.
    views["accounts.join"] = limiter.limit("600 per hour", deduct_when=_is_unknown)(views["accounts.join"])


def _set_headers(response: Response) -> Response:
    headers = response.headers
    headers["Content-Security-Policy"] = POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    if current_app.config["SESSION_COOKIE_SECURE"]:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint == "static" and request.args.get("v"):
        headers["Cache-Control"] = "public, max-age=31536000, immutable"
    elif request.endpoint != "static":
        headers["Cache-Control"] = "no-store"
    return response
