"""Corrections of faulty questions: what each remedy makes of a mark."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.content import Key, Kind
from app.domain.marking import MAX_POINTS, Result, certainty_points, mark
from app.domain.response import Response


class Remedy(StrEnum):
    """What is done about a question that turned out to be faulty, for everybody who had it.

    ``VOID``: it counts for nothing, neither points nor maximum nor the safety gate. ``ACCEPT``: another key is right as well.
    ``CREDIT``: everybody gets its full points. ``WITHDRAW``: an earlier correction no longer holds.
    """

    VOID = "void"
    ACCEPT = "accept"
    CREDIT = "credit"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class Ruling:
    """A correction in force, made at ``made_at``; ``key`` is the other key that ``ACCEPT`` accepts."""

    remedy: Remedy
    made_at: datetime
    key: Key | None = None


@dataclass(frozen=True, slots=True)
class ByHand:
    """What a trainer decided about one mark: ``points`` from 0 to the maximum."""

    points: float
    changed_at: datetime


VOIDED = Result(points=0.0, max_points=0.0, is_right=False, certainty_points=0, is_void=True)


def corrected(
    kind: Kind,
    key: Key,
    response: Response | None,
    certainty: int | None,
    rulings: Iterable[Ruling],
    by_hand: ByHand | None = None,
) -> Result:
    """Mark one answer as the corrections in force say, in whatever order they were made.

    One that voids beats all others. Else the mark is the best that the key, the accepted keys and a credit give. A mark changed by hand takes
    the place of the key's and of the corrections made before it: those made later raise it, never lower it.
    """
    rulings = tuple(rulings)
    if any(ruling.remedy is Remedy.VOID for ruling in rulings):
        return VOIDED
    if by_hand is None:
        points = mark(kind, key, response).points
    else:
        points = min(by_hand.points, MAX_POINTS)
        rulings = tuple(ruling for ruling in rulings if ruling.made_at >= by_hand.changed_at)
    points = max(points, *(_earned(kind, ruling, response) for ruling in rulings), 0.0)
    return by_points(points, response, certainty)


def by_points(points: float, response: Response | None, certainty: int | None) -> Result:
    """A mark of so many points, from 0 to :data:`~app.domain.marking.MAX_POINTS`, with the certainty points that go with it."""
    is_right = points >= MAX_POINTS
    return Result(points, MAX_POINTS, is_right, certainty_points(certainty, is_right=is_right, is_blank=not response))


def _earned(kind: Kind, ruling: Ruling, response: Response | None) -> float:
    if ruling.remedy is Remedy.CREDIT:
        return MAX_POINTS
    return mark(kind, ruling.key, response).points if ruling.key else 0.0


def other_key(kind: Kind, response: Response, tolerance: float = 0.0) -> Key:
    """The key by which ``response`` is fully right, given as a learner would; a number with what it may be off by.

    :raise ValueError: a part of the response is missing.
    """
    if kind is Kind.NUMERIC:
        return Key(value=float(str(response)), tolerance=tolerance)
    if isinstance(response, str) or None in response:
        raise ValueError("a key has no gaps")
    indexes = [index for index in response if index is not None]
    if kind is Kind.ORDER:
        return Key(tuple(sorted(range(len(indexes)), key=indexes.__getitem__)))
    return Key(tuple(indexes))
