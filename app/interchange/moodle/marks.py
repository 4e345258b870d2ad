"""The fractions of a mark that Moodle knows. Its importer refuses all others."""

from __future__ import annotations

import math

from app.interchange.bank import RefusedItemError

_PERCENT = (
    100, 90, 83.33333, 80, 75, 70, 66.66667, 60, 50, 40, 33.33333, 30, 25, 20, 16.66667, 14.28571, 12.5, 11.11111, 10, 5, 0
)  # fmt: skip
_NEAR = 0.001


def round_percent(fraction: float) -> float:
    """Return the nearest of Moodle's percentages, with the sign of ``fraction``."""
    nearest = min(_PERCENT, key=lambda one: abs(one - abs(100 * fraction)))
    return -nearest if fraction < 0 and nearest else nearest


def is_exact(fraction: float) -> bool:
    """Return whether Moodle knows this fraction."""
    return abs(round_percent(fraction) - 100 * fraction) < _NEAR


def read_percent(text: str) -> float:
    """Read a percentage of the mark, such as ``33.33333``, as a fraction from -1 to 1.

    :raise RefusedItemError: it is not a number, or beyond 100%.
    """
    value = read_float(text or "0")
    if value is None or abs(value) > 100 + _NEAR:
        raise RefusedItemError(f"“{text[:40]}” is not a percentage of the mark")
    return value / 100


def read_float(text: str) -> float | None:
    """Read a number with a decimal point or comma, or return None. Infinity and “not a number” are no numbers."""
    if len(text) > 40 or "_" in text:
        return None
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) and abs(value) < 1e9 else None
