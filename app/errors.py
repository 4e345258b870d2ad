"""Error pages: each says what happened, what is safe, and the way on. A fault of the database is 503, never a false "saved"."""

from __future__ import annotations

import logging
import traceback
from types import TracebackType

from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from app.db import db
from app.permissions import VISITOR

log = logging.getLogger("palpate")

RETRY_SECONDS = 2

SAYS: dict[int, tuple[str, str]] = {
    400: (
        "That could not be understood",
        "The form was not complete or not as this page sends it. Nothing was changed.",
    ),
    401: ("Please sign in", "This page needs an account."),
    403: ("Not for this account", "You are signed in, but this page is for other roles. Nothing was changed."),
    404: ("Nothing here", "There is no such page, or it is not yours to see."),
    405: ("Not this way", "This address takes another kind of request. Nothing was changed."),
    409: (
        "Somebody was faster",
        "The same thing was done at the same moment, here or in another tab. It was done once.",
    ),
    410: ("No longer valid", "This link was used already, or its time is over. Ask for a new one."),
    413: ("Too much at once", "What was sent is larger than any form here. Nothing was changed."),
    429: ("Too many tries", "Wait a few minutes, then try again. This protects accounts against guessing."),
    500: (
        "Something broke on our side",
        "It was logged. What was saved before is safe; the last step may not have been done.",
    ),
    503: (
        "The server is busy for a moment",
        "The last step was not saved. Try again in a few seconds; nothing saved before is lost.",
    ),
}


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(PoolTimeout, _database)
    app.register_error_handler(500, _internal)


def log_exception(logger: logging.Logger, exc_info: tuple[type, BaseException, TracebackType]) -> None:
    """Log where something broke, by the rule of the address: the address itself can hold the token of a link.

    Of an error of the database only its kind: what it says can hold an address or an answer.
    """
    at = request.url_rule.rule if request.url_rule else "no such address"
    kind, error, trace = exc_info
    if isinstance(error, (DBAPIError, StatementError)):
        where = "".join(traceback.format_tb(trace))
        logger.error("exception at %s [%s]: %s\n%s", at, request.method, kind.__name__, where)
    else:
        logger.error("exception at %s [%s]", at, request.method, exc_info=(kind, error, trace))


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None or error.code is None:
        return error
    said = error.description if error.code == 400 and "description" in vars(error) else None
    response = page(error.code, said)
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
    return response


def _csrf(error: CSRFError) -> ResponseReturnValue:
    return page(
        400,
        "This page is out of date: you signed in or out since it was loaded. Go back, load it again and send it once more.",
    )


def _database(error: Exception) -> ResponseReturnValue:
    db.session.rollback()
    # The page must not ask the database who is asking: it would wait for the same lock, and fail in place of the page.
    g.setdefault("viewer", VISITOR)
    if isinstance(error, DataError):
        # Something that no column can hold, such as a NUL in an address.
        return page(404 if request.method in ("GET", "HEAD") else 400)
    if isinstance(error, IntegrityError):
        log.warning("constraint refused a change: %s", type(error.orig).__name__)
        return page(409)
    if isinstance(error, (OperationalError, PoolTimeout)) or getattr(error, "connection_invalidated", False):
        # Not the statement or its values: they may hold what a learner answered.
        log.error("database unavailable: %s", str(getattr(error, "orig", error)).splitlines()[0])
        return page(503)
    log.error("database error: %s", type(getattr(error, "orig", error)).__name__)
    return page(500)


def _internal(error: Exception) -> ResponseReturnValue:
    """Reached for anything unforeseen, and for faults of the database after the view (a commit that failed)."""
    original = getattr(error, "original_exception", None)
    if isinstance(original, (DBAPIError, PoolTimeout)):
        return _database(original)
    db.session.rollback()
    return page(500)


def page(code: int, said: str | None = None) -> Response:
    """The page of an error, or two words of it where JSON is asked for."""
    title, words = SAYS.get(code, SAYS[400 if code < 500 else 500])
    if request.accept_mimetypes.best == "application/json":
        response = jsonify(error=title)
    else:
        response = _render(code, title, said or words)
    response.status_code = code
    if code in (429, 503):
        response.headers.setdefault("Retry-After", str(RETRY_SECONDS if code == 503 else 60))
    return response


def _render(code: int, title: str, words: str) -> Response:
    """The error page. On 503 it carries the answer that was not saved, so that one button sends it again, even without JavaScript."""
    is_answer = request.endpoint == "learn.answer" and request.method == "POST"
    resend = [(name, value) for name, value in request.form.items(multi=True)] if code == 503 and is_answer else None
    return make_response(render_template("error.html", code=code, title=title, words=words, resend=resend))
