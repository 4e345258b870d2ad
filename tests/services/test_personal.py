"""Nothing about a person is forgotten: neither in their export nor when they are erased."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Column

import app.models  # noqa: F401  registers the tables
from app.db import Base
from app.services.privacy import data_locations
from app.services.privacy.free_texts import Mentions

PERSONAL = {"user", "learner", "attempt", "attempt_item", "mark"}
"""Tables whose rows are somebody's, all of them."""

WRITTEN = {"user.name", "invitation.name", "roster.lines"}
"""Columns that hold names or addresses, but are no address to look by: see the traces of their tables."""

HASHED = {"membership.former_address"}
"""Columns with keyed hashes of addresses, which lead nobody back to a person."""


def _pointing() -> Iterator[str]:
    """Every column that points to somebody, or holds an address."""
    for table in Base.metadata.sorted_tables:
        for constraint in table.foreign_key_constraints:
            if constraint.referred_table.name in PERSONAL:
                yield f"{table.name}.{constraint.column_keys[0]}"
        yield from (f"{table.name}.{column.name}" for column in table.columns if _holds_address(column))


def _holds_address(column: Column[object]) -> bool:
    return any(part in ("email", "mail", "address", "phone") for part in column.name.split("_"))


def test_every_column_that_points_to_somebody_is_known() -> None:
    """Fails when a table about people is added, and neither export nor erasure was told of it."""
    known = {trace.column for trace in data_locations.DATA_LOCATIONS}

    assert sorted(set(_pointing()) - known - HASHED) == []


def test_the_known_columns_exist() -> None:
    there = {f"{table.name}.{column.name}" for table in Base.metadata.sorted_tables for column in table.columns}

    assert {trace.column for trace in data_locations.DATA_LOCATIONS} | WRITTEN <= there


ANA = Mentions("Ana Li", "ana.li@example.org")


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("by Ana Li, yesterday", True),
        ("Ana Lindgren", False),
        ("Mariana Li", False),
        ("ANA.LI@example.org", True),
        ("<ana.li@example.org>", True),
        ("write to ana.li@example.org.", True),
        ("joana.li@example.org", False),
        ("ana.li@example.org.uk", False),
        ("x-ana.li@example.org", False),
    ],
)
def test_a_person_is_found_and_nobody_else(text: str, is_found: bool) -> None:
    assert ANA.found_in({"notes": [{"text": text}]}) is is_found


def test_lines_of_a_roster_lose_one_person_alone() -> None:
    lines = [
        {"line": 1, "email": "Ana.Li@example.org", "faults": ["twice: ana.li@example.org"]},
        {"line": 2, "email": "joana.li@example.org", "faults": []},
    ]

    assert ANA.without_lines(lines) == [lines[1]]
    assert ANA.without_lines({"lines": lines, "file": "Ana Li.csv"}) == {"lines": [lines[1]], "file": "(erased).csv"}
    assert ANA.lines_with({"lines": lines}) == [lines[0]]
