"""Read a list of people as trainers save or paste it: the person on each line, and the faults of the other lines.

Each line is one person: an unclosed quotation mark spoils its own line, not the rest of the list.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import PurePath

from app.domain.encodings import TextEncoding, guess_encoding, try_decode
from app.domain.identifiers import clean_identifier
from app.domain.names import BIDI_CONTROLS

MAX_LINES = 2_000
MAX_BYTES = 1_000_000
MAX_NAME_LENGTH = 100
MAX_NUMBER_LENGTH = 50
MAX_LINE_LENGTH = 1_000
"""In characters. A longer line holds no name and address."""

_SHOWN = 160

_FILE_SUFFIXES = frozenset({"", ".csv", ".tsv", ".tab", ".txt", ".xls", ".xlsx", ".ods"})
"""Of files that may hold a list. A workbook is refused by its content, with a message of its own."""

Normalise = Callable[[str], str | None]
"""Turns an address as written into the form in which addresses are compared; None if it is invalid."""


class UnreadableReason(StrEnum):
    """Why a whole list cannot be read."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TOO_MANY_LINES = "too_many_lines"
    WORKBOOK = "workbook"
    NO_TEXT = "no_text"


class UnreadableError(Exception):
    """Nothing in the list can be used. ``lines`` is their number if there are too many."""

    def __init__(self, reason: UnreadableReason, lines: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.lines = reason, lines


def may_hold_list(file_name: str) -> bool:
    return PurePath(file_name).suffix.lower() in _FILE_SUFFIXES


class RosterFault(StrEnum):
    """What is wrong with a line. Only the database can detect the last three."""

    NO_ADDRESS = "no_address"
    BAD_ADDRESS = "bad_address"
    SEVERAL_ADDRESSES = "several_addresses"
    OTHER_COLUMN = "other_column"
    REPEATED = "repeated"
    NAME_TOO_LONG = "name_too_long"
    LINE_TOO_LONG = "line_too_long"
    CONTROL_CHARACTER = "control_character"
    TOO_MANY_CELLS = "too_many_cells"
    MEMBER = "member"
    REMOVED = "removed"
    INVITED = "invited"


@dataclass(frozen=True, slots=True)
class RosterLine:
    """A line that is not blank.

    ``number`` counts from 1, blank lines and the heading included, as in an editor or spreadsheet. ``text`` is the line
    as it can be shown. ``first`` is the number of the earlier line with the same address.
    ``sort_name`` begins with the family name, if the list has a column for it.
    """

    number: int
    text: str
    name: str = ""
    email: str = ""
    student_number: str = ""
    sort_name: str = ""
    fault: RosterFault | None = None
    first: int | None = None


@dataclass(frozen=True, slots=True)
class ParsedRoster:
    """A parsed list. ``heading`` is its first line if that names the columns.

    ``columns`` says what each column was read as, and ``unused`` names the columns that were not read.
    """

    heading: str | None
    lines: tuple[RosterLine, ...]
    columns: tuple[ColumnUse, ...] = ()
    unused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """A column that was read: ``use`` is ``email``, ``given``, ``family``, ``name`` or ``number``."""

    title: str
    use: str


def decode(data: bytes, chosen: TextEncoding | None = None) -> tuple[str, TextEncoding]:
    """Decode a file in the encoding that was chosen, or else in the likeliest one.

    :raise UnreadableError: it is too large, a workbook, or not text.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableError(UnreadableReason.TOO_LARGE)
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UnreadableError(UnreadableReason.WORKBOOK)
    if chosen is not None:
        text = try_decode(data, chosen)
        if text is not None:
            return text, chosen
        raise UnreadableError(UnreadableReason.NO_TEXT)
    for codec, encoding in _codecs(data):
        try:
            return data.decode(codec).removeprefix("\ufeff"), encoding
        except UnicodeDecodeError:
            continue
    raise UnreadableError(UnreadableReason.NO_TEXT)


def _codecs(data: bytes) -> Sequence[tuple[str, TextEncoding]]:
    """Return the encodings that the bytes may have, the likeliest first."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return (("utf-16", TextEncoding.UTF16),)
    if b"\0" not in data:
        if try_decode(data, TextEncoding.UTF8) is not None:
            return (("utf-8", TextEncoding.UTF8),)
        likeliest = guess_encoding(data, _ALL_HEADINGS)
        return ((likeliest.value, likeliest),) if likeliest else ()
    # Latin letters in UTF-16 have a zero in every other byte; other text has none.
    even, odd = data[0::2].count(0), data[1::2].count(0)
    if odd > len(data) / 5 and odd > 4 * even:
        return (("utf-16-le", TextEncoding.UTF16),)
    if even > len(data) / 5 and even > 4 * odd:
        return (("utf-16-be", TextEncoding.UTF16),)
    return ()


def parse_roster(text: str, normalise: Normalise) -> ParsedRoster:
    """Find an address, and a name if there is one, in each line; their order does not matter.

    Columns are separated by tabs, semicolons or commas, whichever occurs on most lines. A first line of column names
    identifies the columns.

    :raise UnreadableError: the list is empty or has more than :data:`MAX_LINES` lines.
    """
    rows = _rows(text)
    mark = re.fullmatch(r'"?sep=([;,\t])"?', rows[0][1].strip(" ")) if rows else None  # Excel's separator line
    if mark:
        rows = rows[1:]
    separator = mark[1] if mark else _separator([row for _number, row in rows[:200]])
    titles = _cells(rows[0][1], separator) if rows else []
    columns = _columns(titles)
    heading = rows.pop(0)[1] if columns else None
    if not rows:
        raise UnreadableError(UnreadableReason.EMPTY)
    if len(rows) > MAX_LINES:
        raise UnreadableError(UnreadableReason.TOO_MANY_LINES, len(rows))
    if columns:
        _find_name_column(columns, titles, [_cells(row, separator) for _number, row in rows[:200]])
    lines = [_line(number, row, separator, columns, normalise) for number, row in rows]
    used = tuple(ColumnUse(titles[at], column.value) for column, at in (columns or {}).items())
    unused = tuple(title for at, title in enumerate(titles) if title and columns and at not in columns.values())
    return ParsedRoster(_make_printable(heading) if heading else None, tuple(_mark_repeated(lines)), used, unused)


def _rows(text: str) -> list[tuple[int, str]]:
    """Return the lines that are not blank, with their numbers."""
    rows = enumerate(re.split("\r\n|\r|\n", text.removeprefix("\ufeff")), start=1)
    return [(number, row) for number, row in rows if row.strip(" \t;,")]


def _separator(rows: Sequence[str]) -> str:
    bare = [re.sub(r'"[^"]*"', "", row) for row in rows]
    return max("\t;,", key=lambda separator: sum(separator in row for row in bare))


def _cells(row: str, separator: str) -> list[str]:
    read = next(csv.reader([row[:MAX_LINE_LENGTH]], delimiter=separator, skipinitialspace=True), [])
    return [" ".join(cell.split()) for cell in read]


# -- columns -----------------------------------------------------------------------------------------------------------


class _Column(StrEnum):
    EMAIL = "email"
    GIVEN = "given"
    FAMILY = "family"
    NAME = "name"
    NUMBER = "number"


def _split_headings(words: str) -> frozenset[str]:
    return frozenset(words.split(","))


_HEADINGS = {
    _Column.EMAIL: _split_headings(
        "e-mail,email,mail,e-mail address,email address,mail address,e-mail-adresse,emailadresse,e-mailadresse,"
        "mailadresse,courriel,adresse e-mail,adresse électronique,correo,correo electrónico,posta elettronica,"
        "e-mailadres,почта,эл. почта,электронная почта,адрес электронной почты,ηλεκτρονικό ταχυδρομείο,adres e-mail"
    ),
    _Column.GIVEN: _split_headings(
        "first name,firstname,given name,forename,vorname,prénom,prenom,nome,voornaam,имя,όνομα,imię,jméno,ad"
    ),
    _Column.FAMILY: _split_headings(
        "last name,lastname,surname,family name,nachname,familienname,nom,apellido,apellidos,cognome,achternaam,"
        "фамилия,επώνυμο,nazwisko,příjmení,soyad"
    ),
    _Column.NAME: _split_headings(
        "name,names,full name,fullname,learner,student,participant,teilnehmer,teilnehmerin,nom complet,nombre,naam,"
        "фио,ф.и.о.,имя и фамилия,ονοματεπώνυμο,imię i nazwisko,jméno a příjmení,ad soyad,氏名,姓名,이름"
    ),
    _Column.NUMBER: _split_headings(
        "student number,student no,student no.,student id,student-id,studentid,id number,matriculation number,"
        "matrikelnummer,matrikelnr,matrikelnr.,matrikel-nr.,matr.-nr.,matrikel,numéro étudiant,numéro d'étudiant,"
        "número de estudiante,matricola,numero di matricola,studentnummer,номер студента,номер студенческого билета"
    ),
}
"""The headings of these columns in spreadsheets and learning platforms."""

_ALL_HEADINGS = frozenset().union(*_HEADINGS.values())


def _columns(cells: Sequence[str]) -> dict[_Column, int] | None:
    """Return the index of each known column if ``cells`` are a heading: known words, and no address."""
    words = [cell.casefold().strip("*: ") for cell in cells]
    if any("@" in word for word in words):
        return None
    found: dict[_Column, int] = {}
    for at, word in enumerate(words):
        for column, names in _HEADINGS.items():
            if word in names:
                found.setdefault(column, at)
    return found or None


def _find_name_column(columns: dict[_Column, int], titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Take the first other column with words as the names if no heading names that column: no name gets lost."""
    if columns.keys() & {_Column.NAME, _Column.GIVEN, _Column.FAMILY}:
        return
    for at in range(len(titles)):
        cells = [row[at] for row in rows if at < len(row) and row[at]]
        wordy = [
            cell for cell in cells if "@" not in cell and any(map(str.isalpha, cell)) and not re.search(r"\d", cell)
        ]
        if at not in columns.values() and cells and len(wordy) > len(cells) / 2:
            columns[_Column.NAME] = at
            return


def _parts(cells: Sequence[str], columns: dict[_Column, int] | None) -> tuple[str, list[str]]:
    """Return the name, and the cells that may hold the address."""
    if columns is None:
        others = [cell for cell in cells if cell and "@" not in cell]
        return " ".join(others), [cell for cell in cells if "@" in cell]

    def cell(column: _Column) -> str:
        at = columns.get(column)
        return cells[at] if at is not None and at < len(cells) else ""

    given, family = cell(_Column.GIVEN), cell(_Column.FAMILY)
    name = " ".join(filter(None, (given, family or cell(_Column.NAME)))) if given or family else cell(_Column.NAME)
    if _Column.EMAIL in columns:
        return name, [cell(_Column.EMAIL)] if cell(_Column.EMAIL) else []
    return name, [found for at, found in enumerate(cells) if "@" in found and at not in columns.values()]


# -- one line ----------------------------------------------------------------------------------------------------------


def _line(
    number: int, row: str, separator: str, columns: dict[_Column, int] | None, normalise: Normalise
) -> RosterLine:
    line = RosterLine(number, _make_printable(row))
    if len(row) > MAX_LINE_LENGTH:
        return replace(line, fault=RosterFault.LINE_TOO_LONG)
    if any(_is_control(character) for character in row):
        return replace(line, fault=RosterFault.CONTROL_CHARACTER)
    cells = _cells(row, separator)
    name, addresses = _parts(cells, columns)
    written = [word for cell in addresses for word in cell.split() if "@" in word]
    if columns and not written and any("@" in cell for cell in cells):
        return replace(line, name=name[:MAX_NAME_LENGTH], fault=RosterFault.OTHER_COLUMN)
    if columns is None and len([cell for cell in cells if cell]) > 3:
        return replace(line, fault=RosterFault.TOO_MANY_CELLS)
    if len(written) > 1:
        return replace(line, fault=RosterFault.SEVERAL_ADDRESSES)
    if not written:
        return replace(
            line, name=name[:MAX_NAME_LENGTH], fault=RosterFault.BAD_ADDRESS if addresses else RosterFault.NO_ADDRESS
        )
    # The form that mail programs write: Ada Byron <ada@example.org>
    beside = " ".join(word for cell in addresses for word in cell.split() if "@" not in word).strip("\"' ")
    name = " ".join(filter(None, (name, beside)))
    address = normalise(written[0].strip("<>()[],;:\"'").removeprefix("mailto:"))
    if len(name) > MAX_NAME_LENGTH:
        return replace(line, fault=RosterFault.NAME_TOO_LONG)
    if address is None:
        return replace(line, name=name, fault=RosterFault.BAD_ADDRESS)
    student_number, sort_name = _get_extras(cells, columns or {})
    return replace(line, name=name, email=address, student_number=student_number, sort_name=sort_name)


def _get_extras(cells: Sequence[str], columns: dict[_Column, int]) -> tuple[str, str]:
    """Return the student number, and the name to sort by if the list tells the family name."""
    found = {column: cells[at] for column, at in columns.items() if at < len(cells)}
    family, given = found.get(_Column.FAMILY, ""), found.get(_Column.GIVEN, "")
    sort_name = f"{family} {given}" if family and given else ""
    return clean_identifier(found.get(_Column.NUMBER, ""))[:MAX_NUMBER_LENGTH], sort_name[:MAX_NAME_LENGTH]


def _mark_repeated(lines: Sequence[RosterLine]) -> Iterator[RosterLine]:
    """Yield the lines, marking each one whose address occurred before."""
    seen: dict[str, int] = {}
    for line in lines:
        if line.fault is None and line.email in seen:
            yield replace(line, fault=RosterFault.REPEATED, first=seen[line.email])
        else:
            if line.fault is None:
                seen[line.email] = line.number
            yield line


def _is_control(character: str) -> bool:
    return character in BIDI_CONTROLS or (character != "\t" and unicodedata.category(character) in ("Cc", "Cs"))


def _make_printable(row: str) -> str:
    """Return a line as a page can show it: shortened, with ``\ufffd`` for invisible characters."""
    shown = "".join("\ufffd" if _is_control(character) else character for character in row[: _SHOWN + 1])
    shown = shown.replace("\t", "  ").strip()
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
