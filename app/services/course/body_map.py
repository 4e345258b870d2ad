"""The body map as a page shows it: lists to choose from, pictures, and what the charts say of one muscle or one place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.body_map import (
    HEADS,
    MAX_CLOSE_UP,
    WHOLE,
    Group,
    Muscle,
    Point,
    View,
    Window,
    Zone,
    close_ups,
    middle,
    outline,
    part_of_body,
)
from app.models import MuscleRow, ZoneRow

GROUP_NAMES = {
    Group.HEAD: "Head and neck",
    Group.SHOULDER: "Shoulder and arm",
    Group.BACK: "Back",
    Group.CHEST: "Chest and abdomen",
    Group.LEG: "Hip and leg",
    Group.FOOT: "Foot",
}
_VIEW_NAMES = {
    View.FRONT: "Front",
    View.BACK: "Back",
    View.SIDE: "Side of the head and neck",
    View.SOLE: "Sole of the right foot",
}
# Shown as long as nothing is chosen.
_AT_FIRST = (
    (View.FRONT, HEADS[View.FRONT], "Head and neck, front"),
    (View.BACK, HEADS[View.BACK], "Head and neck, back"),
    (View.SIDE, WHOLE[View.SIDE], _VIEW_NAMES[View.SIDE]),
    (View.SOLE, WHOLE[View.SOLE], _VIEW_NAMES[View.SOLE]),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a list. ``words`` are what a search looks through, in small letters; ``is_over_lung`` is for muscles."""

    id: str
    name: str
    group: Group
    words: str
    is_over_lung: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """A zone as one view draws it; ``key`` is unique on the page."""

    key: str
    zone: str
    name: str
    d: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A window on one view: outlines of the main and the spill-over zones, crosses as path data, and all places that can be chosen in it."""

    view: View
    title: str
    window: Window
    is_close: bool
    main: tuple[Outline, ...]
    spill: tuple[Outline, ...]
    crosses: tuple[str, ...]
    places: tuple[Outline, ...]


@dataclass(frozen=True, slots=True)
class Referrers:
    """The muscles whose main zone, or spill-over, a place is."""

    main: tuple[Muscle, ...]
    spill: tuple[Muscle, ...]


@dataclass(frozen=True, slots=True)
class Atlas:
    """All zones and muscles by id, in the order of their files."""

    zones: dict[str, Zone]
    muscles: dict[str, Muscle]

    def names(self, zones: Iterable[str]) -> list[str]:
        return [self.zones[zone].name for zone in zones]

    def referrers(self, zone: Zone) -> Referrers:
        return Referrers(
            main=tuple(muscle for muscle in self.muscles.values() if zone.id in muscle.main),
            spill=tuple(muscle for muscle in self.muscles.values() if zone.id in muscle.spill),
        )

    def list_muscles(self, query: str = "") -> list[Section]:
        """The muscles, those alone that hold every word of ``query`` in their names, zones or what they mimic."""
        lines = [
            Line(
                muscle.id,
                muscle.name,
                muscle.group,
                _words(muscle.name, *muscle.mimics, *self.names((*muscle.main, *muscle.spill))),
                muscle.overlies_lung,
            )
            for muscle in sorted(self.muscles.values(), key=lambda muscle: muscle.name)
        ]
        return _sections(lines, query)

    def list_places(self, query: str = "") -> list[Section]:
        """The places that a muscle may refer to, those alone that hold every word of ``query`` in their names or their muscles'."""
        lines = []
        for zone in self.zones.values():
            found = self.referrers(zone)
            if muscles := [muscle.name for muscle in (*found.main, *found.spill)]:
                lines.append(Line(zone.id, zone.name, zone.group, _words(zone.name, *muscles)))
        return _sections(lines, query)

    def outlines(self) -> list[Outline]:
        """Every zone in every view, once: pictures point at them."""
        return [_outline(zone, view) for zone in self.zones.values() for view in zone.shapes]

    def pictures(self, chosen: Muscle | Zone | None) -> list[Picture]:
        """The whole figure from both sides, then what is enlarged of it."""
        match chosen:
            case Muscle():
                draw = _Drawing(self, chosen.main, chosen.spill, [chosen])
            case Zone():
                found = self.referrers(chosen)
                draw = _Drawing(self, (chosen.id,), (), [*found.main, *found.spill])
            case _:
                draw = _Drawing(self, (), (), [])
        whole = [draw.picture(view, WHOLE[view], _VIEW_NAMES[view]) for view in (View.FRONT, View.BACK)]
        return whole + (draw.enlarged() if chosen else draw.heads_and_sole())


