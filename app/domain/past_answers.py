"""A learner's latest answers that they may know about: certainty compared with correctness, and confident mistakes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.certainty import CertaintyLevel, count_by_certainty

MIN_CALIBRATED = 20
"""With fewer answers that have a certainty, calibration is not shown: chance would decide what it says."""

_CERTAIN, _FAIRLY_SURE = 3, 2


@dataclass(frozen=True, slots=True)
class PastAnswer:
    """A question of an attempt whose correctness is released. ``certainty`` is None if it was not given.

    ``has_result`` means that the attempt has a page of results: it is submitted and not a check in a lesson.
    """

    objective_id: int
    attempt_id: int
    position: int
    is_right: bool
    certainty: int | None
    is_critical: bool
    is_answered: bool
    marked_at: datetime
    has_result: bool = True

    @property
    def is_confident_mistake(self) -> bool:
        """Whether it was wrong and certain, or on a safety-critical question wrong and not merely guessed."""
        if self.is_right or not self.is_answered:
            return False
        if self.is_critical:
            return self.certainty is None or self.certainty >= _FAIRLY_SURE
        return self.certainty == _CERTAIN


def calibrate(answers: Sequence[PastAnswer]) -> tuple[CertaintyLevel, ...]:
    """Count answers by certainty; nothing if there are fewer than :data:`MIN_CALIBRATED` with a certainty."""
    levels = count_by_certainty((one.certainty, one.is_right) for one in answers if one.is_answered)
    return levels if sum(level.of for level in levels) >= MIN_CALIBRATED else ()


def find_confident_mistakes(answers: Sequence[PastAnswer]) -> tuple[PastAnswer, ...]:
    """Return the latest confident mistake on each objective, safety-critical ones first, then the latest.

    A correct answer on the objective in another attempt since then settles it.
    """
    right = defaultdict[int, list[PastAnswer]](list)
    for one in answers:
        if one.is_right:
            right[one.objective_id].append(one)
    latest = dict[int, PastAnswer]()
    for one in sorted(answers, key=_get_order):
        if one.is_confident_mistake and not any(_settles(later, one) for later in right[one.objective_id]):
            latest[one.objective_id] = one
    return tuple(sorted(latest.values(), key=_get_order, reverse=True))


def _get_order(answer: PastAnswer) -> tuple[bool, datetime, int, int]:
    return answer.is_critical, answer.marked_at, answer.attempt_id, answer.position


def _settles(later: PastAnswer, mistake: PastAnswer) -> bool:
    return later.attempt_id != mistake.attempt_id and later.marked_at > mistake.marked_at
