"""How long a question takes, computed from the log of answers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from statistics import median
from typing import NamedTuple


class AnswerArrival(NamedTuple):
    """A saved change of an answer, when it reached the server. A tuple because there are ten thousand of them."""

    attempt_id: int
    version_id: int
    started_at: datetime
    arrived_at: datetime


def median_seconds(arrivals: Iterable[AnswerArrival]) -> dict[int, float]:
    """Return the median time of each question version, in seconds.

    ``arrivals`` are grouped by attempt, and sorted by time within each. The time since the previous arrival, or since
    the start, counts for the question that arrives: reading, thinking and pausing alike. Returning to a question adds
    to its time. Blanks have no time and are left out.
    """
    spent: dict[tuple[int, int], float] = {}
    latest_id, before = None, None
    for attempt_id, version_id, started_at, arrived_at in arrivals:
        if attempt_id != latest_id or before is None:
            latest_id, before = attempt_id, started_at
        place = (version_id, attempt_id)
        spent[place] = spent.get(place, 0.0) + max(0.0, (arrived_at - before).total_seconds())
        before = arrived_at
    by_version: dict[int, list[float]] = {}
    for (version_id, _), seconds in spent.items():
        by_version.setdefault(version_id, []).append(seconds)
    return {version_id: median(seconds) for version_id, seconds in by_version.items()}
