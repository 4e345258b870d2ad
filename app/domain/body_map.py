"""The body map: muscles, the zones to which they refer pain, and how both are drawn. Pure values and geometry.

All views are windows on one sheet: the front at x 0 to 724, the back at x 724 to 1448, the side of the head and the
sole from x 1480.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class BodyView(StrEnum):
    FRONT = "front"
    BACK = "back"
    SIDE = "side"
    SOLE = "sole"


class BodyArea(StrEnum):
    """The heading under which lists show a muscle or a zone, from head to foot."""

    HEAD = "head-and-neck"
    SHOULDER = "shoulder-and-arm"
    BACK = "back"
    CHEST = "chest-and-abdomen"
    LEG = "hip-and-leg"
    FOOT = "foot"


@dataclass(frozen=True, slots=True)
class Point:
    """A position on the sheet, in its units; the figure is about 1290 units high."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle on the sheet."""

    x: float
    y: float
    width: float
    height: float

    def __str__(self) -> str:
        return f"{self.x:g} {self.y:g} {self.width:g} {self.height:g}"

    def holds(self, point: Point) -> bool:
        return self.x <= point.x <= self.x + self.width and self.y <= point.y <= self.y + self.height


VIEW_WINDOWS: Mapping[BodyView, Window] = {
    BodyView.FRONT: Window(30, 80, 664, 1290),
    BodyView.BACK: Window(754, 80, 664, 1290),
    BodyView.SIDE: Window(1500, 90, 370, 412),
    BodyView.SOLE: Window(1500, 556, 230, 440),
}
"""The window of each view; all zones and points of the view lie within it."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A region of the body.

    ``shapes`` has its outline for each view in which it is visible: the points of a closed smooth curve.
    """

    id: str
    name: str
    group: BodyArea
    shapes: Mapping[BodyView, tuple[Point, ...]]


@dataclass(frozen=True, slots=True)
class Muscle:
    """A muscle with its referral pattern on the classic charts.

    ``main`` and ``spill`` are ids of zones: where most people feel the pain, and where some do. ``points`` are the
    positions of its trigger point by view. ``is_lung_clear`` says whether "does it overlie the lung?" has an undisputed
    answer. ``is_verified`` says whether the pattern was found on a page that was read for this course.
    """

    id: str
    name: str
    group: BodyArea
    is_core: bool
    is_verified: bool
    where: str
    point_zone: str
    points: Mapping[BodyView, Point]
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


def draw_outline(points: Sequence[Point]) -> str:
    """Return the path data of a closed smooth curve through ``points``.

    It is a Catmull-Rom spline written as Bézier curves, rounded to one decimal.
    """
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


def find_centre(points: Sequence[Point]) -> Point:
    return Point(sum(p.x for p in points) / len(points), sum(p.y for p in points) / len(points))


HEAD_WINDOWS: Mapping[BodyView, Window] = {
    BodyView.FRONT: Window(264, 86, 200, 214),
    BodyView.BACK: Window(988, 86, 200, 214),
}
"""Head and neck from the front and from the back."""


@dataclass(frozen=True, slots=True)
class Plate:
    """A view, or a part of one, that a question shows."""

    view: BodyView
    window: Window


PLATES: Mapping[str, Plate] = {
    **{view.value: Plate(view, window) for view, window in VIEW_WINDOWS.items()},
    "head-front": Plate(BodyView.FRONT, HEAD_WINDOWS[BodyView.FRONT]),
    "head-back": Plate(BodyView.BACK, HEAD_WINDOWS[BodyView.BACK]),
    "trunk-front": Plate(BodyView.FRONT, Window(150, 240, 290, 310)),
    "trunk-back": Plate(BodyView.BACK, Window(1010, 240, 290, 310)),
    "arm-front": Plate(BodyView.FRONT, Window(30, 480, 200, 350)),
    "arm-back": Plate(BodyView.BACK, Window(1216, 390, 202, 440)),
    "hip-front": Plate(BodyView.FRONT, Window(210, 520, 290, 310)),
    "hip-back": Plate(BodyView.BACK, Window(950, 490, 290, 310)),
    "leg-front": Plate(BodyView.FRONT, Window(170, 660, 250, 710)),
    "leg-back": Plate(BodyView.BACK, Window(1030, 660, 250, 710)),
    "foot-front": Plate(BodyView.FRONT, Window(200, 1190, 150, 180)),
    "foot-back": Plate(BodyView.BACK, Window(1090, 1190, 150, 180)),
}
"""The plates that a question can show, by the name that authors write."""

