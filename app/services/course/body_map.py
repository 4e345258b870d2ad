"""The body map for its pages: lists of muscles and places, and pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.body_map import (
    AXES,
    HEAD_WINDOWS,
    MAX_CLOSE_UP,
    VIEW_WINDOWS,
    BodyArea,
    BodyPart,
    BodyView,
    Muscle,
    Point,
    Window,
    Zone,
    describe_window,
    draw_outline,
    find_centre,
    list_close_ups,
)
from app.domain.body_regions import CLOSE_REACH, REACH, Region, build_grid, draw_regions
from app.domain.map_labels import place_labels
from app.domain.names import fold_name
from app.models import MuscleRow, ZoneRow
from app.services.course.memory import get_memory

# Shown until a muscle or place is chosen.
_FIRST_WINDOWS = (
    (BodyView.FRONT, HEAD_WINDOWS[BodyView.FRONT]),
    (BodyView.BACK, HEAD_WINDOWS[BodyView.BACK]),
    (BodyView.SIDE, VIEW_WINDOWS[BodyView.SIDE]),
    (BodyView.SOLE, VIEW_WINDOWS[BodyView.SOLE]),
)

NUMBER_SHARE = 0.08
"""The height of a number, as a share of its picture's width: 12 px on the narrowest picture, which has 150 px."""


@dataclass(frozen=True, slots=True)
class MapLine:
    """An entry in a list. ``words`` is the folded text to search; ``is_over_lung`` applies to muscles only."""

    id: str
    name: str
    group: BodyArea
    words: str
    is_over_lung: bool = False


@dataclass(frozen=True, slots=True)
class MapSection:
    group: BodyArea
    lines: tuple[MapLine, ...]


@dataclass(frozen=True, slots=True)
class ZoneOutline:
    """A zone's outline in one view. ``key`` is unique on the page; ``d`` is SVG path data."""

    key: str
    zone: str
    name: str
    d: str


@dataclass(frozen=True, slots=True)
class MapCross:
    """A trigger point. ``d`` is SVG path data."""

    d: str
    number: MapNumber | None = None


@dataclass(frozen=True, slots=True)
class MapNumber:
    """The number beside a cross: its centre, the height of its text, and the path data of the line to its cross."""

    number: int
    at: Point
    size: float
    line: str


@dataclass(frozen=True, slots=True)
class MapPicture:
    """A window on one view. ``part`` is what a close-up from the front or the back shows.

    ``regions`` cover the body: each leads to the places there. ``mirror`` is the SVG transform to the other side of the
    body, None in the views that show one side.
    """

    view: BodyView
    part: BodyPart | None
    window: Window
    is_close: bool
    main: tuple[ZoneOutline, ...]
    spill: tuple[ZoneOutline, ...]
    crosses: tuple[MapCross, ...]
    regions: tuple[Region, ...]
    mirror: str | None


@dataclass(frozen=True, slots=True)
class ReferringMuscles:
    """The muscles that have one of some places as a main zone, and the others that have one as spill-over."""

    main: tuple[Muscle, ...]
    spill: tuple[Muscle, ...]

    @property
    def numbers(self) -> dict[str, int]:
        """The number of each muscle's trigger point, by the muscle's id; empty if there is only one muscle."""
        muscles = (*self.main, *self.spill)
        return {muscle.id: at for at, muscle in enumerate(muscles, start=1)} if len(muscles) > 1 else {}


