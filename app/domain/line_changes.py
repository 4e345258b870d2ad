"""Compare two texts line by line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from app.domain.differences import PieceKind

CONTEXT_LINES = 3
"""How many unchanged lines are kept on each side of a change."""

MAX_COMPARED_LINES = 4_000
"""Comparing takes time with the square of the number of lines; longer texts count as one change."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of either text. ``number`` is its place in the text that has it, the new one if both have it."""

    kind: PieceKind
    number: int
    text: str


def compare_lines(before: str, after: str) -> tuple[tuple[Line, ...], ...]:
    """Return the places that differ, each with the lines around it."""
    old, new = before.splitlines(), after.splitlines()
    if len(old) + len(new) > MAX_COMPARED_LINES:
        return (tuple(_list_lines(("replace", 0, len(old), 0, len(new)), old, new)),) if old != new else ()
    matcher = SequenceMatcher(None, old, new)
    return tuple(
        tuple(line for opcode in group for line in _list_lines(opcode, old, new))
        for group in matcher.get_grouped_opcodes(CONTEXT_LINES)
    )


def _list_lines(opcode: tuple[str, int, int, int, int], old: list[str], new: list[str]) -> Iterator[Line]:
    tag, low, high, new_low, new_high = opcode
    if tag == "equal":
        yield from (Line(PieceKind.SAME, at + 1, new[at]) for at in range(new_low, new_high))
        return
    yield from (Line(PieceKind.REMOVED, at + 1, old[at]) for at in range(low, high))
    yield from (Line(PieceKind.ADDED, at + 1, new[at]) for at in range(new_low, new_high))
