"""Excel workbooks of questions, and the template."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from openpyxl import load_workbook
from xlsxwriter import Workbook

from app.content.interactions import Note, Severity, write_number
from app.interchange.bank import MAX_ITEMS, QuestionBank, UnreadableBankError, WrittenBank
from app.interchange.package import Package, is_zip
from app.interchange.sheets.cells import protect
from app.interchange.sheets.columns import ANSWER_COLUMNS, COLUMNS, SheetType, read_heading
from app.interchange.sheets.examples import EXAMPLES, EXPLANATIONS
from app.interchange.sheets.reading import Row, list_filled, read_rows
from app.interchange.sheets.writing import Cells, count_answers, list_cells, list_headings, write_item, write_rows

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""The start of workbooks of Excel 97, and of encrypted ones."""

_MOST_COLUMNS = 250
_MOST_ROWS = 2 * MAX_ITEMS
_MOST_SHEETS = 20
_MOST_UNPACKED = 40_000_000
_LITERAL = re.compile(r'"[^"]*"|\\.')
"""A part of a number format that is shown as it is written."""
_NOT_CALCULATED = re.compile(rb"<c [^<>]{0,200}><f[^<>]{0,200}>[^<]*</f>(?:<v ?/>|<v></v>|</c>)")
_EMPTY_TEXT = b't="str"'
_NOT_CALCULATED_NOTE = Note(
    Severity.WARNING,
    "formulas that were never calculated count as empty cells; save the workbook in Excel and import it again",
)
_QUESTIONS = "Questions"
_NUMERIC = frozenset({"mark", "percent"})
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def is_workbook(data: bytes) -> bool:
    """Return whether a file looks like a workbook, of whatever program."""
    if data.startswith(_OLE):
        return True
    if not is_zip(data):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            names = package.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, UnicodeDecodeError):
        return False
    return "[Content_Types].xml" in names or "mimetype" in names


def read_workbook(data: bytes) -> QuestionBank:
    """Read the first sheet whose first row has the headings of questions. Formulas count with their last result.

    :raise UnreadableBankError: the file is encrypted, damaged, too large or of another program, or has no such sheet.
    """
    if data.startswith(_OLE):
        raise UnreadableBankError("the workbook is encrypted, or of Excel 97; save it as .xlsx without a password")
    if not is_zip(data):
        raise UnreadableBankError("this is no Excel workbook; save it as .xlsx or .csv")
    notes = _check_parts(Package(data, most_unpacked=_MOST_UNPACKED))
    rows = _read_sheets(data)
    bank = read_rows(rows[0].cells, rows[1:])
    return replace(bank, notes=(*notes, *bank.notes))


def _check_parts(package: Package) -> tuple[Note, ...]:
    """Read every part once: none is larger than the file says, and none declares entities.

    Return a note if a sheet has formulas that were never calculated.
    """
    notes: tuple[Note, ...] = ()
    if "xl/workbook.xml" not in package:
        raise UnreadableBankError("this is no Excel workbook; save it as .xlsx or .csv")
    for name in package:
        content = package.read(name)
        if name.endswith((".xml", ".rels")) and (b"\0" in content or b"<!DOCTYPE" in content or b"<!ENTITY" in content):
            raise UnreadableBankError("the workbook has XML in it that Excel does not write")
        if name.startswith("xl/worksheets/") and any(
            _EMPTY_TEXT not in found[0] for found in _NOT_CALCULATED.finditer(content)
        ):
            notes = (_NOT_CALCULATED_NOTE,)
    return notes


def _read_sheets(data: bytes) -> Sequence[Row]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what openpyxl does not keep, such as drop-down lists
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            try:
                for sheet in book.worksheets[:_MOST_SHEETS]:
                    rows = list(islice(list_filled(_list_rows(sheet)), _MOST_ROWS + 1))
                    names = {place.name for cell in rows[0].cells if (place := read_heading(cell))} if rows else set()
                    if {"type", "question"} <= names:
                        return rows
            finally:
                book.close()
    except UnreadableBankError:
        raise
    except Exception as error:  # whatever a damaged file makes openpyxl raise
        raise UnreadableBankError("the workbook is damaged") from error
    raise UnreadableBankError("no sheet has the headings “type” and “question” in its first row, as in the template")


