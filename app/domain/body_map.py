"""The body map: muscles, the zones where they are said to send pain, and how both are drawn. Pure values and geometry.

All views are windows on one sheet: the front at x 0 to 724, the back at x 724 to 1448, the side of the head and the sole from x 1480.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class View(StrEnum):
    FRONT = "front"
    BACK = "back"
    SIDE = "side"
    SOLE = "sole"


class Group(StrEnum):
    """Where a list files a muscle or a zone, from head to foot."""

    HEAD = "head-and-neck"
    SHOULDER = "shoulder-and-arm"
    BACK = "back"
    CHEST = "chest-and-abdomen"
    LEG = "hip-and-leg"
    FOOT = "foot"


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the sheet, in its units; the figure is about 1290 units high."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the sheet."""

    x: float
    y: float
    width: float
    height: float

    def __str__(self) -> str:
        return f"{self.x:g} {self.y:g} {self.width:g} {self.height:g}"

    def holds(self, point: Point) -> bool:
        return self.x <= point.x <= self.x + self.width and self.y <= point.y <= self.y + self.height


WHOLE: Mapping[View, Window] = {
    View.FRONT: Window(30, 80, 664, 1290),
    View.BACK: Window(754, 80, 664, 1290),
    View.SIDE: Window(1500, 90, 370, 412),
    View.SOLE: Window(1500, 556, 230, 440),
}
"""What of the sheet each view shows; a zone or a point of that view lies within it."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A place of the body. ``shapes`` outline it in each view where it can be seen: the points that a closed soft line runs through."""

    id: str
    name: str
    group: Group
    shapes: Mapping[View, tuple[Point, ...]]


@dataclass(frozen=True, slots=True)
class Muscle:
    """A muscle with its referral pattern on the classic charts.

    ``main`` and ``spill`` are ids of zones: where most people feel the pain, and where some do. ``points`` are the places of its trigger
    point by view. ``is_lung_clear`` says whether "does it overlie the lung?" has an undisputed answer. ``is_verified`` says whether the
    pattern was found on a page that was read for this course.
    """

    id: str
    name: str
    group: Group
    is_core: bool
    is_verified: bool
    where: str
    point_zone: str
    points: Mapping[View, Point]
    main: tuple[str, ...]
    spill: tuple[str, ...]
    pattern: str
    mimics: tuple[str, ...]
    overlies_lung: bool
    is_lung_clear: bool
    sources: tuple[str, ...]
    lung_note: str | None = None
    beneath: str | None = None
    note: str | None = None


def outline(points: Sequence[Point]) -> str:
    """The path data of a closed soft line through ``points``: a Catmull-Rom spline as Bézier curves, with one decimal."""
    count = len(points)
    d = f"M{points[0].x:g} {points[0].y:g}"
    for at in range(count):
        before, here = points[at - 1], points[at]
        there, after = points[(at + 1) % count], points[(at + 2) % count]
        one = Point(here.x + (there.x - before.x) / 6, here.y + (there.y - before.y) / 6)
        two = Point(there.x - (after.x - here.x) / 6, there.y - (after.y - here.y) / 6)
        d += f"C{_short(one)} {_short(two)} {_short(there)}"
    return d + "Z"


def _short(point: Point) -> str:
    return f"{round(point.x, 1):g} {round(point.y, 1):g}"


def middle(points: Sequence[Point]) -> Point:
    return Point(sum(p.x for p in points) / len(points), sum(p.y for p in points) / len(points))


HEADS: Mapping[View, Window] = {View.FRONT: Window(264, 86, 200, 214), View.BACK: Window(988, 86, 200, 214)}
"""Head and neck from the front and from the back."""


@dataclass(frozen=True, slots=True)
class Plate:
    """A view, or a part of one, that a question shows."""

    view: View
    window: Window


