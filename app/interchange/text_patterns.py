"""Regular expressions that are nothing but words and gaps, as in ``.*twitch.*``, and our ``*twitch*`` for them.

A regular expression of a stranger can run for hours, so none is ever run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SPECIAL = frozenset("\\.*+?()[]{}|^$")
_CASES = re.compile(r"(?<!\\)\[([^\W\d_])([^\W\d_])\]")


class PatternError(ValueError):
    """The expression is more than words and gaps."""


@dataclass(frozen=True, slots=True)
class Wildcards:
    """A text in which ``*`` stands for any text. ``is_folded`` ignores case."""

    text: str
    is_folded: bool = False

    def fits(self, text: str) -> bool:
        if self.is_folded:
            return fits_wildcards(self.text.casefold(), text.casefold())
        return fits_wildcards(self.text, text)


def to_pattern(wildcards: Wildcards) -> str:
    """Return the XSD regular expression for a text with wildcards."""
    return "".join(_write(character, wildcards.is_folded) for character in wildcards.text)


def _write(character: str, is_folded: bool) -> str:
    if character == "*":
        return ".*"
    if character in _SPECIAL:
        return f"\\{character}"
    lower, upper = character.lower(), character.upper()
    return f"[{lower}{upper}]" if is_folded and lower != upper and len(lower) == len(upper) == 1 else character


def from_pattern(pattern: str) -> Wildcards:
    """Return the text with wildcards for an expression that consists of words and ``.*``.

    :raise PatternError: it is more than that, or has a literal asterisk.
    """
    plain = pattern.removeprefix("^")
    if plain.endswith("$") and not plain.endswith("\\$"):
        plain = plain.removesuffix("$")
    text = _CASES.sub(_read_case, plain)
    return Wildcards("".join(_read(text)), is_folded=text != plain)


def _read_case(found: re.Match[str]) -> str:
    one, other = found[1], found[2]
    return one if one.upper() == other else found[0]


def _read(pattern: str) -> Iterator[str]:
    at = 0
    while at < len(pattern):
        character = pattern[at]
        if pattern.startswith(".*", at):
            yield "*"
            at += 2
        elif character == "\\" and at + 1 < len(pattern) and pattern[at + 1] in _SPECIAL - {"*"}:
            yield pattern[at + 1]
            at += 2
        elif character in _SPECIAL:
            raise PatternError(pattern)
        else:
            yield character
            at += 1


def fits_pattern(pattern: str, text: str) -> bool:
    """Return whether the whole text fits an expression of words and gaps.

    :raise PatternError: it is more than that.
    """
    return from_pattern(pattern).fits(text)


def fits_wildcards(wildcards: str, text: str) -> bool:
    """Return whether the whole text fits. The parts are found one after the other, so the time is linear."""
    first, *others = re.sub(r"\*+", "*", wildcards).split("*")
    if not others:
        return text == first
    *middle, last = others
    if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True
