"""The assessment in docs/asvs.md is complete, and what it names exists."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient

from tests.conftest import ROOT

_ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| (met|not applicable|not met) \| (.+) \|$")
_PATH = re.compile(r"`([\w.-]+(?:/[\w.-]+)+/?|pyproject\.toml)`")


@dataclass(frozen=True, slots=True)
class Row:
    number: str
    level: int
    state: str
    shown_by: str


ROWS = [
    Row(found[1], int(found[2]), found[3], found[4])
    for line in (ROOT / "docs" / "asvs.md").read_text().splitlines()
    if (found := _ROW.match(line))
]


def test_each_requirement_of_both_levels_has_one_row() -> None:
    """The list is that of ASVS 5.0.0."""
    lines = (ROOT / "tests" / "support" / "asvs_levels.txt").read_text().split("\n")
    expected = [(number, int(level)) for number, _, level in (line.partition(" ") for line in lines if line)]

    assert [(row.number, row.level) for row in ROWS] == expected
    assert len(expected) == 253


def test_every_line_of_a_table_is_a_row() -> None:
    lines = (ROOT / "docs" / "asvs.md").read_text().splitlines()
    rows = [line for line in lines if line.startswith("|") and not line.startswith(("| Requirement", "| ---"))]

    assert [line for line in rows if not _ROW.match(line)] == []


def test_what_a_row_names_exists() -> None:
    missing = [
        f"{row.number}: {path}" for row in ROWS for path in _PATH.findall(row.shown_by) if not (ROOT / path).exists()
    ]

    assert missing == []


def test_no_requirement_of_level_1_is_unmet() -> None:
    assert [row.number for row in ROWS if row.level == 1 and row.state == "not met"] == []


def test_the_summary_names_what_is_not_met() -> None:
    summary = (ROOT / "docs" / "asvs.md").read_text().partition("\n## ")[0]

    assert re.findall(r"\((\d+\.\d+\.\d+)\)", summary) == [row.number for row in ROWS if row.state == "not met"]


@pytest.mark.parametrize("path", ["/", "/login", "/static/js/main.js"])
def test_trace_is_refused(client: FlaskClient, path: str) -> None:
    """ASVS 13.4.4."""
    assert client.open(path, method="TRACE").status_code == 405
