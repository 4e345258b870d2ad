"""How well learners judge their own knowledge: certainty compared with correctness. It never affects passing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

MIN_ANSWERS = 3
"""With fewer answers at one level of certainty, no judgement is possible."""

# After Gardner-Medwin (https://tmedwin.net/cbm/): with 1/2/3 for right and 0/-2/-6 for wrong, "fairly sure" pays more
# than "guessing" from two thirds right, and "certain" more than "fairly sure" from four fifths.
_PAYS_FROM = {1: 0.0, 2: 2 / 3, 3: 0.8}
_PAYS_UP_TO = {1: 2 / 3, 2: 0.8, 3: 1.0}


class CertaintyJudgement(StrEnum):
    """How a level of certainty compares with the answers given at it."""

    TOO_FEW = "too_few"
    FITS = "fits"
    TOO_SURE = "too_sure"
    TOO_MODEST = "too_modest"


@dataclass(frozen=True, slots=True)
class CertaintyLevel:
    """A level of certainty (1 guessing, 2 fairly sure, 3 certain): ``right`` of ``of`` answers were fully right."""

    certainty: int
    right: int
    of: int

    @property
    def fits_from(self) -> float:
        """The lowest share of right answers that fits this certainty, from 0 to 1."""
        return _PAYS_FROM[self.certainty]

    @property
    def fits_up_to(self) -> float:
        """The highest share of right answers that fits this certainty."""
        return _PAYS_UP_TO[self.certainty]

    @property
    def judgement(self) -> CertaintyJudgement:
        if self.of < MIN_ANSWERS:
            return CertaintyJudgement.TOO_FEW
        share = self.right / self.of
        if share < _PAYS_FROM[self.certainty]:
            return CertaintyJudgement.TOO_SURE
        return CertaintyJudgement.TOO_MODEST if share > _PAYS_UP_TO[self.certainty] else CertaintyJudgement.FITS


def count_by_certainty(answers: Iterable[tuple[int | None, bool]]) -> tuple[CertaintyLevel, ...]:
    """Count answers by certainty.

    Each answer is a pair of its certainty and whether it was fully right. Answers without a certainty are left out.
    """
    counts = {certainty: [0, 0] for certainty in (1, 2, 3)}
    for certainty, is_right in answers:
        if certainty is not None:
            counts[certainty][0] += is_right
            counts[certainty][1] += 1
    return tuple(CertaintyLevel(certainty, right, of) for certainty, (right, of) in counts.items())
