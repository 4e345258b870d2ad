"""How well somebody judges their own knowledge: certainty against what was right. Never part of passing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

ENOUGH = 3
"""Fewer answers of one certainty say nothing about it."""

# After Gardner-Medwin (https://tmedwin.net/cbm/): with 1/2/3 for right and 0/-2/-6 for wrong, "fairly sure" pays more than "guessing"
# from two thirds right, and "certain" more than "fairly sure" from four fifths.
_PAYS_FROM = {1: 0.0, 2: 2 / 3, 3: 0.8}
_PAYS_UP_TO = {1: 2 / 3, 2: 0.8, 3: 1.0}


class Judgement(StrEnum):
    """What the answers of one certainty say of it."""

    TOO_FEW = "too_few"
    FITS = "fits"
    TOO_SURE = "too_sure"
    TOO_MODEST = "too_modest"


@dataclass(frozen=True, slots=True)
class Level:
    """The answers of one certainty (1 guessing, 2 fairly sure, 3 certain): how many, how many fully right."""

    certainty: int
    right: int
    of: int

    @property
    def judgement(self) -> Judgement:
        if self.of < ENOUGH:
            return Judgement.TOO_FEW
        share = self.right / self.of
        if share < _PAYS_FROM[self.certainty]:
            return Judgement.TOO_SURE
        return Judgement.TOO_MODEST if share > _PAYS_UP_TO[self.certainty] else Judgement.FITS


def levels(answers: Iterable[tuple[int | None, bool]]) -> tuple[Level, ...]:
    """Count answers, each its certainty and whether it was fully right, by certainty; those without one are left out."""
    counts = {certainty: [0, 0] for certainty in (1, 2, 3)}
    for certainty, is_right in answers:
        if certainty is not None:
            counts[certainty][0] += is_right
            counts[certainty][1] += 1
    return tuple(Level(certainty, right, of) for certainty, (right, of) in counts.items())