@dataclass(frozen=True, slots=True)
class _Drawing:
    atlas: Atlas
    main: Sequence[str]
    spill: Sequence[str]
    muscles: Sequence[Muscle]

    def picture(self, view: View, window: Window, title: str, *, is_close: bool = False) -> Picture:
        size = window.width / 62 if not is_close else max(window.width / 42, 4)
        points = [muscle.points[view] for muscle in self.muscles if view in muscle.points]
        return Picture(
            view=view,
            title=title,
            window=window,
            is_close=is_close,
            main=self._seen(self.main, view, window),
            spill=self._seen(self.spill, view, window),
            crosses=tuple(_cross(point, size) for point in points if window.holds(point)),
            places=self._seen(self.atlas.zones, view, window),
        )

    def enlarged(self) -> list[Picture]:
        return [
            self.picture(view, window, _close_title(view, window), is_close=True)
            for view in View
            for window in close_ups(view, self._shapes(view))
        ]

    def heads_and_sole(self) -> list[Picture]:
        return [self.picture(view, window, title, is_close=True) for view, window, title in _AT_FIRST]

    def _shapes(self, view: View) -> list[Sequence[Point]]:
        """What a close-up must show: the zones, and the points that lie near one of them or belong to the one chosen muscle."""
        zones = [self.atlas.zones[zone] for zone in (*self.main, *self.spill)]
        shapes: list[Sequence[Point]] = [zone.shapes[view] for zone in zones if view in zone.shapes]
        if len(self.muscles) == 1 or shapes:
            near = [middle(shape) for shape in shapes]
            points = [muscle.points[view] for muscle in self.muscles if view in muscle.points]
            shapes += [(p,) for p in points if len(self.muscles) == 1 or any(_is_near(p, other) for other in near)]
        return shapes

    def _seen(self, zones: Iterable[str], view: View, window: Window) -> tuple[Outline, ...]:
        found = (self.atlas.zones[zone] for zone in zones)
        return tuple(
            _outline(zone, view)
            for zone in found
            if view in zone.shapes and any(window.holds(point) for point in zone.shapes[view])
        )


def get(session: Session) -> Atlas:
    """The body map as it is published: two statements."""
    zones = session.scalars(select(ZoneRow).order_by(ZoneRow.position))
    muscles = session.scalars(select(MuscleRow).order_by(MuscleRow.position))
    return Atlas(
        zones={row.slug: _zone(row.body) for row in zones},
        muscles={row.slug: _muscle(row.body) for row in muscles},
    )


def _zone(body: dict[str, Any]) -> Zone:
    shapes = {View(view): tuple(Point(**point) for point in points) for view, points in body["shapes"].items()}
    return Zone(**{**body, "group": Group(body["group"]), "shapes": shapes})


def _muscle(body: dict[str, Any]) -> Muscle:
    lists = {name: tuple(body[name]) for name in ("main", "spill", "mimics", "sources")}
    points = {View(view): Point(**point) for view, point in body["points"].items()}
    return Muscle(**{**body, **lists, "group": Group(body["group"]), "points": points})


def _sections(lines: Iterable[Line], query: str) -> list[Section]:
    wanted = query.lower().split()
    order = list(Group)
    kept = [line for line in lines if all(word in line.words for word in wanted)]
    in_group: Callable[[Line], int] = lambda line: order.index(line.group)  # noqa: E731  the key of a sort and of its groups
    return [
        Section(GROUP_NAMES[order[at]], tuple(found)) for at, found in groupby(sorted(kept, key=in_group), in_group)
    ]


def _words(*texts: str) -> str:
    return " ".join(dict.fromkeys(" ".join(texts).lower().split()))


def _outline(zone: Zone, view: View) -> Outline:
    return Outline(f"{view}-{zone.id}", zone.id, zone.name, outline(zone.shapes[view]))


def _cross(point: Point, size: float) -> str:
    x, y, s = point.x, point.y, round(size, 1)
    return f"M{x - s:g} {y - s:g} {x + s:g} {y + s:g}M{x + s:g} {y - s:g} {x - s:g} {y + s:g}"


def _close_title(view: View, window: Window) -> str:
    if window == HEADS.get(view):
        return f"Head and neck, {view}"
    return _VIEW_NAMES[view] if view in (View.SIDE, View.SOLE) else f"{part_of_body(view, window)}, {view}"


def _is_near(one: Point, other: Point) -> bool:
    return max(abs(one.x - other.x), abs(one.y - other.y)) < MAX_CLOSE_UP / 2
