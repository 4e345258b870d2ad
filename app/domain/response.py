"""Responses: from what a page sends to what is stored, and back to what the page shows.

A response is kept in the author's indexes, whatever order the page had:

- single, several, true/false, region: the indexes of the chosen options, sorted.
- match: for each prompt the index of its option, None where none was chosen.
- order: for each option its place from 1, None where none was given.
- numeric: the number in plain digits ("-0.5").

Nothing chosen at all is None: blank.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from app.domain.attempt import AnswerUnfinished, BadAnswer, BadNumber
from app.domain.content import Kind
from app.domain.question import Shown

Response: TypeAlias = Sequence[int | None] | str

CHOICES = frozenset({Kind.SINGLE, Kind.SEVERAL, Kind.TRUE_FALSE, Kind.REGION})
"""The kinds that are answered by choosing options."""

_NUMBER = re.compile(r"([+-]?)([0-9]{1,9}|[0-9]{1,9}[.,][0-9]{1,9}|[.,][0-9]{1,9})")
_MINUS = str.maketrans({"\u2212": "-", "\u2013": "-", "\u00a0": " ", "\u202f": " "})


@dataclass(frozen=True, slots=True)
class Given:
    """What a form holds, by places on the page from 0. None and empty say: the form had none of it.

    ``matched`` is the chosen place for each prompt (None for "choose"), ``ranks`` the place from 1 for each step shown.
    """

    places: tuple[int, ...] = ()
    matched: Mapping[int, int | None] = field(default_factory=dict)
    ranks: Mapping[int, int | None] = field(default_factory=dict)
    number: str | None = None
    is_cleared: bool = False

    @property
    def is_silent(self) -> bool:
        return not (self.places or self.matched or self.ranks or self.number is not None or self.is_cleared)


def read(
    shown: Shown, order: Sequence[int], given: Given, stored: Response | None, *, is_seen: bool
) -> Response | None:
    """What a form means for a question whose options stand in ``order``.

    ``stored`` is the response so far: a form that says nothing keeps it, but for boxes, which can be unticked one by one (``is_seen``
    says that the page showed them).

    :raise BadAnswer: something that is not on the page, or several where one is asked for.
    :raise BadNumber: text that is no number.
    """
    if given.is_cleared:
        return None
    if given.is_silent:
        return None if is_seen and shown.kind is Kind.SEVERAL else stored
    match shown.kind:
        case Kind.MATCH:
            return _matched(shown, order, given.matched)
        case Kind.ORDER:
            return _ranked(order, given.ranks)
        case Kind.NUMERIC:
            return number(given.number or "", shown.unit)
        case _:
            return _chosen(shown.kind, order, given.places)


def demand_finished(shown: Shown, response: Response | None) -> None:
    """Refuse a response that is about to become final while parts of it are open.

    :raise AnswerUnfinished: a prompt without its option, or a place that was not given, or given twice.
    """
    if response is None or shown.kind not in (Kind.MATCH, Kind.ORDER):
        return
    if None in response or (shown.kind is Kind.ORDER and len(set(response)) < len(response)):
        raise AnswerUnfinished


def number(text: str, unit: str | None = None) -> str | None:
    """A number as people write it ("1,5", "+3", "20 mm"), in plain digits; None where the text is empty.

    :raise BadNumber: anything else.
    """
    bare = text.translate(_MINUS).strip()
    if unit:
        bare = bare.removesuffix(unit).strip()
    if not bare:
        return None
    if not (found := _NUMBER.fullmatch(bare)):
        raise BadNumber
    sign, digits = found.groups()
    whole, _, fraction = digits.replace(",", ".").partition(".")
    whole, fraction = whole.lstrip("0") or "0", fraction.rstrip("0")
    plain = f"{whole}.{fraction}" if fraction else whole
    return f"-{plain}" if sign == "-" and plain != "0" else plain


def _chosen(kind: Kind, order: Sequence[int], places: tuple[int, ...]) -> Response:
    chosen = set(places)
    if not chosen or not all(0 <= place < len(order) for place in chosen):
        raise BadAnswer
    if len(chosen) > 1 and kind is not Kind.SEVERAL:
        raise BadAnswer
    return sorted(order[place] for place in chosen)


def _matched(shown: Shown, order: Sequence[int], matched: Mapping[int, int | None]) -> Response | None:
    places = [matched.get(prompt) for prompt in range(len(shown.prompts))]
    is_on_page = all(place is None or 0 <= place < len(order) for place in places)
    if not matched or not is_on_page or not matched.keys() <= set(range(len(shown.prompts))):
        raise BadAnswer
    response = [None if place is None else order[place] for place in places]
    return response if any(index is not None for index in response) else None


def _ranked(order: Sequence[int], ranks: Mapping[int, int | None]) -> Response | None:
    given = set(range(len(order)))
    if not ranks or not ranks.keys() <= given:
        raise BadAnswer
    if not all(rank is None or 1 <= rank <= len(order) for rank in ranks.values()):
        raise BadAnswer
    response: list[int | None] = [None] * len(order)
    for place, rank in ranks.items():
        response[order[place]] = rank
    return response if any(rank is not None for rank in response) else None
