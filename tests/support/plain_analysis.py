"""A second implementation of the figures, for comparison: exact fractions, other formulas, no code in common with the product.

Variances and covariances are sums over all pairs of learners; the k-statistics come from power sums; nothing is rounded before the last step.
A test is a list of papers, a paper a list of (question, points): questions drawn at random make papers differ.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

Paper = list[tuple[int, Fraction]]


def covariance(xs: Sequence[Fraction], ys: Sequence[Fraction]) -> Fraction | None:
    """Σ over pairs i < j of (xi - xj)(yi - yj), divided by n(n - 1)."""
    n = len(xs)
    if n < 2:
        return None
    pairs = combinations(range(n), 2)
    return sum(((xs[i] - xs[j]) * (ys[i] - ys[j]) for i, j in pairs), Fraction(0)) / (n * (n - 1))


def power_sums(xs: Sequence[Fraction]) -> list[Fraction]:
    return [sum((x**power for x in xs), Fraction(0)) for power in range(5)]


def skewness(xs: Sequence[Fraction]) -> float | None:
    k2, n = covariance(xs, xs), len(xs)
    if n < 3 or not k2:
        return None
    _, s1, s2, s3, _ = power_sums(xs)
    k3 = (2 * s1**3 - 3 * n * s1 * s2 + n * n * s3) / (n * (n - 1) * (n - 2))
    return float(float(k3) / float(k2) ** 1.5)


def kurtosis(xs: Sequence[Fraction]) -> float | None:
    k2, n = covariance(xs, xs), len(xs)
    if n < 4 or not k2:
        return None
    _, s1, s2, s3, s4 = power_sums(xs)
    k4 = (
        -6 * s1**4 + 12 * n * s1**2 * s2 - 3 * n * (n - 1) * s2**2 - 4 * n * (n + 1) * s1 * s3 + n * n * (n + 1) * s4
    ) / (n * (n - 1) * (n - 2) * (n - 3))
    return float(k4 / k2**2)


def score_figures(papers: Sequence[Paper]) -> dict[str, float | None]:
    totals = [sum((points for _, points in paper), Fraction(0)) for paper in papers]
    percents = sorted(100 * total / len(paper) for total, paper in zip(totals, papers, strict=True) if paper)
    n, variance = len(percents), covariance(percents, percents)
    alpha = consistency(commonest(papers))
    ratio = None if alpha is None else 100 * math.sqrt(1 - alpha / 100)
    spread = None if variance is None else math.sqrt(variance)
    return {
        "mean": float(sum(percents) / n) if n else None,
        "median": float((percents[(n - 1) // 2] + percents[n // 2]) / 2) if n else None,
        "spread": spread,
        "skewness": skewness(percents),
        "kurtosis": kurtosis(percents),
        "consistency": alpha,
        "error_ratio": ratio,
        "standard_error": None if ratio is None or spread is None else ratio * spread / 100,
    }


def commonest(papers: Sequence[Paper]) -> list[Paper]:
    """The papers whose length no other length beats, the longer one of two; none where they are fewer than half."""
    lengths = sorted(len(paper) for paper in papers)
    best = max(lengths, key=lambda length: (lengths.count(length), length), default=0)
    return [paper for paper in papers if len(paper) == best] if 2 * lengths.count(best) >= len(papers) else []


def consistency(papers: Sequence[Paper]) -> float | None:
    """Alpha by its other form: p/(p - 1) · (sum of the covariances of different places) / var(total)."""
    totals = [sum((points for _, points in paper), Fraction(0)) for paper in papers]
    whole = covariance(totals, totals)
    if not whole or (p := len(papers[0])) < 2:
        return None
    places = [[paper[at][1] for paper in papers] for at in range(p)]
    between = sum((covariance(a, b) or Fraction(0) for a in places for b in places if a is not b), Fraction(0))
    return float(100 * Fraction(p, p - 1) * between / whole)


def item_figures(papers: Sequence[Paper]) -> dict[int, dict[str, float | None]]:
    """Of every question that anybody had, over those who had it."""
    found: dict[int, dict[str, float | None]] = {}
    roots: dict[int, float] = {}
    whole = 0.0
    for question in {question for paper in papers for question, _ in paper}:
        had = [(points, paper) for paper in papers for asked, points in paper if asked == question]
        xs = [points for points, _ in had]
        others = [[p for other, p in paper if other != question] for _, paper in had]
        rests = [sum(other, Fraction(0)) / len(other) if other else Fraction(0) for other in others]
        totals = [(x + sum(other, Fraction(0))) / (len(other) + 1) for x, other in zip(xs, others, strict=True)]
        var_x, var_rest, cov = covariance(xs, xs), covariance(rests, rests), covariance(xs, rests)
        with_total = covariance(xs, totals)
        r = efficiency = None
        if var_x and var_rest and cov is not None:
            r = 100 * float(cov) / math.sqrt(var_x * var_rest)
            best = covariance(sorted(xs), sorted(rests))
            efficiency = float(100 * cov / best) if best else None
        found[question] = {
            "facility": float(100 * sum(xs) / len(xs)),
            "spread": None if var_x is None else 100 * math.sqrt(var_x),
            "intended_weight": float(sum(Fraction(100, len(paper)) for _, paper in had) / len(had)),
            "discrimination": r,
            "efficiency": efficiency,
            "effective_weight": None,
        }
        if with_total is not None and with_total >= 0:
            roots[question] = math.sqrt(with_total)
            whole += roots[question] * len(had) / len(papers)
    for question, root in roots.items():
        found[question]["effective_weight"] = 100 * root / whole if whole else None
    return found
