"""The figures of a whole test, and the distribution of its scores."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Protocol

from app.domain.analysis import intervals, moments
from app.domain.analysis.intervals import Interval
from app.domain.analysis.thresholds import FEW_LEARNERS
from app.domain.attempt import percent


@dataclass(frozen=True, slots=True)
class ScoredPaper:
    """One attempt that counts.

    ``points`` are those of each question in the order of the paper, ``total`` is their sum, and ``max_points`` what
    could be earned.
    """

    points: tuple[float, ...]
    total: float
    max_points: float


@dataclass(frozen=True, slots=True)
class ScoreStatistics:
    """The figures of a test.

    All but ``learners``, ``consistency_of``, ``skewness`` and ``kurtosis`` are per cent: of the score or, for
    consistency and error ratio, of 1. ``consistency_of`` is the number of learners with a paper of the commonest
    length, on whom the consistency is based.
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
        return self.learners >= FEW_LEARNERS


def compute(papers: Sequence[ScoredPaper]) -> ScoreStatistics:
    """Compute the figures of a test as Moodle does; location, spread and shape are those of the scores in per cent.

    Error ratio = 100·√(1 - CIC/100); standard error = error ratio/100 · standard deviation, where CIC is
    :func:`cronbach_alpha` (https://docs.moodle.org/dev/Quiz_statistics_calculations).
    """
    scores = [100 * paper.total / paper.max_points for paper in papers if paper.max_points > 0]
    alike = select_commonest_length(papers)
    spread, alpha = moments.standard_deviation(scores), cronbach_alpha(alike)
    # The square root would turn a rounding error of 1e-16 into a visible 1e-8.
    error = None if alpha is None else 1 - alpha / 100
    ratio = None if error is None else 100 * math.sqrt(error) if error > moments.EPSILON else 0.0
    return ScoreStatistics(
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


def select_commonest_length(papers: Sequence[ScoredPaper]) -> Sequence[ScoredPaper]:
    """Return the papers of the commonest length if at least half have it; of equally common lengths, the longer.

    Consistency is defined only for papers of equal length. Those that a void question made shorter are left out.
    """
    lengths = Counter(len(paper.points) for paper in papers)
    if len(lengths) < 2:
        return papers
    length, many = max(lengths.items(), key=lambda one: (one[1], one[0]))
    return [paper for paper in papers if len(paper.points) == length] if 2 * many >= len(papers) else ()


def cronbach_alpha(papers: Sequence[ScoredPaper]) -> float | None:
    """Return Cronbach's alpha in per cent: 100·p/(p - 1)·(1 - Σvar(item)/var(total)). It can be negative.

    As in Moodle, an item is a *place* on the paper, even if it holds a question drawn at random, because every learner
    has all places. Places are shuffled, so they differ only by chance. Differences in difficulty between the questions
    at a place count as error, rightly: the learner would have had another score with another paper. ``papers`` must
    have equal length. None for fewer than two learners or places, or if all scores are equal.

    https://docs.moodle.org/dev/Quiz_statistics_calculations; Cronbach 1951, https://doi.org/10.1007/BF02310555
    """
    total = moments.variance([paper.total for paper in papers])
    if not total or (p := len(papers[0].points)) < 2:
        return None
    of_places = math.fsum(
        moments.variance(points) or 0.0 for points in zip(*(one.points for one in papers), strict=True)
    )
    return 100 * p / (p - 1) * (1 - of_places / total)


def _interval(alpha: float | None, papers: Sequence[ScoredPaper]) -> Interval | None:
    if alpha is None:
        return None
    found = intervals.bonett_interval(alpha / 100, len(papers), len(papers[0].points))
    return Interval(100 * found.low, 100 * found.high) if found else None


@dataclass(frozen=True, slots=True)
class ScoreBand:
    """Scores from ``low`` to ``high`` per cent, both included, and how many learners have one."""

    low: int
    high: int
    count: int


class HasScore(Protocol):
    """Anything with points and a maximum."""

    @property
    def total(self) -> float: ...

    @property
    def max_points(self) -> float: ...


def count_by_band(papers: Iterable[HasScore]) -> tuple[ScoreBand, ...]:
    """Count scores, in whole per cent as everywhere, in ten bands; the last includes 100."""
    counts = [0] * 10
    for paper in papers:
        counts[min(9, percent(paper.total, paper.max_points) // 10)] += 1
    return tuple(ScoreBand(10 * at, 100 if at == 9 else 10 * at + 9, count) for at, count in enumerate(counts))
