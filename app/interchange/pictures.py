"""Pictures inside of files: recognised by their content, and named safely."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import PurePosixPath

MAX_PICTURES = 2_000
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
)


def make_slug(text: str, most: int = 60) -> str:
    """Return text as a kebab-case id of whole words; an empty text if nothing of it can be kept."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("ø", "o").replace("æ", "ae"))
    slug = re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode().lower()).strip("-")
    if len(slug) <= most:
        return slug
    return slug[: most + 1].rpartition("-")[0] or slug[:most]


def find_type(data: bytes) -> str | None:
    """Return the suffix for a picture by its first bytes, or None if it is none that pages can show."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return next((suffix for start, suffix in _SIGNATURES if data.startswith(start)), None)


def decode_base64(text: str) -> bytes | None:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


@dataclass(slots=True)
class PictureStore:
    """The pictures of one bank. Each content is kept once, under a name that no path can hide in."""

    pictures: dict[str, bytes] = field(default_factory=dict)
    _names: dict[bytes, str] = field(default_factory=dict)

    def keep(self, name: str, data: bytes) -> str | None:
        """Keep a picture and return its name; None if it is not a picture, or one too many."""
        suffix = find_type(data)
        if suffix is None or len(self.pictures) >= MAX_PICTURES:
            return None
        if data in self._names:
            return self._names[data]
        stem = make_slug(PurePosixPath(name.replace("\\", "/")).stem) or "picture"
        kept, number = f"{stem}.{suffix}", 2
        while kept in self.pictures:
            kept, number = f"{stem}-{number}.{suffix}", number + 1
        self.pictures[kept] = data
        self._names[data] = kept
        return kept
