"""Questions on the body map: given the shaded pain, point at the muscle; given the muscle, point at where its pain goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from app.content.drafts import Draft
from app.content.faults import Fault
from app.content.schema import MapEntry, OptionEntry, QuestionEntry
from app.domain.body_map import PLATES, Muscle, Plate, Point, Zone, middle, outline

SHEET = "/static/body.svg"
"""Without a version: a picture is kept with the question for good, and the browser asks whether the figure is still the same."""

_HEIGHT = 420.0
_GAP = 12.0
_SIZES = ((430.0, ""), (640.0, " region__letter--m"), (float("inf"), " region__letter--l"))
"""Up to which width of the picture its letters have which class: a phone shows the whole of it on 360 px, and letters of 12 px or more."""


@dataclass(frozen=True, slots=True)
class MapParts:
    """What a question may name: sound zones and muscles by id."""

    zones: Mapping[str, Zone]
    muscles: Mapping[str, Muscle]


@dataclass(frozen=True, slots=True)
class _Placed:
    """A plate with its place on the picture: ``x`` is its left edge, ``scale`` turns units of the sheet into those of the picture."""

    plate: Plate
    x: float
    scale: float
    larger: tuple[Plate, ...]
    """Plates of the same view that show what they show larger: there it is pointed at, not here."""

    @property
    def width(self) -> float:
        return self.plate.window.width * self.scale

    def asks_for(self, thing: Zone | Muscle) -> bool:
        """Say whether a zone, or a muscle's point, is to be pointed at here."""
        return _shows(self.plate, thing) and not any(_shows(plate, thing) for plate in self.larger)

    def on_picture(self, point: Point) -> Point:
        window = self.plate.window
        return Point((point.x - window.x) * self.scale + self.x, (point.y - window.y) * self.scale)


def map_faults(draft: Draft[QuestionEntry], parts: MapParts) -> Iterator[Fault]:
    """Yield where a question and the map don't agree: what it names, what it shows, and its key against the charts."""
    entry = draft.entry
    asked = entry.map
    if asked is None:
        return
    if (asked.pain is None) == (asked.muscle is None):
        yield draft.fault(
            "map", "a map shows a muscle's pain or asks for it", "map", expected="`pain` or `muscle`, one"
        )
        return
    if "classic charts" not in entry.stem:
        message = "the stem does not say that the charts are what is asked about"
        yield draft.fault("map-wording", message, "stem", expected="the words “on the classic charts”")
    name = asked.pain or asked.muscle or ""
    if fault := _muscle_fault(draft, name, parts, "map", "pain" if asked.pain else "muscle"):
        yield fault
        return
    for at, option in enumerate(entry.options):
        if option.region is None:
            continue  # has its fault
        if asked.pain:
            yield from _muscle_option_faults(draft, at, option, parts.muscles[name], parts)
        else:
            yield from _zone_option_faults(draft, at, option, parts.muscles[name], parts)


def _muscle_fault(draft: Draft[QuestionEntry], name: str, parts: MapParts, *spot: str | int) -> Fault | None:
    muscle = parts.muscles.get(name)
    if muscle is None:
        return draft.fault(
            "unknown-muscle", f"`{name}` is not among the muscles", *spot, expected="an id of muscles.yaml"
        )
    if not (muscle.is_core and muscle.is_verified):
        message = f"`{name}` is not both core and verified, so no question may ask for it"
        return draft.fault("map-muscle", message, *spot, expected="a muscle that is")
    return None


def _muscle_option_faults(
    draft: Draft[QuestionEntry], at: int, option: OptionEntry, pain: Muscle, parts: MapParts
) -> Iterator[Fault]:
    """The regions are muscles: right is the one whose pain is shaded, near what has a main zone in common with it."""
    if fault := _muscle_fault(draft, option.region or "", parts, "options", at, "region"):
        yield fault
        return
    muscle = parts.muscles[option.region or ""]
    if not any(_shows(plate, muscle) for plate in _plates(draft.entry.map)):
        yield _unseen(draft, at, option)
    shared = set(muscle.main) & set(pain.main)
    if muscle is not pain and set(muscle.main) == set(pain.main):
        message = f"`{muscle.id}` has the same main zones as `{pain.id}`, so both would be right"
        yield draft.fault("map-key", message, "options", at, "region", expected="a muscle with other main zones")
    else:
        yield from _key_faults(draft, at, option, is_right=muscle is pain, is_near=muscle is not pain and bool(shared))


def _zone_option_faults(
    draft: Draft[QuestionEntry], at: int, option: OptionEntry, muscle: Muscle, parts: MapParts
) -> Iterator[Fault]:
    """The regions are zones: right is a main zone, near a spill-over zone."""
    zone = parts.zones.get(option.region or "")
    if zone is None:
        message = f"`{option.region}` is not among the zones"
        yield draft.fault("unknown-zone", message, "options", at, "region", expected="an id of body-map/zones.yaml")
        return
    if not any(_shows(plate, zone) for plate in _plates(draft.entry.map)):
        yield _unseen(draft, at, option)
    yield from _key_faults(draft, at, option, is_right=zone.id in muscle.main, is_near=zone.id in muscle.spill)


