"""Which places of the body map are under each point of the figure: every zone within reach, or else the nearest.

The figure is sampled on a grid of small cells. Zones are drawn on the person's right side; the left side answers like
its mirror image. Parts of the body without a zone answer with the nearest ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from app.domain.body_map import AXES, VIEW_WINDOWS, BodyView, Point, Window, Zone
from app.domain.body_silhouette import OUTLINES

CELL = 4
"""The side of a cell, in units of the sheet."""
REACH = 28
"""How far from a point of the whole figure its zones may be, in units: about half a finger's width on a desktop."""
CLOSE_REACH = 8
"""The same on a close-up."""
_CURVE_STEPS = 6
_BESIDE = ((-1, 0), (1, 0), (0, -1), (0, 1))

_Shapes = tuple[tuple[str, tuple[Point, ...]], ...]
_Bitmap = list[int]
"""The cells of a shape: one number for each row, one bit for each column."""


@dataclass(frozen=True, slots=True)
class Region:
    """All cells with the same answer. ``is_near`` says that these zones are only the nearest; ``d`` is SVG path data."""

    places: tuple[str, ...]
    is_near: bool
    d: str


@dataclass(frozen=True, slots=True)
class _Label:
    """The zones of a cell as a set of bits, and whether they are only the nearest."""

    zones: int
    is_near: bool = False


@dataclass(frozen=True, slots=True)
class _Run:
    """Neighbouring cells of one row with the same label, from column ``first`` to before ``last``."""

    first: int
    last: int


