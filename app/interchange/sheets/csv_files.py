"""Questions as rows of a CSV file, in any common separator and encoding."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import chain

from app.interchange.bank import QuestionBank, UnreadableBankError, WrittenBank
from app.interchange.package import is_zip
from app.interchange.sheets.cells import protect
from app.interchange.sheets.columns import read_heading
from app.interchange.sheets.reading import Row, list_filled, read_rows
from app.interchange.sheets.writing import count_answers, list_cells, list_headings, write_rows
from app.interchange.text_files import decode_text, peek_text

_SEPARATORS = (",", ";", "\t")
_HEADINGS = frozenset({"type", "question", "id", "answer 1"})
_START = 20_000
"""Bytes of a file in which its row of headings is looked for."""
_END = "\0"
"""A line below the last one, which is read as part of a cell if that is not closed. No text file contains it."""


def read_csv(data: bytes) -> QuestionBank:
    """Read a CSV file whose first row names the columns.

    :raise UnreadableBankError: it is no text, or its columns are not those of questions.
    """
    decoded = decode_text(data, _HEADINGS)
    separator = _find_separator(decoded.text)
    if separator is None:
        raise UnreadableBankError("the first row needs the headings “type” and “question”, as in the template", 1)
    rows = list(list_filled(_list_rows(decoded.text, separator)))
    bank = read_rows(rows[0].cells, rows[1:])
    return QuestionBank(bank.items, bank.pictures, (*decoded.notes, *bank.notes))


def _find_separator(text: str) -> str | None:
    """Return the separator with which the first row has the most known headings."""
    start = text[:_START]
    found = {separator: _count_headings(start, separator) for separator in _SEPARATORS}
    best = max(_SEPARATORS, key=lambda separator: found[separator])
    return best if found[best] >= 2 else None


def _count_headings(text: str, separator: str) -> int:
    try:
        first = next(list_filled(_list_rows(text, separator)), None)
    except UnreadableBankError:
        return 0
    names = {place.name for cell in first.cells if (place := read_heading(cell))} if first else set()
    return len(names) if {"type", "question"} <= names else 0


def _list_rows(text: str, separator: str) -> Iterator[Row]:
    """Yield the rows of a table.

    :raise UnreadableBankError: a quotation mark is never closed, so the rows below it would be part of its cell.
    """
    reader = csv.reader(chain(io.StringIO(text, newline=""), [_END]), delimiter=separator)
    line = 0
    try:
        for cells in reader:
            if cells == [_END]:
                return
            if cells and cells[-1].endswith(_END):
                raise UnreadableBankError("a quotation mark in this row is never closed", line + 1)
            yield Row(f"line {line + 1}", cells)
            line = reader.line_num
    except csv.Error as error:
        reason = f"a cell has more than {csv.field_size_limit():,} characters, or a quotation mark is never closed"
        raise UnreadableBankError(reason, line + 1) from error


def write_csv(bank: QuestionBank) -> WrittenBank:
    """Write a CSV file in UTF-8 with the columns of the template."""
    rows, written = write_rows(bank)
    out = io.StringIO()
    writer = csv.writer(out)
    answers = count_answers(rows)
    writer.writerow(list_headings(answers))
    writer.writerows([protect(cell) for cell in list_cells(row, answers)] for row in rows)
    return WrittenBank(out.getvalue().encode("utf-8-sig"), written)


def fits_csv(data: bytes) -> bool:
    if is_zip(data) or data[:1] == b"<":
        return False
    return _find_separator(peek_text(data)) is not None
