"""One learner in one assignment: what a cell of the gradebook says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.assignment import Counts
from app.domain.attempt import percent


class CellState(StrEnum):
    NOT_FOR_THEM = "not for them"
    EXCUSED = "excused"
    NOT_OPEN = "not yet open"
    NOT_STARTED = "not started"
    UNDER_WAY = "under way"
    PASSED = "passed"
    NOT_PASSED = "not passed"


@dataclass(frozen=True, slots=True)
class Column:
    """An assignment, as far as the gradebook needs its terms."""

    assignment_id: int
    module_id: int
    title: str
    opens_at: datetime | None = None
    due_at: datetime | None = None
    counts: Counts = Counts.BEST
    is_for_all: bool = True
    is_withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """What one learner was granted in one assignment; ``is_recipient`` counts only where the assignment is not for all."""

    is_excused: bool = False
    due_at: datetime | None = None
    is_recipient: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What was handed in: all but ``attempts`` and ``latest_at`` is about the attempt that counts. ``score`` is per cent, 0 to 100."""

    attempt_id: int
    attempts: int
    score: float
    is_passed: bool
    is_critical_missed: bool
    submitted_at: datetime
    latest_at: datetime


@dataclass(frozen=True, slots=True)
class Begun:
    """The attempt under way, with how many of its questions are answered."""

    attempt_id: int
    started_at: datetime
    answered: int
    questions: int


@dataclass(frozen=True, slots=True)
class Cell:
    """What is known of one learner in one assignment.

    ``attempt_id`` is the attempt that counts, or else the one under way. ``due_at`` is their own due date. ``late_by`` is how long after it
    the attempt that counts was handed in; ``is_overdue``: it has passed, and nothing was handed in. ``again`` is an attempt under way beside
    a result. ``active_at`` is when they last did something here.
    """

    state: CellState
    percent: int | None = None
    attempt_id: int | None = None
    attempts: int = 0
    submitted_at: datetime | None = None
    due_at: datetime | None = None
    late_by: timedelta | None = None
    is_overdue: bool = False
    is_critical_missed: bool = False
    begun: Begun | None = None
    active_at: datetime | None = None

    @property
    def is_late(self) -> bool:
        return self.late_by is not None

    @property
    def is_handed_in(self) -> bool:
        return self.percent is not None

    @property
    def is_waited_for(self) -> bool:
        """Whether it is still to be handed in, by a certain date."""
        return self.due_at is not None and self.state in (CellState.NOT_STARTED, CellState.UNDER_WAY)


_NOT_FOR_THEM = Cell(CellState.NOT_FOR_THEM)
_NOTHING = Grant()


def cell(
    column: Column,
    now: datetime,
    *,
    grant: Grant | None = None,
    result: Result | None = None,
    begun: Begun | None = None,
) -> Cell:
    """Tell what became of an assignment. What was handed in stays visible, even where the assignment was taken away from the learner since."""
    granted = grant or _NOTHING
    if not (column.is_for_all or granted.is_recipient or result or begun):
        return _NOT_FOR_THEM
    due_at = own_due(column, granted)
    if result is not None:
        return _handed_in(result, begun, due_at, is_excused=granted.is_excused)
    if granted.is_excused:
        return Cell(CellState.EXCUSED, begun=begun)
    if column.is_withdrawn:
        due_at = None  # nobody waits for it any more
    is_overdue = due_at is not None and now > due_at
    if begun is not None:
        return Cell(
            CellState.UNDER_WAY,
            attempt_id=begun.attempt_id,
            due_at=due_at,
            is_overdue=is_overdue,
            begun=begun,
            active_at=begun.started_at,
        )
    if column.opens_at is not None and now < column.opens_at:
        return Cell(CellState.NOT_OPEN, due_at=due_at)
    return Cell(CellState.NOT_STARTED, due_at=due_at, is_overdue=is_overdue)


def own_due(column: Column, grant: Grant) -> datetime | None:
    """When it is due for one learner: a later date that they were granted never becomes an earlier one."""
    if column.due_at is None or grant.due_at is None:
        return column.due_at
    return max(column.due_at, grant.due_at)


def _handed_in(result: Result, begun: Begun | None, due_at: datetime | None, *, is_excused: bool) -> Cell:
    is_late = due_at is not None and result.submitted_at > due_at
    passed = CellState.PASSED if result.is_passed else CellState.NOT_PASSED
    return Cell(
        state=CellState.EXCUSED if is_excused else passed,
        percent=percent(result.score, 100),
        attempt_id=result.attempt_id,
        attempts=result.attempts,
        submitted_at=result.submitted_at,
        due_at=due_at,
        late_by=result.submitted_at - due_at if due_at is not None and is_late and not is_excused else None,
        is_critical_missed=not result.is_passed and result.is_critical_missed and not is_excused,
        begun=begun,
        active_at=max(result.latest_at, begun.started_at) if begun else result.latest_at,
    )


class Show(StrEnum):
    """Which learners the gradebook shows; all but the first two and the last ask for a state of a cell."""

    ALL = "all"
    ATTENTION = "attention"
    NOT_STARTED = "not-started"
    OVERDUE = "overdue"
    UNDER_WAY = "under-way"
    NOT_PASSED = "not-passed"
    PASSED = "passed"
    LATE = "late"
    EXCUSED = "excused"
    REMOVED = "removed"

    @property
    def is_state(self) -> bool:
        return self not in (Show.ALL, Show.ATTENTION, Show.REMOVED)


def is_shown(show: Show, it: Cell) -> bool:
    """Whether a cell is of the state that is asked for."""
    match show:
        case Show.NOT_STARTED:
            return it.state is CellState.NOT_STARTED
        case Show.OVERDUE:
            return it.is_overdue
        case Show.UNDER_WAY:
            return it.begun is not None
        case Show.NOT_PASSED:
            return it.state is CellState.NOT_PASSED
        case Show.PASSED:
            return it.state is CellState.PASSED
        case Show.LATE:
            return it.is_late
        case Show.EXCUSED:
            return it.state is CellState.EXCUSED
        case _:
            return True
