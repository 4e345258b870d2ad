"""A class that forgets by a known curve: reviews keep what they promise, with fewer questions than fixed intervals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from fsrs import Rating

from app.domain import spacing
from app.domain.spacing import Goals, Memory, Recall

LEARNERS, OBJECTIVES, DAYS = 100, 20, 180
LONGEST_FIXED = 20
"""Days. With so long a fixed interval, much less is remembered than by our schedule."""
START = datetime(2026, 9, 1, 18, tzinfo=UTC)


@dataclass(slots=True)
class Tally:
    """How many reviews a simulated class had, and in how many the objective was remembered."""

    asked: int = 0
    remembered: int = 0

    @property
    def retention(self) -> float:
        return 100 * self.remembered / self.asked


@dataclass(frozen=True, slots=True)
class Learned:
    """An objective in a simulated head: what is really remembered, and on which day it is asked again."""

    memory: Memory
    due_day: int


def simulate(retention: int | None, interval: int = 0) -> Tally:
    """Simulate a class that reviews by the schedule for ``retention``, or every ``interval`` days without one.

    The curve of forgetting is that of the model, and a learner who remembers is "fairly sure".
    """
    tally = Tally()
    for number in range(LEARNERS):
        rng = Random(number)
        learned = [_learn(rng, place, retention, interval) for place in range(OBJECTIVES)]
        for day in range(1, DAYS):
            for place, one in enumerate(learned):
                if one.due_day <= day:
                    learned[place] = _ask(rng, one, day, retention, interval, tally)
    return tally


def _learn(rng: Random, place: int, retention: int | None, interval: int) -> Learned:
    """The first answer on an objective, in the first ten days."""
    day = place % 10
    rating = rng.choice((Rating.Again, Rating.Hard, Rating.Good, Rating.Easy))
    memory = spacing.remember(None, Recall(0, rating, is_urgent=False, at=START + timedelta(days=day)))
    return Learned(memory, _find_due(memory, day, retention, interval))


def _ask(rng: Random, one: Learned, day: int, retention: int | None, interval: int, tally: Tally) -> Learned:
    at = START + timedelta(days=day)
    is_remembered = rng.random() < spacing.predict_recall(one.memory, at)
    tally.asked += 1
    tally.remembered += is_remembered
    rating = Rating.Good if is_remembered else Rating.Again
    memory = spacing.remember(one.memory, Recall(day, rating, is_urgent=False, at=at))
    return Learned(memory, _find_due(memory, day, retention, interval))


def _find_due(memory: Memory, day: int, retention: int | None, interval: int) -> int:
    if retention is None:
        return day + interval
    return day + (spacing.compute_due(memory, Goals(retention)) - memory.reviewed_at).days


@pytest.mark.parametrize("retention", spacing.RETENTIONS)
def test_reviewed_objectives_are_remembered_as_often_as_promised(retention: int) -> None:
    tally = simulate(retention)

    assert tally.retention == pytest.approx(retention, abs=3)


def test_reviews_ask_a_fifth_less_than_fixed_intervals_of_equal_retention() -> None:
    """Compared with the longest fixed interval after which as much is remembered."""
    ours = simulate(90)
    tallies = (simulate(None, interval) for interval in range(LONGEST_FIXED, 0, -1))
    fixed = next(tally for tally in tallies if tally.retention >= ours.retention)

    assert fixed.asked > simulate(None, LONGEST_FIXED).asked
    assert ours.asked <= 0.8 * fixed.asked
