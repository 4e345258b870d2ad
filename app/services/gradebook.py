"""The gradebook of a cohort, on the page and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.domain import wall_clock
from app.domain.attempt import State, percent
from app.models import Assignment, Attempt, Cohort, Learner, Membership, Standing, User

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take a cell for a formula (https://owasp.org/www-community/attacks/CSV_Injection)."""


class CellState(StrEnum):
    NOT_STARTED = "not started"
    UNDER_WAY = "under way"
    PASSED = "passed"
    NOT_PASSED = "not passed"


@dataclass(frozen=True, slots=True)
class Cell:
    """One learner in one assignment. The best attempt counts: all but ``attempts`` is about that one."""

    state: CellState
    percent: int | None = None
    submitted_at: datetime | None = None
    late_by: timedelta | None = None
    is_critical_missed: bool = False
    attempts: int = 0

    @property
    def is_late(self) -> bool:
        return self.late_by is not None


@dataclass(frozen=True, slots=True)
class Column:
    assignment_id: int
    title: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Row:
    """A learner; ``cells`` are in the order of the columns."""

    learner_id: int
    name: str
    email: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Gradebook:
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def of_cohort(session: Session, cohort: Cohort) -> Gradebook:
    """Every current learner in every assignment of a cohort, with four statements whatever the size.

    A late submission is told from the due date as it is now: a trainer who moves it forgives.
    """
    columns = _columns(session, cohort)
    members = session.execute(
        select(Learner.id, User.name, User.email)
        .join(User, User.id == Learner.user_id)
        .join(Membership, Membership.learner_id == Learner.id)
        .where(Membership.cohort_id == cohort.id, Membership.removed_at.is_(None))
        .order_by(func.lower(User.name), Learner.id)
    )
    settled, begun = _settled(session, cohort), _begun(session, cohort)
    nothing = Cell(CellState.NOT_STARTED)

    def cell(learner_id: int, column: Column) -> Cell:
        place = (learner_id, column.assignment_id)
        if place in settled:
            return _cell(*settled[place], column)
        return Cell(CellState.UNDER_WAY) if place in begun else nothing

    rows = tuple(
        Row(learner_id, name, email, tuple(cell(learner_id, column) for column in columns))
        for learner_id, name, email in members
    )
    return Gradebook(columns, rows)


def csv_lines(book: Gradebook, time_zone: str) -> Iterator[str]:
    """The gradebook as CSV for spreadsheets: a byte order mark, times in ``time_zone``, no cell that is a formula."""
    yield "\ufeff"
    head = ["Learner", "E-mail"]
    for column in book.columns:
        head += [
            f"{column.title}: state",
            f"{column.title}: per cent",
            f"{column.title}: submitted",
            f"{column.title}: late",
        ]
    yield _line(head)
    for row in book.rows:
        cells = [row.name, row.email]
        for cell in row.cells:
            cells += _csv_cells(cell, time_zone)
        yield _line(cells)


def _columns(session: Session, cohort: Cohort) -> tuple[Column, ...]:
    """By due date, those without one last."""
    found = select(Assignment.id, Assignment.title, Assignment.due_at).where(Assignment.cohort_id == cohort.id)
    ordered = found.order_by(Assignment.due_at.is_(None), Assignment.due_at, Assignment.id)
    return tuple(Column(*row) for row in session.execute(ordered))


def _settled(session: Session, cohort: Cohort) -> dict[tuple[int, int | None], tuple[Standing, Attempt]]:
    rows = session.execute(
        select(Standing, Attempt)
        .join(Assignment, Assignment.id == Standing.assignment_id)
        .join(Attempt, Attempt.id == Standing.best_attempt_id)
        .join(
            Membership, and_(Membership.learner_id == Standing.learner_id, Membership.cohort_id == Assignment.cohort_id)
        )
        .where(Assignment.cohort_id == cohort.id, Membership.removed_at.is_(None))
    )
    return {(standing.learner_id, standing.assignment_id): (standing, best) for standing, best in rows}


def _begun(session: Session, cohort: Cohort) -> set[tuple[int, int | None]]:
    rows = session.execute(
        select(Attempt.learner_id, Attempt.assignment_id)
        .join(Assignment, Assignment.id == Attempt.assignment_id)
        .where(Assignment.cohort_id == cohort.id, Attempt.state == State.OPEN)
    )
    return {(learner_id, assignment_id) for learner_id, assignment_id in rows}


def _cell(standing: Standing, best: Attempt, column: Column) -> Cell:
    is_passed = standing.passed_at is not None
    is_late = column.due_at is not None and best.submitted_at is not None and best.submitted_at > column.due_at
    return Cell(
        state=CellState.PASSED if is_passed else CellState.NOT_PASSED,
        percent=percent(standing.best_percent, 100),
        submitted_at=best.submitted_at,
        late_by=best.submitted_at - column.due_at if is_late and best.submitted_at and column.due_at else None,
        is_critical_missed=not is_passed and bool(best.is_critical_missed),
        attempts=standing.attempts,
    )


def _csv_cells(cell: Cell, time_zone: str) -> list[str]:
    submitted = f"{wall_clock.local(cell.submitted_at, time_zone):%Y-%m-%d %H:%M}" if cell.submitted_at else ""
    score = "" if cell.percent is None else str(cell.percent)
    return [cell.state.value, score, submitted, "late" if cell.is_late else ""]


def _line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([_harmless(cell) for cell in cells])
    return out.getvalue()


def _harmless(text: str) -> str:
    """Text that no spreadsheet evaluates: an apostrophe in front of what looks like a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
