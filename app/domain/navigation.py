"""Going through a paper that goes forward only: one question is open, and the ones before it are over."""

from __future__ import annotations


def may_open(position: int, furthest: int, *, is_final: bool) -> bool:
    """Return whether a question may be shown: the one reached, or an earlier one whose answer was checked and is final."""
    return position == furthest or (position < furthest and is_final)


def go_on(position: int, furthest: int, last: int) -> int:
    """Return the question reached after leaving the one at ``position``; only the one reached can be left.

    The last question stays open until the attempt is submitted.
    """
    return min(furthest + 1, last) if position == furthest else furthest
