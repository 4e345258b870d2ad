"""Where the numbers of trigger points stand on the body map. Pure geometry."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from app.domain.body_map import Point, Window


def place_labels(points: Sequence[Point], window: Window, axis: float, gap: float) -> list[Point]:
    """Return the centre of each point's label: beside the point, away from ``axis``, and within ``window``.

    The labels are at least ``gap`` units apart from top to bottom, so that none covers another. Those of points at a
    similar height stand in one column, clear of these points.
    """
    order = sorted(range(len(points)), key=lambda at: points[at].y)
    heights = spread([points[at].y for at in order], gap)
    top, bottom = window.y + gap / 2, window.y + window.height - gap / 2
    shift = max(top - heights[0], 0) + min(bottom - heights[-1], 0) if heights else 0
    labels = dict(zip(order, heights, strict=True))
    return [Point(_step_aside(point, points, window, axis, gap), labels[at] + shift) for at, point in enumerate(points)]


def spread(values: Sequence[float], gap: float) -> list[float]:
    """Return the values nearest to ``values``, which ascend, that are at least ``gap`` apart.

    It is an isotonic regression of the values without their gaps, by pooling adjacent violators.
    """
    pools: list[list[float]] = []
    for at, value in enumerate(values):
        pools.append([value - at * gap])
        while len(pools) > 1 and fmean(pools[-2]) > fmean(pools[-1]):
            last = pools.pop()
            pools[-1] += last
    levels = [fmean(pool) for pool in pools for _ in pool]
    return [level + at * gap for at, level in enumerate(levels)]


def _step_aside(point: Point, points: Sequence[Point], window: Window, axis: float, gap: float) -> float:
    """Return the x of a point's label: outside the points of a similar height, or inside if the window ends there."""
    is_left = point.x < axis
    column = [one.x for one in points if abs(one.y - point.y) < 2 * gap and (one.x < axis) == is_left]
    left, right = min(column) - gap, max(column) + gap
    outside, inside = (left, right) if is_left else (right, left)
    stays = window.x + gap / 2 <= outside <= window.x + window.width - gap / 2
    return outside if stays else inside
