"""What is taken for what on the body map: neighbours, and muscles whose pain goes to the same places."""

from __future__ import annotations

from app.domain.body_map import Muscle, Zone
from app.domain.content import Key, Kind
from app.domain.question import Shown
from app.services.course.body_map import Atlas

NEAR = 4
"""A spill-over zone is pointed at more often than any place that is wholly wrong."""


class Lookalikes:
    def __init__(self, atlas: Atlas) -> None:
        self.muscles = {muscle.name: muscle for muscle in atlas.muscles.values()}
        self.zones = {zone.name: zone for zone in atlas.zones.values()}

    def of(self, shown: Shown, key: Key) -> dict[str, int]:
        """How easily each option of a question on the map is taken for a right one, 0 or more; nothing for other questions."""
        if shown.kind is not Kind.REGION:
            return {}
        right = [shown.options[index] for index in key.correct]
        near = {shown.options[index] for index in key.near}
        return {
            option: NEAR * (option in near) + max(self._likeness(option, other) for other in right)
            for option in shown.options
        }

    def _likeness(self, one: str, other: str) -> int:
        if one in self.muscles and other in self.muscles:
            return _of_muscles(self.muscles[one], self.muscles[other])
        if one in self.zones and other in self.zones:
            return _of_zones(self.zones[one], self.zones[other])
        return 0


def _of_muscles(one: Muscle, other: Muscle) -> int:
    """Two for each place that both send pain to, one more where they lie in the same part of the body."""
    shared = {*one.main, *one.spill} & {*other.main, *other.spill}
    return 2 * len(shared) + (one.group == other.group)


def _of_zones(one: Zone, other: Zone) -> int:
    return 2 if one.group == other.group else 0
