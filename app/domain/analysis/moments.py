"""Mean, spread and shape of numbers, with sample (n - 1) denominators; None if a figure is undefined."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import mul

EPSILON = 1e-12
"""A smaller variance is a rounding error.

Points are multiples of simple fractions, and subtracting a part from a total leaves about 1e-16.
"""


def mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def deviations(values: Sequence[float]) -> list[float]:
    """Return each value minus the mean."""
    middle = mean(values) or 0.0
    return [value - middle for value in values]


def covariance(ones: Sequence[float], others: Sequence[float]) -> float | None:
    """Return Σ x·dy / (n - 1), the covariance of two lists; None for fewer than two pairs.

    At least one of the lists must contain deviations.
    """
    return sum(map(mul, ones, others)) / (len(ones) - 1) if len(ones) > 1 else None


def variance(values: Sequence[float]) -> float | None:
    """Return the sample variance, in squared units; exactly 0 if the values differ only by rounding."""
    apart = deviations(values)
    found = covariance(apart, apart)
    return 0.0 if found is not None and found < EPSILON else found


def standard_deviation(values: Sequence[float]) -> float | None:
    """Return the sample standard deviation, in the unit of the values."""
    found = variance(values)
    return None if found is None else math.sqrt(found)


def skewness(values: Sequence[float]) -> float | None:
    """Return k3 / k2^(3/2) with Fisher's k-statistics, as Moodle does.

    0 is symmetrical; below 0 the tail is on the left. k3 = n² m3 / ((n - 1)(n - 2)), where m3 is the third central
    moment (https://mathworld.wolfram.com/k-Statistic.html).
    """
    n, second = len(values), variance(values)
    if n < 3 or not second:
        return None
    third = math.fsum(apart**3 for apart in deviations(values)) / n
    return n * n * third / ((n - 1) * (n - 2)) / (second * math.sqrt(second))


def kurtosis(values: Sequence[float]) -> float | None:
    """Return k4 / k2² with Fisher's k-statistics, as Moodle does.

    0 is a normal distribution; below 0 is flatter. k4 = n² ((n + 1) m4 - 3 (n - 1) m2²) / ((n - 1)(n - 2)(n - 3)),
    where m2 and m4 are central moments (https://mathworld.wolfram.com/k-Statistic.html).
    """
    n, k2 = len(values), variance(values)
    if n < 4 or not k2:
        return None
    squares = [apart * apart for apart in deviations(values)]
    second, fourth = math.fsum(squares) / n, math.fsum(map(mul, squares, squares)) / n
    k4 = n * n * ((n + 1) * fourth - 3 * (n - 1) * second * second) / ((n - 1) * (n - 2) * (n - 3))
    return k4 / (k2 * k2)
