"""Words as a test-wise reader sees them: content words, hedges, absolutes and repetitions."""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+(?:[.,]\d+)*")
_SHORTEST_WORD = 3
_SHORTEST_STEM = 4
_SUFFIXES = ("ingly", "edly", "ing", "ies", "ed", "es", "ly", "s")


def _set(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_EMPTY_WORDS = _set(
    """a about after all also although among an and any are as at be because been before being best between both but by
    can could did do does done during each either else even ever every first for from get gets had has have having
    he her here him his how if in into is it its itself just last least less like likely made make makes many may
    might more most much must near never new next no nor not now of often on once one only onto or other others our
    out over own per rather same she should show shows since so some somebody someone such tell tells than that the
    their them then there these they thing things this those though three through to too two under until up upon use
    used uses using usually very was well were what when where whether which while who whom whose why will with
    within without would yes you your"""
)
STRONG_HEDGES = _set(
    """may might often usually sometimes generally probably likely possibly perhaps typically tend tends seems seem
    suggests suggest"""
)
HEDGES = STRONG_HEDGES | _set(
    "could mostly mainly largely partly rarely seldom commonly frequently appears appear some"
)
ABSOLUTES = _set(
    "always never only every all completely entirely totally wholly invariably impossible guarantees guaranteed"
)
# "at all", "all day" or "every second day" are not absolute claims.
_IDIOMS = re.compile(
    r"\b(?:at all|(?:first|best|most|worst) of all|after all|above all|all (?:day|night|along|the while|the same)"
    r"|every (?:second|other|third|few|ten|\d+)|not only|the only|only (?:one|then|after|just))\b",
    re.IGNORECASE,
)


def strip_emphasis(text: str) -> str:
    """Remove emphasis marks."""
    return re.sub(r"\*+|(?<!\w)_+|_+(?!\w)", "", text)


@lru_cache(maxsize=8192)
def split_words(text: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in _WORD.findall(strip_emphasis(text)))


@lru_cache(maxsize=8192)
def stem_content_words(text: str) -> frozenset[str]:
    """Return the content words without endings, so that "needles" and "needling" count as one."""
    return frozenset(
        _stem(word) for word in split_words(text) if len(word) >= _SHORTEST_WORD and word not in _EMPTY_WORDS
    )


def _stem(word: str) -> str:
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _SHORTEST_STEM:
            word = word.removesuffix(suffix)
            break
    # "needle" and "needl(ing)", "muscle" and "muscl(es)".
    return word.removesuffix("e") if len(word) > _SHORTEST_STEM else word


def count_words(text: str, vocabulary: frozenset[str]) -> int:
    return sum(word in vocabulary for word in split_words(text))


def list_absolutes(text: str) -> list[str]:
    """Return the words of ``text`` that allow no exception."""
    return [word for word in split_words(_IDIOMS.sub(" ", text)) if word in ABSOLUTES]


def has_phrase(text: str, phrase: str) -> bool:
    """Return whether ``text`` contains the words of ``phrase`` in a row."""
    return f" {' '.join(split_words(phrase))} " in f" {' '.join(split_words(text))} "


def truncate(text: str, length: int = 50) -> str:
    """Shorten ``text`` for a message."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
