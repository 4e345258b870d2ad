"""CSRF tokens, cookies, rate limits, size limits and security headers for every request."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Flask, Request, Response, current_app, g, request, session
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf

from app import db as database
from app.domain.roster import MAX_BYTES
from app.services.libraries.documents import MAX_DOCUMENT_BYTES, MAX_LIBRARY_BYTES
from app.settings import Settings
from app.web import waiting
from app.web.budgets import limiter
from app.web.timed_tokens import TolerantSessions

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

csrf = CSRFProtect()

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

_REDIS_TIMEOUTS = {"socket_connect_timeout": 1, "socket_timeout": 1}
"""Seconds. A request waits at most this long before its process counts by itself."""

_SLOW_ENDPOINTS = frozenset(
    {
        "security.login",
        "security.register",
        "security.reset_password",
        "security.change_password",
        "accounts.delete_account",
        "admin.publish_content",
        "admin.correct_question",
        "teach.correct_question",
        "accounts.change_email",
        "accounts.edit_sign_ins",
        "accounts.accept_invitation",
        "studio.upload_library",
        "studio.upload_bank",
        "studio.import_bank",
        "studio.change_questions",
        "studio.change_selection",
        "studio.check_question",
        "studio.save_question",
        "studio.check_module",
        "learn.verify_badge",
        "studio.check_lesson",
        "studio.check_source",
        "studio.save_source",
        "studio.create_lesson",
        "studio.create_figure",
    }
)


class _FormRequest(Request):
    """A request that never counts as JSON, and whose Host is compared without regard to case.

    Flask-Security parses JSON bodies; types that no form can send (numbers, lists, lone surrogates) crash it.
    """

    def __init__(self, environ: WSGIEnvironment, *args: Any, **kwargs: Any) -> None:
        host = environ.get("HTTP_HOST")
        if host is not None:
            environ["HTTP_HOST"] = host.lower()
        elif environ.get("SERVER_PROTOCOL") == "HTTP/1.1":
            environ["HTTP_HOST"] = " "  # no valid Host: RFC 9112, section 3.2, asks for 400
        super().__init__(environ, *args, **kwargs)

    @property
    def is_json(self) -> bool:
        return False


def init_app(app: Flask, settings: Settings) -> None:
    """Install the protections that apply to every request."""
    app.request_class = _FormRequest
    app.session_interface = TolerantSessions()
    app.before_request(_choose_transaction)
    app.config.update(_build_config(settings))
    csrf.init_app(app)
    app.jinja_env.globals["csrf_token"] = _get_csrf_token
    limiter.init_app(app)
    # Views check their own limits (web/limits.py). Without global limits, this hook would only cost time.
    app.before_request_funcs[None].remove(limiter._check_request_limit)
    waiting.init_app(app)
    app.after_request(_set_headers)


def _get_csrf_token() -> str:
    """Return the token of this request. Flask-WTF remembers it as well, but looks up its settings for each form."""
    known: str | None = g.get("csrf_token")
    return generate_csrf() if known is None else known


def _build_config(settings: Settings) -> dict[str, Any]:
    host = urlsplit(settings.base_url).hostname or "localhost"
    loopback = {"localhost", "127.0.0.1", "[::1]"}
    return {
        "SECRET_KEY": settings.secret,
        "TRUSTED_HOSTS": sorted(loopback if host in loopback | {"::1"} else {host}),
        "MAX_CONTENT_LENGTH": 256 * 1024,
        # The size limit of a roster, plus the form data around the file.
        "LARGEST_LIST": MAX_BYTES + 64 * 1024,
        # The text of a document, of which browsers send some characters as three, and the zip file of a library.
        "LARGEST_TEXT": 4 * MAX_DOCUMENT_BYTES,
        "LARGEST_LIBRARY": MAX_LIBRARY_BYTES + 64 * 1024,
        "MAX_FORM_MEMORY_SIZE": 128 * 1024,
        "MAX_FORM_PARTS": 200,
        "SESSION_COOKIE_NAME": "__Host-palpate" if settings.is_secure else "palpate",
        "SESSION_COOKIE_SECURE": settings.is_secure,
        "THEME_COOKIE_NAME": "__Host-theme" if settings.is_secure else "theme",
        "HSTS": "max-age=31536000; includeSubDomains" if settings.hsts_subdomains else "max-age=31536000",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_REFRESH_EACH_REQUEST": False,
        "PERMANENT_SESSION_LIFETIME": timedelta(days=60),
        "SESSION_PROTECTION": None,  # it would sign out users whose phone changes networks
        # Tokens expire with the session, because an examination may take longer than an hour.
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": False,
        "RATELIMIT_STORAGE_URI": settings.redis_url or "memory://",
        "RATELIMIT_STORAGE_OPTIONS": _REDIS_TIMEOUTS if settings.redis_url else {},
        # While Redis is away, each process counts for itself and asks again after 1 to 32 seconds.
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": bool(settings.redis_url),
        # Redis may also go away in the middle of a request.
        "RATELIMIT_SWALLOW_ERRORS": bool(settings.redis_url),
    }


def _choose_transaction() -> None:
    """Start slow requests without the write lock. This runs before the user is loaded.

    Slow requests hash a password, read the course files, check a library, unpack a zip file, verify a badge or count the
    effect of a correction. Until then they only read from the database.
    """
    if request.endpoint in _SLOW_ENDPOINTS:
        database.use_deferred_transaction()


def _set_headers(response: Response) -> Response:
    headers = response.headers
    headers["Content-Security-Policy"] = POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    if current_app.config["SESSION_COOKIE_SECURE"]:
        headers["Strict-Transport-Security"] = current_app.config["HSTS"]
    # A refused request must not do this: other sites can send one without the cookie.
    if request.endpoint == "security.logout" and response.status_code < 400 and "_user_id" not in session:
        # Answers that a page kept. "cache" would only throw away styles and scripts: pages are never stored.
        headers["Clear-Site-Data"] = '"storage"'
    is_file = request.endpoint in ("static", "combined")
    if is_file and request.args.get("v"):
        headers["Cache-Control"] = "public, max-age=31536000, immutable"
    elif not is_file and not (request.endpoint == "learn.show_picture" and "Cache-Control" in headers):
        headers["Cache-Control"] = "no-store"
    return response
