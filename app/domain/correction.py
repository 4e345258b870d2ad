"""Corrections of faulty questions: how each remedy changes a mark."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.domain.kinds.base import QuestionKind, Response
from app.domain.marking import MAX_POINTS, MarkResult, compute_certainty_points, mark_response


class Remedy(StrEnum):
    """The remedy for a faulty question, applied to everybody who had it.

    - ``VOID``: the question counts for nothing: no points, no maximum, no safety gate.
    - ``ACCEPT``: another key is right as well.
    - ``CREDIT``: everybody gets full points.
    - ``WITHDRAW``: an earlier correction is withdrawn.
    """

    VOID = "void"
    ACCEPT = "accept"
    CREDIT = "credit"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class ActiveCorrection:
    """A correction in force; ``key`` is the additional key that ``ACCEPT`` accepts."""

    remedy: Remedy
    made_at: datetime
    key: Any = None


@dataclass(frozen=True, slots=True)
class ManualMark:
    """A mark set by a trainer; ``points`` is 0 to the maximum."""

    points: float
    changed_at: datetime


VOID_MARK = MarkResult(points=0.0, max_points=0.0, is_right=False, certainty_points=0, is_void=True)


def mark_corrected(
    kind: QuestionKind[Any],
    key: Any,
    response: Response | None,
    certainty: int | None,
    rulings: Iterable[ActiveCorrection],
    by_hand: ManualMark | None = None,
) -> MarkResult:
    """Mark one answer with the corrections in force; their order does not matter.

    A void correction overrides all others. Otherwise the mark is the best that the key, the accepted keys and a credit
    give. A manual mark replaces the key and the corrections made before it; later corrections can raise it, but never
    lower it.
    """
    rulings = tuple(rulings)
    if any(ruling.remedy is Remedy.VOID for ruling in rulings):
        return VOID_MARK
    if by_hand is None:
        points = mark_response(kind, key, response).points
    else:
        points = min(by_hand.points, MAX_POINTS)
        rulings = tuple(ruling for ruling in rulings if ruling.made_at >= by_hand.changed_at)
    points = max(points, *(_earned(kind, ruling, response) for ruling in rulings), 0.0)
    return mark_by_points(points, response, certainty)


def mark_by_points(points: float, response: Response | None, certainty: int | None) -> MarkResult:
    """Return a mark of ``points``, from 0 to :data:`~app.domain.marking.MAX_POINTS`, with its certainty points."""
    is_right = points >= MAX_POINTS
    return MarkResult(
        points, MAX_POINTS, is_right, compute_certainty_points(certainty, is_right=is_right, is_blank=not response)
    )


def _earned(kind: QuestionKind[Any], ruling: ActiveCorrection, response: Response | None) -> float:
    if ruling.remedy is Remedy.CREDIT:
        return MAX_POINTS
    return mark_response(kind, ruling.key, response).points if ruling.key is not None else 0.0
