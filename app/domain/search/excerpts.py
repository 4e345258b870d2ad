"""Excerpts of texts with the words that were looked for."""

from __future__ import annotations

from collections.abc import Collection

from app.domain.search.entries import Fragment
from app.domain.search.words import Word, split_words

EXCERPT_LENGTH = 180
"""In characters, about two lines of a wide screen."""

_LEAD = 50
"""How much of an excerpt may come before its first marked word."""


def mark_words(text: str, wanted: Collection[str]) -> tuple[Fragment, ...]:
    """Return a text in pieces, in which the words that are wanted (folded) are marked."""
    return _cut(text, 0, len(text), [word for word in split_words(text) if word.folded in wanted])


def make_excerpt(text: str, wanted: Collection[str]) -> tuple[Fragment, ...]:
    """Return the part of a text with most of the wanted words, marked; its beginning if it has none of them."""
    words = list(split_words(text))
    marked = [word for word in words if word.folded in wanted]
    first = max(marked, key=lambda word: _count_after(marked, word), default=None)
    start = _find_start(text, words, first) if first else 0
    end = _find_end(text, words, start)
    fragments = _cut(text, start, end, [word for word in marked if word.start >= start and word.end <= end])
    before = (Fragment("… "),) if start else ()
    after = (Fragment(" …"),) if end < len(text) else ()
    return before + fragments + after


def _count_after(marked: list[Word], first: Word) -> int:
    """Count the different words that an excerpt would show if it began near this one."""
    limit = first.start + EXCERPT_LENGTH - _LEAD
    return len({word.folded for word in marked if first.start <= word.start and word.end <= limit})


def _find_start(text: str, words: list[Word], first: Word) -> int:
    if first.end <= EXCERPT_LENGTH:
        return 0
    begin = first.start - _LEAD
    # Begin with a sentence if one begins there.
    dot = text.rfind(". ", begin - _LEAD, first.start)
    if dot >= 0:
        return dot + 2
    return next((word.start for word in words if word.start >= begin), first.start)


def _find_end(text: str, words: list[Word], start: int) -> int:
    if len(text) - start <= EXCERPT_LENGTH:
        return len(text)
    limit = start + EXCERPT_LENGTH
    return max((word.end for word in words if start < word.end <= limit), default=limit)


def _cut(text: str, start: int, end: int, marked: list[Word]) -> tuple[Fragment, ...]:
    fragments = []
    at = start
    for word in marked:
        if word.start > at:
            fragments.append(Fragment(text[at : word.start]))
        fragments.append(Fragment(text[word.start : word.end], is_match=True))
        at = word.end
    if at < end:
        fragments.append(Fragment(text[at:end]))
    return tuple(fragments)
