"""Addresses on this server: where it is safe to send somebody back to, and links for other people."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import IntegerConverter


class IdConverter(IntegerConverter):
    """``<int:…>`` in an address: a number that a database can hold. A longer one is no page (404), not a fault."""

    regex = r"\d{1,18}"


def safe_path(address: str | None, otherwise: str = "/") -> str:
    """The path of an address on this very host; ``otherwise`` for anything else (``//x``, ``/\\x``, other hosts, other schemes)."""
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


def page_path(address: str | None) -> str:
    """A page of ours to go back to: :func:`safe_path`, and from an address that takes only posts the nearest page above it."""
    path = safe_path(address)
    while path != "/" and not _is_page(path):
        path = path.rpartition("/")[0] or "/"
    return path


def absolute(path: str) -> str:
    """A link for other people: at the address that was set, not the one this request happened to use."""
    return f"{current_app.config['PALPATE'].base_url}{path}"


def _is_page(path: str) -> bool:
    adapter = current_app.create_url_adapter(request)
    assert adapter is not None
    try:
        adapter.match(path.partition("?")[0], method="GET")
    except HTTPException:
        return False
    return True
