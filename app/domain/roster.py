"""Reading a list of people, as trainers save or paste it: which line is somebody, and what is wrong with the others.

Every line of the text is one person: a quotation mark that is never closed spoils its own line, not the rest of the list.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from app.domain.names import TURNING

MOST_LINES = 2_000
LARGEST_BYTES = 1_000_000
LONGEST_NAME = 100
LONGEST_LINE = 1_000
"""In characters. What is longer is no name and no address."""

_SHOWN = 160

Normalise = Callable[[str], str | None]
"""From an address as it was written to the form in which it is compared; None where it is none."""


class Encoding(StrEnum):
    UTF8 = "utf-8"
    UTF16 = "utf-16"
    WESTERN = "windows-1252"
    """What Excel saves in Western Europe and the Americas; Latin-1 with letters where that has control characters."""


class Unreadable(StrEnum):
    """Why a whole list can't be read."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TOO_MANY_LINES = "too_many_lines"
    WORKBOOK = "workbook"
    NO_TEXT = "no_text"


class UnreadableError(Exception):
    """Nothing of the list can be used. ``lines`` is how many it has, where that is what is wrong."""

    def __init__(self, reason: Unreadable, lines: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.lines = reason, lines


class Fault(StrEnum):
    """What is wrong with a line. The last three are known to the database alone."""

    NO_ADDRESS = "no_address"
    BAD_ADDRESS = "bad_address"
    SEVERAL_ADDRESSES = "several_addresses"
    REPEATED = "repeated"
    NAME_TOO_LONG = "name_too_long"
    LINE_TOO_LONG = "line_too_long"
    CONTROL_CHARACTER = "control_character"
    TOO_MANY_CELLS = "too_many_cells"
    MEMBER = "member"
    REMOVED = "removed"
    INVITED = "invited"


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not blank. ``number`` counts from 1, blank lines and the heading included, as an editor or spreadsheet does.

    ``text`` is the line as it can be shown. ``first`` is the number of the line that had the address of a repeated one.
    """

    number: int
    text: str
    name: str = ""
    email: str = ""
    fault: Fault | None = None
    first: int | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A list that was read. ``heading`` is its first line, where that names the columns."""

    heading: str | None
    lines: tuple[Line, ...]


def decode(data: bytes) -> tuple[str, Encoding]:
    """Read a file as text: UTF-8, UTF-16 (with or without its mark), or else what Excel saves in the West.

    :raise UnreadableError: it is too large, a workbook, or no text.
    """
    if len(data) > LARGEST_BYTES:
        raise UnreadableError(Unreadable.TOO_LARGE)
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UnreadableError(Unreadable.WORKBOOK)
    for codec, encoding in _codecs(data):
        try:
            return data.decode(codec).removeprefix("\ufeff"), encoding
        except UnicodeDecodeError:
            continue
    raise UnreadableError(Unreadable.NO_TEXT)


def _codecs(data: bytes) -> Sequence[tuple[str, Encoding]]:
    """What the bytes may be, the likeliest first."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return (("utf-16", Encoding.UTF16),)
    if b"\0" not in data:
        return ("utf-8", Encoding.UTF8), ("cp1252", Encoding.WESTERN)
    # Plain letters in UTF-16 have a zero in every other byte; other text has none at all.
    even, odd = data[0::2].count(0), data[1::2].count(0)
    if odd > len(data) / 5 and odd > 4 * even:
        return (("utf-16-le", Encoding.UTF16),)
    if even > len(data) / 5 and even > 4 * odd:
        return (("utf-16-be", Encoding.UTF16),)
    return ()


def read(text: str, normalise: Normalise) -> Sheet:
    """Find out who is meant: a name, which may be missing, and an address in each line, in any order.

    Columns are separated by a tab, a semicolon or a comma, whichever most lines have. A first line of column names says which is which.

    :raise UnreadableError: there is nothing, or more than :data:`MOST_LINES`.
    """
    rows = _rows(text)
    mark = re.fullmatch(r'"?sep=([;,\t])"?', rows[0][1].strip(" ")) if rows else None  # Excel's own way to say it
    if mark:
        rows = rows[1:]
    separator = mark[1] if mark else _separator([row for _number, row in rows[:200]])
    columns = _columns(_cells(rows[0][1], separator)) if rows else None
    heading = rows.pop(0)[1] if columns else None
    if not rows:
        raise UnreadableError(Unreadable.EMPTY)
    if len(rows) > MOST_LINES:
        raise UnreadableError(Unreadable.TOO_MANY_LINES, len(rows))
    lines = [_line(number, row, separator, columns, normalise) for number, row in rows]
    return Sheet(_shown(heading) if heading else None, tuple(_told_apart(lines)))


def _rows(text: str) -> list[tuple[int, str]]:
    """The lines that are not blank, with their numbers."""
    rows = enumerate(re.split("\r\n|\r|\n", text.removeprefix("\ufeff")), start=1)
    return [(number, row) for number, row in rows if row.strip(" \t;,")]


def _separator(rows: Sequence[str]) -> str:
    bare = [re.sub(r'"[^"]*"', "", row) for row in rows]
    return max("\t;,", key=lambda separator: sum(separator in row for row in bare))


def _cells(row: str, separator: str) -> list[str]:
    read = next(csv.reader([row[:LONGEST_LINE]], delimiter=separator, skipinitialspace=True), [])
    return [" ".join(cell.split()) for cell in read]


# -- columns -----------------------------------------------------------------------------------------------------------


class _Column(StrEnum):
    EMAIL = "email"
    GIVEN = "given"
    FAMILY = "family"
    NAME = "name"


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split(","))


_NAMED = {
    _Column.EMAIL: _words(
        "e-mail,email,mail,e-mail address,email address,mail address,e-mail-adresse,emailadresse,e-mailadresse,mailadresse,"
        "courriel,adresse e-mail,adresse électronique,correo,correo electrónico,posta elettronica,e-mailadres"
    ),
    _Column.GIVEN: _words("first name,firstname,given name,forename,vorname,prénom,prenom,nome,voornaam"),
    _Column.FAMILY: _words(
        "last name,lastname,surname,family name,nachname,familienname,nom,apellido,apellidos,cognome,achternaam"
    ),
    _Column.NAME: _words(
        "name,names,full name,fullname,learner,student,participant,teilnehmer,teilnehmerin,nom complet,nombre,naam"
    ),
}
"""How spreadsheets and learning platforms head these columns."""


def _columns(cells: Sequence[str]) -> dict[_Column, int] | None:
    """Which column is which, where ``cells`` are a heading: known words, and no address among them."""
    words = [cell.casefold().strip("*: ") for cell in cells]
    if any("@" in word for word in words):
        return None
    found: dict[_Column, int] = {}
    for at, word in enumerate(words):
        for column, names in _NAMED.items():
            if word in names:
                found.setdefault(column, at)
    return found or None


def _parts(cells: Sequence[str], columns: dict[_Column, int] | None) -> tuple[str, list[str]]:
    """The name, and the cells that may hold the address."""
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


def _line(number: int, row: str, separator: str, columns: dict[_Column, int] | None, normalise: Normalise) -> Line:
    line = Line(number, _shown(row))
    if len(row) > LONGEST_LINE:
        return replace(line, fault=Fault.LINE_TOO_LONG)
    if any(_is_control(character) for character in row):
        return replace(line, fault=Fault.CONTROL_CHARACTER)
    cells = _cells(row, separator)
    name, addresses = _parts(cells, columns)
    written = [word for cell in addresses for word in cell.split() if "@" in word]
    if columns is None and len([cell for cell in cells if cell]) > 3:
        return replace(line, fault=Fault.TOO_MANY_CELLS)
    if len(written) > 1:
        return replace(line, fault=Fault.SEVERAL_ADDRESSES)
    if not written:
        return replace(line, name=name[:LONGEST_NAME], fault=Fault.BAD_ADDRESS if addresses else Fault.NO_ADDRESS)
    # As mail programs write it: Ada Byron <ada@example.org>
    beside = " ".join(word for cell in addresses for word in cell.split() if "@" not in word).strip("\"' ")
    name = " ".join(filter(None, (name, beside)))
    address = normalise(written[0].strip("<>()[],;:\"'").removeprefix("mailto:"))
    if len(name) > LONGEST_NAME:
        return replace(line, fault=Fault.NAME_TOO_LONG)
    if address is None:
        return replace(line, name=name, fault=Fault.BAD_ADDRESS)
    return replace(line, name=name, email=address)


def _told_apart(lines: Sequence[Line]) -> Iterator[Line]:
    """The same lines; of two with one address, the later one is faulty."""
    seen: dict[str, int] = {}
    for line in lines:
        if line.fault is None and line.email in seen:
            yield replace(line, fault=Fault.REPEATED, first=seen[line.email])
        else:
            if line.fault is None:
                seen[line.email] = line.number
            yield line


def _is_control(character: str) -> bool:
    return character in TURNING or (character != "\t" and unicodedata.category(character) in ("Cc", "Cs"))


def _shown(row: str) -> str:
    """A line as a page can show it: one line, no longer than need be, what can't be seen as ``\ufffd``."""
    shown = "".join("\ufffd" if _is_control(character) else character for character in row[: _SHOWN + 1])
    shown = shown.replace("\t", "  ").strip()
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
