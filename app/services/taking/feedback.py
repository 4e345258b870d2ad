"""Feedback on one answered question, as far as it is released. The only maker of objects that carry a key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from sqlalchemy.orm import Session

from app.domain.content import Key, Kind, Source
from app.domain.correction import corrected
from app.domain.marking import mark
from app.domain.question import Explained, Shown
from app.domain.release import Release
from app.domain.response import Response
from app.models import AttemptItem, Correction
from app.services.course import catalogue
from app.services.marking import rulings
from app.services.taking.notices import Notice, notices
from app.services.taking.pictures import marked
from app.services.taking.wording import MATCHED, right_texts, told

__all__ = ["MATCHED", "Feedback", "Line", "build", "feedback", "right_texts", "told"]


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
    """One answered question whose right or wrong is released; the key and the reasons only where they are, too.

    Where it ``is_void``, it counts for nothing. ``notices`` say which corrections hold.
    """

    kind: Kind
    is_right: bool
    is_void: bool
    notices: tuple[Notice, ...]
    points: float
    max_points: float
    is_blank: bool
    chosen: tuple[str, ...]
    lines: tuple[Line, ...]
    picture: Markup | None
    right_texts: tuple[str, ...] | None
    explanation: str | None
    sources: tuple[Source, ...]


def feedback(session: Session, item: AttemptItem, release: Release, corrections: Sequence[Correction] = ()) -> Feedback:
    """Feedback on one question, marked by its key and the corrections in force: for what is checked while its attempt is under way."""
    ids = [item.version_id]
    shown, explained = catalogue.shown(session, ids)[item.version_id], catalogue.keys(session, ids)[item.version_id]
    held = [rulings.ruling(one) for one in corrections]
    result = corrected(shown.kind, explained.key, item.response, item.certainty, held)
    sources = catalogue.sources(session, explained.sources) if release.explanation else {}
    return build(
        item, shown, explained, sources, release, Mark(result.points, result.is_right, result.is_void), corrections
    )


@dataclass(frozen=True, slots=True)
class Mark:
    """The mark that feedback tells: a correction, or a trainer, may have changed what the key says."""

    points: float
    is_right: bool
    is_void: bool = False


def build(
    item: AttemptItem,
    shown: Shown,
    explained: Explained,
    sources: Mapping[str, Source],
    release: Release,
    earned: Mark,
    corrections: Sequence[Correction] = (),
) -> Feedback:
    """Put together what ``release`` allows."""
    key = _key_shown(shown, explained.key, corrections, item.response) if release.key else None
    return Feedback(
        kind=shown.kind,
        is_right=earned.is_right,
        is_void=earned.is_void,
        notices=notices(shown, corrections, release),
        points=earned.points,
        max_points=1.0,
        is_blank=item.response is None,
        chosen=told(shown, item.response),
        lines=lines(item, shown, key, explained.key.whys if release.explanation else ()),
        picture=marked(shown, item.option_order, item.response, key) if shown.picture else None,
        right_texts=right_texts(shown, key) if key else None,
        explanation=explained.explanation if release.explanation else None,
        sources=tuple(sources[slug] for slug in explained.sources if slug in sources) if release.explanation else (),
    )


def _key_shown(shown: Shown, key: Key, corrections: Sequence[Correction], response: Response | None) -> Key:
    """The key that lines are compared with: of one choice all that is right, else the key that the answer comes closest to."""
    others = [other for one in corrections if (other := rulings.accepted(one))]
    if shown.kind in (Kind.SINGLE, Kind.TRUE_FALSE, Kind.REGION):
        correct = dict.fromkeys(index for one in (key, *others) for index in one.correct)
        return Key(tuple(correct), tuple(index for index in key.near if index not in correct))
    return max((key, *others), key=lambda one: mark(shown.kind, one, response).points)


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
