"""Likely confusions on the body map: neighbours, and muscles that refer pain to the same places."""

from __future__ import annotations

from typing import Any

from app.domain.body_map import Muscle, Zone
from app.domain.question import QuestionText
from app.services.course.body_map import Atlas

NEAR = 4
"""The extra weight of a spill-over zone: learners choose it more often than any wrong place."""


class Lookalikes:
    def __init__(self, atlas: Atlas) -> None:
        self.muscles = {muscle.name: muscle for muscle in atlas.muscles.values()}
        self.zones = {zone.name: zone for zone in atlas.zones.values()}

    def of(self, shown: QuestionText, key: Any) -> dict[str, int]:
        """Return how easily each option is mistaken for a right one (0 or more), or nothing without a picture."""
        if not shown.picture:
            return {}
        worth = {option: shown.kind.credit(key, index) for index, option in enumerate(shown.options)}
        right = [option for option, credit in worth.items() if credit == 1]
        return {
            option: NEAR * (0 < credit < 1) + max(self._likeness(option, other) for other in right)
            for option, credit in worth.items()
        }

    def _likeness(self, one: str, other: str) -> int:
        if one in self.muscles and other in self.muscles:
            return _compare_muscles(self.muscles[one], self.muscles[other])
        if one in self.zones and other in self.zones:
            return _compare_zones(self.zones[one], self.zones[other])
        return 0


def _compare_muscles(one: Muscle, other: Muscle) -> int:
    """Count 2 for each place that both refer pain to, and 1 if they are in the same part of the body."""
    shared = {*one.main, *one.spill} & {*other.main, *other.spill}
    return 2 * len(shared) + (one.group == other.group)


def _compare_zones(one: Zone, other: Zone) -> int:
    return 2 if one.group == other.group else 0
