"""Faults in content files, and their locations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from app.content.trees import ContentPath

Step = str | int
Spot = tuple[Step, ...]
"""The path from the top of a file to one value: ``("options", 2, "why")``."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to fix. ``line`` counts from 1; ``rule`` is a short name; ``expected`` says what would be right.

    ``spot`` is the value in the file, empty if the fault is about a line or the whole file.
    """

    path: ContentPath
    line: int
    rule: str
    message: str
    expected: str | None = None
    spot: Spot = field(default=(), compare=False)

    def __str__(self) -> str:
        hint = f"; expected {self.expected}" if self.expected else ""
        return _printable(f"{self.path}:{self.line}: {self.message}{hint} [{self.rule}]")


def _printable(text: str) -> str:
    """Escape line ends and terminal codes, so that a fault that quotes a file stays on one line."""
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)


@dataclass(frozen=True, slots=True)
class FileLocation:
    """The location of a value: its file, the lines of all fields, and its path from the top of the file."""

    path: ContentPath
    lines: Mapping[Spot, int] = field(default_factory=dict)
    at: Spot = ()

    def line(self, *spot: Step) -> int:
        """Return the line of a field, or of the nearest enclosing value if the field is missing."""
        way = self.at + spot
        while way and way not in self.lines:
            way = way[:-1]
        return self.lines.get(way, 1)

    def within(self, *spot: Step) -> FileLocation:
        return replace(self, at=self.at + spot)

    def fault(self, rule: str, message: str, *spot: Step, expected: str | None = None) -> Fault:
        return Fault(self.path, self.line(*spot), rule, message, expected, self.at + spot)
