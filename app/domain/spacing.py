"""Spaced repetition: what an answer says about a memory, and when its objective should be asked again.

A learner's memory of an objective is a pure function of their marks on it (:func:`replay`), by the FSRS model
(https://github.com/open-spaced-repetition/py-fsrs) with its default parameters. Moments are UTC, and time passes in
whole days between answers, so neither time zones nor changes of the clock alter a memory. Only what is due *today*
depends on the learner's time zone (:func:`get_day_end`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from fsrs import Card, Rating, Scheduler, State

RETENTIONS = (80, 85, 90, 95)
"""The shares of objectives, in per cent, that a learner can wish to remember when they are asked."""

DEFAULT_RETENTION = 90

DAILY_LIMITS = (10, 20, 40, 60)
"""How many questions a day a learner can be offered. A backlog is spread over the following days."""

DEFAULT_DAILY_LIMIT = 20

SESSION_SIZES = (5, 10, 20)

FORECAST_DAYS = 14

EXAM_RETENTION = 95
"""The share in per cent to remember on the day of an exam; see :func:`compute_due`."""

RUN_UP = timedelta(days=14)
"""How long before an exam objectives are asked once more."""

URGENT_INTERVAL = timedelta(days=1)

LONGEST_INTERVAL = timedelta(days=365)

_CERTAIN_FROM = 2
_GUESSING, _CERTAIN = 1, 3
_DAY = timedelta(days=1)
# Without learning steps, each interval is at least a day; without fuzz, the schedule does not depend on chance.
_SCHEDULER = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
_DECAY = -_SCHEDULER.parameters[20]
_FACTOR = 0.9 ** (1 / _DECAY) - 1


@dataclass(frozen=True, slots=True)
class MarkedAnswer:
    """A released mark on an objective. ``certainty`` is None if it was not asked."""

    attempt_id: int
    is_right: bool
    certainty: int | None
    is_critical: bool
    marked_at: datetime

    @property
    def rating(self) -> Rating:
        if not self.is_right:
            return Rating.Again
        if self.certainty == _GUESSING:
            return Rating.Hard
        return Rating.Easy if self.certainty == _CERTAIN else Rating.Good

    @property
    def is_dangerous(self) -> bool:
        """Whether it is a wrong answer to a safety-critical question that was not merely guessed."""
        is_confident = self.certainty is None or self.certainty >= _CERTAIN_FROM
        return self.is_critical and not self.is_right and is_confident


@dataclass(frozen=True, slots=True)
class Recall:
    """What one attempt says about an objective: its worst mark, at the time of its latest."""

    attempt_id: int
    rating: Rating
    is_urgent: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory of one objective after its latest answer.

    ``stability`` is the number of days until it is remembered with 90%; ``difficulty`` is from 1 to 10. ``is_urgent``
    follows a confident wrong answer to a safety-critical question.
    """

    stability: float
    difficulty: float
    reviewed_at: datetime
    is_urgent: bool


@dataclass(frozen=True, slots=True)
class Goals:
    """What a learner aims for: the share to remember, in per cent, and the start of the day of an exam, if any."""

    retention: int = DEFAULT_RETENTION
    exam_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ForecastDay:
    """How many questions a day will offer."""

    day: date
    count: int


def combine(answers: Iterable[MarkedAnswer]) -> tuple[Recall, ...]:
    """Take the worst mark of each attempt, and return the attempts in the order of time."""
    by_attempt: dict[int, list[MarkedAnswer]] = {}
    for answer in answers:
        by_attempt.setdefault(answer.attempt_id, []).append(answer)
    found = [
        Recall(
            attempt_id,
            min(answer.rating for answer in group),
            any(answer.is_dangerous for answer in group),
            max(answer.marked_at for answer in group),
        )
        for attempt_id, group in by_attempt.items()
    ]
    return tuple(sorted(found, key=lambda recall: (recall.at, recall.attempt_id)))


