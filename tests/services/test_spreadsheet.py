"""Threat 20: no cell of a file that we send is a formula."""

from __future__ import annotations

import csv
import io

import pytest

from app.services.log import spreadsheet
from app.services.log.spreadsheet import Separator

FORMULAS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "=cmd|' /C calc'!A0",
    "\tx",
    "\r=1",
    "\n=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠A1",
    "﹦1",
    "﹢1",
    "﹣1",
    "﹫A1",
    " =1",
    "\u00a0=1",
    "\u200b=1",
    "\ufeff=1",
    " \t=1",
)


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_becomes_text(text: str) -> None:
    """Fails when a start is missing from the list, or blanks before it hide it."""
    (row,) = csv.reader(io.StringIO(spreadsheet.format_line(["name", text]), newline=""))

    assert row == ["name", f"'{text}"]


@pytest.mark.parametrize(
    "text", ["", "Anna", "a=b", "3-4", "O'Neill", 'a "b"', "a,b", "Ünal", "١٢", " ", "\u200b", "—"]
)
def test_everything_else_stays_as_it_is(text: str) -> None:
    (row,) = csv.reader(io.StringIO(spreadsheet.format_line([text, "x"]), newline=""))

    assert row == [text, "x"]


@pytest.mark.parametrize("separator", list(Separator))
@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("Pain,=1+1", "Pain,'=1+1"),
        ("Pain; =1", "Pain;' =1"),
        ("Pain\t@x", "Pain\t'@x"),
        ('Pain;"=1', "Pain;'\"=1"),
        ("Pain,,=1", "Pain,,'=1"),
        ("Pain;＝1", "Pain;'＝1"),
        ("=1;=2", "'=1;'=2"),
        ("Lower back, neck; jaw", "Lower back, neck; jaw"),
        ("Garcia, Maria", "Garcia, Maria"),
    ],
)
def test_a_cell_is_safe_even_if_it_is_split_at_another_separator(text: str, safe: str, separator: Separator) -> None:
    """A file with semicolons that is opened as one with commas begins a cell at each comma."""
    line = spreadsheet.format_line(["name", text], separator)

    (row,) = csv.reader(io.StringIO(line, newline=""), delimiter=separator.value)
    assert row == ["name", safe]
    for other in Separator:
        for cell in line.rstrip("\r\n").split(other.value):
            assert cell.strip(' "')[:1] not in {"=", "+", "-", "@", "＝"}
