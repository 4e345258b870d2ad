"""The accounts library, CSRF, cookies and headers: how Palpate is kept safe, wired together."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Request, Response, current_app, request
from flask_login import user_logged_in, user_logged_out
from flask_security import RoleMixin, Security, user_registered
from flask_wtf import CSRFProtect
from passlib.context import CryptContext

from app import db as database
from app import identity
from app.accounts.adapters import Accounts, Mails
from app.accounts.forms import ChangePasswordForm, ForgotPasswordForm, LoginForm, RegisterForm, ResetPasswordForm
from app.db import db
from app.domain.roster import LARGEST_BYTES
from app.limits import limiter
from app.models import User
from app.settings import Settings

csrf = CSRFProtect()

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

_SLOW_ENDPOINTS = frozenset(
    {
        "security.login",
        "security.register",
        "security.reset_password",
        "security.change_password",
        "accounts.delete",
        "admin.content_publish",
        "accounts.email",
        "accounts.invitation",
    }
)


class _PasswordContext(CryptContext):  # type: ignore[misc]
    """Hashing takes 20 ms on purpose: whatever was read before ends its transaction first, so that nobody waits for it."""

    def hash(self, *args: Any, **kwargs: Any) -> Any:
        database.end_read()
        return super().hash(*args, **kwargs)

    def verify(self, *args: Any, **kwargs: Any) -> Any:
        database.end_read()
        return super().verify(*args, **kwargs)


class _FormRequest(Request):
    """A request that carries a form or nothing: no page of ours reads JSON.

    The libraries do where they meet it, and values that no form can hold (numbers, lists, half a character) break them.
    """

    @property
    def is_json(self) -> bool:
        return False


def init_app(app: Flask, settings: Settings) -> None:
    app.request_class = _FormRequest
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
    # Who may what is permissions.py's alone. The library's own register of permissions would load the user for every static file, too.
    app.before_request_funcs[None].remove(security.principal._on_before_request)
    # Pages alone: JSON replies would hand out tokens that no sign-in row ends, and failures that no throttle counts.
    security.want_json(lambda _request: False)
    app.login_manager.user_loader(identity.load_user)  # type: ignore[attr-defined]
    user_registered.connect(identity.on_registered, app)
    user_logged_in.connect(identity.on_signed_in, app)
    user_logged_out.connect(identity.on_signed_out, app)
    limiter.init_app(app)
    # Each limit is asked by the view that it guards (limits.py); there is none for all requests, which this would look up for each.
    app.before_request_funcs[None].remove(limiter._check_request_limit)
    app.after_request(_set_headers)


def _config(settings: Settings) -> dict[str, Any]:
    host = urlsplit(settings.base_url).hostname or "localhost"
    loopback = {"localhost", "127.0.0.1", "[::1]"}
    return {
        "SECRET_KEY": settings.secret,
        "TRUSTED_HOSTS": sorted(loopback if host in loopback | {"::1"} else {host}),
        "MAX_CONTENT_LENGTH": 256 * 1024,
        # Of a list of people, with what a form adds to a file.
        "LARGEST_LIST": LARGEST_BYTES + 64 * 1024,
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
        # Of the hash of a password in a reset link, which is signed: the library's own scheme takes 0.7 s, which told who has an account.
        "SECURITY_HASHING_SCHEMES": ["hex_sha256"],
        "SECURITY_DEPRECATED_HASHING_SCHEMES": [],
        "SECURITY_PASSWORD_LENGTH_MIN": 10,
        "SECURITY_PASSWORD_CONFIRM_REQUIRED": False,
        "SECURITY_JOIN_USER_ROLES": False,
        "SECURITY_REGISTERABLE": True,  # by join link alone, where registration is by invitation: accounts/views.py
        "SECURITY_RECOVERABLE": True,
        "SECURITY_CHANGEABLE": True,
        "SECURITY_API_ENABLED_METHODS": ["session"],  # no tokens: they would outlive a sign-in
        "SECURITY_RETURN_GENERIC_RESPONSES": False,
        # Changing a password or an address asks for the password itself: the library's own page that asks again (/verify) is not needed.
        "SECURITY_FRESHNESS": timedelta(-1),
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
        "SECURITY_MSG_INVALID_RESET_PASSWORD_TOKEN": (
            "This link was used, or is damaged. Ask for a new one here.",
            "error",
        ),
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
    """Before the user is loaded: requests that do slow work (hash a password, read the course's files) read plainly first."""
    if request.endpoint in _SLOW_ENDPOINTS:
        database.begin_plain()


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
