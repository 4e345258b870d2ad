"""The chance of passing a test by blind guessing, computed exactly for questions that are guessed independently."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.sections import SectionRule, is_pass_mark_reached


@dataclass(frozen=True, slots=True)
class GuessedQuestion:
    """One question of a paper before it is drawn: averages over the questions that it could be.

    ``right`` is the probability of guessing it; ``critical`` is that of guessing wrong on a safety-critical question.
    Points for answers that are partly right are left out.
    """

    right: float
    critical: float = 0.0

    @property
    def harmless(self) -> float:
        """The probability of a wrong answer that is not safety-critical."""
        return max(0.0, 1 - self.right - self.critical)


def compute_chance(
    sections: Sequence[Sequence[GuessedQuestion]], rules: Sequence[SectionRule], pass_mark_percent: int
) -> float:
    """Return the probability, from 0 to 1, that a guesser passes by the rules of :func:`compute_outcome`."""
    chances = [1.0]
    for questions, rule in zip(sections, rules, strict=True):
        chances = _combine(chances, _count_right(questions, rule))
    most = len(chances) - 1
    return sum(chance for right, chance in enumerate(chances) if is_pass_mark_reached(right, most, pass_mark_percent))


def _count_right(questions: Sequence[GuessedQuestion], rule: SectionRule) -> list[float]:
    """Return the probability of each number of right answers with which the section is passed."""
    chances = [1.0]
    for one in questions:
        wrong = one.harmless if rule.needs_critical_right else 1 - one.right
        chances = _combine(chances, [wrong, one.right])
    mark, most = rule.pass_mark_percent, len(questions)
    if mark is None or not most:
        return chances
    return [chance if is_pass_mark_reached(right, most, mark) else 0.0 for right, chance in enumerate(chances)]


def _combine(one: Sequence[float], other: Sequence[float]) -> list[float]:
    """Return the distribution of the sum of two independent numbers."""
    both = [0.0] * (len(one) + len(other) - 1)
    for first, chance in enumerate(one):
        for second, further in enumerate(other):
            both[first + second] += chance * further
    return both
