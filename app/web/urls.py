"""URLs on this server: safe redirect targets and absolute links."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlsplit

from flask import current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter

E = TypeVar("E", bound=StrEnum)

MAX_ID = 2**31 - 1
"""PostgreSQL refuses to compare a column of ids with a larger number."""


class IdConverter(IntegerConverter):
    """``<int:…>`` in a route: at most 1,999,999,999, so that it fits :data:`MAX_ID`. Larger numbers lead to 404.

    The pattern sets the limit. With ``max=``, Werkzeug would answer 405 where a path has one view for GET and another
    for POST.
    """

    regex = r"1?[0-9]{1,9}"


def parse_id(text: str) -> int | None:
    """Return a number from 1 that fits the id of a row, as in a query string; None for anything else."""
    number = int(text) if re.fullmatch(r"[0-9]{1,10}", text) else 0
    return number if 0 < number <= MAX_ID else None


def parse_seed(text: str) -> int | None:
    """Return the seed of a sample paper, as in a query string: a number of 31 bits; None for anything else."""
    number = int(text) if re.fullmatch(r"[0-9]{1,10}", text) else MAX_ID + 1
    return number if number <= MAX_ID else None


def parse_choice(choices: type[E], text: str | None) -> E | None:
    """Return the choice with this value, as in a query string; None for anything else, so that old bookmarks work."""
    return choices(text) if text is not None and text in list(choices) else None


def get_safe_path(address: str | None, otherwise: str = "/") -> str:
    """Return the path of a URL on this host, or ``otherwise`` (for ``//x``, ``/\\x``, other hosts or schemes)."""
    if not address or any(character in address for character in "\\\r\n\t"):
        return otherwise
    parts = urlsplit(address)
    if (
        parts.scheme not in ("", "http", "https")
        or (parts.netloc and parts.netloc != request.host)
        or not parts.path.startswith("/")
    ):
        return otherwise
    if parts.path.startswith("//"):
        return otherwise
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def get_page_path(address: str | None) -> str:
    """Return a page to go back to: :func:`get_safe_path`, or its nearest parent that accepts GET."""
    path = get_safe_path(address)
    while path != "/" and not _is_page(path):
        path = path.rpartition("/")[0] or "/"
    return path


def make_absolute(path: str) -> str:
    """Return a link for other people. It uses the configured base URL, not the host of this request."""
    return f"{current_app.config['PALPATE'].base_url}{path}"


def _is_page(path: str) -> bool:
    adapter = current_app.create_url_adapter(request)
    assert adapter is not None
    try:
        adapter.match(path.partition("?")[0], method="GET")
    except HTTPException:
        return False
    return True
