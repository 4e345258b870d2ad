"""Questions on the body map: point at the muscle that refers the shaded pain, or at the pain of a given muscle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from app.content.faults import Fault, FileLocation
from app.content.kinds.base import MapParts
from app.content.schema import Entry, Id, OptionEntry, YesNo
from app.domain.body_map import PLATES, Muscle, Plate, Point, Zone, draw_outline, find_centre

SHEET = "/static/body.svg"
"""The address of the drawing, without a version.

Pictures are stored with their question for good, so browsers have to check whether the drawing is unchanged.
"""

_HEIGHT = 420.0
_GAP = 12.0
_SIZES = ((430.0, ""), (640.0, " region__letter--m"), (float("inf"), " region__letter--l"))
"""The class of the letters for pictures up to each width.

A phone shows the whole picture on 360 px, and its letters must be 12 px or more.
"""


class RegionOptionEntry(OptionEntry):
    """An option with its region of the picture. ``near`` earns half a point."""

    near: YesNo = False
    region: Id | None = None


def _plate(value: str) -> str:
    if value not in PLATES:
        raise PydanticCustomError(
            "wrong_text", "is `{name}`", {"name": value[:40], "expected": "one of " + ", ".join(PLATES)}
        )
    return value


class MapEntry(Entry):
    """The body map as a picture: it shows the ``pain`` of one muscle shaded, or asks for that of one ``muscle``."""

    views: list[Annotated[str, AfterValidator(_plate)]] = Field(min_length=1, max_length=3)
    pain: Id | None = None
    muscle: Id | None = None


@dataclass(frozen=True, slots=True)
class _Placed:
    """A plate on the picture.

    ``x`` is its left edge; ``scale`` converts units of the sheet to those of the picture.
    """

    plate: Plate
    x: float
    scale: float
    larger: tuple[Plate, ...]
    """Enlarged plates of the same view; learners point at the things that these show there, not here."""

    @property
    def width(self) -> float:
        return self.plate.window.width * self.scale

    def asks_for(self, thing: Zone | Muscle) -> bool:
        """Return whether learners point at this zone, or at this muscle's trigger point, on this plate."""
        return _shows(self.plate, thing) and not any(_shows(plate, thing) for plate in self.larger)

    def on_picture(self, point: Point) -> Point:
        window = self.plate.window
        return Point((point.x - window.x) * self.scale + self.x, (point.y - window.y) * self.scale)


def check_map_question(
    place: FileLocation, stem: str, asked: MapEntry, options: Sequence[RegionOptionEntry], parts: MapParts
) -> Iterator[Fault]:
    """Yield a fault for each contradiction between a question and the map: its names, its views, and its key."""
    if (asked.pain is None) == (asked.muscle is None):
        yield place.fault(
            "map", "a map must either show a muscle's pain or ask for it", "map", expected="either `pain` or `muscle`"
        )
        return
    if "classic charts" not in stem:
        message = "the stem does not say that it asks about the charts"
        yield place.fault("map-wording", message, "stem", expected="the words “on the classic charts”")
    name = asked.pain or asked.muscle or ""
    if fault := _muscle_fault(place, name, parts, "map", "pain" if asked.pain else "muscle"):
        yield fault
        return
    for at, option in enumerate(options):
        if option.region is None:
            continue  # already has a fault
        if asked.pain:
            yield from _muscle_option_faults(place.within("options", at), asked, option, parts.muscles[name], parts)
        else:
            yield from _zone_option_faults(place.within("options", at), asked, option, parts.muscles[name], parts)


def _muscle_fault(place: FileLocation, name: str, parts: MapParts, *spot: str | int) -> Fault | None:
    muscle = parts.muscles.get(name)
    if muscle is None:
        return place.fault(
            "unknown-muscle", f"`{name}` is not among the muscles", *spot, expected="an id of muscles.yaml"
        )
    if not (muscle.is_core and muscle.is_verified):
        message = f"`{name}` is not both core and verified, so no question may ask for it"
        return place.fault("map-muscle", message, *spot, expected="a core and verified muscle")
    return None


