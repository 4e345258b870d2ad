"""Records with tables as PDF: the CPD record and transcripts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from app.web import translation, typesetting
from app.web.typesetting import PaperSize, make_breakable

_LONGEST_WORD = 22
"""In characters, in a table."""


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of a table: ``wide`` takes the width that is left, ``end`` aligns numbers."""

    label: str
    wide: bool = False
    end: bool = False


@dataclass(frozen=True, slots=True)
class Detail:
    """A text below the main text of a cell, with its label or none."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    details: tuple[Detail, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A table with its title and the lines below it. ``new_page`` begins it on a page of its own."""

    title: str
    columns: Sequence[TableColumn]
    rows: Sequence[Sequence[Cell]]
    lines: Sequence[str] = ()
    new_page: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """``name`` is the person or cohort that the document is about; ``facts`` are the lines below it."""

    heading: str
    name: str
    facts: Sequence[str]
    parts: Sequence[Part]
    footer: str


def render_pdf(document: Document, paper: PaperSize, moment: datetime) -> bytes:
    """Return a document as PDF/UA, in the language of the request."""
    return typesetting.render_pdf(typesetting.DOCUMENT, build_inputs(document, paper), moment)


def build_inputs(document: Document, paper: PaperSize) -> dict[str, str]:
    """Return the values of ``document.typ`` as JSON in one string, so no text can be markup."""
    values = {"paper": paper, "lang": translation.get_language(), **asdict(document)}
    values["name"] = make_breakable(document.name)
    for part in values["parts"]:
        part["title"] = make_breakable(part["title"])
        part["rows"] = [[_prepare(cell) for cell in row] for row in part["rows"]]
    return {"data": json.dumps(values)}


def _prepare(cell: dict[str, object]) -> dict[str, object]:
    details = cell["details"]
    assert isinstance(details, (list, tuple))
    return {
        "text": make_breakable(str(cell["text"]), _LONGEST_WORD),
        "details": [(one["label"], make_breakable(one["text"], _LONGEST_WORD)) for one in details],
    }
