"""The gradebook as CSV for spreadsheets, streamed line by line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.services.log import spreadsheet
from app.services.log.spreadsheet import Separator
from app.services.reporting import gradebook_table
from app.services.reporting.gradebook import Gradebook
from app.services.reporting.gradebook_table import Value


def stream_lines(
    session: Session, book: Gradebook, now: datetime, separator: Separator = Separator.COMMA
) -> Iterator[str]:
    """Yield a byte order mark, a heading, then one line for each learner. Times are in the cohort's time zone."""
    heading = gradebook_table.build_heading(book)
    yield spreadsheet.BYTE_ORDER_MARK + spreadsheet.format_line(heading, separator)
    for row in gradebook_table.stream_rows(session, book, now):
        yield spreadsheet.format_line((_format_value(value, separator) for value in row), separator)


def _format_value(value: Value, separator: Separator) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case timedelta():
            return _format_lateness(value)
        case float():
            return f"{value:.1f}".replace(".", separator.decimal_point)
        case _:
            return str(value)


def _format_lateness(by: timedelta) -> str:
    """Format a duration as hours and minutes: ``49:30`` is two days, one hour and a half."""
    minutes = int(by.total_seconds() // 60)
    return f"{minutes // 60}:{minutes % 60:02}"
