"""The page of a refused or failed request, with the navigation of every page or without.

Nothing on it consumes what the next page needs, such as messages to flash: browsers also ask for addresses that nobody
opened, such as icons.
"""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, render_template, request
from flask.globals import request_ctx

from app.db import db
from app.permissions import VISITOR
from app.server.requests import ID_KEY
from app.web.identity import get_viewer
from app.web.urls import get_page_path


def is_opened_by_a_person() -> bool:
    """Whether a browser asked for a page, rather than a picture or a program for data, at an address of this server."""
    accepted = [kind for kind, _quality in request.accept_mimetypes]
    return "text/html" in accepted and request_ctx.url_adapter is not None


def render_with_navigation(code: int, title: str, words: str) -> Response:
    """Render the page of a refusal like any other page, with links to where people may have wanted to go.

    :raise SQLAlchemyError: the database failed.
    """
    # A view may have left changes behind that must not be written.
    with db.session.no_autoflush:
        back = get_page_path(request.referrer)
        return _render(
            "base.html",
            code=code,
            title=title,
            words=words,
            who=get_viewer(),
            again=_get_address(),
            back=back if back not in ("/", request.path) else None,
        )


def render_bare(code: int, title: str, words: str) -> Response:
    """Render the page without anything from the database.

    On 503 it contains the unsaved form, so one button resends it without JavaScript. Passwords are left out, so forms
    that ask for one are not offered again.
    """
    fields = list(request.form.items(multi=True)) if code == 503 and request.method == "POST" else []
    has_secrets = any("password" in name for name, _value in fields)
    return _render(
        "bare.html",
        code=code,
        title=title,
        words=words,
        who=VISITOR,
        again=_get_address(),
        resend=fields if fields and not has_secrets and not request.files else None,
        request_id=request.environ.get(ID_KEY) if code == 500 else None,
    )


def _get_address() -> str | None:
    """Return the address to try again, if that needs no form."""
    return request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else None


def _render(layout: str, **values: Any) -> Response:
    return make_response(render_template("error.html", layout=layout, **values))
