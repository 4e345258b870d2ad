"""Compare two texts word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import zip_longest

CONTEXT_WORDS = 12
"""How many unchanged words are kept on each side of a change."""

ELLIPSIS = "…"


class PieceKind(StrEnum):
    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words that is the same in both texts, or only in one of them."""

    kind: PieceKind
    text: str


def compare_texts(before: Sequence[str], after: Sequence[str]) -> tuple[tuple[Piece, ...], ...]:
    """Return the paragraphs that differ, each as pieces in reading order. Long unchanged runs are shortened."""
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    return tuple(
        _compare_paragraphs(old, new)
        for tag, low, high, new_low, new_high in matcher.get_opcodes()
        if tag != "equal"
        for old, new in zip_longest(before[low:high], after[new_low:new_high], fillvalue="")
    )


def _compare_paragraphs(before: str, after: str) -> tuple[Piece, ...]:
    old, new = _split_words(before), _split_words(after)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < 0.3:  # another text, in which single words agree by chance
        return tuple(_build_pieces(old, new))
    opcodes = matcher.get_opcodes()
    pieces: list[Piece] = []
    for place, (tag, low, high, new_low, new_high) in enumerate(opcodes):
        if tag == "equal":
            text = _shorten(old[low:high], is_first=place == 0, is_last=place == len(opcodes) - 1)
            pieces.append(Piece(PieceKind.SAME, text))
        else:
            pieces.extend(_build_pieces(old[low:high], new[new_low:new_high]))
    return tuple(pieces)


def _build_pieces(old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    for kind, words in ((PieceKind.REMOVED, old), (PieceKind.ADDED, new)):
        if words:
            yield Piece(kind, "".join(words))


def _split_words(text: str) -> list[str]:
    """Return the words of a text, each with the space that follows it."""
    return re.findall(r"\S+\s*", text)


def _shorten(words: Sequence[str], *, is_first: bool, is_last: bool) -> str:
    """Return unchanged words; of a long run only those beside a change."""
    start = [] if is_first else words[:CONTEXT_WORDS]
    end = [] if is_last else words[-CONTEXT_WORDS:]
    if len(words) <= len(start) + len(end) + 1:
        return "".join(words)
    return f"{''.join(start)}{ELLIPSIS} {''.join(end)}"