def _key_faults(
    draft: Draft[QuestionEntry], at: int, option: OptionEntry, *, is_right: bool, is_near: bool
) -> Iterator[Fault]:
    """Hold the key against the charts: the author says it, so that a reader of the file sees it, and it must be what the charts say."""
    said = "correct" if option.correct else "near" if option.near else "wrong"
    meant = "correct" if is_right else "near" if is_near else "wrong"
    if said != meant:
        message = f"`{option.region}` is {meant} on the charts, and {said} here"
        yield draft.fault("map-key", message, "options", at, "region", expected=f"what muscles.yaml says: {meant}")


def _unseen(draft: Draft[QuestionEntry], at: int, option: OptionEntry) -> Fault:
    message = f"`{option.region}` cannot be seen in these views"
    return draft.fault("map-view", message, "options", at, "region", expected="views that show it")


def _plates(asked: MapEntry | None) -> list[Plate]:
    return [PLATES[name] for name in asked.views] if asked else []


def _shows(plate: Plate, thing: Zone | Muscle) -> bool:
    if isinstance(thing, Muscle):
        return plate.view in thing.points and plate.window.holds(thing.points[plate.view])
    return plate.view in thing.shapes and plate.window.holds(middle(thing.shapes[plate.view]))


def map_svg(asked: MapEntry, regions: Mapping[str, int], parts: MapParts) -> str:
    """The picture of a sound question. ``regions`` has the index of the option for each muscle or zone that can be pointed at."""
    plates, placed, x = _plates(asked), [], 0.0
    for plate in plates:
        one = _Placed(plate, x, _HEIGHT / plate.window.height, _larger(plate, plates))
        placed.append(one)
        x += one.width + _GAP
    shaded = parts.muscles[asked.pain] if asked.pain else None
    width = x - _GAP
    body = "".join(_plate_svg(one, shaded, regions, parts, asked, width) for one in placed)
    letters = "".join(_letters(one, regions, parts, width, is_muscles=shaded is not None) for one in placed)
    label = f"Body map with {len(regions)} lettered places."
    if shaded:
        label += f" Shaded: {_named(shaded.main, parts)}."
        label += f" Dashed, in some people: {_named(shaded.spill, parts)}." if shaded.spill else ""
    size = f"0 0 {width:g} {_HEIGHT:g}"
    return f'<svg class="plot plot--fig picture picture--map" viewBox="{size}" role="img" aria-label="{escape(label)}">{body}{letters}</svg>'


def _larger(plate: Plate, plates: Sequence[Plate]) -> tuple[Plate, ...]:
    return tuple(one for one in plates if one.view is plate.view and one.window.height < plate.window.height)


def _named(zones: Sequence[str], parts: MapParts) -> str:
    return ", ".join(parts.zones[zone].name.lower() for zone in zones)


def _plate_svg(
    one: _Placed, shaded: Muscle | None, regions: Mapping[str, int], parts: MapParts, asked: MapEntry, width: float
) -> str:
    view = one.plate.view
    layers = ("skin", "muscle") if view == "sole" else ("skin", "muscle", "hair")
    inner = "".join(f'<use class="{layer}" href="{SHEET}#{view}-{layer}"></use>' for layer in layers)
    if shaded:
        for kind, zones in (("spill", shaded.spill), ("main", shaded.main)):
            shapes = [parts.zones[zone].shapes[view] for zone in zones if view in parts.zones[zone].shapes]
            inner += "".join(f'<path class="pain--{kind}" d="{outline(shape)}"></path>' for shape in shapes)
    else:
        for zone, index in regions.items():
            if one.asks_for(parts.zones[zone]):
                d = outline(parts.zones[zone].shapes[view])
                inner += f'<path class="region" data-region="{index}" d="{d}"></path>'
        muscle = parts.muscles[asked.muscle or ""]
        if _shows(one.plate, muscle):
            at, arm = muscle.points[view], max(6.0, width / 70) / one.scale
            cross = f"M{at.x - arm:.1f} {at.y - arm:.1f}l{2 * arm:.1f} {2 * arm:.1f}m0 {-2 * arm:.1f}l{-2 * arm:.1f} {2 * arm:.1f}"
            inner += f'<path class="tp tp--halo" d="{cross}"></path><path class="tp" d="{cross}"></path>'
    place = f'x="{one.x:g}" y="0" width="{one.width:g}" height="{_HEIGHT:g}"'
    return f'<svg {place} viewBox="{one.plate.window}">{inner}</svg>'


def _letters(one: _Placed, regions: Mapping[str, int], parts: MapParts, width: float, *, is_muscles: bool) -> str:
    out = ""
    radius = max(13.0, width / 40)
    size = next(name for most, name in _SIZES if width <= most)
    for name, index in regions.items():
        if is_muscles and one.asks_for(parts.muscles[name]):
            at = one.on_picture(parts.muscles[name].points[one.plate.view])
            out += (
                f'<circle class="region" data-region="{index}" cx="{at.x:.1f}" cy="{at.y:.1f}" r="{radius:g}"></circle>'
            )
        elif not is_muscles and one.asks_for(parts.zones[name]):
            at = one.on_picture(middle(parts.zones[name].shapes[one.plate.view]))
        else:
            continue
        out += f'<text class="region__letter{size}" data-letter="{index}" x="{at.x:.1f}" y="{at.y:.1f}"></text>'
    return out
