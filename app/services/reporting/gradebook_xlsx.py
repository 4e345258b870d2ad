"""The gradebook as an Excel workbook: scores are numbers, times are dates, and text is never a formula."""

from __future__ import annotations

import io
from datetime import datetime, timedelta

from sqlalchemy.orm import Session
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from app.domain import wall_clock
from app.services.reporting import gradebook_table
from app.services.reporting.gradebook import Gradebook
from app.services.reporting.gradebook_table import Value

_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_NAME_WIDTH, _WIDTH = 28, 14


def build_workbook(session: Session, book: Gradebook, now: datetime) -> bytes:
    """Return a workbook with the gradebook and a sheet that says how its totals are computed."""
    out = io.BytesIO()
    with Workbook(out, _OPTIONS) as workbook:
        bold = workbook.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        formats = {
            datetime: workbook.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
            timedelta: workbook.add_format({"num_format": "[h]:mm"}),
            float: workbook.add_format({"num_format": "0.0"}),
        }
        sheet = workbook.add_worksheet("Gradebook")
        for column, text in enumerate(gradebook_table.build_heading(book)):
            sheet.write_string(0, column, text, bold)
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, 1, _NAME_WIDTH)
        sheet.set_column(2, 2 + 6 * len(book.shown) + 3, _WIDTH)
        for number, row in enumerate(gradebook_table.stream_rows(session, book, now), start=1):
            for column, value in enumerate(row):
                _write(sheet, number, column, value, formats.get(type(value)))
        _write_notes(workbook, book, now, bold)
    return out.getvalue()


def _write(sheet: Worksheet, row: int, column: int, value: Value, style: object) -> None:
    match value:
        case None | "":
            pass
        case str():
            sheet.write_string(row, column, value)
        case datetime() | timedelta():
            sheet.write_datetime(row, column, value, style)
        case _:
            sheet.write_number(row, column, value, style)


def _write_notes(workbook: Workbook, book: Gradebook, now: datetime, bold: object) -> None:
    sheet = workbook.add_worksheet("Totals")
    sheet.set_column(0, 0, 60)
    lines: list[tuple[Value, ...]] = [
        (f"{book.cohort.title}, {wall_clock.to_local(now, book.cohort.time_zone):%Y-%m-%d %H:%M}",),
        (f"Times are in {book.cohort.time_zone}.",),
        ("The total is the weighted average of the scores that count, rounded down to a tenth of a per cent.",),
        ("Overdue work counts as 0. Excused work, and work that is not yet due and not submitted, does not count.",),
        ("Lowest scores dropped per learner", book.cohort.drop_lowest),
        (),
        ("Assignment", "Weight"),
        *((column.title, 0 if column.is_withdrawn else column.weight) for column in book.columns),
    ]
    for number, line in enumerate(lines):
        for column, value in enumerate(line):
            if isinstance(value, str):
                sheet.write_string(number, column, value, bold if line == ("Assignment", "Weight") else None)
            else:
                _write(sheet, number, column, value, None)
