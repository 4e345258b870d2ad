"""Turn ``muscles.yaml`` and ``body-map/zones.yaml`` into values of :mod:`app.domain.body_map`, with ids resolved."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from app.content.drafts import Draft
from app.content.faults import Fault, Step
from app.content.kinds import MapParts
from app.content.material import Material, NameIndex
from app.content.schema import MuscleEntry, OutlineEntry, TriggerPointEntry, ZoneEntry
from app.domain.body_map import VIEW_WINDOWS, BodyView, Muscle, Point, Zone

MIN_OUTLINE = 4


def check_body_map(material: Material) -> Iterator[Fault]:
    """Yield the faults of each zone and muscle."""
    for zone in material.zones:
        yield from _check_shapes(zone)
    for muscle in material.muscles:
        yield from _check_points(muscle)
        yield from _check_zones(muscle, material.zone_names)
        for at, source in enumerate(muscle.entry.sources):
            if material.source_names.lacks(source):
                yield _unknown(muscle, source, material.source_names, "unknown-source", "sources", at)


def check_unused_zones(material: Material) -> Iterator[Fault]:
    """Yield a fault for each zone that no muscle names."""
    used = {
        zone
        for muscle in material.muscles
        for zone in (*muscle.entry.main, *muscle.entry.spill, muscle.entry.point.zone)
    }
    for zone in material.zones:
        if zone.entry.id not in used:
            expected = f"`{zone.entry.id}` among `main` or `spill` of a muscle"
            yield zone.fault("unused-zone", f"no muscle names `{zone.entry.id}`", "id", expected=expected)


def _check_shapes(draft: Draft[ZoneEntry]) -> Iterator[Fault]:
    drawn = _outlines(draft.entry.shapes)
    if not drawn:
        expected = "an outline in " + ", ".join(BodyView)
        yield draft.fault("missing-shape", f"`{draft.entry.id}` is not drawn in any view", "shapes", expected=expected)
    for view, points in drawn.items():
        if len(points) < MIN_OUTLINE:
            message = f"{len(points)} points are too few for an outline"
            yield draft.fault("outline", message, "shapes", view, expected=f"{MIN_OUTLINE} or more")
        for point in points:
            yield from _outside(draft, view, point, "shapes", view)


def _check_points(draft: Draft[MuscleEntry]) -> Iterator[Fault]:
    points = _places(draft.entry.point)
    if not points:
        expected = "`x,y` in " + ", ".join(BodyView)
        yield draft.fault("missing-point", "the trigger point has no place in any view", "point", expected=expected)
    for view, point in points.items():
        yield from _outside(draft, view, point, "point", view)


def _outside(
    draft: Draft[ZoneEntry] | Draft[MuscleEntry], view: BodyView, point: Point, *spot: Step
) -> Iterator[Fault]:
    window = VIEW_WINDOWS[view]
    if not window.holds(point):
        message = f"{point.x:g},{point.y:g} lies outside the {view} view"
        right, bottom = window.x + window.width, window.y + window.height
        expected = f"x from {window.x:g} to {right:g}, y from {window.y:g} to {bottom:g}"
        yield draft.fault("outside-view", message, *spot, expected=expected)


def _check_zones(draft: Draft[MuscleEntry], names: NameIndex) -> Iterator[Fault]:
    entry = draft.entry
    if names.lacks(entry.point.zone):
        yield _unknown(draft, entry.point.zone, names, "unknown-zone", "point", "zone")
    seen: set[str] = set()
    for field, zones in (("main", entry.main), ("spill", entry.spill)):
        for at, zone in enumerate(zones):
            if names.lacks(zone):
                yield _unknown(draft, zone, names, "unknown-zone", field, at)
            elif zone in seen:
                message = f"`{zone}` occurs twice in `main` and `spill`"
                yield draft.fault("repeated", message, field, at, expected="each zone once")
            seen.add(zone)


def _unknown(draft: Draft[MuscleEntry], name: str, names: NameIndex, rule: str, *spot: Step) -> Fault:
    close = difflib.get_close_matches(name, list(names), n=1)
    expected = f"perhaps `{close[0]}`" if close else "an id that exists"
    return draft.fault(rule, f"`{name}` is not among the {names.kind}", *spot, expected=expected)


def _outlines(entry: OutlineEntry) -> dict[BodyView, tuple[Point, ...]]:
    return {view: _points(text) for view in BodyView if (text := getattr(entry, view))}


def _places(entry: TriggerPointEntry) -> dict[BodyView, Point]:
    return {view: _points(text)[0] for view in BodyView if (text := getattr(entry, view))}


def _points(text: str) -> tuple[Point, ...]:
    return tuple(Point(*map(float, pair.split(","))) for pair in text.split())


def build_map_parts(material: Material) -> MapParts:
    """Return all sound zones and muscles, in the order of their files."""
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
