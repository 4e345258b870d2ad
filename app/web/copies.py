"""Copies of course pages, which the service worker keeps for offline reading.

The worker asks for a copy with a header. Such a request has no session (see ``timed_tokens.py``), even if cookies come
along: a copy is the page of a visitor. It has no forms, as nothing can be sent without a connection, and says when it
was made.
"""

from __future__ import annotations

from urllib.parse import parse_qs

from flask import Flask, Request, has_request_context, request

HEADER = "Palpate-Copy"
"""Its value says how the copy should look, as a query string: ``zone=Europe%2FBerlin&theme=dark``."""


def init_app(app: Flask) -> None:
    app.jinja_env.globals["is_copy"] = is_copy


def asks_for_copy(asked: Request) -> bool:
    """Return whether a request asks for a copy."""
    return HEADER in asked.headers


def is_copy() -> bool:
    """Return whether the page of the current request is a copy."""
    return has_request_context() and asks_for_copy(request)


def get_look(name: str) -> str | None:
    """Return what the header wants of the copy: its ``zone`` or its ``theme``; None if it does not say."""
    values = parse_qs(request.headers[HEADER][:200]).get(name) if is_copy() else None
    return values[0] if values else None