def _list_rows(sheet: Any) -> Iterator[Row]:
    sheet.reset_dimensions()  # the file may claim a million columns
    for number, row in enumerate(sheet.iter_rows(max_col=_MOST_COLUMNS), start=1):
        if number > _MOST_ROWS:
            raise UnreadableBankError(f"the sheet has more than {_MOST_ROWS:,} rows")
        notes = tuple(_note_dates([cell.value for cell in row]))
        yield Row(f"row {number}", [_write_cell(cell) for cell in row], notes)


def _note_dates(cells: Sequence[object]) -> Iterator[Note]:
    for value in cells:
        if isinstance(value, (date, time, timedelta)):
            yield Note(Severity.WARNING, f"Excel turned a cell into the date or time {value}; check the text")


def _write_cell(cell: Any) -> str:
    """Return a cell as people see it: Excel stores 50% as 0.5 with a format."""
    value = cell.value
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if is_number and "%" in _LITERAL.sub("", cell.number_format):
        return f"{write_number(100 * value)}%"
    return _write_value(value)


def _write_value(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "True" if value else "False"
        case int():
            return str(value)
        case float():
            return write_number(value) if abs(value) < 1e15 else repr(value)
        case datetime():
            return value.isoformat(sep=" ", timespec="minutes")
        case _:
            return str(value)


def write_xlsx(bank: QuestionBank) -> WrittenBank:
    """Write an Excel workbook with the columns of the template, and a sheet that explains them."""
    rows, written = write_rows(bank)
    return WrittenBank(write_workbook(rows), written)


def write_workbook(rows: Sequence[Cells]) -> bytes:
    """Return a workbook with a row for each question and a sheet of explanations."""
    out = io.BytesIO()
    answers = count_answers(rows)
    with Workbook(out, _OPTIONS) as workbook:
        bold = workbook.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        wrap = workbook.add_format({"text_wrap": True, "valign": "top"})
        sheet = workbook.add_worksheet(_QUESTIONS)
        headings = list_headings(answers)
        numeric = {at for at, text in enumerate(headings) if text.split()[0] in _NUMERIC}
        for at, text in enumerate(headings):
            sheet.write_string(0, at, text, bold)
        widths = [column.width for column in COLUMNS] + [column.width for column in ANSWER_COLUMNS] * answers
        for at, width in enumerate(widths):
            sheet.set_column(at, at, width)
        sheet.freeze_panes(1, 2)
        for number, row in enumerate(rows, start=1):
            for at, text in enumerate(list_cells(row, answers)):
                if text and at in numeric:
                    sheet.write_number(number, at, float(text), wrap)
                elif text:
                    sheet.write_string(number, at, protect(text), wrap)
        types = [column.name for column in COLUMNS].index("type")
        sheet.data_validation(
            1, types, MAX_ITEMS, types, {"validate": "list", "source": [one.value for one in SheetType]}
        )
        _write_explanations(workbook, bold, wrap)
    return out.getvalue()


def _write_explanations(workbook: Workbook, bold: object, wrap: object) -> None:
    sheet = workbook.add_worksheet("Explanations")
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 100)
    lines = [
        ("Column", "Meaning"),
        *((column.name, column.meaning) for column in COLUMNS),
        *((f"{column.name} 1, 2, 3 …", column.meaning) for column in ANSWER_COLUMNS),
        ("", ""),
        ("Type", "What its answers are"),
        *((one.value, EXPLANATIONS[one]) for one in SheetType),
    ]
    for number, line in enumerate(lines):
        style = bold if line[0] in ("Column", "Type") else wrap
        for at, text in enumerate(line):
            sheet.write_string(number, at, text, style)


def build_template() -> bytes:
    """Return a workbook with an example of each type of question."""
    return write_workbook([write_item(item)[0] for item in EXAMPLES])
