"""Options that are ranges of numbers: "10 to 20 minutes", "more than a day", "up to 3"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.content.words import strip_emphasis


@dataclass(frozen=True, slots=True)
class NumberRange:
    """The numbers that an option covers, both ends included, and their unit."""

    low: float
    high: float
    unit: str

    def overlaps(self, other: NumberRange) -> bool:
        # Ranges that share an end ("1 to 2", "2 to 3") overlap there.
        return self.low <= other.high and other.low <= self.high


_SPAN = re.compile(r"(?P<low>\d+(?:\.\d+)?)\s*(?:to|-|–|and)\s*(?P<high>\d+(?:\.\d+)?)\s*(?P<unit>\D*)")
_BELOW = re.compile(r"(?:less than|fewer than|under|below|up to|at most)\s+(?P<high>\d+(?:\.\d+)?)\s*(?P<unit>\D*)")
_ABOVE = re.compile(r"(?:more than|over|above|at least|from)\s+(?P<low>\d+(?:\.\d+)?)\s*(?P<unit>\D*)")
_STEP = 1e-9


def parse_range(text: str) -> NumberRange | None:
    """Parse an option that consists only of a range of numbers with a unit; None if it is anything else."""
    plain = strip_emphasis(text).lower().removeprefix("about ").removeprefix("between ").rstrip(". ")
    if found := _SPAN.fullmatch(plain):
        return NumberRange(float(found["low"]), float(found["high"]), found["unit"].strip())
    if found := _BELOW.fullmatch(plain):
        open_end = 0 if plain.startswith(("up to", "at most")) else _STEP
        return NumberRange(float("-inf"), float(found["high"]) - open_end, found["unit"].strip())
    if found := _ABOVE.fullmatch(plain):
        open_end = 0 if plain.startswith(("at least", "from")) else _STEP
        return NumberRange(float(found["low"]) + open_end, float("inf"), found["unit"].strip())
    return None