def _muscle_option_faults(
    place: FileLocation, asked: MapEntry, option: RegionOptionEntry, pain: Muscle, parts: MapParts
) -> Iterator[Fault]:
    """Check an option that is a muscle.

    The muscle whose pain is shaded is right; one that shares a main zone with it is near.
    """
    if fault := _muscle_fault(place, option.region or "", parts, "region"):
        yield fault
        return
    muscle = parts.muscles[option.region or ""]
    if not any(_shows(plate, muscle) for plate in _plates(asked)):
        yield _unseen(place, option)
    shared = set(muscle.main) & set(pain.main)
    if muscle is not pain and set(muscle.main) == set(pain.main):
        message = f"`{muscle.id}` has the same main zones as `{pain.id}`, so both would be right"
        yield place.fault("map-key", message, "region", expected="a muscle with other main zones")
    else:
        yield from _key_faults(place, option, is_right=muscle is pain, is_near=muscle is not pain and bool(shared))


def _zone_option_faults(
    place: FileLocation, asked: MapEntry, option: RegionOptionEntry, muscle: Muscle, parts: MapParts
) -> Iterator[Fault]:
    """Check an option that is a zone: a main zone is right, a spill-over zone is near."""
    zone = parts.zones.get(option.region or "")
    if zone is None:
        message = f"`{option.region}` is not among the zones"
        yield place.fault("unknown-zone", message, "region", expected="an id of body-map/zones.yaml")
        return
    if not any(_shows(plate, zone) for plate in _plates(asked)):
        yield _unseen(place, option)
    yield from _key_faults(place, option, is_right=zone.id in muscle.main, is_near=zone.id in muscle.spill)


def _key_faults(place: FileLocation, option: RegionOptionEntry, *, is_right: bool, is_near: bool) -> Iterator[Fault]:
    """Compare the key with the charts; authors write it only to make the file readable."""
    said = "correct" if option.correct else "near" if option.near else "wrong"
    meant = "correct" if is_right else "near" if is_near else "wrong"
    if said != meant:
        message = f"`{option.region}` is {meant} on the charts, but {said} here"
        yield place.fault("map-key", message, "region", expected=f"{meant}, as in muscles.yaml")


def _unseen(place: FileLocation, option: RegionOptionEntry) -> Fault:
    message = f"`{option.region}` cannot be seen in these views"
    return place.fault("map-view", message, "region", expected="views that show it")


def _plates(asked: MapEntry) -> list[Plate]:
    return [PLATES[name] for name in asked.views]


def _shows(plate: Plate, thing: Zone | Muscle) -> bool:
    if isinstance(thing, Muscle):
        return plate.view in thing.points and plate.window.holds(thing.points[plate.view])
    return plate.view in thing.shapes and plate.window.holds(find_centre(thing.shapes[plate.view]))


def render_map_svg(asked: MapEntry, regions: Mapping[str, int], parts: MapParts) -> str:
    """Return the picture of a sound question; ``regions`` maps each muscle or zone to the index of its option."""
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
        for looks, zones in (("spill", shaded.spill), ("main", shaded.main)):
            shapes = [parts.zones[zone].shapes[view] for zone in zones if view in parts.zones[zone].shapes]
            inner += "".join(f'<path class="pain--{looks}" d="{draw_outline(shape)}"></path>' for shape in shapes)
    else:
        for zone, index in regions.items():
            if one.asks_for(parts.zones[zone]):
                d = draw_outline(parts.zones[zone].shapes[view])
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
            at = one.on_picture(find_centre(parts.zones[name].shapes[one.plate.view]))
        else:
            continue
        out += f'<text class="region__letter{size}" data-letter="{index}" x="{at.x:.1f}" y="{at.y:.1f}"></text>'
    return out
