"""Requirements that must hold despite a fault."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Report = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Requirement:
    """A requirement, met if there are no ``faults``. Each of them describes a finding."""

    name: str
    faults: Sequence[str]

    def __str__(self) -> str:
        said = f"{'MISSED' if self.faults else 'met   '} {self.name}: {len(self.faults)}"
        return "\n         ".join([said, *self.faults[:5]])
