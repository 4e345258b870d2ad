"""Every point of the body answers with the zones there, on both sides, or with the nearest ones."""

from __future__ import annotations

import pytest

from app.domain.body_map import AXES, VIEW_WINDOWS, BodyArea, BodyView, Point, Window, Zone
from app.domain.body_regions import CELL, CLOSE_REACH, REACH, build_grid, draw_regions
from app.domain.body_silhouette import OUTLINES

FRONT = BodyView.FRONT


def zone(name: str, x: float, y: float, size: float = 40) -> Zone:
    corners = Point(x, y), Point(x + size, y), Point(x + size, y + size), Point(x, y + size)
    return Zone(name, name, BodyArea.CHEST, {FRONT: corners})


ZONES = {one.id: one for one in (zone("chest", 300, 380), zone("belly", 310, 400), zone("thigh", 300, 800))}


@pytest.mark.parametrize(
    ("point", "places"),
    [
        (Point(302, 382), ("chest", "belly")),
        (Point(330, 410), ("chest", "belly")),
        (Point(320, 820), ("thigh",)),
        # The other side is a mirror image.
        (Point(2 * 362 - 320, 820), ("thigh",)),
        (Point(2 * 362 - 330, 410), ("chest", "belly")),
        # Within reach, and the nearest.
        (Point(320, 800 - REACH + CELL), ("thigh",)),
        (Point(320, 1100), ("thigh",)),
        # Beside the body, and beside the sheet.
        (Point(60, 200), ()),
        (Point(-5000, 200), ()),
    ],
)
def test_a_point_answers_with_all_its_places(point: Point, places: tuple[str, ...]) -> None:
    grid = build_grid(ZONES, FRONT)
    label = grid.find(point)

    assert (grid.list_names(label) if label else ()) == places


def test_reach_decides_what_is_only_the_nearest() -> None:
    below = Point(320, 840 + 20)

    assert build_grid(ZONES, FRONT, REACH).find(below) != build_grid(ZONES, FRONT, CLOSE_REACH).find(below)
    wide, close = (build_grid(ZONES, FRONT, reach).find(below) for reach in (REACH, CLOSE_REACH))
    assert wide
    assert close
    assert (wide.is_near, close.is_near) == (False, True)


@pytest.mark.parametrize("view", [BodyView.FRONT, BodyView.BACK])
def test_every_row_of_the_body_has_an_answer(view: BodyView) -> None:
    """Fails when a part of the body is left out."""
    one = Zone("one", "one", BodyArea.CHEST, {view: zone("one", AXES[view] - 20, 400).shapes[FRONT]})
    grid = build_grid({"one": one}, view)
    ys = [float(pair.split(",")[1]) for outline in OUTLINES[view] for pair in outline.split()]

    rows = [row for row, labels in enumerate(grid.rows) if any(labels)]

    assert rows == list(range(rows[0], rows[-1] + 1))
    assert (rows[-1] - rows[0] + 1) * CELL >= max(ys) - min(ys) - 2 * CELL


def test_a_map_without_zones_leads_nowhere() -> None:
    assert draw_regions(build_grid({}, FRONT), VIEW_WINDOWS[FRONT], 2) == ()


def test_regions_are_drawn_as_rectangles_within_their_window() -> None:
    window = Window(290, 780, 60, 80)

    regions = draw_regions(build_grid(ZONES, FRONT, CLOSE_REACH), window, 1)

    assert {region.places for region in regions} == {("thigh",)}
    assert {region.is_near for region in regions} == {False, True}
    assert all(region.d.startswith("M") and region.d.endswith("z") for region in regions)


def test_both_sides_of_the_body_are_outlined() -> None:
    """Fails when the figure is no longer symmetrical about the axis at which zones are mirrored."""
    for view, axis in AXES.items():
        xs = [float(pair.split(",")[0]) for outline in OUTLINES[view] for pair in outline.split()]
        assert abs((min(xs) + max(xs)) / 2 - axis) < 2 * CELL
