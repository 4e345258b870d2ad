"""Markings: what people award to an answer, and how two markings become one mark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.domain.correction import Remedy
from app.domain.kinds.base import QuestionKind, Response, RubricCriterion

SAME = 1e-6
"""Points that differ by less are the same: thirds are not exact."""


class MarkerRole(StrEnum):
    """The first marker, the second marker, or whoever settles a difference between them."""

    FIRST = "first"
    SECOND = "second"
    SETTLING = "settling"


@dataclass(frozen=True, slots=True)
class Marking:
    """The points, from 0 to 1, that one marker awards to an answer. ``marker_id`` is None for an erased account."""

    role: MarkerRole
    marker_id: int | None
    points: float


def settle(markings: Sequence[Marking], *, needs_second: bool) -> float | None:
    """Return the points that the markings of an answer lead to, or None if it still has to be marked.

    Two markers must agree; otherwise a third marking settles the difference.
    """
    by_role = {one.role: one for one in markings}
    if MarkerRole.SETTLING in by_role:
        return by_role[MarkerRole.SETTLING].points
    first, second = by_role.get(MarkerRole.FIRST), by_role.get(MarkerRole.SECOND)
    if first is None:
        return None
    if second is None:
        return None if needs_second else first.points
    return first.points if is_same(first.points, second.points) else None


def is_different(markings: Sequence[Marking]) -> bool:
    """Return whether two markers differ and nobody has settled it."""
    by_role = {one.role: one for one in markings}
    first, second = by_role.get(MarkerRole.FIRST), by_role.get(MarkerRole.SECOND)
    if first is None or second is None or MarkerRole.SETTLING in by_role:
        return False
    return not is_same(first.points, second.points)


def find_role(markings: Sequence[Marking], marker_id: int, *, needs_second: bool) -> MarkerRole | None:
    """Return the role in which somebody can mark an answer now, or None if it waits for another marker.

    Until a difference shows, markers may change their own marking.
    """
    if is_different(markings):
        return MarkerRole.SETTLING
    own = next((one.role for one in markings if one.marker_id == marker_id), None)
    if own is not None:
        return own
    taken = {one.role for one in markings}
    if MarkerRole.FIRST not in taken:
        return MarkerRole.FIRST
    return MarkerRole.SECOND if needs_second and MarkerRole.SECOND not in taken else None


def is_same(one: float, other: float) -> bool:
    return abs(one - other) < SAME


def is_unmarkable(kind: QuestionKind[Any], assignment_id: int | None) -> bool:
    """Return whether nobody marks a question that people have to mark, because its test belongs to no assignment."""
    return kind.is_marked_by_people and assignment_id is None


def waits_for_people(kind: QuestionKind[Any], response: Response | None, remedies: Sequence[Remedy]) -> bool:
    """Return whether people must mark a response. A blank, void or credited one needs nobody."""
    is_decided = Remedy.VOID in remedies or Remedy.CREDIT in remedies
    return kind.is_marked_by_people and bool(response) and not is_decided


def add_up(criteria: Sequence[RubricCriterion], points: Sequence[float]) -> float:
    """Return the points of each criterion as a share of all that the rubric awards, from 0 to 1."""
    return min(1.0, sum(points) / get_most(criteria))


def get_most(criteria: Sequence[RubricCriterion]) -> int:
    """Return the points that the rubric awards in all."""
    return sum(one.points for one in criteria)
