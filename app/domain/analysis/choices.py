"""What was chosen: responses taken apart into options, pairs or whole answers, and who chose each of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from app.domain import marking
from app.domain.analysis import moments
from app.domain.analysis.items import Answers
from app.domain.content import Key, Kind
from app.domain.response import CHOICES, Response

Part: TypeAlias = int | tuple[int, int] | str
"""An option by the author's index; in a match a prompt with the option given to it; a whole order or number as it is stored."""

CERTAIN = 3
FAIRLY_SURE = 2


@dataclass(frozen=True, slots=True)
class Choice:
    """One part of an answer, and the places in :class:`Answers` of all whose answer had it."""

    part: Part
    is_right: bool
    at: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.at)

    def mean_percent(self, answers: Answers) -> float | None:
        """The mean score, on their whole papers, of those who chose it; None where nobody did."""
        return moments.mean([100 * answers.totals[i] / answers.mosts[i] for i in self.at if answers.mosts[i] > 0])

    def having(self, answers: Answers, certainty: int) -> tuple[int, ...]:
        """The places of those who chose it with this certainty."""
        return tuple(i for i in self.at if answers.certainties[i] == certainty)


@dataclass(frozen=True, slots=True)
class Choices:
    """Everything that was chosen of one question.

    Options, which everybody saw, stand in the author's order whether chosen or not; pairs, orders and numbers by how often they were given.
    ``blank`` counts those who left it open, ``unread`` those of the ``answered`` who earned the whole point, where only the others were read.
    """

    choices: tuple[Choice, ...]
    answered: int
    blank: int
    unread: int = 0


def parse(text: str | None) -> Response | None:
    """A response as it is stored."""
    response: Response | None = json.loads(text) if text else None
    return response


def tally(kind: Kind, key: Key, options: int, answers: Answers, unread: int = 0) -> Choices:
    """Take every response of one question apart; each distinct one is read once.

    A response that earned the whole point holds nothing wrong, whatever the key says: a correction may have accepted it.
    ``unread`` is how many more there are that earned the whole point, and are not among ``answers``.
    """
    by_text: dict[str | None, list[int]] = {}
    for at, text in enumerate(answers.responses):
        by_text.setdefault(text, []).append(at)
    found: dict[Part, _Found] = {index: _Found() for index in range(options)} if kind in CHOICES else {}
    blank = 0
    for text, places in by_text.items():
        if not (response := parse(text)):
            blank += len(places)
            continue
        is_whole = all(answers.points[at] >= answers.max_points for at in places)
        for part in _parts(kind, response):
            one = found.setdefault(part, _Found())
            one.at.extend(places)
            one.is_accepted = one.is_accepted or is_whole
    choices = [
        Choice(part, one.is_accepted or is_in_key(kind, key, part), tuple(sorted(one.at)))
        for part, one in found.items()
    ]
    if kind not in CHOICES:
        choices.sort(key=lambda choice: (-len(choice), str(choice.part)))
    return Choices(tuple(choices), len(answers) - blank + unread, blank, unread)


@dataclass(slots=True)
class _Found:
    at: list[int] = field(default_factory=list)
    is_accepted: bool = False


def _parts(kind: Kind, response: Response) -> Iterable[Part]:
    if isinstance(response, str):
        return (response,)
    if kind is Kind.ORDER:
        return (json.dumps(list(response)),)
    if kind is Kind.MATCH:
        return tuple((prompt, option) for prompt, option in enumerate(response) if option is not None)
    return tuple(index for index in response if index is not None)


def is_in_key(kind: Kind, key: Key, part: Part) -> bool:
    """Whether the author's key holds a part, whatever a correction says."""
    if isinstance(part, tuple):
        return key.correct[part[0]] == part[1]
    if isinstance(part, int):
        return part in key.correct
    return marking.mark(kind, key, whole(kind, part)).is_right


def whole(kind: Kind, part: str) -> Response | None:
    """The response that a part of an order or of a number stands for."""
    return part if kind is Kind.NUMERIC else parse(part)


@dataclass(frozen=True, slots=True)
class Belief:
    """A wrong idea: a part of an answer that isn't right, who held it, and how firmly. ``at`` and its parts are places in :class:`Answers`."""

    version_id: int
    part: Part
    is_critical: bool
    at: tuple[int, ...]
    certain: tuple[int, ...]
    fairly_sure: tuple[int, ...]
    answered: int


def beliefs(
    version_id: int, choices: Choices, answers: Answers, *, is_critical: bool, is_sure_asked: bool
) -> list[Belief]:
    """The wrong ideas in the answers to one question: those that somebody was certain of, or, where nobody was asked, all."""
    found = []
    for choice in choices.choices:
        if choice.is_right or not choice.at:
            continue
        certain = choice.having(answers, CERTAIN)
        if certain or not is_sure_asked:
            sure = choice.having(answers, FAIRLY_SURE)
            found.append(Belief(version_id, choice.part, is_critical, choice.at, certain, sure, choices.answered))
    return found


def worst_first(found: Iterable[Belief]) -> list[Belief]:
    """Safety-critical first, then by how many were certain, fairly sure, and held it at all; ties by the share of those who answered."""
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
