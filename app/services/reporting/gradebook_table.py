"""The gradebook as a table for files: headings and typed values, one row for each learner.

Files are read by spreadsheets and other programs, so their words are the same in every language of the interface.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.domain import wall_clock
from app.domain.assignment import AssignmentState
from app.domain.attention import ReasonType
from app.domain.gradebook import GradebookCell
from app.domain.totals import Counting
from app.services.reporting import gradebook
from app.services.reporting.gradebook import Gradebook, GradebookRow

Value = str | int | float | datetime | timedelta | None
"""A datetime is naive, in the cohort's time zone."""

REASON_WORDS = {
    ReasonType.FAILED: "failed twice",
    ReasonType.MISSED: "past due and not passed",
    ReasonType.STUCK: "stuck on an objective",
    ReasonType.INACTIVE: "inactive",
}
STATE_WORDS = {
    AssignmentState.NOT_ASSIGNED: "not assigned",
    AssignmentState.EXCUSED: "excused",
    AssignmentState.NOT_OPEN: "not open yet",
    AssignmentState.NOT_STARTED: "not started",
    AssignmentState.UNDER_WAY: "in progress",
    AssignmentState.SUBMITTED: "submitted, not marked yet",
    AssignmentState.PASSED: "passed",
    AssignmentState.NOT_PASSED: "not passed",
}
COUNTING_WORDS = {
    Counting.COUNTS: "yes",
    Counting.DROPPED: "dropped",
    Counting.OVERDUE: "as 0",
    Counting.LEFT_OUT: "no",
}


def build_heading(book: Gradebook) -> Iterator[str]:
    yield from ("Learner", "E-mail")
    if book.shows_numbers:
        yield "Student number"
    yield from ("Account", "Needs attention")
    for at in book.shown:
        for what in ("state", "per cent", "submitted", "late", "attempts"):
            yield f"{book.columns[at].title}: {what}"
        if book.shows_totals:
            yield f"{book.columns[at].title}: counts"
    if book.shows_totals:
        yield "Total"


def stream_rows(session: Session, book: Gradebook, now: datetime) -> Iterator[list[Value]]:
    for row in gradebook.stream_rows(session, book, now):
        yield list(_list_values(book, row))


def _list_values(book: Gradebook, row: GradebookRow) -> Iterator[Value]:
    yield from (row.member.name, row.member.email)
    if book.shows_numbers:
        yield row.member.student_number
    yield "closed" if row.member.is_closed else ""
    yield "; ".join(REASON_WORDS[reason.why] for reason in row.reasons)
    for at in book.shown:
        yield from _list_cell_values(row.cells[at], book.cohort.time_zone)
        if book.shows_totals:
            yield COUNTING_WORDS[row.total.parts[at]]
    if book.shows_totals:
        yield row.total.percent


def _list_cell_values(it: GradebookCell, time_zone: str) -> Iterator[Value]:
    state = "overdue" if it.is_overdue and it.begun is None else STATE_WORDS[it.state]
    yield f"{state}; another attempt is being marked" if it.being_marked and it.score is not None else state
    yield it.percent
    yield wall_clock.to_local(it.submitted_at, time_zone).replace(tzinfo=None) if it.submitted_at else None
    yield it.late_by
    yield it.attempts or None
