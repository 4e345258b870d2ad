"""The comparison of what was acknowledged with the database, on which the battery rests."""

from __future__ import annotations

from pathlib import Path
from random import Random
from sqlite3 import Connection, connect

import pytest

from battery import findings
from battery.learners import AcknowledgedSave, Ledger
from bench.attempt import answer
from bench.browser import Reply
from bench.server import Server

TABLES = """
    CREATE TABLE attempt (id, state, learner_id, scope, points);
    CREATE TABLE attempt_item (attempt_id, position, option_order, revision, response);
    CREATE TABLE answer_revision (attempt_id, position, save_id, revision, response);
    CREATE TABLE mark (attempt_id, points);
    CREATE TABLE scope_result (learner_id, scope, attempts);
    INSERT INTO attempt VALUES (1, 'open', 1, 'module', NULL);
    INSERT INTO attempt_item VALUES (1, 1, '[2, 0, 1]', 1, '[2]'), (1, 2, '[0, 1, 2]', 1, '[1]');
    INSERT INTO answer_revision VALUES (1, 1, 'a', 1, '[2]'), (1, 2, 'b', 1, '[1]');
"""

SAVES = [AcknowledgedSave(1, 1, "a", (("option", "0"),)), AcknowledgedSave(1, 2, "b", (("option", "1"),))]


@pytest.fixture
def server(tmp_path: Path) -> Server:
    with connect(tmp_path / "palpate.sqlite3") as file:
        file.executescript(TABLES)
    file.close()
    return Server(tmp_path)


@pytest.mark.parametrize(
    ("change", "lost", "doubled", "torn"),
    [
        ("", 0, 0, 0),
        ("DELETE FROM answer_revision WHERE save_id = 'b'", 1, 0, 1),
        ("UPDATE answer_revision SET response = '[0]' WHERE save_id = 'b'", 1, 0, 1),
        ("INSERT INTO answer_revision VALUES (1, 2, 'b', 2, '[1]')", 0, 1, 0),
        ("INSERT INTO answer_revision VALUES (1, 2, 'c', 2, '[1]')", 0, 1, 0),
        ("INSERT INTO attempt VALUES (2, 'open', 1, 'module', NULL)", 0, 1, 0),
        ("INSERT INTO mark VALUES (1, 1)", 0, 0, 1),
        ("UPDATE attempt_item SET response = NULL WHERE position = 1", 0, 0, 1),
    ],
)
def test_each_kind_of_fault_is_found(server: Server, change: str, lost: int, doubled: int, torn: int) -> None:
    with connect(server.data / "palpate.sqlite3") as file:
        file.execute(change)
    file.close()

    found = findings.compare_with_database(server, Ledger(attempts={1}, saves=SAVES))

    assert (len(found.lost), len(found.doubled), len(found.torn)) == (lost, doubled, torn)


def test_a_learner_saves_nothing_on_a_case_that_is_over() -> None:
    """Fails when a learner changes the certainty alone, and the comparison takes that for an answer nobody gave."""
    page = """<ol class="record"></ol><input name="certainty" value="3">
        <button name="go" value="4" data-proceeds>Next</button>
        <input name="csrf_token" value="t"><input name="revision" value="2"><input name="save_id" value="s">"""

    fields = answer(Reply(200, {}, page.encode(), len(page)), Random(1))

    assert [name for name, _ in fields] == ["csrf_token", "revision", "save_id", "go"]


def test_the_answer_log_is_read_once(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails when an hour of answers is read and parsed for each list of faults."""
    statements: list[str] = []

    class Traced(Connection):
        def execute(self, statement: str, *args: object) -> object:  # type: ignore[override]
            statements.append(statement)
            return super().execute(statement, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(findings, "connect", lambda path: connect(path, factory=Traced))

    findings.compare_with_database(server, Ledger(attempts={1}, saves=SAVES))

    assert len([one for one in statements if one.startswith("SELECT") and "FROM answer_revision" in one]) == 1