MAX_CLOSE_UP = 420.0
"""Shapes that together span more units than this, about a third of the figure, are shown in several close-ups."""
# A narrower window shows only skin, without a landmark.
_MIN_CLOSE_UP = 210.0
_MARGIN = 28.0


def list_close_ups(view: BodyView, shapes: Iterable[Sequence[Point]]) -> Iterator[Window]:
    """Yield close-ups of a view that show ``shapes`` whole, from the top down and as few as possible.

    A close-up is slightly higher than wide. The side and the sole are shown as whole views.
    """
    if view in (BodyView.SIDE, BodyView.SOLE):
        if any(True for _ in shapes):
            yield VIEW_WINDOWS[view]
        return
    box: _Box | None = None
    for shape in sorted(shapes, key=lambda shape: min(point.y for point in shape)):
        own = _Box.around(shape)
        joined = box.joined(own) if box else own
        if box and joined.span > MAX_CLOSE_UP:
            yield box.window(view)
            joined = own
        box = joined
    if box:
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

    def window(self, view: BodyView) -> Window:
        """Return the window of the head if it contains the box, else one with a margin around the box.

        The window is shifted to stay on the view.
        """
        head, within = HEAD_WINDOWS[view], VIEW_WINDOWS[view]
        if head.holds(Point(self.left, self.top)) and head.holds(Point(self.right, self.bottom)):
            return head
        width = max(self.right - self.left + 2 * _MARGIN, _MIN_CLOSE_UP)
        height = min(max(self.bottom - self.top + 2 * _MARGIN, width * 1.07), within.height)
        width = min(max(width, height / 1.07), within.width)
        x = (self.left + self.right - width) / 2
        y = (self.top + self.bottom - height) / 2
        x = min(max(x, within.x), within.x + within.width - width)
        y = min(max(y, within.y), within.y + within.height - height)
        return Window(round(x), round(y), round(width), round(height))


AXES = {BodyView.FRONT: 362.0, BodyView.BACK: 1086.0}
"""The x of the midline in the views that show both sides of the body."""


class BodyPart(StrEnum):
    """What a close-up shows."""

    HEAD_NECK = "Head and neck"
    HEAD_SHOULDERS = "Head, neck and shoulders"
    SHOULDER_TRUNK = "Shoulder and trunk"
    SHOULDER_ARM = "Shoulder and arm"
    ARM = "Arm"
    ARM_HAND = "Arm and hand"
    TRUNK = "Trunk"
    TRUNK_HIP = "Trunk and hip"
    HIP_THIGH = "Hip and thigh"
    THIGH_KNEE = "Thigh and knee"
    KNEE_LEG = "Knee and lower leg"
    LEG_FOOT = "Lower leg and foot"


_PARTS = (
    (300, BodyPart.HEAD_SHOULDERS),
    (480, BodyPart.SHOULDER_TRUNK),
    (600, BodyPart.TRUNK),
    (740, BodyPart.TRUNK_HIP),
    (860, BodyPart.HIP_THIGH),
    (1000, BodyPart.THIGH_KNEE),
    (1130, BodyPart.KNEE_LEG),
)


def describe_window(view: BodyView, window: Window) -> BodyPart:
    """Return what a close-up from the front or the back shows. Neighbouring windows may show the same part."""
    if window == HEAD_WINDOWS[view]:
        return BodyPart.HEAD_NECK
    aside = abs(window.x + window.width / 2 - AXES[view])
    if aside >= 110 and window.y < 400:
        return BodyPart.SHOULDER_ARM
    if aside >= 120:
        return BodyPart.ARM_HAND if window.y + window.height > 690 else BodyPart.ARM
    height = window.y + window.height / 2
    return next((part for end, part in _PARTS if height < end), BodyPart.LEG_FOOT)
