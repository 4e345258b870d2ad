"""Responses split into options, pairs or whole answers, and who chose each of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from app.domain.analysis import moments
from app.domain.analysis.items import ItemResponses
from app.domain.kinds.base import K, Part, QuestionKind, Response

CERTAIN = 3
FAIRLY_SURE = 2


@dataclass(frozen=True, slots=True)
class PartChoices:
    """One part of an answer; ``at`` are the places in :class:`ItemResponses` of all answers that had it."""

    part: Part
    is_right: bool
    at: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.at)

    def mean_percent(self, answers: ItemResponses) -> float | None:
        """Return the mean score, on their whole papers, of those who chose it; None if nobody did."""
        return moments.mean([100 * answers.totals[i] / answers.mosts[i] for i in self.at if answers.mosts[i] > 0])

    def having(self, answers: ItemResponses, certainty: int) -> tuple[int, ...]:
        """Return the places of those who chose it with this certainty."""
        return tuple(i for i in self.at if answers.certainties[i] == certainty)


@dataclass(frozen=True, slots=True)
class ItemChoices:
    """All choices of one question.

    Options, which everybody saw, are in the author's order whether chosen or not; other parts are sorted by frequency.
    ``blank`` counts those who left the question open. ``unread`` counts those of the ``answered`` who earned the whole
    point and whose responses were not read.
    """

    choices: tuple[PartChoices, ...]
    answered: int
    blank: int
    unread: int = 0


def parse(text: str | None) -> Response | None:
    """Parse a stored response."""
    response: Response | None = json.loads(text) if text else None
    return response


def tally(kind: QuestionKind[K], key: K, options: int, answers: ItemResponses, unread: int = 0) -> ItemChoices:
    """Split every response to one question into parts; each distinct response is parsed once.

    A response that earned the whole point contains nothing wrong, whatever the key says, because a correction may have
    accepted it. ``unread`` is the number of further responses that earned the whole point and are not among
    ``answers``.
    """
    by_text: dict[str | None, list[int]] = {}
    for at, text in enumerate(answers.responses):
        by_text.setdefault(text, []).append(at)
    found: dict[Part, _Found] = {index: _Found() for index in range(options)} if kind.is_choice else {}
    blank = 0
    for text, places in by_text.items():
        if not (response := parse(text)):
            blank += len(places)
            continue
        is_whole = all(answers.points[at] >= answers.max_points for at in places)
        for part in kind.parts(key, response):
            one = found.setdefault(part, _Found())
            one.at.extend(places)
            one.is_accepted = one.is_accepted or is_whole
    choices = [
        PartChoices(part, one.is_accepted or kind.credit(key, part) == 1, tuple(sorted(one.at)))
        for part, one in found.items()
    ]
    if not kind.is_choice:
        choices.sort(key=lambda choice: (-len(choice), str(choice.part)))
    return ItemChoices(tuple(choices), len(answers) - blank + unread, blank, unread)


@dataclass(slots=True)
class _Found:
    at: list[int] = field(default_factory=list)
    is_accepted: bool = False


@dataclass(frozen=True, slots=True)
class Belief:
    """A wrong idea: a wrong part of an answer, the learners who gave it, and how certain they were.

    ``at``, ``certain`` and ``fairly_sure`` are places in :class:`ItemResponses`; the last two are subsets of the first.
    """

    version_id: int
    part: Part
    is_critical: bool
    at: tuple[int, ...]
    certain: tuple[int, ...]
    fairly_sure: tuple[int, ...]
    answered: int


def find_beliefs(
    version_id: int, choices: ItemChoices, answers: ItemResponses, *, is_critical: bool, is_sure_asked: bool
) -> list[Belief]:
    """Return the wrong ideas of which a learner was certain; all of them if certainty was not asked for."""
    found = []
    for choice in choices.choices:
        if choice.is_right or not choice.at:
            continue
        certain = choice.having(answers, CERTAIN)
        if certain or not is_sure_asked:
            sure = choice.having(answers, FAIRLY_SURE)
            found.append(Belief(version_id, choice.part, is_critical, choice.at, certain, sure, choices.answered))
    return found


def sort_by_gravity(found: Iterable[Belief]) -> list[Belief]:
    """Sort beliefs: safety-critical ones first, then by how many learners were certain, fairly sure, or held them.

    Of equal ones, those with fewer answers come first.
    """
    return sorted(
        found,
        key=lambda one: (
            not one.is_critical,
            -len(one.certain),
            -len(one.fairly_sure),
            -len(one.at),
            one.answered,
            one.version_id,
            str(one.part),
        ),
    )
