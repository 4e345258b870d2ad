"""The figures of single questions, each over those who had it on their paper."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from operator import sub, truediv

from app.domain.analysis import intervals, moments
from app.domain.analysis.intervals import Interval
from app.domain.content import Key, Kind
from app.domain.marking import MAX_POINTS, NEAR_POINTS

ENOUGH = 10
"""Below so many answers a correlation says nothing: of ten, its interval is still as wide as from -0.1 to 0.9."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What became of one question version, as columns of equal length: one place for each attempt that had it on its paper.

    ``points`` of this question (0 to ``max_points``), ``totals`` of the whole paper with this question, ``mosts`` what the paper could earn;
    ``responses`` as stored, in JSON ("null" or None is blank), ``certainties`` 1 to 3 or None. These and
    ``attempts`` are empty where only figures are wanted.
    """

    attempts: Sequence[int]
    points: Sequence[float]
    totals: Sequence[float]
    mosts: Sequence[float]
    responses: Sequence[str | None] = ()
    certainties: Sequence[int | None] = ()
    max_points: float = MAX_POINTS

    def __len__(self) -> int:
        return len(self.points)

    def shares(self) -> list[float]:
        """What each attempt earned of its whole paper, from 0 to 1."""
        return list(map(truediv, self.totals, self.mosts))

    def rests(self) -> list[float]:
        """What each attempt earned of the *other* questions of its paper, from 0 to 1; 0 where there was no other."""
        most = self.max_points
        rows = zip(self.points, self.totals, self.mosts, strict=True)
        return [(total - x) / (of - most) if of > most else 0.0 for x, total, of in rows]


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """The figures of one question version; all but ``answers`` in per cent, ``discrimination`` and ``efficiency`` from -100 to 100.

    ``covariance`` is the one of its points with the share of the whole paper, from which effective weights are taken.
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

    All from https://docs.moodle.org/dev/Quiz_statistics_calculations. What does not vary has no correlation, and is blank. Total and rest are
    shares of what the learner's own paper could earn: where all papers are worth the same, as in Moodle, that changes no figure, and where a
    void question made some papers shorter, their learners do not stand as weaker.
    """
    n, most, xs = len(answers), answers.max_points, answers.points
    # Marks have few values: whatever is of them alone is taken from their counts.
    counts = {value: xs.count(value) for value in set(xs)}
    mean, var_own = _mean(counts), _variance(counts)
    # Where all papers are worth the same, shares would only be smaller numbers.
    are_alike = n > 0 and answers.mosts.count(answers.mosts[0]) == n
    rests = moments.deviations(list(map(sub, answers.totals, xs)) if are_alike else answers.rests())
    # The deviations add up to 0: those of one list are enough for a covariance.
    together, var_rest = moments.product(xs, rests), moments.product(rests, rests)
    r = efficiency = None
    if var_own and var_rest is not None and together is not None and var_rest > moments.SAME:
        r = max(-1.0, min(1.0, together / math.sqrt(var_own * var_rest)))
        best = moments.product([value for value, count in sorted(counts.items()) for _ in range(count)], sorted(rests))
        efficiency = 100 * together / best if best else None
    if are_alike and var_own is not None and together is not None:
        covariance: float | None = (var_own + together) / answers.mosts[0]
    else:
        covariance = moments.product(xs, moments.deviations(answers.shares()))
    bounds = intervals.of_correlation(r, n) if r is not None else None
    return ItemFigures(
        answers=n,
        facility=None if mean is None else 100 * mean / most,
        facility_interval=None if mean is None else _per_cent(intervals.of_share(mean / most, n)),
        spread=None if var_own is None else 100 * math.sqrt(var_own) / most,
        intended_weight=_weight(answers, are_alike=are_alike),
        effective_weight=None,
        discrimination=None if r is None else 100 * r,
        discrimination_interval=_per_cent(bounds) if bounds else None,
        efficiency=efficiency,
        # Of questions that all got right it is 0, and rounding shall not make it less.
        covariance=0.0 if covariance is not None and abs(covariance) < moments.SAME else covariance,
    )


def _weight(answers: Answers, *, are_alike: bool) -> float | None:
    if are_alike:
        return 100 * answers.max_points / answers.mosts[0]
    return moments.mean([100 * answers.max_points / of for of in answers.mosts])


def _mean(counts: Mapping[float, int]) -> float | None:
    n = sum(counts.values())
    return math.fsum(value * count for value, count in counts.items()) / n if n else None


def _variance(counts: Mapping[float, int]) -> float | None:
    """The sample variance of values that occur so often; exactly 0 where there is one value."""
    n, mean = sum(counts.values()), _mean(counts)
    if n < 2 or mean is None:
        return None
    return (
        math.fsum(count * (value - mean) ** 2 for value, count in counts.items()) / (n - 1) if len(counts) > 1 else 0.0
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
