"""Comparing and sorting people's names without regard to case and accents."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable
from functools import lru_cache

from app.domain.identifiers import FILLERS, drop_invisible, is_invisible
from app.domain.scripts import get_skeleton, is_joining

_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "ð": "d", "đ": "d", "þ": "th", "ı": "i", "ħ": "h", "ŧ": "t", "ŋ": "n"}
    | dict.fromkeys("\u2018\u2019\u02bc\u02b9\u00b4`", "'")
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
)
"""Letters that Unicode does not decompose into a base letter and an accent, and the variants of two signs in names."""


_JOINERS = frozenset("\u200c\u200d")

BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Bidirectional control characters, which can make one name or address look like another.

Right-to-left scripts do not need them.
"""


def has_visible_text(text: str) -> bool:
    """Return whether a text has a visible character, not only blanks, controls, marks and zero-width characters."""
    return any(unicodedata.category(c)[0] not in "CZM" and c not in FILLERS for c in text)


def clean_name(text: str) -> str:
    """Return a name without invisible characters, with which it would look like another person's.

    The joiners of Arabic and Indic scripts stay where they shape letters.
    """
    kept = (c for before, c, after in zip(" " + text, text, text[1:] + " ", strict=False) if _is_kept(before, c, after))
    return " ".join("".join(kept).split())


def _is_kept(before: str, character: str, after: str) -> bool:
    if character in _JOINERS:
        return is_joining(before) and is_joining(after)
    return not is_invisible(character)


@lru_cache(maxsize=20_000)
def fold_name(text: str) -> str:
    """Return a name without case, accents and invisible characters: ``Łucja Štěpánková`` becomes ``lucja stepankova``.

    The only rule by which people are searched and sorted, and the course is searched. Columns with its result: :mod:`app.models.folded`.
    """
    plain = unicodedata.normalize("NFKD", drop_invisible(text)).casefold().translate(_LETTERS)
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def find_shared_names(texts: Iterable[str]) -> frozenset[str]:
    """Return the looks of the names that more than one person seems to have. Beside these, show the address as well."""
    counts = Counter(look for text in texts for look in _get_looks(text))
    return frozenset(name for name, count in counts.items() if count > 1)


def label_person(name: str, email: str, shared: Collection[str]) -> str:
    """Return a person's name, with the address if others share the name (see :func:`find_shared_names`)."""
    return f"{name} ({email})" if email and not _get_looks(name).isdisjoint(shared) else name


def _get_looks(name: str) -> frozenset[str]:
    """Return what names that look alike have in common, also with letters of other scripts: *Аnna* and *Anna*.

    There are two looks, because *I* looks like *l* in *Ian* and like *i* in *IAN*.
    """
    return frozenset((fold_name(get_skeleton(name)), fold_name(get_skeleton(fold_name(name)))))


def has_all_words(wanted: str, *texts: str) -> bool:
    """Return whether every word of ``wanted`` (folded) occurs in one of the texts."""
    there = [fold_name(text) for text in texts]
    return all(any(word in text for text in there) for word in wanted.split())


_SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv"})
"""Words after a family name that are not part of it."""

_FAMILY_NAME_FIRST = ("CJK", "HANGUL", "HIRAGANA", "KATAKANA")
"""The scripts, as Unicode names begin, in which the family name comes first."""


@lru_cache(maxsize=20_000)
def get_sort_name(name: str, sort_name: str | None = None) -> str:
    """Return a folded key that sorts people by family name: ``Maria de la Cruz`` becomes ``cruz maria de la``.

    The family name is what comes before a comma, or else the last word; in Chinese, Japanese and Korean script the
    first. A particle such as *van* does not count,
    nor a suffix such as *Jr.* The rule cannot
    know two family names (*García Márquez*) or names that begin with the family name (*Nagy Anna*); for these a trainer
    enters ``sort_name``, the name to sort by, which replaces the rule.
    """
    return fold_name(sort_name or put_family_name_first(name))


def put_family_name_first(name: str) -> str:
    """Return the words of a name in the order by which :func:`get_sort_name` sorts it."""
    before, comma, after = name.partition(",")
    if comma and before.strip() and after.strip(" .").casefold() not in _SUFFIXES:
        return f"{before} {after.strip()}"
    words = (before if comma else name).split()
    while len(words) > 1 and words[-1].strip(".").casefold() in _SUFFIXES:
        words.pop()
    if len(words) < 2 or unicodedata.name(words[0][0], "").startswith(_FAMILY_NAME_FIRST):
        return name
    return " ".join((words[-1], *words[:-1]))
