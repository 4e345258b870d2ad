"""A cohort at a glance: how far each assignment is, who needs attention, and what is due next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.domain import attention
from app.domain.gradebook import Cell, CellState, Column
from app.models import Cohort
from app.services.teaching import gradebook
from app.services.teaching.gradebook import Row

SOON = timedelta(days=14)
"""What is due within two weeks stands at the top."""

MOST_NAMED = 8
"""How many of those who need attention are named; the gradebook shows all."""


@dataclass(frozen=True, slots=True)
class Part:
    kind: str
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an assignment is; ``of`` are those whom it concerns, without the excused, and the counts add up to it."""

    column: Column
    of: int
    passed: int
    not_passed: int
    under_way: int
    overdue: int
    waiting: int
    excused: int

    @property
    def parts(self) -> tuple[Part, ...]:
        """The counts as parts of a bar that is a thousand long, those of nobody left out."""
        counts = (
            ("passed", self.passed),
            ("failed", self.not_passed),
            ("under", self.under_way),
            ("overdue", self.overdue),
        )
        found, start = [], 0
        for kind, count in counts:
            end = start + count
            if count:
                left, right = 1000 * start // self.of, 1000 * end // self.of
                found.append(Part(kind, left, right - left))
            start = end
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Overview:
    """``attention`` are the first of those who need it, the most urgent first; ``needing`` is how many there are."""

    columns: tuple[Column, ...]
    members: int
    progress: tuple[Progress, ...]
    attention: tuple[Row, ...]
    needing: int
    due_soon: tuple[Progress, ...]
    withdrawn: int


def read(session: Session, cohort: Cohort, now: datetime) -> Overview:
    """Told from the cells of the gradebook, so that both always say the same: seven statements, whatever the size."""
    book, rows = gradebook.everybody(session, cohort, now)
    needing = sorted((row for row in rows if row.reasons), key=lambda row: attention.weight(row.reasons))
    progress = tuple(_progress(column, [row.cells[at] for row in rows]) for at, column in enumerate(book.columns))
    return Overview(
        columns=book.columns,
        members=book.members,
        progress=progress,
        attention=tuple(needing[:MOST_NAMED]),
        needing=len(needing),
        due_soon=tuple(
            one for one in progress if one.column.due_at is not None and now <= one.column.due_at <= now + SOON
        ),
        withdrawn=book.withdrawn,
    )


def _progress(column: Column, cells: Sequence[Cell]) -> Progress:
    concerned = [it for it in cells if it.state not in (CellState.NOT_FOR_THEM, CellState.EXCUSED)]
    under_way = sum(it.state is CellState.UNDER_WAY for it in concerned)
    overdue = sum(it.state is CellState.NOT_STARTED and it.is_overdue for it in concerned)
    passed = sum(it.state is CellState.PASSED for it in concerned)
    not_passed = sum(it.state is CellState.NOT_PASSED for it in concerned)
    return Progress(
        column=column,
        of=len(concerned),
        passed=passed,
        not_passed=not_passed,
        under_way=under_way,
        overdue=overdue,
        waiting=len(concerned) - passed - not_passed - under_way - overdue,
        excused=sum(it.state is CellState.EXCUSED for it in cells),
    )
