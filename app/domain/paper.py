"""Drawing a paper: its questions, their order, and the order of their options. The seed makes it repeatable."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any, TypeVar

from app.domain.content import Level

T = TypeVar("T")

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question that may be drawn: its published version and the properties that a blueprint selects by."""

    question_id: int
    version_id: int
    objective_id: int
    level: Level
    option_count: int
    is_order_fixed: bool


@dataclass(frozen=True, slots=True)
class DrawRule:
    """One line of a blueprint with the objective's row id; ``level`` None allows any level."""

    objective_id: int
    questions: int
    level: Level | None = None


@dataclass(slots=True)
class PaperItem:
    """One question of an attempt's paper with the current answer, as :class:`app.models.attempt.AttemptItem` stores it.

    Pages read these, because the database's own objects take four times as long to load.
    """

    attempt_id: int
    position: int
    version_id: int
    option_order: list[int]
    revision: int
    response: Any
    certainty: int | None
    is_flagged: bool
    saved_at: datetime | None
    section: int | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """One question of a frozen paper. ``option_order[i]`` is the author's index of the option shown at place i.

    ``section`` is the index of its section, if the test has any.
    """

    version_id: int
    option_order: tuple[int, ...]
    section: int | None = None


def draw_test(pool: Sequence[Candidate], blueprint: Iterable[DrawRule], seed: int) -> tuple[Slot, ...]:
    """Draw a test by its blueprint; a pool that is too small gives a shorter paper.

    Lines for one level choose before lines for any level.
    """
    rng = Random(seed)  # noqa: S311  repeatable, not secret
    left = _shuffle(pool, rng)
    chosen: list[Candidate] = []
    for line in sorted(blueprint, key=lambda line: line.level is None):
        fitting = [c for c in left if c.objective_id == line.objective_id and line.level in (None, c.level)]
        for candidate in fitting[: line.questions]:
            left.remove(candidate)
            chosen.append(candidate)
    return _make_slots(_shuffle(chosen, rng), rng)


@dataclass(frozen=True, slots=True)
class PoolSize:
    """The number of questions in a pool that have the same objective and level."""

    objective_id: int
    level: Level
    questions: int


def count_test(pool: Iterable[PoolSize], blueprint: Iterable[DrawRule]) -> int:
    """Return how many questions :func:`draw_test` draws, which does not depend on the seed."""
    left: Counter[tuple[int, Level]] = Counter()
    for size in pool:
        left[size.objective_id, size.level] += size.questions
    count = 0
    for line in sorted(blueprint, key=lambda line: line.level is None):
        wanted = line.questions
        for place in left:
            if place[0] == line.objective_id and line.level in (None, place[1]):
                taken = min(wanted, left[place])
                left[place] -= taken
                wanted -= taken
                count += taken
    return count


def draw_practice(
    pool: Sequence[Candidate], questions: int, seed: int, wanted_ids: Collection[int] = ()
) -> tuple[Slot, ...]:
    """Draw practice questions, spread evenly over the objectives.

    If the pool contains questions of ``wanted_ids``, only those are drawn.
    """
    rng = Random(seed)  # noqa: S311  repeatable, not secret
    wanted_pool = [c for c in pool if c.question_id in wanted_ids]
    if wanted_pool:
        return _make_slots(_shuffle(wanted_pool, rng), rng)
    by_objective: dict[int, list[Candidate]] = defaultdict(list)
    for candidate in _shuffle(pool, rng):
        by_objective[candidate.objective_id].append(candidate)
    chosen: list[Candidate] = []
    while len(chosen) < questions and by_objective:
        for objective_id in _shuffle(sorted(by_objective), rng):
            if len(chosen) < questions:
                chosen.append(by_objective[objective_id].pop())
            if not by_objective[objective_id]:
                del by_objective[objective_id]
    return _make_slots(_shuffle(chosen, rng), rng)


def draw_review(
    pool: Sequence[Candidate], objective_ids: Iterable[int], asked_at: Mapping[int, datetime], seed: int
) -> tuple[Slot, ...]:
    """Draw one question on each of these objectives, in their order; an objective without questions is left out.

    ``asked_at`` is when each question was last asked, by its id. Questions that were never asked come first, then the
    one that was asked longest ago.
    """
    rng = Random(seed)  # noqa: S311  repeatable, not secret
    by_objective: dict[int, Candidate] = {}
    for candidate in sorted(_shuffle(pool, rng), key=lambda one: asked_at.get(one.question_id, _NEVER)):
        by_objective.setdefault(candidate.objective_id, candidate)
    return _make_slots((by_objective[number] for number in objective_ids if number in by_objective), rng)


def make_slot(candidate: Candidate, rng: Random) -> Slot:
    """Freeze one question: shuffle its options unless their order is fixed."""
    order = list(range(candidate.option_count))
    if not candidate.is_order_fixed:
        rng.shuffle(order)
    return Slot(candidate.version_id, tuple(order))


def _make_slots(candidates: Iterable[Candidate], rng: Random) -> tuple[Slot, ...]:
    return tuple(make_slot(candidate, rng) for candidate in candidates)


def _shuffle(items: Iterable[T], rng: Random) -> list[T]:
    shuffled = list(items)
    rng.shuffle(shuffled)
    return shuffled
