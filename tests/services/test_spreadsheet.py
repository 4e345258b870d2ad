"""Threat 20: no cell of a file that we send is a formula."""

from __future__ import annotations

import csv
import io

import pytest

from app.services import spreadsheet

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
    (row,) = csv.reader(io.StringIO(spreadsheet.line(["name", text]), newline=""))

    assert row == ["name", f"'{text}"]


@pytest.mark.parametrize(
    "text", ["", "Anna", "a=b", "3-4", "O'Neill", 'a "b"', "a,b", "Ünal", "١٢", " ", "\u200b", "—"]
)
def test_everything_else_stays_as_it_is(text: str) -> None:
    (row,) = csv.reader(io.StringIO(spreadsheet.line([text, "x"]), newline=""))

    assert row == [text, "x"]
