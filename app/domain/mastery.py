"""Mastery of an objective, judged from its latest marks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

WINDOW = 5
"""Only the latest five marks count: old mistakes are forgiven, and old knowledge must be shown again."""

RECENT_MARKS = 600
"""The number of latest marks read to judge all objectives; more than enough for :data:`WINDOW` on each."""


SECURE_FROM = 4
"""An objective is secure if at least this many of the latest five answers are right."""

NEARLY_FROM = 3

WEAK_SHOWN = 8
"""How many weak objectives are suggested for practice at most."""


class Mastery(StrEnum):
    UNSEEN = "unseen"
    STARTED = "started"
    NEARLY = "nearly"
    SECURE = "secure"


@dataclass(frozen=True, slots=True)
class ObjectiveMastery:
    """The level of an objective: ``right`` of the latest ``of`` answers (at most :data:`WINDOW`)."""

    mastery: Mastery
    right: int
    of: int
    is_latest_wrong: bool = False

    @property
    def wrong(self) -> int:
        return self.of - self.right

    @property
    def is_weak(self) -> bool:
        """Whether it should be practised: it was asked, and is not secure or was wrong the last time."""
        return self.of > 0 and (self.mastery is not Mastery.SECURE or self.is_latest_wrong)


UNSEEN = ObjectiveMastery(Mastery.UNSEEN, 0, 0)


def judge_mastery(latest_first: Sequence[bool]) -> ObjectiveMastery:
    """Judge the latest :data:`WINDOW` results by the number that are right; unseen without results."""
    window = latest_first[:WINDOW]
    if not window:
        return UNSEEN
    right = sum(window)
    level = Mastery.SECURE if right >= SECURE_FROM else Mastery.NEARLY if right >= NEARLY_FROM else Mastery.STARTED
    return ObjectiveMastery(level, right, len(window), is_latest_wrong=not window[0])


def choose_weak(by_objective: Mapping[int, ObjectiveMastery]) -> tuple[int, ...]:
    """Choose the objectives to practise first: those wrong the last time, then those with the fewest right."""
    weak = [(objective_id, level) for objective_id, level in by_objective.items() if level.is_weak]
    weak.sort(key=lambda pair: (not pair[1].is_latest_wrong, pair[1].right, -pair[1].of, pair[0]))
    return tuple(objective_id for objective_id, _ in weak[:WEAK_SHOWN])


def levels(latest_first: Iterable[tuple[int, bool]]) -> dict[int, ObjectiveMastery]:
    """Judge each objective by its marks, which are pairs of objective id and correctness."""
    windows: dict[int, list[bool]] = defaultdict(list)
    for objective_id, is_right in latest_first:
        if len(windows[objective_id]) < WINDOW:
            windows[objective_id].append(is_right)
    return {objective_id: judge_mastery(window) for objective_id, window in windows.items()}


@dataclass(frozen=True, slots=True)
class MasteryShare:
    """The objectives of one level as a part of a bar: where it starts, and how many there are."""

    mastery: Mastery
    start: int
    count: int


def share_out(levels: Sequence[Mastery]) -> tuple[MasteryShare, ...]:
    """Return the share of each level, the best first, one after the other."""
    order = tuple(reversed(Mastery))
    counts = [levels.count(mastery) for mastery in order]
    return tuple(MasteryShare(mastery, sum(counts[:place]), counts[place]) for place, mastery in enumerate(order))
