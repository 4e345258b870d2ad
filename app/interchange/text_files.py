"""Decodes the files of text formats: Unicode, or else the likeliest encoding of the country."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from app.content.interactions import Note, Severity
from app.domain.encodings import TextEncoding, guess_encoding, try_decode
from app.interchange.bank import UnreadableBankError

_MARKS_OF_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_START = 200_000
"""Bytes of a file by which its format is recognised."""


@dataclass(frozen=True, slots=True)
class DecodedText:
    """The text of a file, and a note if its encoding was guessed."""

    text: str
    notes: tuple[Note, ...] = ()


def decode_text(data: bytes, headings: Collection[str] = ()) -> DecodedText:
    """Decode a whole file. ``headings`` are those by which the encoding of a table is recognised.

    :raise UnreadableBankError: it is not text, or in no known encoding.
    """
    text = try_decode(data, TextEncoding.UTF16 if data.startswith(_MARKS_OF_UTF16) else TextEncoding.UTF8)
    notes: tuple[Note, ...] = ()
    if text is None:
        encoding = guess_encoding(data, headings)
        text = try_decode(data, encoding) if encoding else None
        if encoding is None or text is None:
            raise UnreadableBankError("the encoding of the file is not known; save it as UTF-8")
        reason = f"the file was read as {encoding.value}; save it as UTF-8 if letters look wrong"
        notes = (Note(Severity.WARNING, reason),)
    if (at := text.find("\0")) >= 0:
        line = text.count("\n", 0, at) + 1
        raise UnreadableBankError("this is not a text file, or its encoding is not known; save it as UTF-8", line)
    return DecodedText(text, notes)


def peek_text(data: bytes) -> str:
    """Return the beginning of a file for recognising its format; letters outside ASCII may be wrong."""
    start = data[:_START]
    return start.decode("utf-16" if start.startswith(_MARKS_OF_UTF16) else "utf-8-sig", "replace")


def unify_line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