@dataclass(frozen=True, slots=True)
class Atlas:
    """All zones and muscles by id, in the order of their files."""

    zones: dict[str, Zone]
    muscles: dict[str, Muscle]

    def names(self, zones: Iterable[str]) -> list[str]:
        return [self.zones[zone].name for zone in zones]

    def referrers(self, *zones: Zone) -> ReferringMuscles:
        places = {zone.id for zone in zones}
        main = {muscle.id: muscle for muscle in self.muscles.values() if places & {*muscle.main}}
        spill = (muscle for muscle in self.muscles.values() if places & {*muscle.spill} and muscle.id not in main)
        return ReferringMuscles(main=tuple(main.values()), spill=tuple(spill))

    def list_muscles(self, query: str = "") -> list[MapSection]:
        """List the muscles that contain every word of ``query`` in their name, zones or conditions they mimic."""
        lines = [
            MapLine(
                muscle.id,
                muscle.name,
                muscle.group,
                _get_search_words(muscle.name, *muscle.mimics, *self.names((*muscle.main, *muscle.spill))),
                muscle.overlies_lung,
            )
            for muscle in sorted(self.muscles.values(), key=lambda muscle: muscle.name)
        ]
        return _group_lines(lines, query)

    def list_places(self, query: str = "") -> list[MapSection]:
        """List the places that muscles refer to, if every word of ``query`` is in their or the muscles' names."""
        lines = []
        for zone in self.zones.values():
            found = self.referrers(zone)
            if muscles := [muscle.name for muscle in (*found.main, *found.spill)]:
                lines.append(MapLine(zone.id, zone.name, zone.group, _get_search_words(zone.name, *muscles)))
        return _group_lines(lines, query)

    def outlines(self) -> list[ZoneOutline]:
        """List every zone in every view once. Pictures refer to these outlines."""
        return [_build_outline(zone, view) for zone in self.zones.values() for view in zone.shapes]

    def pictures(
        self, muscle: Muscle | None, places: Sequence[Zone] = (), *, has_regions: bool = True
    ) -> list[MapPicture]:
        """Return the whole figure from both sides, then the close-ups, with what is chosen: a muscle or places."""
        chosen = muscle or places
        if muscle:
            draw = _Drawing(self, muscle.main, muscle.spill, [muscle], {}, has_regions)
        else:
            found = self.referrers(*places)
            muscles = [*found.main, *found.spill]
            draw = _Drawing(self, [zone.id for zone in places], (), muscles, found.numbers, has_regions)
        whole = [draw.picture(view, VIEW_WINDOWS[view]) for view in (BodyView.FRONT, BodyView.BACK)]
        return whole + (draw.enlarged() if chosen else draw.heads_and_sole())


@dataclass(frozen=True, slots=True)
class _Drawing:
    atlas: Atlas
    main: Sequence[str]
    spill: Sequence[str]
    muscles: Sequence[Muscle]
    numbers: Mapping[str, int]
    has_regions: bool

    def picture(self, view: BodyView, window: Window, *, is_close: bool = False) -> MapPicture:
        return MapPicture(
            view=view,
            part=describe_window(view, window) if is_close and view in AXES else None,
            window=window,
            is_close=is_close,
            main=self._seen(self.main, view, window),
            spill=self._seen(self.spill, view, window),
            crosses=tuple(
                self._crosses(view, window, window.width / 62 if not is_close else max(window.width / 42, 4))
            ),
            regions=self._draw_regions(view, window, is_close=is_close) if self.has_regions else (),
            mirror=f"matrix(-1 0 0 1 {2 * AXES[view]:g} 0)" if view in AXES else None,
        )

    def _draw_regions(self, view: BodyView, window: Window, *, is_close: bool) -> tuple[Region, ...]:
        grid = build_grid(self.atlas.zones, view, CLOSE_REACH if is_close else REACH)
        return draw_regions(grid, window, 1 if is_close else 2)

    def enlarged(self) -> list[MapPicture]:
        return [
            self.picture(view, window, is_close=True)
            for view in BodyView
            for window in list_close_ups(view, self._shapes(view))
        ]

    def heads_and_sole(self) -> list[MapPicture]:
        return [self.picture(view, window, is_close=True) for view, window in _FIRST_WINDOWS]

    def _crosses(self, view: BodyView, window: Window, size: float) -> Iterator[MapCross]:
        """Yield the trigger points that a window shows, with arms of ``size`` units."""
        shown = [one for one in self.muscles if view in one.points and window.holds(one.points[view])]
        points = [muscle.points[view] for muscle in shown]
        text = window.width * NUMBER_SHARE
        labels = place_labels(points, window, AXES.get(view, window.x + window.width), text)
        for muscle, point, label in zip(shown, points, labels, strict=True):
            number = self.numbers.get(muscle.id)
            line = f"M{point.x:g} {point.y:g} {label.x:g} {label.y:g}"
            shown_number = None if number is None else MapNumber(number, label, text, line)
            yield MapCross(_draw_cross(point, size), shown_number)

    def _shapes(self, view: BodyView) -> list[Sequence[Point]]:
        """List the shapes that close-ups must show: the zones, and the points near them or of a single muscle."""
        zones = [self.atlas.zones[zone] for zone in (*self.main, *self.spill)]
        shapes: list[Sequence[Point]] = [zone.shapes[view] for zone in zones if view in zone.shapes]
        if len(self.muscles) == 1 or shapes:
            near = [find_centre(shape) for shape in shapes]
            points = [muscle.points[view] for muscle in self.muscles if view in muscle.points]
            shapes += [(p,) for p in points if len(self.muscles) == 1 or any(_is_near(p, other) for other in near)]
        return shapes

    def _seen(self, zones: Iterable[str], view: BodyView, window: Window) -> tuple[ZoneOutline, ...]:
        found = (self.atlas.zones[zone] for zone in zones)
        return tuple(
            _build_outline(zone, view)
            for zone in found
            if view in zone.shapes and any(window.holds(point) for point in zone.shapes[view])
        )


