"""How zones are outlined, and which windows enlarge them."""

from __future__ import annotations

import pytest

from app.domain.body_map import (
    HEAD_WINDOWS,
    VIEW_WINDOWS,
    BodyView,
    Point,
    Window,
    describe_window,
    draw_outline,
    find_centre,
    list_close_ups,
)


def box(x: float, y: float, width: float, height: float) -> tuple[Point, ...]:
    return Point(x, y), Point(x + width, y), Point(x + width, y + height), Point(x, y + height)


def test_an_outline_runs_through_its_points_and_closes() -> None:
    d = draw_outline(box(0, 0, 12, 12))

    assert d == "M0 0C2 -2 10 -2 12 0C14 2 14 10 12 12C10 14 2 14 0 12C-2 10 -2 2 0 0Z"


def test_the_middle_of_points() -> None:
    assert find_centre(box(10, 20, 4, 6)) == Point(12, 23)


@pytest.mark.parametrize(
    ("view", "shapes", "windows"),
    [
        (BodyView.FRONT, [], []),
        (BodyView.FRONT, [box(300, 120, 20, 20)], [HEAD_WINDOWS[BodyView.FRONT]]),
        (BodyView.BACK, [box(1100, 120, 20, 20), (Point(1146, 288),)], [HEAD_WINDOWS[BodyView.BACK]]),
        (BodyView.SIDE, [box(1600, 200, 20, 20)], [VIEW_WINDOWS[BodyView.SIDE]]),
        (BodyView.SIDE, [], []),
        # As high as wide and a little more, with room around.
        (BodyView.FRONT, [box(200, 600, 100, 60)], [Window(145, 518, 210, 225)]),
        # Moved so that it stays on the view.
        (BodyView.FRONT, [box(36, 740, 40, 40)], [Window(30, 648, 210, 225)]),
        # Too far apart for one window.
        (
            BodyView.FRONT,
            [box(240, 1300, 40, 40), box(240, 700, 40, 40)],
            [Window(155, 608, 210, 225), Window(155, 1145, 210, 225)],
        ),
        # Too large for a close-up with others: it gets one of its own, wherever it comes.
        (BodyView.FRONT, [box(240, 400, 40, 500)], [Window(30, 372, 520, 556)]),
        (
            BodyView.FRONT,
            [box(300, 120, 20, 20), box(240, 400, 40, 500)],
            [HEAD_WINDOWS[BodyView.FRONT], Window(30, 372, 520, 556)],
        ),
        (
            BodyView.FRONT,
            [box(240, 400, 40, 500), box(240, 1300, 40, 40)],
            [Window(30, 372, 520, 556), Window(155, 1145, 210, 225)],
        ),
        # Larger than the view.
        (BodyView.FRONT, [box(30, 80, 664, 1290)], [VIEW_WINDOWS[BodyView.FRONT]]),
    ],
)
def test_close_ups_hold_all_shapes(view: BodyView, shapes: list[tuple[Point, ...]], windows: list[Window]) -> None:
    assert list(list_close_ups(view, shapes)) == windows


@pytest.mark.parametrize(
    ("view", "window", "part"),
    [
        (BodyView.BACK, HEAD_WINDOWS[BodyView.BACK], "Head and neck"),
        (BodyView.FRONT, Window(164, 80, 370, 396), "Head, neck and shoulders"),
        (BodyView.BACK, Window(1058, 256, 210, 225), "Shoulder and trunk"),
        (BodyView.BACK, Window(1020, 300, 385, 412), "Shoulder and arm"),
        (BodyView.FRONT, Window(82, 407, 210, 225), "Arm"),
        (BodyView.FRONT, Window(30, 670, 210, 225), "Arm and hand"),
        (BodyView.BACK, Window(950, 461, 232, 248), "Trunk"),
        (BodyView.BACK, Window(1003, 547, 210, 225), "Trunk and hip"),
        (BodyView.FRONT, Window(120, 662, 262, 280), "Hip and thigh"),
        (BodyView.BACK, Window(956, 636, 374, 400), "Hip and thigh"),
        (BodyView.FRONT, Window(163, 744, 280, 300), "Thigh and knee"),
        (BodyView.BACK, Window(1053, 973, 210, 225), "Knee and lower leg"),
        (BodyView.FRONT, Window(206, 1145, 210, 225), "Lower leg and foot"),
    ],
)
def test_a_close_up_says_what_it_shows(view: BodyView, window: Window, part: str) -> None:
    assert describe_window(view, window) == part
