"""Names of people, as one looks for them and sorts them without minding accents."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_LETTERS = str.maketrans({"ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "ð": "d", "đ": "d", "þ": "th", "ı": "i"})
"""Letters that are no letter with a mark, and so stay whole when marks are taken off."""


TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They turn the direction of writing, and let an address or a name read as another. Scripts that run from the right do without them."""


def is_visible(text: str) -> bool:
    """Whether there is anything to see in it: blanks, controls and signs without width are nothing."""
    return any(unicodedata.category(character)[0] not in "CZ" for character in text)


@lru_cache(maxsize=20_000)
def folded(text: str) -> str:
    """A name without case and accents: ``Łucja Štěpánková`` and ``lucja stepankova`` are the same."""
    plain = unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS)
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def is_meant(wanted: str, *texts: str) -> bool:
    """Whether every word of ``wanted`` (folded) stands somewhere in one of the texts."""
    there = [folded(text) for text in texts]
    return all(any(word in text for text in there) for word in wanted.split())
