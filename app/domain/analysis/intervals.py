"""95% confidence intervals for figures from few learners."""

from __future__ import annotations

import math
from dataclasses import dataclass

_Z = 1.959963984540054
"""The 0.975 quantile of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float


def wilson_interval(share: float, n: int) -> Interval:
    """Return Wilson's score interval of a share of ``n``; both are 0 to 1.

    For a mean of points between 0 and 1 it is conservative: no such variable varies more than one of zeros and ones
    with that mean. https://doi.org/10.1080/01621459.1927.10502953
    """
    middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    reach = _Z / (1 + _Z**2 / n) * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n * n))
    return Interval(max(0.0, middle - reach), min(1.0, middle + reach))


def fisher_interval(r: float, n: int) -> Interval | None:
    """Return Fisher's interval of a correlation, -1 to 1; None if n < 4 or |r| = 1.

    tanh(artanh r ± z/√(n - 3)) (https://doi.org/10.2307/2331838)
    """
    if n < 4 or abs(r) >= 1 - 1e-12:
        return None
    reach = _Z / math.sqrt(n - 3)
    return Interval(math.tanh(math.atanh(r) - reach), math.tanh(math.atanh(r) + reach))


def bonett_interval(alpha: float, n: int, parts: int) -> Interval | None:
    """Return Bonett's interval of coefficient alpha for ``parts`` parts and ``n`` learners; None if it is undefined.

    1 - exp(ln(1 - α) - ln(n/(n - 1)) ± z √(2k/((k - 1)(n - 2)))), at most 1 (https://doi.org/10.3102/10769986027004335)
    """
    if n < 3 or parts < 2 or alpha >= 1:
        return None
    middle = math.log(1 - alpha) - math.log(n / (n - 1))
    reach = _Z * math.sqrt(2 * parts / ((parts - 1) * (n - 2)))
    return Interval(1 - math.exp(middle + reach), 1 - math.exp(middle - reach))


def student_t_quantile(freedom: int) -> float:
    """Return the 0.975 quantile of Student's t, accurate to 0.002 from 9 degrees of freedom on.

    It is expanded around the normal quantile: Abramowitz and Stegun 26.7.5
    (https://personal.math.ubc.ca/~cbm/aands/page_949.htm).
    """
    z = _Z
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3
