"""Who needs attention, and why: four plain rules with their thresholds, so that a trainer can say them to a learner.

Nothing is weighed or predicted. Each rule speaks only of what is set to the learner in this cohort.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.gradebook import Cell, CellState

INACTIVE_AFTER = timedelta(days=10)
"""A week may be a holiday; ten days without anything while something is due are worth asking about."""

FAILED_OFTEN = 2
"""Handed in so often, and not passed yet: reading the feedback alone did not do."""

STUCK_AFTER = 3
"""The latest so many answers on one objective were all wrong: with four options, somebody who merely guesses does that two times in five,
and somebody who knows it seven times in ten one time in forty."""

STUCK_WITHIN = timedelta(days=28)
"""Only answers of the last four weeks count: who was stuck last term is not stuck now."""


class Why(StrEnum):
    """The reasons, the most urgent first."""

    FAILED = "failed"
    OVERDUE = "overdue"
    STUCK = "stuck"
    INACTIVE = "inactive"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason. ``columns`` are the places of the assignments it is about, ``objectives`` the titles; ``since`` is when they were last active."""

    why: Why
    columns: tuple[int, ...] = ()
    objectives: tuple[str, ...] = ()
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Activity:
    """What a learner does beside the tests of the cohort.

    ``read_at`` is when they last opened a lesson of its modules. ``has_practised``: they answered practice questions on these modules within
    :data:`INACTIVE_AFTER`; that they did is all that is known of it here.
    """

    joined_at: datetime
    read_at: datetime | None = None
    has_practised: bool = False


def reasons(cells: Sequence[Cell], activity: Activity, stuck: Sequence[str], now: datetime) -> tuple[Reason, ...]:
    """Why a learner needs attention, the most urgent reason first; none where nothing is the matter.

    ``cells`` are theirs, in the order of the columns; ``stuck`` are the objectives by :data:`STUCK_AFTER`.
    """
    found = []
    failed = tuple(
        at for at, it in enumerate(cells) if it.state is CellState.NOT_PASSED and it.attempts >= FAILED_OFTEN
    )
    if failed:
        found.append(Reason(Why.FAILED, failed))
    overdue = tuple(at for at, it in enumerate(cells) if it.is_overdue)
    if overdue:
        found.append(Reason(Why.OVERDUE, overdue))
    if stuck:
        found.append(Reason(Why.STUCK, objectives=tuple(stuck)))
    since = _inactive_since(cells, activity, now)
    if since is not None:
        found.append(Reason(Why.INACTIVE, tuple(at for at, it in enumerate(cells) if it.is_waited_for), since=since))
    return tuple(found)


def _inactive_since(cells: Sequence[Cell], activity: Activity, now: datetime) -> datetime | None:
    """Since when there is nothing from them, where something is due and that is too long ago."""
    if activity.has_practised or not any(it.is_waited_for for it in cells):
        return None
    moments = (activity.joined_at, activity.read_at, *(it.active_at for it in cells))
    latest = max(moment for moment in moments if moment is not None)
    return latest if now - latest > INACTIVE_AFTER else None


def is_stuck(latest_right: int, wrong: Iterable[int]) -> bool:
    """Whether there were :data:`STUCK_AFTER` wrong answers on an objective since the latest right one; all are numbered by time, 0 is never."""
    return sum(at > latest_right for at in wrong) >= STUCK_AFTER


def weight(found: Sequence[Reason]) -> tuple[int, int]:
    """Sorts who needs attention most first: by the most urgent reason, then by how many there are."""
    order = list(Why)
    return (min(order.index(reason.why) for reason in found), -len(found)) if found else (len(order), 0)