PLATES: Mapping[str, Plate] = {
    **{view.value: Plate(view, window) for view, window in WHOLE.items()},
    "head-front": Plate(View.FRONT, HEADS[View.FRONT]),
    "head-back": Plate(View.BACK, HEADS[View.BACK]),
    "trunk-front": Plate(View.FRONT, Window(150, 240, 290, 310)),
    "trunk-back": Plate(View.BACK, Window(1010, 240, 290, 310)),
    "arm-front": Plate(View.FRONT, Window(30, 480, 200, 350)),
    "arm-back": Plate(View.BACK, Window(1216, 390, 202, 440)),
    "hip-front": Plate(View.FRONT, Window(210, 520, 290, 310)),
    "hip-back": Plate(View.BACK, Window(950, 490, 290, 310)),
    "leg-front": Plate(View.FRONT, Window(170, 660, 250, 710)),
    "leg-back": Plate(View.BACK, Window(1030, 660, 250, 710)),
    "foot-front": Plate(View.FRONT, Window(200, 1190, 150, 180)),
    "foot-back": Plate(View.BACK, Window(1090, 1190, 150, 180)),
}
"""What a question can show, by the name that authors write."""

MAX_CLOSE_UP = 420.0
"""Nothing that spans more than this, about a third of the figure, looks any closer in a window of its own."""
# Narrower, a window shows skin without anything to know the place by.
_MIN_CLOSE_UP = 210.0
_MARGIN = 28.0


def close_ups(view: View, shapes: Iterable[Sequence[Point]]) -> Iterator[Window]:
    """Enlarged windows on a view, from the top down, that show ``shapes`` whole, as few as can be. They are a little higher than wide."""
    if view in (View.SIDE, View.SOLE):
        if any(True for _ in shapes):
            yield WHOLE[view]
        return
    box: _Box | None = None
    for shape in sorted(shapes, key=lambda shape: min(point.y for point in shape)):
        own = _Box.around(shape)
        joined = box.joined(own) if box else own
        if box and joined.span > MAX_CLOSE_UP:
            yield box.window(view)
            joined = own
        box = joined
    if box and box.span <= MAX_CLOSE_UP:
        yield box.window(view)


@dataclass(frozen=True, slots=True)
class _Box:
    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def around(cls, points: Sequence[Point]) -> _Box:
        xs, ys = [point.x for point in points], [point.y for point in points]
        return cls(min(xs), min(ys), max(xs), max(ys))

    @property
    def span(self) -> float:
        return max(self.right - self.left, self.bottom - self.top)

    def joined(self, other: _Box) -> _Box:
        return _Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def window(self, view: View) -> Window:
        """The whole head where the box lies on it; else a window with room beside the box, moved so that it stays on the view."""
        head, within = HEADS[view], WHOLE[view]
        if head.holds(Point(self.left, self.top)) and head.holds(Point(self.right, self.bottom)):
            return head
        width = max(self.right - self.left + 2 * _MARGIN, _MIN_CLOSE_UP)
        height = max(self.bottom - self.top + 2 * _MARGIN, width * 1.07)
        width = max(width, height / 1.07)
        x = (self.left + self.right - width) / 2
        y = (self.top + self.bottom - height) / 2
        x = min(max(x, within.x), within.x + within.width - width)
        y = min(max(y, within.y), within.y + within.height - height)
        return Window(round(x), round(y), round(width), round(height))


_AXIS = {View.FRONT: 362.0, View.BACK: 1086.0}
_PARTS = (
    (300, "Head, neck and shoulders"),
    (480, "Shoulder and trunk"),
    (600, "Trunk"),
    (740, "Trunk and hip"),
    (860, "Hip and thigh"),
    (1000, "Thigh and knee"),
    (1130, "Knee and lower leg"),
)


def part_of_body(view: View, window: Window) -> str:
    """What a close-up from the front or the back shows, in words; it may be the same for two windows that lie close together."""
    aside = abs(window.x + window.width / 2 - _AXIS[view])
    if aside >= 110 and window.y < 400:
        return "Shoulder and arm"
    if aside >= 120:
        return "Arm and hand" if window.y + window.height > 690 else "Arm"
    height = window.y + window.height / 2
    return next((name for end, name in _PARTS if height < end), "Lower leg and foot")
