"""``muscles.yaml`` and ``body-map/zones.yaml`` -> the muscles and zones of :mod:`app.domain.body_map`, every id followed."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from app.content.drafts import Draft
from app.content.faults import Fault, Step
from app.content.map_pictures import MapParts
from app.content.material import Material, Names
from app.content.schema import MuscleEntry, PlacesEntry, ShapesEntry, ZoneEntry
from app.domain.body_map import WHOLE, Muscle, Point, View, Zone

MIN_OUTLINE = 4


def body_map_faults(material: Material) -> Iterator[Fault]:
    """Yield what is wrong with zones and muscles, one by one."""
    for zone in material.zones:
        yield from _shape_faults(zone)
    for muscle in material.muscles:
        yield from _point_faults(muscle)
        yield from _zone_faults(muscle, material.zone_names)
        for at, source in enumerate(muscle.entry.sources):
            if material.source_names.lacks(source):
                yield _unknown(muscle, source, material.source_names, "unknown-source", "sources", at)


def unused_zone_faults(material: Material) -> Iterator[Fault]:
    """Yield zones that no muscle has anything to do with."""
    used = {
        zone
        for muscle in material.muscles
        for zone in (*muscle.entry.main, *muscle.entry.spill, muscle.entry.point.zone)
    }
    for zone in material.zones:
        if zone.entry.id not in used:
            expected = f"`{zone.entry.id}` among `main` or `spill` of a muscle"
            yield zone.fault("unused-zone", f"no muscle names `{zone.entry.id}`", "id", expected=expected)


def _shape_faults(draft: Draft[ZoneEntry]) -> Iterator[Fault]:
    drawn = _outlines(draft.entry.shapes)
    if not drawn:
        expected = "an outline in " + ", ".join(View)
        yield draft.fault("missing-shape", f"`{draft.entry.id}` is drawn in no view", "shapes", expected=expected)
    for view, points in drawn.items():
        if len(points) < MIN_OUTLINE:
            message = f"{len(points)} points make no outline"
            yield draft.fault("outline", message, "shapes", view, expected=f"{MIN_OUTLINE} or more")
        for point in points:
            yield from _outside(draft, view, point, "shapes", view)


def _point_faults(draft: Draft[MuscleEntry]) -> Iterator[Fault]:
    points = _places(draft.entry.point)
    if not points:
        expected = "`x,y` in " + ", ".join(View)
        yield draft.fault("missing-point", "the trigger point has a place in no view", "point", expected=expected)
    for view, point in points.items():
        yield from _outside(draft, view, point, "point", view)


def _outside(draft: Draft[ZoneEntry] | Draft[MuscleEntry], view: View, point: Point, *spot: Step) -> Iterator[Fault]:
    window = WHOLE[view]
    if not window.holds(point):
        message = f"{point.x:g},{point.y:g} lies outside the {view} view"
        right, bottom = window.x + window.width, window.y + window.height
        expected = f"x from {window.x:g} to {right:g}, y from {window.y:g} to {bottom:g}"
        yield draft.fault("outside-view", message, *spot, expected=expected)


def _zone_faults(draft: Draft[MuscleEntry], names: Names) -> Iterator[Fault]:
    entry = draft.entry
    if names.lacks(entry.point.zone):
        yield _unknown(draft, entry.point.zone, names, "unknown-zone", "point", "zone")
    seen: set[str] = set()
    for field, zones in (("main", entry.main), ("spill", entry.spill)):
        for at, zone in enumerate(zones):
            if names.lacks(zone):
                yield _unknown(draft, zone, names, "unknown-zone", field, at)
            elif zone in seen:
                message = f"`{zone}` stands twice in `main` and `spill`"
                yield draft.fault("repeated", message, field, at, expected="each zone once")
            seen.add(zone)


def _unknown(draft: Draft[MuscleEntry], name: str, names: Names, rule: str, *spot: Step) -> Fault:
    close = difflib.get_close_matches(name, list(names), n=1)
    expected = f"perhaps `{close[0]}`" if close else "an id that exists"
    return draft.fault(rule, f"`{name}` is not among the {names.kind}", *spot, expected=expected)


def _outlines(entry: ShapesEntry) -> dict[View, tuple[Point, ...]]:
    return {view: _points(text) for view in View if (text := getattr(entry, view))}


def _places(entry: PlacesEntry) -> dict[View, Point]:
    return {view: _points(text)[0] for view in View if (text := getattr(entry, view))}


def _points(text: str) -> tuple[Point, ...]:
    return tuple(Point(*map(float, pair.split(","))) for pair in text.split())


def map_parts(material: Material) -> MapParts:
    """All zones and muscles whose entries are sound, in the order of their files."""
    return MapParts(
        zones={draft.entry.id: _zone_of(draft.entry) for draft in material.zones},
        muscles={draft.entry.id: _muscle_of(draft.entry) for draft in material.muscles},
    )


def _zone_of(entry: ZoneEntry) -> Zone:
    return Zone(id=entry.id, name=entry.name, group=entry.group, shapes=_outlines(entry.shapes))


def _muscle_of(entry: MuscleEntry) -> Muscle:
    return Muscle(
        id=entry.id,
        name=entry.name,
        group=entry.group,
        is_core=entry.core,
        is_verified=entry.verified,
        where=entry.point.where,
        point_zone=entry.point.zone,
        points=_places(entry.point),
        main=tuple(entry.main),
        spill=tuple(entry.spill),
        pattern=entry.pattern,
        mimics=tuple(entry.mimics),
        overlies_lung=entry.lung.overlies,
        is_lung_clear=entry.lung.ask,
        sources=tuple(entry.sources),
        lung_note=entry.lung.note,
        beneath=entry.beneath,
        note=entry.note,
    )
