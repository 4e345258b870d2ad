"""Mean, spread and shape of numbers, with sample (n - 1) denominators; None where there are too few numbers, or they don't differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import mul

SAME = 1e-12
"""A smaller variance is rounding: points are multiples of simple fractions, and a total less its part leaves 1e-16 behind."""


def mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def deviations(values: Sequence[float]) -> list[float]:
    """Each value less the mean of them all."""
    middle = mean(values) or 0.0
    return [value - middle for value in values]


def product(ones: Sequence[float], others: Sequence[float]) -> float | None:
    """The covariance of two lists, of which one at least is of deviations, pair by pair: Σ x·dy / (n - 1); None for fewer than two."""
    return sum(map(mul, ones, others)) / (len(ones) - 1) if len(ones) > 1 else None


def variance(values: Sequence[float]) -> float | None:
    """The sample variance, in squared units; exactly 0 where the values differ by no more than rounding."""
    apart = deviations(values)
    found = product(apart, apart)
    return 0.0 if found is not None and found < SAME else found


def spread(values: Sequence[float]) -> float | None:
    """The sample standard deviation, in the unit of the values."""
    found = variance(values)
    return None if found is None else math.sqrt(found)


def skewness(values: Sequence[float]) -> float | None:
    """k3 / k2^(3/2) with Fisher's k-statistics, as Moodle: 0 is symmetrical, below 0 has its tail on the left.

    k3 = n² m3 / ((n - 1)(n - 2)), where m3 is the third central moment (https://mathworld.wolfram.com/k-Statistic.html).
    """
    n, second = len(values), variance(values)
    if n < 3 or not second:
        return None
    third = math.fsum(apart**3 for apart in deviations(values)) / n
    return n * n * third / ((n - 1) * (n - 2)) / (second * math.sqrt(second))


def kurtosis(values: Sequence[float]) -> float | None:
    """k4 / k2² with Fisher's k-statistics, as Moodle: 0 is a normal distribution, below 0 is flatter.

    k4 = n² ((n + 1) m4 - 3 (n - 1) m2²) / ((n - 1)(n - 2)(n - 3)), where m2 and m4 are central moments
    (https://mathworld.wolfram.com/k-Statistic.html).
    """
    n, k2 = len(values), variance(values)
    if n < 4 or not k2:
        return None
    squares = [apart * apart for apart in deviations(values)]
    second, fourth = math.fsum(squares) / n, math.fsum(map(mul, squares, squares)) / n
    k4 = n * n * ((n + 1) * fourth - 3 * (n - 1) * second * second) / ((n - 1) * (n - 2) * (n - 3))
    return k4 / (k2 * k2)
