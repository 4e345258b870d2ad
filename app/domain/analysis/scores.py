"""The figures of a whole test, and how its scores are distributed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Protocol

from app.domain.analysis import intervals, moments
from app.domain.analysis.intervals import Interval
from app.domain.attempt import percent

ENOUGH = 10
"""Shape, consistency and error of fewer scores say more about chance than about the test."""


@dataclass(frozen=True, slots=True)
class Paper:
    """One attempt that counts: the points of each of its questions in the order of the paper, their sum, and what could be earned."""

    points: tuple[float, ...]
    total: float
    max_points: float


@dataclass(frozen=True, slots=True)
class ScoreFigures:
    """The figures of a test.

    All but ``learners``, ``skewness`` and ``kurtosis`` are per cent; of the score, or, of consistency and error ratio, of 1.

    ``consistency_of`` is how many learners had a paper of the commonest length: the consistency is theirs.
    """

    learners: int
    mean: float | None
    median: float | None
    spread: float | None
    skewness: float | None
    kurtosis: float | None
    consistency: float | None
    consistency_interval: Interval | None
    consistency_of: int
    error_ratio: float | None
    standard_error: float | None

    @property
    def is_enough(self) -> bool:
        return self.learners >= ENOUGH


def figures(papers: Sequence[Paper]) -> ScoreFigures:
    """The figures of a test, as Moodle: mean, median, standard deviation, skewness and kurtosis of the scores in per cent, and how far they can be trusted.

    Error ratio = 100·√(1 - CIC/100); standard error = error ratio/100 · standard deviation, where CIC is :func:`consistency`
    (https://docs.moodle.org/dev/Quiz_statistics_calculations).
    """
    scores = [100 * paper.total / paper.max_points for paper in papers if paper.max_points > 0]
    alike = of_one_length(papers)
    spread, alpha = moments.spread(scores), consistency(alike)
    # Of a test without error rounding would leave a root of 1e-16, which is no longer small.
    error = None if alpha is None else 1 - alpha / 100
    ratio = None if error is None else 100 * math.sqrt(error) if error > moments.SAME else 0.0
    return ScoreFigures(
        learners=len(papers),
        mean=moments.mean(scores),
        median=median(scores) if scores else None,
        spread=spread,
        skewness=moments.skewness(scores),
        kurtosis=moments.kurtosis(scores),
        consistency=alpha,
        consistency_interval=_interval(alpha, alike),
        consistency_of=len(alike),
        error_ratio=ratio,
        standard_error=None if ratio is None or spread is None else ratio / 100 * spread,
    )


def of_one_length(papers: Sequence[Paper]) -> Sequence[Paper]:
    """The papers of the commonest length, if half of all have it; of two that are as common, the longer ones.

    Consistency is defined for papers of one length only, and a void question makes some shorter: those are left out of it.
    """
    lengths = Counter(len(paper.points) for paper in papers)
    if len(lengths) < 2:
        return papers
    length, many = max(lengths.items(), key=lambda one: (one[1], one[0]))
    return [paper for paper in papers if len(paper.points) == length] if 2 * many >= len(papers) else ()


def consistency(papers: Sequence[Paper]) -> float | None:
    """The coefficient of internal consistency (Cronbach's alpha) in per cent: 100·p/(p - 1)·(1 - Σvar(item)/var(total)).

    An item here is a *place* on the paper, as in Moodle, where a place with a question drawn at random is one item, too: every learner has
    them all. Places are shuffled, so they differ by chance alone; that the questions at one place are not equally hard counts as error,
    and rightly so: with another paper the learner had had another score. ``papers`` are of one length. None for fewer than two learners or
    two places, and where all have the same score. It can be negative.
    (https://docs.moodle.org/dev/Quiz_statistics_calculations; Cronbach 1951, https://doi.org/10.1007/BF02310555)
    """
    total = moments.variance([paper.total for paper in papers])
    if not total or (p := len(papers[0].points)) < 2:
        return None
    of_places = math.fsum(
        moments.variance(points) or 0.0 for points in zip(*(one.points for one in papers), strict=True)
    )
    return 100 * p / (p - 1) * (1 - of_places / total)


def _interval(alpha: float | None, papers: Sequence[Paper]) -> Interval | None:
    if alpha is None:
        return None
    found = intervals.of_consistency(alpha / 100, len(papers), len(papers[0].points))
    return Interval(100 * found.low, 100 * found.high) if found else None


@dataclass(frozen=True, slots=True)
class Band:
    """Scores from ``low`` to ``high`` per cent, both included, and how many learners have one."""

    low: int
    high: int
    count: int


class Scored(Protocol):
    """Whatever has points, and what could be earned."""

    @property
    def total(self) -> float: ...

    @property
    def max_points(self) -> float: ...


def distribution(papers: Iterable[Scored]) -> tuple[Band, ...]:
    """How many scores, in whole per cent as everywhere, lie in each of ten bands; the last one holds 100, too."""
    counts = [0] * 10
    for paper in papers:
        counts[min(9, percent(paper.total, paper.max_points) // 10)] += 1
    return tuple(Band(10 * at, 100 if at == 9 else 10 * at + 9, count) for at, count in enumerate(counts))
