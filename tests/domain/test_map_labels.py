"""Where the numbers of trigger points stand."""

from __future__ import annotations

import pytest

from app.domain.body_map import Point, Window
from app.domain.map_labels import place_labels, spread

WINDOW = Window(0, 0, 200, 400)
AXIS = 100.0


@pytest.mark.parametrize(
    ("values", "apart"),
    [
        ([], []),
        ([7], [7]),
        ([0, 50, 90], [0, 50, 90]),
        ([10, 10], [0, 20]),
        ([10, 12, 14], [-8, 12, 32]),
        ([0, 100, 101], [0, 90.5, 110.5]),
        ([10, 11, 25], [-4.667, 15.333, 35.333]),
    ],
)
def test_values_that_are_too_close_are_spread_about_their_mean(values: list[float], apart: list[float]) -> None:
    assert spread(values, 20) == pytest.approx(apart, abs=0.001)


def test_a_label_stands_beside_its_point_away_from_the_midline() -> None:
    assert place_labels([Point(60, 200), Point(140, 300)], WINDOW, AXIS, 20) == [Point(40, 200), Point(160, 300)]


def test_the_labels_of_close_points_stand_in_one_column_outside_all_of_them() -> None:
    labels = place_labels([Point(60, 200), Point(50, 202), Point(70, 320)], WINDOW, AXIS, 20)

    assert labels == [Point(30, 191), Point(30, 211), Point(50, 320)]


@pytest.mark.parametrize(
    ("point", "label"),
    [(Point(15, 200), Point(35, 200)), (Point(190, 200), Point(170, 200)), (Point(60, 2), Point(40, 10))],
)
def test_a_label_stays_in_its_window(point: Point, label: Point) -> None:
    assert place_labels([point], WINDOW, AXIS, 20) == [label]


def test_labels_at_the_foot_move_up_together() -> None:
    labels = place_labels([Point(60, 395), Point(60, 396)], WINDOW, AXIS, 20)

    assert [label.y for label in labels] == [370, 390]
