"""Mastery of an objective, from the latest marks on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

WINDOW = 5
"""Mastery looks at the latest five marks of an objective: old mistakes are forgiven, old knowledge must be shown again."""


class Mastery(StrEnum):
    UNSEEN = "unseen"
    STARTED = "started"
    NEARLY = "nearly"
    SECURE = "secure"


@dataclass(frozen=True, slots=True)
class Level:
    mastery: Mastery
    right: int
    of: int


def level(latest_first: Sequence[bool]) -> Level:
    """Judge the latest :data:`WINDOW` results: secure from 3 results with at least 80 % right, nearly from 60 %, else started."""
    window = latest_first[:WINDOW]
    right, of = sum(window), len(window)
    if not of:
        return Level(Mastery.UNSEEN, 0, 0)
    if of >= 3 and right >= 0.8 * of:
        return Level(Mastery.SECURE, right, of)
    if right >= 0.6 * of:
        return Level(Mastery.NEARLY, right, of)
    return Level(Mastery.STARTED, right, of)
