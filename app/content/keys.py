"""From the fields that an author writes for a kind of question to what is asked and what is right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.content.figures import Figure, region_svg
from app.content.map_pictures import MapParts, map_svg
from app.content.schema import QuestionEntry
from app.domain.content import Key, Kind


@dataclass(frozen=True, slots=True)
class Asked:
    """The parts of :class:`app.domain.content.Question` that depend on its kind."""

    options: tuple[str, ...]
    key: Key
    prompts: tuple[str, ...] = ()
    unit: str | None = None
    picture: str | None = None


def asked_and_key(entry: QuestionEntry, figures: Mapping[str, Figure | None], parts: MapParts) -> Asked:
    """What a sound question asks, and its key. ``figures`` are those of its module, ``parts`` those of the body map."""
    match entry.kind:
        case Kind.MATCH:
            return Asked(
                options=(*(pair.right for pair in entry.pairs), *entry.extra),
                key=Key(correct=tuple(range(len(entry.pairs))), whys=tuple(pair.why for pair in entry.pairs)),
                prompts=tuple(pair.left for pair in entry.pairs),
            )
        case Kind.ORDER:
            return Asked(
                options=tuple(step.text for step in entry.steps),
                key=Key(correct=tuple(range(len(entry.steps))), whys=tuple(step.why for step in entry.steps)),
            )
        case Kind.NUMERIC if entry.answer:
            return Asked((), Key(value=entry.answer.value, tolerance=entry.answer.tolerance), unit=entry.answer.unit)
        case Kind.REGION:
            figure = figures.get(entry.picture or "")
            regions = {option.region: index for index, option in enumerate(entry.options) if option.region}
            picture = region_svg(figure, regions) if figure else None
            if entry.map:
                picture = map_svg(entry.map, regions, parts)
            return Asked(_texts(entry), _choices(entry), picture=picture)
        case _:
            return Asked(_texts(entry), _choices(entry))


def _texts(entry: QuestionEntry) -> tuple[str, ...]:
    return tuple(option.text for option in entry.options)


def _choices(entry: QuestionEntry) -> Key:
    return Key(
        correct=tuple(index for index, option in enumerate(entry.options) if option.correct),
        near=tuple(index for index, option in enumerate(entry.options) if option.near),
        whys=tuple(option.why for option in entry.options),
    )
