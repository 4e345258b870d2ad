"""What is wrong with a content file, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

Step = str | int
Spot = tuple[Step, ...]
"""The way from the top of a file to one value in it: ``("options", 2, "why")``."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to mend. ``line`` counts from 1; ``rule`` is a short name; ``expected`` says what would be right."""

    path: Path
    line: int
    rule: str
    message: str
    expected: str | None = None

    def __str__(self) -> str:
        hint = f"; expected {self.expected}" if self.expected else ""
        return _printable(f"{self.path}:{self.line}: {self.message}{hint} [{self.rule}]")


def _printable(text: str) -> str:
    """Keep a fault on one line, whatever the file that it quotes holds: no line ends, no terminal codes."""
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: a file, the lines of its fields, and the way from the top of the file to the value."""

    path: Path
    lines: Mapping[Spot, int] = field(default_factory=dict)
    at: Spot = ()

    def line(self, *spot: Step) -> int:
        """Return the line of a field, or of the nearest thing around it when the field itself isn't there."""
        way = self.at + spot
        while way and way not in self.lines:
            way = way[:-1]
        return self.lines.get(way, 1)

    def within(self, *spot: Step) -> Place:
        return replace(self, at=self.at + spot)

    def fault(self, rule: str, message: str, *spot: Step, expected: str | None = None) -> Fault:
        return Fault(self.path, self.line(*spot), rule, message, expected)
