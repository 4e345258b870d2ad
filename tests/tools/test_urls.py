"""The page of all addresses in the documentation."""

from __future__ import annotations

from flask import Flask

from tests.support.access_world import Row
from tools.urls import AUDIENCES, PAGE, _roles, addresses, page


def test_the_page_of_addresses_is_up_to_date(app: Flask) -> None:
    """Fails when a route, its docstring or its rights changed: ``make docs`` writes the page again."""
    assert PAGE.read_text() == page(app), "docs/urls.md is out of date: run `make docs`"


def test_every_address_has_a_section(app: Flask) -> None:
    """Fails when a blueprint is added that the page leaves out."""
    assert {one.audience for one in addresses(app)} == AUDIENCES.keys()


def test_roles_are_those_that_the_table_lets_in() -> None:
    #                               visitor guest  learner other trainer trainer2 admin
    teaching = Row("GET", "/teach", ("in", "in", "403", "403", "200", "404", "200"))
    reset = Row("POST", "/reset", ("in",) * 7)
    missing = Row("GET", "/none", ("404",) * 7)

    assert [_roles([row]) for row in (teaching, reset, missing)] == ["trainers, administrators", "everybody", "nobody"]
