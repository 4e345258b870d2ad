"""Drawing the paper of a composed test: its sections, each with fixed questions and random draws from several pools.

Which draws find their questions does not depend on the seed: a draw that could take a question which another one needs
gives it up if it finds a different one (Kuhn's algorithm for bipartite matching). So a test can be checked before
anybody starts it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from app.domain.content import Level, Use
from app.domain.paper import Candidate, Slot, make_slot
from app.domain.sections import SectionRule

MAX_SECTIONS = 20
MAX_DRAWS = 40
"""How many lines a section may have."""
MAX_QUESTIONS = 200
"""How many questions a test may ask."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The test questions, or the exam questions, of one module."""

    module_id: int
    use: Use


Pools = Mapping[Pool, Sequence[Candidate]]


@dataclass(frozen=True, slots=True)
class Draw:
    """One line of a section: a number of questions drawn at random from a pool, or the one with ``question_id``.

    ``objective_id`` and ``level`` narrow a random draw; None means any.
    """

    pool: Pool
    questions: int = 1
    objective_id: int | None = None
    level: Level | None = None
    question_id: int | None = None

    def fits(self, candidate: Candidate) -> bool:
        if self.question_id is not None:
            return candidate.question_id == self.question_id
        return self.objective_id in (None, candidate.objective_id) and self.level in (None, candidate.level)


@dataclass(frozen=True, slots=True)
class PlannedSection:
    rule: SectionRule
    draws: tuple[Draw, ...]

    @property
    def questions(self) -> int:
        """How many questions it asks if its pools are large enough."""
        return sum(draw.questions for draw in self.draws)


@dataclass(frozen=True, slots=True)
class Composition:
    """A composed test: what an attempt takes over when it starts."""

    sections: tuple[PlannedSection, ...]
    shuffles: bool = True
    is_forward_only: bool = False

    @property
    def pools(self) -> frozenset[Pool]:
        return frozenset(draw.pool for section in self.sections for draw in section.draws)

    @property
    def questions(self) -> int:
        return sum(section.questions for section in self.sections)

    @property
    def rules(self) -> tuple[SectionRule, ...]:
        return tuple(section.rule for section in self.sections)


@dataclass(frozen=True, slots=True)
class _Place:
    """One question to be found: the ``copy``-th of a line of a section."""

    section: int
    line: int
    copy: int


def draw_paper(composition: Composition, pools: Pools, seed: int) -> tuple[Slot, ...]:
    """Draw the questions section by section; none is asked twice. Pools that are too small give a shorter paper.

    Within a section, questions are in the order of its lines, or mixed if the test shuffles.
    """
    rng = Random(seed)  # noqa: S311  repeatable, not secret
    found = _find_questions(composition, pools, rng)
    slots: list[Slot] = []
    for index in range(len(composition.sections)):
        chosen = [found[place] for place in sorted(found, key=_get_order) if place.section == index]
        if composition.shuffles:
            rng.shuffle(chosen)
        slots += [_put_in_section(make_slot(one, rng), index) for one in chosen]
    return tuple(slots)


def count_found(composition: Composition, pools: Pools) -> tuple[tuple[int, ...], ...]:
    """Return how many questions each line of each section finds, which does not depend on the seed."""
    found = _find_questions(composition, pools, Random(0))  # noqa: S311  any seed counts alike
    counts = [[0] * len(section.draws) for section in composition.sections]
    for place in found:
        counts[place.section][place.line] += 1
    return tuple(tuple(line) for line in counts)


def _put_in_section(slot: Slot, section: int) -> Slot:
    return Slot(slot.version_id, slot.option_order, section)


def _get_order(place: _Place) -> tuple[int, int, int]:
    return place.section, place.line, place.copy


def _list_places(composition: Composition) -> Iterator[_Place]:
    """Yield what is to be found: fixed questions first, then the narrowest draws, each in the author's order."""
    lines = [
        (draw, index, number)
        for index, section in enumerate(composition.sections)
        for number, draw in enumerate(section.draws)
    ]
    for draw, index, number in sorted(lines, key=lambda line: _count_freedom(line[0])):
        for copy in range(draw.questions):
            yield _Place(index, number, copy)


def _count_freedom(draw: Draw) -> int:
    if draw.question_id is not None:
        return 0
    return 1 + (draw.objective_id is None) * 2 + (draw.level is None)


def _find_questions(composition: Composition, pools: Pools, rng: Random) -> dict[_Place, Candidate]:
    holders: dict[int, _Place] = {}
    fitting: dict[_Place, list[Candidate]] = {}
    chosen: dict[_Place, Candidate] = {}
    missed: set[tuple[int, int]] = set()

    def place_question(place: _Place, tried: set[int]) -> bool:
        """Find a question for a place; a place that holds one may have to take another."""
        options = [one for one in fitting[place] if one.question_id not in tried]
        options.sort(key=lambda one: one.question_id in holders)
        for one in options:
            tried.add(one.question_id)
            holder = holders.get(one.question_id)
            if holder is None or place_question(holder, tried):
                holders[one.question_id] = place
                chosen[place] = one
                return True
        return False

    for place in _list_places(composition):
        if (place.section, place.line) in missed:
            continue
        draw = composition.sections[place.section].draws[place.line]
        fitting[place] = [one for one in pools.get(draw.pool, ()) if draw.fits(one)]
        rng.shuffle(fitting[place])
        if not place_question(place, set()):
            missed.add((place.section, place.line))
    return chosen
