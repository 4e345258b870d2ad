"""Gradebook cells: the state of one learner in one assignment."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.assignment import (
    AssignmentState,
    AssignmentTerms,
    GradingMethod,
    LearnerTerms,
)
from app.domain.attempt import AttemptState, percent, resolve_state


@dataclass(frozen=True, slots=True)
class GradebookColumn:
    """An assignment with its terms. ``weight`` is its share in the totals; 0 means that it does not count.

    ``is_pretest`` says that another assignment's gain is measured from it.
    """

    assignment_id: int
    module_id: int
    title: str
    terms: AssignmentTerms = field(default_factory=AssignmentTerms)
    counts: GradingMethod = GradingMethod.BEST
    is_for_all: bool = True
    is_withdrawn: bool = False
    is_retired: bool = False
    """Whether its module left the course, so that nobody can start it and nothing is due."""
    weight: int = 1
    is_pretest: bool = False

    @property
    def opens_at(self) -> datetime | None:
        return self.terms.opens_at

    @property
    def due_at(self) -> datetime | None:
        return self.terms.due_at


@dataclass(frozen=True, slots=True)
class CellResult:
    """A learner's submitted attempts; all fields but ``attempts`` and ``latest_at`` describe the one that counts.

    ``score`` is per cent, 0 to 100.
    """

    attempt_id: int
    attempts: int
    score: float
    is_passed: bool
    is_critical_missed: bool
    submitted_at: datetime
    latest_at: datetime


@dataclass(frozen=True, slots=True)
class AttemptInProgress:
    """An attempt without marks and its number of answered questions: in progress, or submitted by its deadline."""

    attempt_id: int
    started_at: datetime
    answered: int
    questions: int
    deadline_at: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        """Return whether its time is up: it counts as submitted, but its marks are not written yet."""
        return resolve_state(AttemptState.OPEN, self.deadline_at, now) is AttemptState.SUBMITTED


@dataclass(frozen=True, slots=True)
class AttemptBeingMarked:
    """The latest submitted attempt of which people still mark answers, and how many such attempts there are."""

    attempt_id: int
    submitted_at: datetime
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class GradebookCell:
    """The state of one learner in one assignment.

    ``score`` is the exact score in per cent, from which means are computed; ``percent`` is what a cell shows.
    ``attempt_id`` is the attempt that counts, or else the one without marks. ``due_at`` is the learner's own due date.
    ``late_by`` is how long after it the counted attempt was submitted; ``is_overdue`` means that it has passed without
    a submission. ``begun`` is an attempt in progress, which may exist beside a result. ``active_at`` is the learner's
    last activity here. ``being_marked`` counts the attempts of which people still mark answers. They have no score yet;
    a score beside them is that of another attempt. ``was_due_before_joining`` says that the due date had passed when the learner joined: they are
    not overdue, and lateness counts from joining.
    """

    state: AssignmentState
    score: float | None = None
    attempt_id: int | None = None
    attempts: int = 0
    submitted_at: datetime | None = None
    due_at: datetime | None = None
    late_by: timedelta | None = None
    is_overdue: bool = False
    is_critical_missed: bool = False
    begun: AttemptInProgress | None = None
    active_at: datetime | None = None
    was_due_before_joining: bool = False
    being_marked: int = 0

    @property
    def percent(self) -> int | None:
        return None if self.score is None else percent(self.score, 100)

    @property
    def is_late(self) -> bool:
        return self.late_by is not None

    @property
    def is_handed_in(self) -> bool:
        return self.score is not None

    @property
    def is_waited_for(self) -> bool:
        """Whether the assignment has a due date that counts for the learner and is still to be submitted."""
        is_to_do = self.state in (AssignmentState.NOT_STARTED, AssignmentState.UNDER_WAY)
        return self.due_at is not None and is_to_do and not self.was_due_before_joining

    def is_missed(self, now: datetime) -> bool:
        """Return whether the learner's due date has passed without a pass.

        Work that is submitted but not marked is not missed, nor is what was due before the learner joined.
        """
        if self.due_at is None or self.was_due_before_joining or now <= self.due_at:
            return False
        return self.is_overdue or self.state is AssignmentState.NOT_PASSED


_NOT_ASSIGNED = GradebookCell(AssignmentState.NOT_ASSIGNED)


def build_cell(
    column: GradebookColumn,
    holds: LearnerTerms,
    now: datetime,
    *,
    is_recipient: bool = False,
    result: CellResult | None = None,
    begun: AttemptInProgress | None = None,
    marking: AttemptBeingMarked | None = None,
) -> GradebookCell:
    """Return the cell of a learner with the terms ``holds``; ``is_recipient`` matters if the column is not for all.

    Submitted work stays visible even if the assignment was later taken away from the learner.
    """
    if not (column.is_for_all or is_recipient or result or begun or marking):
        return _NOT_ASSIGNED
    if marking is not None:
        if begun is not None and begun.is_over(now):
            begun, marking = None, replace(marking, attempts=marking.attempts + 1)
        return _build_cell_being_marked(marking, result, begun, holds)
    if begun is not None and begun.deadline_at is not None and begun.is_over(now):
        if result is None:
            return _build_unmarked_cell(begun, begun.deadline_at, holds)
        begun, result = None, replace(result, attempts=result.attempts + 1)
    if result is not None:
        return _build_submitted_cell(result, begun, holds)
    if holds.is_excused:
        return GradebookCell(AssignmentState.EXCUSED, begun=begun)
    if column.is_withdrawn or column.is_retired:
        # It is no longer due, or can't be started.
        holds = replace(holds, due_at=None)
    return _build_unsubmitted_cell(begun, holds, now)


def _build_unsubmitted_cell(begun: AttemptInProgress | None, holds: LearnerTerms, now: datetime) -> GradebookCell:
    if begun is None and holds.opens_at is not None and now < holds.opens_at:
        return GradebookCell(AssignmentState.NOT_OPEN, due_at=holds.due_at)
    return GradebookCell(
        AssignmentState.NOT_STARTED if begun is None else AssignmentState.UNDER_WAY,
        attempt_id=begun.attempt_id if begun else None,
        due_at=holds.due_at,
        is_overdue=holds.is_overdue(now),
        begun=begun,
        active_at=begun.started_at if begun else None,
        was_due_before_joining=holds.was_due_before_joining,
    )


def _build_unmarked_cell(begun: AttemptInProgress, submitted_at: datetime, holds: LearnerTerms) -> GradebookCell:
    return GradebookCell(
        state=AssignmentState.EXCUSED if holds.is_excused else AssignmentState.SUBMITTED,
        attempt_id=begun.attempt_id,
        attempts=1,
        submitted_at=submitted_at,
        due_at=holds.due_at,
        late_by=holds.late_by(submitted_at),
        active_at=submitted_at,
        was_due_before_joining=holds.was_due_before_joining,
    )


def _build_cell_being_marked(
    marking: AttemptBeingMarked, result: CellResult | None, begun: AttemptInProgress | None, holds: LearnerTerms
) -> GradebookCell:
    """Return a cell with the score of an earlier attempt, if there is one, and attempts that people still mark."""
    if result is not None:
        latest = max(result.latest_at, marking.submitted_at)
        known = replace(result, attempts=result.attempts + marking.attempts, latest_at=latest)
        return replace(_build_submitted_cell(known, begun, holds), being_marked=marking.attempts)
    return GradebookCell(
        state=AssignmentState.EXCUSED if holds.is_excused else AssignmentState.SUBMITTED,
        attempt_id=marking.attempt_id,
        attempts=marking.attempts,
        submitted_at=marking.submitted_at,
        due_at=holds.due_at,
        late_by=holds.late_by(marking.submitted_at),
        begun=begun,
        active_at=max(marking.submitted_at, begun.started_at) if begun else marking.submitted_at,
        was_due_before_joining=holds.was_due_before_joining,
        being_marked=marking.attempts,
    )


def _build_submitted_cell(result: CellResult, begun: AttemptInProgress | None, holds: LearnerTerms) -> GradebookCell:
    passed = AssignmentState.PASSED if result.is_passed else AssignmentState.NOT_PASSED
    return GradebookCell(
        state=AssignmentState.EXCUSED if holds.is_excused else passed,
        score=result.score,
        attempt_id=result.attempt_id,
        attempts=result.attempts,
        submitted_at=result.submitted_at,
        due_at=holds.due_at,
        late_by=holds.late_by(result.submitted_at),
        is_critical_missed=not result.is_passed and result.is_critical_missed and not holds.is_excused,
        begun=begun,
        active_at=max(result.latest_at, begun.started_at) if begun else result.latest_at,
        was_due_before_joining=holds.was_due_before_joining,
    )


class GradebookFilter(StrEnum):
    """Which learners the gradebook shows; all but ``ALL``, ``ATTENTION`` and ``REMOVED`` select by cell state."""

    ALL = "all"
    ATTENTION = "attention"
    NOT_STARTED = "not_started"
    OVERDUE = "overdue"
    UNDER_WAY = "under_way"
    NOT_PASSED = "not_passed"
    PASSED = "passed"
    LATE = "late"
    EXCUSED = "excused"
    REMOVED = "removed"

    @property
    def is_state(self) -> bool:
        return self not in (GradebookFilter.ALL, GradebookFilter.ATTENTION, GradebookFilter.REMOVED)


def is_match(wanted: GradebookFilter, shown: GradebookCell) -> bool:
    """Return whether a cell has the state that the filter selects."""
    match wanted:
        case GradebookFilter.NOT_STARTED:
            return shown.state is AssignmentState.NOT_STARTED
        case GradebookFilter.OVERDUE:
            return shown.is_overdue
        case GradebookFilter.UNDER_WAY:
            return shown.begun is not None
        case GradebookFilter.NOT_PASSED:
            return shown.state is AssignmentState.NOT_PASSED
        case GradebookFilter.PASSED:
            return shown.state is AssignmentState.PASSED
        case GradebookFilter.LATE:
            return shown.is_late
        case GradebookFilter.EXCUSED:
            return shown.state is AssignmentState.EXCUSED
        case _:
            return True