def list_drawn_outlines(pictures: Iterable[MapPicture]) -> list[ZoneOutline]:
    """List the outlines to which these pictures refer, each once."""
    return list({zone.key: zone for picture in pictures for zone in (*picture.main, *picture.spill)}.values())


def get_atlas(session: Session) -> Atlas:
    """Return the published body map."""
    return get_memory(session).remember("atlas", lambda: _read_atlas(session))


def _read_atlas(session: Session) -> Atlas:
    zones = session.scalars(select(ZoneRow).order_by(ZoneRow.position))
    muscles = session.scalars(select(MuscleRow).order_by(MuscleRow.position))
    return Atlas(
        zones={row.slug: _parse_zone(row.body) for row in zones},
        muscles={row.slug: _parse_muscle(row.body) for row in muscles},
    )


def _parse_zone(body: dict[str, Any]) -> Zone:
    shapes = {BodyView(view): tuple(Point(**point) for point in points) for view, points in body["shapes"].items()}
    return Zone(**{**body, "group": BodyArea(body["group"]), "shapes": shapes})


def _parse_muscle(body: dict[str, Any]) -> Muscle:
    lists = {name: tuple(body[name]) for name in ("main", "spill", "mimics", "sources")}
    points = {BodyView(view): Point(**point) for view, point in body["points"].items()}
    return Muscle(**{**body, **lists, "group": BodyArea(body["group"]), "points": points})


def _group_lines(lines: Iterable[MapLine], query: str) -> list[MapSection]:
    wanted = fold_name(query).split()
    order = list(BodyArea)
    kept = [line for line in lines if all(word in line.words for word in wanted)]
    in_group: Callable[[MapLine], int] = lambda line: order.index(line.group)  # noqa: E731  used for sorting and grouping
    return [MapSection(order[at], tuple(found)) for at, found in groupby(sorted(kept, key=in_group), in_group)]


def _get_search_words(*texts: str) -> str:
    return " ".join(dict.fromkeys(fold_name(" ".join(texts)).split()))


def _build_outline(zone: Zone, view: BodyView) -> ZoneOutline:
    return ZoneOutline(f"{view}-{zone.id}", zone.id, zone.name, draw_outline(zone.shapes[view]))


def _draw_cross(point: Point, size: float) -> str:
    x, y, s = point.x, point.y, round(size, 1)
    return f"M{x - s:g} {y - s:g} {x + s:g} {y + s:g}M{x + s:g} {y - s:g} {x - s:g} {y + s:g}"


def _is_near(one: Point, other: Point) -> bool:
    return max(abs(one.x - other.x), abs(one.y - other.y)) < MAX_CLOSE_UP / 2