def remember(memory: Memory | None, recall: Recall) -> Memory:
    """Return the memory after one more attempt; ``memory`` is None before the first one."""
    if memory is None:
        card = Card(card_id=0, state=State.Learning, due=recall.at)
    else:
        card = Card(
            card_id=0,
            state=State.Review,
            stability=memory.stability,
            difficulty=memory.difficulty,
            due=recall.at,
            last_review=recall.at - timedelta(days=count_days(memory.reviewed_at, recall.at)),
        )
    updated, _ = _SCHEDULER.review_card(card, recall.rating, recall.at)
    assert updated.stability is not None
    assert updated.difficulty is not None
    return Memory(updated.stability, updated.difficulty, recall.at, recall.is_urgent)


def replay(answers: Iterable[MarkedAnswer]) -> Memory | None:
    """Return the memory that these marks on one objective amount to, in whatever order; None without any."""
    memory = None
    for recall in combine(answers):
        memory = remember(memory, recall)
    return memory


def count_days(earlier: datetime, later: datetime) -> int:
    """Return the time between two moments in days, rounded: an evening and the next morning are a day apart."""
    return max(0, math.floor((later - earlier) / _DAY + 0.5))


def predict_recall(memory: Memory, moment: datetime) -> float:
    """Return the probability from 0 to 1 that the objective is remembered at ``moment``."""
    return compute_retrievability(memory.stability, count_days(memory.reviewed_at, moment))


def compute_retrievability(stability: float, days: int) -> float:
    """Return the probability from 0 to 1 that something is remembered ``days`` after its latest answer."""
    return float((1 + _FACTOR * days / stability) ** _DECAY)


def compute_interval(stability: float, retention: int) -> timedelta:
    """Return the whole days after which an objective is remembered with ``retention`` per cent, at least one."""
    days = float(stability / _FACTOR * ((retention / 100) ** (1 / _DECAY) - 1))
    return min(LONGEST_INTERVAL, max(1, round(days)) * _DAY)


def compute_due(memory: Memory, goals: Goals, place: int = 0) -> datetime:
    """Return when an objective should be asked again.

    Normally that is when the chance to remember it falls to the wished retention. An urgent one is due within a day.
    One that would next be asked after the exam is asked once more in the two weeks before, if it would otherwise be
    remembered with less than :data:`EXAM_RETENTION` per cent on the day; ``place``, such as its id, spreads these
    over the days.
    """
    interval = compute_interval(memory.stability, goals.retention)
    due = memory.reviewed_at + (min(interval, URGENT_INTERVAL) if memory.is_urgent else interval)
    exam_at = goals.exam_at
    if exam_at is None or not memory.reviewed_at < exam_at <= due:
        return due
    if predict_recall(memory, exam_at) * 100 >= EXAM_RETENTION or exam_at - memory.reviewed_at <= RUN_UP:
        return due
    return exam_at - timedelta(days=1 + place % RUN_UP.days)


def get_day_start(day: date, zone: str) -> datetime:
    """Return the UTC moment at which a day begins in a time zone, whether or not its clocks change that day."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def get_day(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


def get_day_end(now: datetime, zone: str) -> datetime:
    """Return the moment before which something is due today in a time zone."""
    return get_day_start(get_day(now, zone) + _DAY, zone)


def spread(falling_due: Sequence[int], daily_limit: int, done: int) -> tuple[int, ...]:
    """Return how many questions each day will offer, if what is due above the limit moves to the next day.

    ``falling_due`` has a number for each day, beginning with today, which includes what was due before. ``done`` are
    questions answered in reviews today; they count towards the limit of today.
    """
    offered, waiting = [], 0
    room = max(0, daily_limit - done)
    for count in falling_due:
        waiting += count
        today = min(waiting, room)
        offered.append(today)
        waiting -= today
        room = daily_limit
    return tuple(offered)
