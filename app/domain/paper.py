"""Drawing a paper: which questions, in which order, with which order of options. The seed makes it repeatable."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from app.domain.content import Level

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question that may be drawn: its published version, and what the blueprint asks about."""

    question_id: int
    version_id: int
    objective_id: int
    level: Level
    option_count: int
    is_order_fixed: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a blueprint with the objective's row id; ``level`` None takes any."""

    objective_id: int
    questions: int
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """One question of a frozen paper. ``option_order[i]`` is the author's index of the option shown at place i."""

    version_id: int
    option_order: tuple[int, ...]


def draw_test(pool: Sequence[Candidate], blueprint: Iterable[Line], seed: int) -> tuple[Slot, ...]:
    """Draw a test by its blueprint. Lines that ask for a level choose before lines that take any; a short pool gives a shorter paper."""
    rng = Random(seed)  # noqa: S311  repeatable, not secret
    left = _shuffled(pool, rng)
    chosen: list[Candidate] = []
    for line in sorted(blueprint, key=lambda line: line.level is None):
        fitting = [c for c in left if c.objective_id == line.objective_id and line.level in (None, c.level)]
        for candidate in fitting[: line.questions]:
            left.remove(candidate)
            chosen.append(candidate)
    return _paper(_shuffled(chosen, rng), rng)


def draw_practice(
    pool: Sequence[Candidate], questions: int, seed: int, wanted: Collection[int] = ()
) -> tuple[Slot, ...]:
    """Draw practice questions spread evenly over the objectives; those whose question id is ``wanted`` alone, where any is in the pool."""
    rng = Random(seed)  # noqa: S311  repeatable, not secret
    wanted_pool = [c for c in pool if c.question_id in wanted]
    if wanted_pool:
        return _paper(_shuffled(wanted_pool, rng), rng)
    by_objective: dict[int, list[Candidate]] = defaultdict(list)
    for candidate in _shuffled(pool, rng):
        by_objective[candidate.objective_id].append(candidate)
    chosen: list[Candidate] = []
    while len(chosen) < questions and by_objective:
        for objective_id in _shuffled(sorted(by_objective), rng):
            if len(chosen) < questions:
                chosen.append(by_objective[objective_id].pop())
            if not by_objective[objective_id]:
                del by_objective[objective_id]
    return _paper(_shuffled(chosen, rng), rng)


def slot(candidate: Candidate, rng: Random) -> Slot:
    """Freeze one question: shuffle its options unless their order is fixed."""
    order = list(range(candidate.option_count))
    if not candidate.is_order_fixed:
        rng.shuffle(order)
    return Slot(candidate.version_id, tuple(order))


def _paper(candidates: Iterable[Candidate], rng: Random) -> tuple[Slot, ...]:
    return tuple(slot(candidate, rng) for candidate in candidates)


def _shuffled(items: Iterable[T], rng: Random) -> list[T]:
    shuffled = list(items)
    rng.shuffle(shuffled)
    return shuffled
