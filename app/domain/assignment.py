"""The words that rules of assignments are said in."""

from __future__ import annotations

from enum import StrEnum


class Counts(StrEnum):
    """Which attempt of a learner is the result of an assignment."""

    BEST = "best"
    LATEST = "latest"
