"""The figures of single questions, each over the learners who had it on their paper."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from operator import sub, truediv

from app.domain.analysis import intervals, moments
from app.domain.analysis.intervals import Interval
from app.domain.analysis.thresholds import FEW_LEARNERS
from app.domain.kinds.base import K, QuestionKind
from app.domain.marking import MAX_POINTS


@dataclass(frozen=True, slots=True)
class ItemResponses:
    """The results of one question version in columns of equal length, one place for each attempt that had it.

    ``points`` are those of this question (0 to ``max_points``), ``totals`` those of the whole paper with it, and
    ``mosts`` what the paper could earn. ``responses`` are stored JSON ("null" or None is blank), ``certainties`` 1 to 3
    or None. Responses, certainties and ``attempts`` are empty if only figures are needed.
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
        """Return what each attempt earned of its whole paper, from 0 to 1."""
        return list(map(truediv, self.totals, self.mosts))

    def rests(self) -> list[float]:
        """Return what each attempt earned of the *other* questions of its paper, from 0 to 1; 0 if there were none."""
        most = self.max_points
        rows = zip(self.points, self.totals, self.mosts, strict=True)
        return [(total - x) / (of - most) if of > most else 0.0 for x, total, of in rows]


@dataclass(frozen=True, slots=True)
class ItemStatistics:
    """The figures of one question version.

    All but ``answers`` and ``covariance`` are per cent; ``discrimination`` and ``efficiency`` are -100 to 100.
    ``covariance`` is that of the points with the share of the whole paper, from which effective weights are computed.
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
        return self.answers >= FEW_LEARNERS


def compute(columns: Mapping[int, ItemResponses], learners: int) -> dict[int, ItemStatistics]:
    """Return the figures of every question of a test, by version; ``learners`` is how many took the test.

    Effective weight = 100·√cov(item, total) / Σ√cov(item, total). As in Moodle
    (https://docs.moodle.org/dev/Quiz_statistics_calculations), a negative covariance has no weight and is left out of
    the sum. If questions are drawn at random, each enters the sum in proportion to the learners who had it. Its weight
    is then its share of a paper that contains it; if all learners have the same paper, that is Moodle's weight.
    """
    found = {version: _compute_one(answers) for version, answers in columns.items()}
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


def _compute_one(answers: ItemResponses) -> ItemStatistics:
    """Return all figures of one question except its effective weight.

    - facility index = 100·mean(x)/max(x); standard deviation = 100·sd(x)/max(x); intended weight =
      100·max(x)/max(total).
    - discrimination index = 100·r(x, rest), where rest = total - x.
    - discriminative efficiency = 100·cov(x, rest)/cov(sorted x, sorted rest): the share of the best discrimination that
      these marks allow.

    All are from https://docs.moodle.org/dev/Quiz_statistics_calculations. A constant has no correlation. Total and rest
    are shares of what the learner's own paper could earn. If all papers are worth the same, as in Moodle, this changes
    no figure; if a void question made some papers shorter, their learners do not look weaker.
    """
    n, most, xs = len(answers), answers.max_points, answers.points
    # Marks have few distinct values, so the mean and variance are computed from counts.
    counts = {value: xs.count(value) for value in set(xs)}
    mean, var_own = _mean(counts), _variance(counts)
    # If all papers are worth the same, totals give the same figures as shares.
    are_alike = n > 0 and answers.mosts.count(answers.mosts[0]) == n
    rests = moments.deviations(list(map(sub, answers.totals, xs)) if are_alike else answers.rests())
    # Deviations add up to 0, so a covariance needs those of one list only.
    together, var_rest = moments.covariance(xs, rests), moments.covariance(rests, rests)
    r = efficiency = None
    if var_own and var_rest is not None and together is not None and var_rest > moments.EPSILON:
        r = max(-1.0, min(1.0, together / math.sqrt(var_own * var_rest)))
        best = moments.covariance(
            [value for value, count in sorted(counts.items()) for _ in range(count)], sorted(rests)
        )
        efficiency = 100 * together / best if best else None
    if are_alike and var_own is not None and together is not None:
        covariance: float | None = (var_own + together) / answers.mosts[0]
    else:
        covariance = moments.covariance(xs, moments.deviations(answers.shares()))
    bounds = intervals.fisher_interval(r, n) if r is not None else None
    return ItemStatistics(
        answers=n,
        facility=None if mean is None else 100 * mean / most,
        facility_interval=None if mean is None else _per_cent(intervals.wilson_interval(mean / most, n)),
        spread=None if var_own is None else 100 * math.sqrt(var_own) / most,
        intended_weight=_weight(answers, are_alike=are_alike),
        effective_weight=None,
        discrimination=None if r is None else 100 * r,
        discrimination_interval=_per_cent(bounds) if bounds else None,
        efficiency=efficiency,
        # It is 0 if everybody was right; rounding must not make it negative.
        covariance=0.0 if covariance is not None and abs(covariance) < moments.EPSILON else covariance,
    )


def _weight(answers: ItemResponses, *, are_alike: bool) -> float | None:
    if are_alike:
        return 100 * answers.max_points / answers.mosts[0]
    return moments.mean([100 * answers.max_points / of for of in answers.mosts])


def _mean(counts: Mapping[float, int]) -> float | None:
    n = sum(counts.values())
    return math.fsum(value * count for value, count in counts.items()) / n if n else None


def _variance(counts: Mapping[float, int]) -> float | None:
    """Return the sample variance of values given with their counts; exactly 0 if there is only one value."""
    n, mean = sum(counts.values()), _mean(counts)
    if n < 2 or mean is None:
        return None
    return (
        math.fsum(count * (value - mean) ** 2 for value, count in counts.items()) / (n - 1) if len(counts) > 1 else 0.0
    )


def _per_cent(bounds: Interval) -> Interval:
    return Interval(100 * bounds.low, 100 * bounds.high)


def random_guess(kind: QuestionKind[K], key: K, options: int) -> float | None:
    """Return the mean score of blind guessing, in per cent.

    None, as in Moodle, if the number of guesses is not fixed.
    """
    share = kind.guess(key, options)
    return None if share is None else 100 * share
