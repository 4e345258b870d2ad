"""Words of a text with their places in it, folded so that case, accents and invisible characters do not matter."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from app.domain.identifiers import drop_invisible
from app.domain.names import fold_name

MAX_QUERY_LENGTH = 200
"""In characters. What follows is not searched."""

MAX_QUERY_WORDS = 12

# A letter or digit, then more of them; the marks are those that no letter could be composed with.
_WORD = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f])*")

_STOP_WORDS = """
    a an and are as at be by can do does for from has have how i if in into is it its not of on or that the their these
    this to was what when where which who why will with you your
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
"""Words that are in every text. They are searched only if a query has no others."""


@dataclass(frozen=True, slots=True)
class Word:
    """A folded word and where it stands in its text."""

    folded: str
    start: int
    end: int


def clean_text(text: str) -> str:
    """Return a text in which accents are part of their letters, without invisible characters."""
    return unicodedata.normalize("NFC", drop_invisible(text))


def split_words(text: str) -> Iterator[Word]:
    """Yield the words of a text that was cleaned with :func:`clean_text`."""
    for found in _WORD.finditer(text):
        if folded := _fold_word(found[0]):
            yield Word(folded, found.start(), found.end())


def parse_query(text: str) -> tuple[str, ...]:
    """Return the words to look for, each once, in the order typed. Signs separate words and have no other meaning."""
    words = tuple(dict.fromkeys(word.folded for word in split_words(clean_text(text[:MAX_QUERY_LENGTH]))))
    return (tuple(word for word in words if word not in STOP_WORDS) or words)[:MAX_QUERY_WORDS]


@lru_cache(maxsize=20_000)
def _fold_word(word: str) -> str:
    return fold_name.__wrapped__(word)
