"""How long a question takes, from the log of answers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from statistics import median
from typing import NamedTuple


class Arrival(NamedTuple):
    """One saved change of an answer, at the time at which it reached the server. A tuple, since there are ten thousand of them."""

    attempt_id: int
    version_id: int
    started_at: datetime
    arrived_at: datetime


def medians(arrivals: Iterable[Arrival]) -> dict[int, float]:
    """The median time of each question version in seconds, from arrivals that are in the order of their attempts, and in each by time.

    What passes between two arrivals, and between the start and the first, is the time of the question that arrives: reading, thinking and
    pausing alike. Who comes back to a question adds to its time. Without an answer there is no time: blanks are left out.
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
