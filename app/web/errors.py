"""Error pages: each explains what happened, what is safe and how to continue.

A database that is unavailable leads to 503, never to a false "saved".
"""

from __future__ import annotations

import logging
import traceback
from types import TracebackType
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, g, jsonify, make_response, request, session
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from psycopg.errors import ReadOnlySqlTransaction
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from app import metrics
from app.db import db, discard_session, get_reason
from app.permissions import VISITOR
from app.server.requests import ID_KEY
from app.web import error_pages, kept_forms
from app.web.identity import get_viewer, record_refusal
from app.web.waiting import MustWaitError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger("palpate")

RETRY_SECONDS = 2

_FOR_EVERYBODY = frozenset({"learn.change_theme", "accounts.join_cohort", "accounts.accept_invitation"})
"""Endpoints whose POST visitors may send as well."""

_KEPT_NOTHING = {
    "expired": _l(
        "You signed in or out in another tab since this page was loaded. Reload the page and repeat the step."
    ),
    "signed_out": _l("You are signed out. Sign in and repeat the step."),
    "no_cookies": (
        _l(
            "Your browser sent no cookies. Palpate needs them to know that a form is yours: allow cookies for this site, "
            "reload the page and repeat the step."
        )
    ),
}

_PLAIN_PAGE = """<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title} · Palpate</title><main><h1>{title}</h1><p>{words}</p><p>Request ID: {request_id}</p></main></html>
"""
_STILL_SIGNED_IN = _l(
    "You are still signed in, because the server could not store that you sign out. Try again in a few seconds. Do not "
    "leave a shared computer before that."
)

_SECURITY_EVENTS = {403: "access.refused", 429: "request.throttled"}

ERROR_TEXTS: dict[int, tuple[Any, Any]] = {
    400: (
        _l("We couldn’t read that form"),
        _l("It was incomplete or not in the form this page sends. Nothing was changed."),
    ),
    401: (_l("Please sign in"), _l("This page needs an account.")),
    403: (
        _l("This page is not for your account"),
        _l("It needs another role than yours. Nothing was changed."),
    ),
    404: (_l("Page not found"), _l("There is no such page, or you don’t have access to it.")),
    405: (
        _l("This page can’t be opened like that"),
        _l("The address accepts another kind of request. Nothing was changed."),
    ),
    409: (
        _l("Already done"),
        _l("This was sent twice at the same moment, here or in another tab. It was done only once."),
    ),
    410: (_l("This link is no longer valid"), _l("It has been used or has expired. Ask for a new one.")),
    413: (_l("That is too large"), _l("That was larger than any form here accepts. Nothing was changed.")),
    429: (_l("Too many attempts"), _l("Wait a few minutes and try again. This protects accounts against guessing.")),
    500: (
        _l("Something went wrong on our side"),
        _l("The error was logged. Everything saved before is safe, but the last step may not have been completed."),
    ),
    503: (
        _l("The server is busy"),
        _l("Your last step was not saved. Try again in a few seconds. Everything saved before is safe."),
    ),
}


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, _handle_http)
    app.register_error_handler(CSRFError, _handle_csrf)
    app.register_error_handler(DBAPIError, _handle_database)
    app.register_error_handler(PoolTimeout, _handle_database)
    app.register_error_handler(500, _handle_internal)
    app.before_request(_refuse_ended_sign_in)
    app.after_request(_record_refusal)


def log_exception(logger: logging.Logger, exc_info: tuple[type, BaseException, TracebackType]) -> None:
    """Log an exception with the URL rule, not the URL, which can contain a token.

    For database errors, log only the type and the traceback: the message can contain an e-mail address or an answer.
    """
    at = request.url_rule.rule if request.url_rule else "no such address"
    kind, error, trace = exc_info
    if isinstance(error, (DBAPIError, StatementError)):
        where = "".join(traceback.format_tb(trace))
        logger.error("exception at %s [%s]: %s\n%s", at, request.method, kind.__name__, where)
    else:
        logger.error("exception at %s [%s]", at, request.method, exc_info=(kind, error, trace))