@dataclass(frozen=True, eq=False, slots=True)
class RegionGrid:
    """The labels of a view's cells, by row; None is beside the body."""

    origin: Point
    names: tuple[str, ...]
    rows: tuple[tuple[_Label | None, ...], ...]

    def find(self, point: Point) -> _Label | None:
        """Return the label at a point of the sheet."""
        row, column = int((point.y - self.origin.y) // CELL), int((point.x - self.origin.x) // CELL)
        is_inside = 0 <= row < len(self.rows) and 0 <= column < len(self.rows[0])
        return self.rows[row][column] if is_inside else None

    def list_names(self, label: _Label) -> tuple[str, ...]:
        return tuple(name for at, name in enumerate(self.names) if label.zones >> at & 1)


def build_grid(zones: Mapping[str, Zone], view: BodyView, reach: int = REACH) -> RegionGrid:
    """Return the grid of a view. It is computed once for the same zones."""
    seen = tuple((zone.id, zone.shapes[view]) for zone in zones.values() if view in zone.shapes)
    return _build_grid(view, seen, reach)


@lru_cache(maxsize=16)
def _build_grid(view: BodyView, shapes: _Shapes, reach: int) -> RegionGrid:
    window = VIEW_WINDOWS[view]
    columns, height = int(window.width // CELL) + 1, int(window.height // CELL) + 1
    origin = Point(window.x, window.y)
    body = [0] * height
    for text in OUTLINES[view]:
        _fill(body, _parse_outline(text), origin)
    cells = [[0] * columns for _ in range(height)]
    for at, (_name, points) in enumerate(shapes):
        zone = [0] * height
        for outline in _list_sides(_smooth(points), view):
            _fill(zone, outline, origin)
        within = [own | (wide & skin) for own, wide, skin in zip(zone, _widen(zone, reach), body, strict=True)]
        for row, bits in enumerate(within):
            for column in _list_columns(bits):
                if column < columns:
                    cells[row][column] |= 1 << at
    return RegionGrid(origin, tuple(name for name, _points in shapes), _spread(cells, body))


def _list_sides(points: Sequence[Point], view: BodyView) -> Iterator[Sequence[Point]]:
    yield points
    if view in AXES:
        yield [Point(2 * AXES[view] - point.x, point.y) for point in points]


def _parse_outline(text: str) -> list[Point]:
    pairs = (word.split(",") for word in text.split())
    return [Point(float(x), float(y)) for x, y in pairs]


def _smooth(points: Sequence[Point]) -> list[Point]:
    """Return points on the curve that :func:`app.domain.body_map.draw_outline` draws."""
    count, found = len(points), []
    for at in range(count):
        near = [points[(at + shift) % count] for shift in (-1, 0, 1, 2)]
        for step in range(_CURVE_STEPS):
            t = step / _CURVE_STEPS
            weights = (
                (-t + 2 * t**2 - t**3) / 2,
                (2 - 5 * t**2 + 3 * t**3) / 2,
                (t + 4 * t**2 - 3 * t**3) / 2,
                (t**3 - t**2) / 2,
            )
            pairs = list(zip(weights, near, strict=True))
            found.append(Point(sum(w * p.x for w, p in pairs), sum(w * p.y for w, p in pairs)))
    return found


def _fill(rows: _Bitmap, outline: Sequence[Point], origin: Point) -> None:
    """Add the cells whose centre is inside an outline."""
    ys = [point.y for point in outline]
    first = max(int((min(ys) - origin.y) // CELL), 0)
    last = min(int((max(ys) - origin.y) // CELL), len(rows) - 1)
    edges = list(zip(outline, [*outline[1:], outline[0]], strict=True))
    for row in range(first, last + 1):
        y = origin.y + (row + 0.5) * CELL
        crossings = sorted(a.x + (y - a.y) * (b.x - a.x) / (b.y - a.y) for a, b in edges if (a.y <= y) != (b.y <= y))
        for left, right in zip(crossings[::2], crossings[1::2], strict=True):
            start, end = (max(round((x - origin.x) / CELL), 0) for x in (left, right))
            rows[row] |= (1 << end) - (1 << start)


def _widen(rows: _Bitmap, reach: int) -> _Bitmap:
    """Add all cells within ``reach``, as an octagon."""
    for step in range(reach // CELL):
        wide = [row | row << 1 | row >> 1 for row in rows]
        # By turns with and without corners: both alone would be a square or a diamond.
        beside = wide if step % 2 else rows
        above, below = [0, *beside[:-1]], [*beside[1:], 0]
        rows = [row | up | down for row, up, down in zip(wide, above, below, strict=True)]
    return rows


def _list_columns(bits: int) -> Iterator[int]:
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def _spread(cells: list[list[int]], body: _Bitmap) -> tuple[tuple[_Label | None, ...], ...]:
    """Label all cells with zones, and the rest of the body with the labels of the nearest cells."""
    labels = [[_Label(cell) if cell else None for cell in row] for row in cells]
    edge = [(row, column) for row, line in enumerate(cells) for column, cell in enumerate(line) if cell]
    while edge:
        found = []
        for row, column in edge:
            label = labels[row][column]
            for down, aside in _BESIDE:
                y, x = row + down, column + aside
                if label and 0 <= y < len(body) and 0 <= x < len(cells[0]) and body[y] >> x & 1 and not labels[y][x]:
                    labels[y][x] = _Label(label.zones, is_near=True)
                    found.append((y, x))
        edge = found
    return tuple(tuple(row) for row in labels)


@lru_cache(maxsize=256)
def draw_regions(grid: RegionGrid, window: Window, step: int) -> tuple[Region, ...]:
    """Return the regions of a part of a view, sampled at every ``step`` cells."""
    found: dict[_Label, list[str]] = {}
    started: dict[tuple[_Label, _Run], int] = {}
    rows = _clip(window.y - grid.origin.y, window.height, len(grid.rows), step)
    for row in [*rows, rows.stop]:
        runs = set(_list_runs(grid, row, window, step)) if row < rows.stop else set()
        for label, run in [done for done in started if done not in runs]:
            found.setdefault(label, []).append(_draw_run(grid, run, started.pop((label, run)), row))
        started = dict.fromkeys(runs, row) | started
    return tuple(Region(grid.list_names(label), label.is_near, "".join(parts)) for label, parts in found.items())


def _clip(offset: float, length: float, count: int, step: int) -> range:
    """Return every ``step``-th of the cells that a window shows; ``stop`` is behind the last of them."""
    first, last = max(int(offset // CELL), 0), min(int((offset + length) // CELL) + 1, count)
    return range(first, first + -(-(last - first) // step) * step, step)


def _list_runs(grid: RegionGrid, row: int, window: Window, step: int) -> Iterator[tuple[_Label, _Run]]:
    cells = grid.rows[row]
    columns = _clip(window.x - grid.origin.x, window.width, len(cells), step)
    start, current = 0, None
    for column in columns:
        label = cells[column]
        if label == current:
            continue
        if current:
            yield current, _Run(start, column)
        start, current = column, label
    if current:
        yield current, _Run(start, columns.stop)


def _draw_run(grid: RegionGrid, run: _Run, top: int, bottom: int) -> str:
    x, y = grid.origin.x + run.first * CELL, grid.origin.y + top * CELL
    width, height = (run.last - run.first) * CELL, (bottom - top) * CELL
    return f"M{x:g} {y:g}h{width}v{height}h-{width}z"
