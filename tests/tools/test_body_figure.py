"""The figure of the body map: made from the package without losing its licence or its shape."""

from __future__ import annotations

import pytest

from app.domain.body_map import BodyView
from tools.body_figure import FIGURE, compact, segments
from tools.body_silhouette import OUTLINES, write_module


@pytest.mark.parametrize(
    ("written", "short"),
    [
        ("M 10.04 10.06 L 20 10", "M10 10.1l10-0.1"),
        ("M1 1h2v3z", "M1 1h2v3z"),
        ("M0 0 10 0 10 10", "M0 0l10 0l0 10"),
        ("m5 5 1 1", "M5 5l1 1"),
        ("M0 0C1 2 3 4 5 6", "M0 0c1 2 3 4 5 6"),
        # The two flags of an arc may be written without a gap.
        ("M0 0a1.71 1.71 0 012.89 1.12", "M0 0a1.7 1.7 0 0 1 2.9 1.1"),
    ],
)
def test_path_data_is_written_anew(written: str, short: str) -> None:
    assert compact(written) == short


def test_rounding_does_not_add_up() -> None:
    """Fails when each step is rounded by itself: a hundred steps of 0.04 would lead nowhere."""
    d = compact("M0 0" + "l0.04 0" * 100)

    assert sum(
        segment.numbers[0] for segment in segments(d.replace("l", "L")) if segment.letter == "L"
    ) == pytest.approx(4)


def test_the_figure_has_its_licence_and_every_layer() -> None:
    text = FIGURE.read_text()

    assert "Copyright (c) 2022 ELABBASSI Hicham" in text
    assert "The above copyright notice and this permission notice shall be included" in text
    for view in BodyView:
        assert f'<g id="{view}-skin">' in text
        assert f'<g id="{view}-muscle">' in text
    assert len(text) < 60_000


def test_the_outlines_are_those_of_the_figure() -> None:
    """Fails when the figure has changed and ``python -m tools.body_silhouette`` was not run again."""
    assert OUTLINES.read_text() == write_module()
