"""The gradebook as CSV for spreadsheets: line by line, as it is read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.domain import wall_clock
from app.domain.attention import Why
from app.domain.gradebook import Cell
from app.services import spreadsheet
from app.services.teaching import gradebook
from app.services.teaching.gradebook import Book, Row

WHY = {
    Why.FAILED: "failed twice",
    Why.OVERDUE: "overdue",
    Why.STUCK: "stuck on an objective",
    Why.INACTIVE: "inactive",
}


def lines(session: Session, book: Book, now: datetime) -> Iterator[str]:
    """A byte order mark, a heading, then a line for each learner of the book; times are those of the cohort's zone."""
    yield spreadsheet.BYTE_ORDER_MARK + spreadsheet.line(_heading(book))
    for row in gradebook.stream(session, book, now):
        yield spreadsheet.line(_cells(row, book.cohort.time_zone))


def _heading(book: Book) -> Iterator[str]:
    yield from ("Learner", "E-mail", "Needs attention")
    for column in book.columns:
        for what in ("state", "per cent", "handed in", "late", "attempts"):
            yield f"{column.title}: {what}"


def _cells(row: Row, time_zone: str) -> Iterator[str]:
    yield from (row.member.name, row.member.email, "; ".join(WHY[reason.why] for reason in row.reasons))
    for it in row.cells:
        yield from _cell(it, time_zone)


def _cell(it: Cell, time_zone: str) -> tuple[str, str, str, str, str]:
    return (
        "overdue" if it.is_overdue and it.begun is None else it.state.value,
        "" if it.percent is None else str(it.percent),
        f"{wall_clock.local(it.submitted_at, time_zone):%Y-%m-%d %H:%M}" if it.submitted_at else "",
        _late(it.late_by) if it.late_by is not None else "",
        str(it.attempts) if it.attempts else "",
    )


def _late(by: timedelta) -> str:
    """A duration as a spreadsheet reads it: ``49:30`` are two days, one hour and a half."""
    minutes = int(by.total_seconds() // 60)
    return f"{minutes // 60}:{minutes % 60:02}"
