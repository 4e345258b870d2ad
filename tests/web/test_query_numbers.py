"""Numbers and choices in query strings and forms: what no column can hold is left out instead of failing."""

from __future__ import annotations

import pytest

from app.models import Role
from app.web.urls import parse_choice, parse_id


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1),
        ("007", 7),
        ("2147483647", 2**31 - 1),
        ("2147483648", None),
        ("1" * 30, None),
        ("0", None),
        ("", None),
        ("-1", None),
        ("+1", None),
        ("1.0", None),
        ("1_0", None),
        (" 1", None),
        ("1\n", None),
        ("٣", None),
        ("²", None),
        ("x", None),
    ],
)
def test_a_number_is_parsed_or_left_out(text: str, number: int | None) -> None:
    assert parse_id(text) == number


@pytest.mark.parametrize(
    ("text", "choice"), [("admin", Role.ADMIN), ("ADMIN", None), ("", None), (None, None), ("admin\0", None)]
)
def test_a_choice_is_parsed_or_left_out(text: str | None, choice: Role | None) -> None:
    assert parse_choice(Role, text) is choice
