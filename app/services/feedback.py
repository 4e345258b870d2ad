"""Feedback on one answered question, as far as it is released. The only maker of objects that carry a key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from sqlalchemy.orm import Session

from app.domain.content import Key, Kind, Source
from app.domain.marking import mark
from app.domain.question import Explained, Shown
from app.domain.release import Release
from app.domain.response import Response
from app.models import AttemptItem
from app.services import catalogue
from app.services.pictures import marked

MATCHED = " – "
"""Between the two sides of a match, in words."""


@dataclass(frozen=True, slots=True)
class Line:
    """One option, prompt or step, and what became of it.

    ``is_mine``: it was chosen. ``mine`` and ``right`` are the other side of a match, or the place of a step. What is not released is None.
    """

    text: str
    is_mine: bool
    mine: str | None = None
    right: str | None = None
    is_right: bool | None = None
    is_near: bool = False
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Feedback:
    """One answered question whose right or wrong is released; the key and the reasons only where they are, too."""

    kind: Kind
    is_right: bool
    points: float
    max_points: float
    is_blank: bool
    chosen: tuple[str, ...]
    lines: tuple[Line, ...]
    picture: Markup | None
    right_texts: tuple[str, ...] | None
    explanation: str | None
    sources: tuple[Source, ...]


def feedback(session: Session, item: AttemptItem, release: Release) -> Feedback:
    """Feedback on one question, marked by its key: for what is checked while its attempt is under way."""
    ids = [item.version_id]
    shown, explained = catalogue.shown(session, ids)[item.version_id], catalogue.keys(session, ids)[item.version_id]
    result = mark(shown.kind, explained.key, item.response, item.certainty)
    sources = catalogue.sources(session, explained.sources) if release.explanation else {}
    return build(item, shown, explained, sources, release, points=result.points, is_right=result.is_right)


def build(
    item: AttemptItem,
    shown: Shown,
    explained: Explained,
    sources: Mapping[str, Source],
    release: Release,
    *,
    points: float,
    is_right: bool,
) -> Feedback:
    """Put together what ``release`` allows. ``points`` and ``is_right`` are those of the mark, which a correction may have changed."""
    key = explained.key if release.key else None
    return Feedback(
        kind=shown.kind,
        is_right=is_right,
        points=points,
        max_points=1.0,
        is_blank=item.response is None,
        chosen=told(shown, item.response),
        lines=lines(item, shown, key, explained.key.whys if release.explanation else ()),
        picture=marked(shown, item.option_order, item.response, key) if shown.picture else None,
        right_texts=right_texts(shown, key) if key else None,
        explanation=explained.explanation if release.explanation else None,
        sources=tuple(sources[slug] for slug in explained.sources if slug in sources) if release.explanation else (),
    )


def told(shown: Shown, response: Response | None) -> tuple[str, ...]:
    """A response in words, one for each thing chosen; none for a blank."""
    if response is None:
        return ()
    if isinstance(response, str):
        return (f"{_number(response)} {shown.unit}" if shown.unit else _number(response),)
    match shown.kind:
        case Kind.MATCH:
            pairs = zip(shown.prompts, response, strict=True)
            return tuple(f"{prompt}{MATCHED}{shown.options[index]}" for prompt, index in pairs if index is not None)
        case Kind.ORDER:
            ranked = sorted((rank, step) for step, rank in enumerate(response) if rank is not None)
            return tuple(f"{rank}. {shown.options[step]}" for rank, step in ranked)
        case _:
            return tuple(shown.options[index] for index in response if index is not None)


def right_texts(shown: Shown, key: Key) -> tuple[str, ...]:
    """The right answer in words, one for each thing to choose."""
    match shown.kind:
        case Kind.MATCH:
            return told(shown, key.correct)
        case Kind.ORDER:
            return tuple(f"{place}. {shown.options[step]}" for place, step in enumerate(key.correct, start=1))
        case Kind.NUMERIC:
            unit = f" {shown.unit}" if shown.unit else ""
            within = f" (± {_number(f'{key.tolerance:g}')})" if key.tolerance else ""
            return (f"{_number(f'{key.value:g}')}{unit}{within}",)
        case _:
            return tuple(shown.options[index] for index in key.correct)


def _number(digits: str) -> str:
    return digits.replace("-", "\u2212")


def lines(item: AttemptItem, shown: Shown, key: Key | None, whys: Sequence[str]) -> tuple[Line, ...]:
    match shown.kind:
        case Kind.MATCH:
            return _match_lines(shown, item.response, key, whys)
        case Kind.ORDER:
            return _order_lines(item, shown, key, whys)
        case Kind.NUMERIC:
            return ()
        case _:
            chosen = set(item.response or ())
            return tuple(
                Line(
                    text=shown.options[index],
                    is_mine=index in chosen,
                    is_right=index in key.correct if key else None,
                    is_near=key is not None and index in key.near,
                    why=whys[index] if whys else None,
                )
                for index in item.option_order
            )


def _match_lines(shown: Shown, response: Response | None, key: Key | None, whys: Sequence[str]) -> tuple[Line, ...]:
    given = response or [None] * len(shown.prompts)
    lines = []
    for at, prompt in enumerate(shown.prompts):
        mine = given[at]
        lines.append(
            Line(
                text=prompt,
                is_mine=mine is not None,
                mine=shown.options[mine] if isinstance(mine, int) else None,
                right=shown.options[key.correct[at]] if key else None,
                is_right=mine == key.correct[at] if key else None,
                why=whys[at] if whys else None,
            )
        )
    return tuple(lines)


def _order_lines(item: AttemptItem, shown: Shown, key: Key | None, whys: Sequence[str]) -> tuple[Line, ...]:
    """The steps in the right order, or, while that is not released, in the order of the page."""
    given = item.response or [None] * len(shown.options)
    right = {step: place for place, step in enumerate(key.correct, start=1)} if key else {}
    return tuple(
        Line(
            text=shown.options[step],
            is_mine=given[step] is not None,
            mine=str(given[step]) if given[step] else None,
            right=str(right[step]) if key else None,
            is_right=given[step] == right[step] if key else None,
            why=whys[step] if whys else None,
        )
        for step in (key.correct if key else item.option_order)
    )
