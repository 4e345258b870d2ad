"""Mastery of an objective: latest results first, as a table."""

from __future__ import annotations

import pytest

from app.domain.mastery import Level, Mastery, level

R, W = True, False


@pytest.mark.parametrize(
    ("latest_first", "expected"),
    [
        ([], Level(Mastery.UNSEEN, 0, 0)),
        ([W], Level(Mastery.STARTED, 0, 1)),
        ([R], Level(Mastery.NEARLY, 1, 1)),
        ([R, R], Level(Mastery.NEARLY, 2, 2)),
        ([R, W], Level(Mastery.STARTED, 1, 2)),
        ([R, R, R], Level(Mastery.SECURE, 3, 3)),
        ([R, R, W], Level(Mastery.NEARLY, 2, 3)),
        ([R, R, R, W], Level(Mastery.NEARLY, 3, 4)),
        ([R, R, R, R, W], Level(Mastery.SECURE, 4, 5)),
        ([R, R, R, W, W], Level(Mastery.NEARLY, 3, 5)),
        ([R, R, W, W, W], Level(Mastery.STARTED, 2, 5)),
        ([R, R, R, R, R, W, W, W, W], Level(Mastery.SECURE, 5, 5)),
        ([W, W, W, W, W, R, R, R, R, R], Level(Mastery.STARTED, 0, 5)),
    ],
)
def test_the_latest_five_results_decide(latest_first: list[bool], expected: Level) -> None:
    assert level(latest_first) == expected
