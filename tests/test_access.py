"""Threats 12 and 18: who gets what at every address, as the table in ``access_table.txt``. A new address is a new row there, or the suite fails.

Each cell is the status of a real request. ``in`` is a redirect to the sign-in page. The objects in braces belong to ``learner`` (who is in
the cohort of ``trainer``) unless they are the guest's. A stranger's object is 404, a page for another role 403.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from flask import Flask
from sqlalchemy.orm import Session

from tests.conftest import Clock
from tests.support.access_world import WHO, Row, World, world
from tests.support.attempt_client import start_assigned

__all__ = ["world"]

TABLE = Path(__file__).with_name("access_table.txt")


def rows() -> Iterator[Row]:
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            method, path, *cells = line.split()
            assert len(cells) == len(WHO), line
            yield Row(method, path, tuple(cells))


ROWS = list(rows())


def is_read(statement: str) -> bool:
    """Whether a statement reads; a CTE may write."""
    return bool(re.match(r"(SELECT|WITH)\b", statement)) and not re.search(r"\b(INSERT|UPDATE|DELETE)\b", statement)


def test_everybody_gets_what_the_table_says_and_no_get_writes(
    world: World, statements: Callable[[], list[str]]
) -> None:
    """Threats 12 and 18, with one request for each cell.

    Fails when a view lacks its decorator, or loads an object by its id alone; when a visitor becomes a guest by looking,
    or a page notes that it was seen.
    """
    found, writing = [], []
    for row in ROWS:
        statements()
        found.append(Row(row.method, row.path, tuple(world.cell(row, who) for who in WHO)))
        if row.method == "GET":
            writing += [(row.request, text) for text in statements() if not is_read(text)]

    assert [str(row) for row in found] == [str(row) for row in ROWS]
    assert writing == []


def test_every_address_is_in_the_table(app: Flask) -> None:
    """Fails when somebody adds a view and not its row."""
    adapter = app.url_map.bind("localhost")
    tested = set()
    for row in ROWS:
        path = re.sub(r"\{\w+\}", "1", row.path.partition("?")[0])
        rule, _ = adapter.match(path, method=row.method, return_rule=True)
        tested.add((rule.rule, row.method))

    there = {
        (rule.rule, method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint not in ("static", "combined")
    }

    assert there - tested == set()
    assert tested - there == set()


def test_each_row_stands_once() -> None:
    assert len({row.request for row in ROWS}) == len(ROWS)


def test_only_reports_of_marks_write_on_a_get_and_only_what_is_overdue(
    world: World, session: Session, clock: Clock, statements: Callable[[], list[str]]
) -> None:
    """Threat 18. Fails when another GET closes attempts, or a report writes anything else.

    That a sign-in is in use is stored by any request, once in five minutes (tests/web/test_sign_ins.py).
    """
    start_assigned(world.browser("learner"), session, int(world.names["granting"]))
    clock.advance(hours=5)
    writing: dict[str, set[str]] = {}

    for row in ROWS:
        for who in WHO if row.method == "GET" else ():
            statements()
            world.cell(row, who)
            tables = {
                table
                for text in statements()
                if not text.startswith("UPDATE sign_in SET seen_at=")
                for table in re.findall(r"^(?:INSERT INTO|UPDATE|DELETE FROM) (\w+)", text)
            }
            if tables:
                writing.setdefault(row.request, set()).update(tables)

    closing = {"attempt", "card_update", "mark", "scope_result"}
    assert writing == {
        "GET /teach/cohorts/{cohort}": closing,
        "GET /teach/cohorts/{cohort}/gradebook": closing,
        "GET /teach/cohorts/{cohort}/gradebook?attention": closing,
        "GET /teach/cohorts/{cohort}/learners/{learner}": closing,
        "GET /teach/assignments/{assignment}": closing,
        "GET /teach/assignments/{writing}/marking": closing,
        "GET /teach/attempts/{attempt}": closing,
        "GET /teach/attempts/{handed}": closing,
        "GET /teach/cohorts/{cohort}/gradebook.csv": closing,
        "GET /teach/cohorts/{cohort}/learners/{learner}/transcript.pdf": closing,
        "GET /teach/cohorts/{cohort}/transcripts.pdf": closing,
        "GET /teach/cohorts/{cohort}/transcripts.csv": closing,
        "GET /teach/cohorts/{cohort}/gradebook.xlsx": closing,
        "GET /teach/cohorts/{cohort}/insight": closing,
        "GET /teach/cohorts/{cohort}/insight/questions": closing,
        "GET /teach/cohorts/{cohort}/insight/answers": closing,
        "GET /teach/cohorts/{cohort}/insight/gain": closing,
        "GET /teach/cohorts/{cohort}/insight?theirs": closing,
        "GET /teach/cohorts/{cohort}/insight/scores.svg": closing,
        "GET /teach/cohorts/{cohort}/insight/questions.csv": closing,
        "GET /teach/cohorts/{cohort}/insight/gain.svg": closing,
        "GET /teach/cohorts/{cohort}/insight/muscles.svg": closing,
        "GET /teach/cohorts/{cohort}/insight/places.svg": closing,
        "GET /teach/cohorts/{cohort}/insight/questions/{asked}": closing,
        "GET /teach/cohorts/{cohort}/insight/questions/{asked}/curves.svg": closing,
    }
