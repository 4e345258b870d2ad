"""Addresses on this server: where it is safe to send somebody back to."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request
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
