"""A guesser's chance of passing, against chances that one can compute by hand."""

from __future__ import annotations

import pytest

from app.domain.guessing import GuessedQuestion, compute_chance
from app.domain.sections import SectionRule

QUARTER, HALF = GuessedQuestion(0.25), GuessedQuestion(0.5)
CRITICAL = GuessedQuestion(0.25, 0.75)
FREE = SectionRule("A", needs_critical_right=False)


@pytest.mark.parametrize(
    ("sections", "rules", "pass_mark", "chance"),
    [
        ([[QUARTER]], [FREE], 50, 0.25),
        ([[QUARTER, QUARTER]], [FREE], 50, 1 - 0.75**2),
        ([[QUARTER, QUARTER]], [FREE], 60, 0.25**2),
        ([[HALF] * 4], [FREE], 75, 5 / 16),
        ([[HALF], [HALF]], [FREE, FREE], 50, 0.75),
        ([[HALF], [HALF]], [FREE, SectionRule("B", 100, needs_critical_right=False)], 50, 0.5),
        ([[CRITICAL, HALF]], [SectionRule("A")], 50, 0.25),
        ([[CRITICAL, HALF]], [FREE], 50, 1 - 0.75 * 0.5),
        ([[], [HALF]], [SectionRule("A", 90), FREE], 50, 0.5),
        ([[]], [FREE], 50, 0.0),
        ([], [], 50, 0.0),
    ],
)
def test_the_chance_is_exact(
    sections: list[list[GuessedQuestion]], rules: list[SectionRule], pass_mark: int, chance: float
) -> None:
    assert compute_chance(sections, rules, pass_mark) == pytest.approx(chance)
