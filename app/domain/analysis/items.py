"""The figures of single questions, each over those who had it on their paper."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.domain.analysis import intervals, moments
from app.domain.analysis.intervals import Interval
from app.domain.content import Key, Kind
from app.domain.marking import NEAR_POINTS

ENOUGH = 10
"""Below so many answers a correlation says nothing: of ten, its interval is still as wide as from -0.1 to 0.9."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What became of one question version, as columns of equal length: one place for each attempt that had it on its paper.

    ``points`` of this question (0 to ``max_points``), ``totals`` of the whole paper with this question, ``mosts`` what the paper could earn;
    ``responses`` as stored, in JSON ("null" or None is blank), ``certainties`` 1 to 3 or None.
    """

    attempts: Sequence[int]
    points: Sequence[float]
    totals: Sequence[float]
    mosts: Sequence[float]
    responses: Sequence[str | None]
    certainties: Sequence[int | None]
    max_points: float = 1.0

    def __len__(self) -> int:
        return len(self.attempts)

    def rest_percent(self) -> list[float]:
        """What each attempt scored on the other questions, in per cent; 0 where there was no other."""
        rows = zip(self.points, self.totals, self.mosts, strict=True)
        return [
            round(100 * (total - points) / (most - self.max_points), 6) if most > self.max_points else 0.0
            for points, total, most in rows
        ]


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """The figures of one question version; all but ``answers`` in per cent, ``discrimination`` and ``efficiency`` from -100 to 100.

    ``covariance`` is the one with the total, in squared points, from which effective weights are taken.
    """

    answers: int
    facility: float | None
    facility_interval: Interval | None
    spread: float | None
    intended_weight: float | None
    effective_weight: float | None
    discrimination: float | None
    discrimination_interval: Interval | None
    efficiency: float | None
    covariance: float | None

    @property
    def is_enough(self) -> bool:
        return self.answers >= ENOUGH


def figures(columns: Mapping[int, Answers], learners: int) -> dict[int, ItemFigures]:
    """The figures of every question of a test, by version; ``learners`` is how many took the test.

    Effective weight = 100·√cov(item, total) / Σ√cov(item, total), blank for a negative covariance, which is not in the sum either, as in Moodle
    (https://docs.moodle.org/dev/Quiz_statistics_calculations). Where questions are drawn at random, each stands in the sum with the share of
    learners who had it: a weight then means how much it weighs on a paper that holds it, and with one paper for all it is Moodle's.
    """
    found = {version: _figures(answers) for version, answers in columns.items()}
    roots = {
        version: math.sqrt(one.covariance)
        for version, one in found.items()
        if one.covariance is not None and one.covariance >= 0
    }
    whole = math.fsum(root * found[version].answers / learners for version, root in roots.items())
    if whole <= 0:
        return found
    return {
        version: replace(one, effective_weight=100 * roots[version] / whole) if version in roots else one
        for version, one in found.items()
    }


def _figures(answers: Answers) -> ItemFigures:
    """All figures of one question but its effective weight.

    - facility index = 100·mean(x)/max(x); standard deviation = 100·sd(x)/max(x); intended weight = 100·max(x)/max(total).
    - discrimination index = 100·r(x, rest), where rest = total - x.
    - discriminative efficiency = 100·cov(x, rest)/cov(sorted x, sorted rest): the share of the most that these marks could have discriminated.

    All from https://docs.moodle.org/dev/Quiz_statistics_calculations. What does not vary has no correlation, and is blank.
    """
    n, most = len(answers), answers.max_points
    mean = moments.mean(answers.points)
    facility = None if mean is None else mean / most
    own = moments.deviations(answers.points)
    rest = moments.deviations([total - x for x, total in zip(answers.points, answers.totals, strict=True)])
    var_own, var_rest, together = moments.product(own, own), moments.product(rest, rest), moments.product(own, rest)
    r = efficiency = None
    if var_own is not None and var_rest is not None and together is not None:
        var_own = 0.0 if var_own < moments.SAME else var_own
        if var_own and var_rest > moments.SAME:
            r = max(-1.0, min(1.0, together / math.sqrt(var_own * var_rest)))
            best = moments.product(sorted(own), sorted(rest))
            efficiency = 100 * together / best if best else None
    covariance = None if var_own is None or together is None else var_own + together
    bounds = intervals.of_correlation(r, n) if r is not None else None
    return ItemFigures(
        answers=n,
        facility=None if facility is None else 100 * facility,
        facility_interval=None if facility is None else _per_cent(intervals.of_share(facility, n)),
        spread=None if var_own is None else 100 * math.sqrt(var_own) / most,
        intended_weight=moments.mean([100 * most / of for of in answers.mosts if of > 0]),
        effective_weight=None,
        discrimination=None if r is None else 100 * r,
        discrimination_interval=_per_cent(bounds) if bounds else None,
        efficiency=efficiency,
        # Of questions that all got right it is 0, and rounding shall not make it less.
        covariance=0.0 if covariance is not None and abs(covariance) < moments.SAME else covariance,
    )


def _per_cent(bounds: Interval) -> Interval:
    return Interval(100 * bounds.low, 100 * bounds.high)


def random_guess(kind: Kind, key: Key, options: int) -> float | None:
    """What blind guessing earns on average, in per cent: the mean of the points of all options.

    Blank, as in Moodle, for what has no fixed number of guesses: several answers and steps in order. A number is not guessed: 0.
    """
    match kind:
        case Kind.SINGLE | Kind.TRUE_FALSE | Kind.REGION:
            return 100 * (len(key.correct) + NEAR_POINTS * len(key.near)) / options
        case Kind.MATCH:
            return 100 / options
        case Kind.NUMERIC:
            return 0.0
        case _:
            return None
