"""A document as text for a form, and back to bytes. What the author does not change stays byte for byte."""

from __future__ import annotations

_MARK = "\N{BYTE ORDER MARK}"


def decode_text(body: bytes) -> str | None:
    """Return a document as text with ``\\n`` line ends, or None if a form cannot hold it."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else join_lines(text.removeprefix(_MARK))


def encode_text(text: str, before: bytes) -> bytes:
    """Return the bytes of an edited text.

    ``before`` is the document as the author saw it. Its line ends and byte order mark are kept, and all of its bytes if
    the text is the same.
    """
    text = join_lines(text)
    if text == decode_text(before):
        return before
    uses_crlf = 2 * before.count(b"\r\n") > before.count(b"\n")
    mark = _MARK if before.startswith(_MARK.encode()) else ""
    return (mark + (text.replace("\n", "\r\n") if uses_crlf else text)).encode()


def join_lines(text: str) -> str:
    """Return a text with ``\\n`` line ends. Browsers send ``\\r\\n`` for each."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
