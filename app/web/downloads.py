"""Responses that browsers save as files."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from urllib.parse import quote

from flask import Response, stream_with_context

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
"""The media type of Excel workbooks."""

_MAX_NAME_LENGTH = 60


def attachment(body: str | bytes | Iterator[str], mimetype: str, name: str, *, title: str = "") -> Response:
    """Return ``body`` as a download. An iterator is streamed.

    ``name`` is the file name in ASCII. A ``title`` replaces its stem; if the title has non-ASCII letters, the name is
    sent in both spellings (RFC 6266).
    """
    if isinstance(body, Iterator):
        response = Response(stream_with_context(line.encode() for line in body), mimetype=mimetype)
    else:
        response = Response(body, mimetype=mimetype)
    stem, _, suffix = name.rpartition(".")
    full, plain = make_slug(title), make_slug(unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode())
    names = {"filename": f"{plain or stem}.{suffix}"}
    if full != plain:
        names["filename*"] = f"UTF-8''{quote(f'{full}.{suffix}', safe='')}"
    response.headers.set("Content-Disposition", "attachment", **names)
    return response


def make_slug(title: str) -> str:
    """Join the letters and digits of a title in lower case with hyphens. The result is empty if it has none."""
    letters = (letter if letter.isalnum() else " " for letter in unicodedata.normalize("NFC", title).lower())
    return "-".join("".join(letters).split())[:_MAX_NAME_LENGTH].strip("-")
