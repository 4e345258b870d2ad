"""What a fault must not do, and whether it did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Must:
    """Met when there are no ``faults``; each of them says what was found."""

    name: str
    faults: Sequence[str]

    def __str__(self) -> str:
        said = f"{'MISSED' if self.faults else 'met   '} {self.name}: {len(self.faults)}"
        return "\n         ".join([said, *self.faults[:5]])
