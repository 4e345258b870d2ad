"""Quotations from a text, found again after the text was edited.

A quotation is kept with a little of the text around it, like the TextQuoteSelector of the Web Annotation Data Model
(https://www.w3.org/TR/annotation-model/#text-quote-selector). Blanks and invisible characters are ignored, because a
browser puts others between paragraphs than the server does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from urllib.parse import quote

from app.domain.identifiers import is_invisible

MAX_QUOTE_LENGTH = 1000
"""In characters: about a long paragraph."""

CONTEXT_LENGTH = 32
"""How many characters before and after a quotation are kept, as the annotation model advises."""

MIN_CONTEXT = 10
"""How many letters of the text on one side must be the same to find an edited quotation."""

MIN_LIKENESS = 0.6
"""How much of an edited quotation must be left, from 0 to 1 (:class:`difflib.SequenceMatcher`)."""

_MAX_CANDIDATES = 8
_FRAGMENT_WORDS = 4


@dataclass(frozen=True, slots=True)
class Quote:
    """Some words of a text, and the text around them."""

    exact: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class QuotePlace:
    """Where a quotation is in a text. ``is_changed`` says that its words were edited since it was made."""

    start: int
    end: int
    is_changed: bool = False


@dataclass(frozen=True, slots=True)
class _Letters:
    """A text without blanks and invisible characters; ``places`` says where in the text each letter is."""

    text: str
    places: tuple[int, ...]


@lru_cache(maxsize=4096)
def find_quote(text: str, quoted: Quote) -> QuotePlace | None:
    """Find a quotation in a text that may have been edited; None if it is no longer there.

    Of several places with the same words, the one with the most of the same text around it is taken, or else the first.
    If the words were edited, they are still found between the same words before and after.
    """
    letters = _drop_blanks(text)
    exact, before, after = (_drop_blanks(part).text for part in (quoted.exact, quoted.before, quoted.after))
    if not exact:
        return None
    # The first place with all of the text around it is the best one. Short words have thousands of others.
    whole = letters.text.find(before + exact + after)
    if whole >= 0:
        return _locate(letters, whole + len(before), whole + len(before) + len(exact))
    found = max(_list_places(letters.text, exact), key=lambda at: _measure(letters.text, at, exact, before, after))
    if found >= 0:
        return _locate(letters, found, found + len(exact))
    edited = _find_edited(letters.text, exact, before, after)
    return _locate(letters, *edited, is_changed=True) if edited else None


def cut_quote(text: str, place: QuotePlace) -> Quote:
    """Return the words at a place as the text has them now, with the text around them."""
    return Quote(
        text[place.start : place.end],
        text[max(0, place.start - CONTEXT_LENGTH) : place.start],
        text[place.end : place.end + CONTEXT_LENGTH],
    )


def make_text_fragment(exact: str) -> str:
    """Return what follows ``#:~:text=`` in a link that scrolls to these words and marks them, without a script.

    Of many words the first and the last are given, because they may be in different paragraphs
    (https://wicg.github.io/scroll-to-text-fragment/#syntax).
    """
    words = exact.split()
    parts = [words] if len(words) <= 2 * _FRAGMENT_WORDS else [words[:_FRAGMENT_WORDS], words[-_FRAGMENT_WORDS:]]
    return ",".join(quote(" ".join(part), safe="").replace("-", "%2D") for part in parts)


@lru_cache(maxsize=256)
def _drop_blanks(text: str) -> _Letters:
    places = tuple(at for at, letter in enumerate(text) if not letter.isspace() and not is_invisible(letter))
    return _Letters("".join(text[at] for at in places), places)


def _locate(letters: _Letters, start: int, end: int, *, is_changed: bool = False) -> QuotePlace:
    return QuotePlace(letters.places[start], letters.places[end - 1] + 1, is_changed)


def _list_places(text: str, part: str) -> list[int]:
    """List where a part begins in a text; -1 alone if nowhere."""
    found = [text.find(part)]
    while found[-1] >= 0:
        found.append(text.find(part, found[-1] + 1))
    return found[:-1] or [-1]


def _measure(text: str, at: int, exact: str, before: str, after: str) -> tuple[int, int]:
    """Return how many letters around a place are the same; of equal places, the first is the greatest."""
    end = at + len(exact)
    same_before = _count_same(reversed(text[max(0, at - len(before)) : max(0, at)]), reversed(before))
    return same_before + _count_same(iter(text[end : end + len(after)]), iter(after)), -at


def _count_same(one: Iterator[str], other: Iterator[str]) -> int:
    count = 0
    for first, second in zip(one, other, strict=False):
        if first != second:
            break
        count += 1
    return count


def _find_edited(text: str, exact: str, before: str, after: str) -> tuple[int, int] | None:
    """Return start and end of the words between the same text before and after, if enough of the quotation is left."""
    before, after = before[-MIN_CONTEXT:], after[:MIN_CONTEXT]
    if min(len(before), len(after)) < MIN_CONTEXT:
        return None
    best, best_likeness = None, MIN_LIKENESS
    for at in _list_places(text, before)[:_MAX_CANDIDATES]:
        start = at + len(before)
        end = text.find(after, start, start + 2 * len(exact) + len(after)) if at >= 0 else -1
        if end <= start:
            continue
        matcher = SequenceMatcher(None, text[start:end], exact, autojunk=False)
        if matcher.quick_ratio() >= best_likeness and (likeness := matcher.ratio()) >= best_likeness:
            best, best_likeness = (start, end), likeness
    return best