def _handle_http(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None or error.code is None:
        return error
    says_more = isinstance(error, MustWaitError) or (error.code == 400 and "description" in vars(error))
    said = error.description if says_more else None
    response = render_error(error.code, said)
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
    return response


def _record_refusal(response: Response) -> Response:
    """Write a refused request to the security log, also if a view refused it with a page of its own."""
    if response.status_code in _SECURITY_EVENTS:
        record_refusal(_SECURITY_EVENTS[response.status_code])
    return response


def _handle_csrf(error: CSRFError) -> ResponseReturnValue:
    """Keep the text of a form whose page is older than the sign-in, or whose browser sends no cookies."""
    get_viewer()
    record_refusal("request.cross_site")
    has_cookies = bool(request.cookies)
    if not has_cookies and request.accept_mimetypes.best != "application/json":
        return _render_kept("no_cookies", 400)
    return _render_kept("expired" if get_viewer().user else "signed_out", 400)


def _refuse_ended_sign_in() -> ResponseReturnValue | None:
    """Refuse a form whose sign-in was ended elsewhere, before a view answers as it does to strangers."""
    is_own = request.blueprint not in ("security", None) and request.endpoint not in _FOR_EVERYBODY
    if request.method != "POST" or not is_own or "_user_id" not in session or get_viewer().user is not None:
        return None
    return _render_kept("signed_out", 401)


def _render_kept(reason: str, code: int) -> Response:
    if request.accept_mimetypes.best == "application/json":
        return render_error(code)
    form = kept_forms.collect()
    if form is None:
        return render_error(code, _KEPT_NOTHING[reason])
    return make_response(kept_forms.render_page(reason, form), code)


def _handle_database(error: Exception) -> ResponseReturnValue:
    is_read_only = isinstance(getattr(error, "orig", None), ReadOnlySqlTransaction)
    if is_read_only:
        discard_session()  # after a failover, another connection may lead to the server that accepts writes
    _leave_database()
    if isinstance(error, DataError):
        # A value that no column can hold, such as a NUL character in the URL.
        return render_error(404 if request.method in ("GET", "HEAD") else 400)
    if isinstance(error, IntegrityError):
        log.warning("constraint refused a change: %s", type(error.orig).__name__)
        return render_error(409)
    is_away = isinstance(error, (OperationalError, PoolTimeout)) or getattr(error, "connection_invalidated", False)
    if is_away or is_read_only:
        # Leave out the statement and its values, which may contain a learner's answers.
        log.error("database unavailable: %s", get_reason(error))
        metrics.count_database_failure(type(getattr(error, "orig", error)).__name__)
        return render_error(503, _STILL_SIGNED_IN if request.endpoint == "security.logout" else None)
    log.error("database error: %s", type(getattr(error, "orig", error)).__name__)
    return render_error(500)


def _leave_database() -> None:
    """Roll back, and continue as for a visitor, so that the error page needs no database.

    The rollback expires a user that was already loaded. The page would load it again, and wait for the same lock or use
    the same dead connection.
    """
    try:
        db.session.rollback()
    except DBAPIError:
        discard_session()
    g.viewer = VISITOR
    g.pop("_login_user", None)


def _handle_internal(error: Exception) -> ResponseReturnValue:
    """Handle unexpected exceptions, including database errors after the view, such as a failed commit."""
    original = getattr(error, "original_exception", None)
    if isinstance(original, (DBAPIError, PoolTimeout)):
        return _handle_database(original)
    _leave_database()
    return render_error(500)


def render_error(code: int, said: str | None = None) -> Response:
    """Return the error page, or only its title if the client accepts JSON."""
    title, words = ERROR_TEXTS.get(code, ERROR_TEXTS[400 if code < 500 else 500])
    if request.accept_mimetypes.best == "application/json":
        response = jsonify(error=title, request_id=request.environ.get(ID_KEY))
    else:
        response = _render(code, title, said or words)
    response.status_code = code
    if code in (429, 503):
        response.headers.setdefault("Retry-After", str(RETRY_SECONDS if code == 503 else 60))
    return response


def _render(code: int, title: str, words: str) -> Response:
    if code < 500 and error_pages.is_opened_by_a_person():
        try:
            return error_pages.render_with_navigation(code, title, words)
        except SQLAlchemyError as error:
            log.error("error page without navigation: %s", type(error).__name__)
            _leave_database()
    return error_pages.render_bare(code, title, words)


def answer_without_application(
    error: Exception, environ: WSGIEnvironment, start_response: StartResponse
) -> list[bytes]:
    """Answer a request for which even the error page failed. It needs neither a template nor the database."""
    is_database = isinstance(error, (DBAPIError, PoolTimeout))
    code, reason = (503, "SERVICE UNAVAILABLE") if is_database else (500, "INTERNAL SERVER ERROR")
    title, words = ERROR_TEXTS[code]
    body = _PLAIN_PAGE.format(title=title, words=words, request_id=environ.get(ID_KEY)).encode()
    headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    if is_database:
        headers.append(("Retry-After", str(RETRY_SECONDS)))
    start_response(f"{code} {reason}", headers)
    return [body]
