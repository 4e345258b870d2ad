"""Comparison of the learners' ledger with the database.

Every acknowledged start, answer and submission must be stored completely and once, and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from sqlite3 import Connection, connect
from typing import Any

from app.services.storage.postgres_tools import parse_target
from app.settings import Settings
from battery.learners import AcknowledgedSave, Ledger
from battery.requirements import Requirement
from bench.server import Server


@dataclass(frozen=True, slots=True)
class StoredAnswers:
    """The answer log: responses by attempt, position and save id; and the order of options by attempt and position."""

    responses: dict[tuple[int, int, str], list[object]]
    orders: dict[tuple[int, int], list[int]]


@dataclass(frozen=True, slots=True)
class DatabaseFindings:
    """The result of the comparison. ``lost``, ``doubled`` and ``torn`` list faults and must be empty."""

    acknowledged: int
    attempts: int
    submitted: int
    lost: list[str]
    doubled: list[str]
    torn: list[str]
    integrity: str

    @property
    def musts(self) -> list[Requirement]:
        return [
            Requirement("lost", self.lost),
            Requirement("doubled", self.doubled),
            Requirement("torn", self.torn),
            Requirement("integrity", [] if self.integrity == "ok" else [self.integrity]),
        ]

    def __str__(self) -> str:
        return f"{self.acknowledged} answers, {self.attempts} starts and {self.submitted} submissions acknowledged"


def compare_with_database(server: Server, ledger: Ledger) -> DatabaseFindings:
    """Compare the learners' ledger with the database."""
    with open_database(server.settings) as database:
        integrity = _check_integrity(database)
        attempts = {row[0]: row[1] for row in database.execute("SELECT id, state FROM attempt")}
        answers = read_answers(database)
        cut = find_torn(database)
    lost = find_lost(answers, ledger.saves)
    doubled = _find_doubled(answers, ledger.saves)
    doubled.extend(f"attempt {number}: never acknowledged" for number in attempts.keys() - ledger.attempts)
    lost.extend(f"attempt {number}" for number in ledger.attempts - attempts.keys())
    lost.extend(f"submission of {number}" for number in ledger.submitted if attempts.get(number) != "submitted")
    return DatabaseFindings(
        len(ledger.saves), len(ledger.attempts), len(ledger.submitted), lost, doubled, cut, integrity
    )


@contextmanager
def open_database(settings: Settings) -> Iterator[Any]:
    """Open the database of a server: SQLite or PostgreSQL, of several hosts the one that accepts writes."""
    if settings.is_sqlite:
        with closing(connect(settings.sqlite_file)) as file:
            yield file
    else:
        with parse_target(settings.database_url).connect() as connection:
            yield connection


def _check_integrity(database: Any) -> str:
    """Return "ok" or faults in the structure of an SQLite file. PostgreSQL has no such check for a whole database."""
    if not isinstance(database, Connection):
        return "ok"
    return ", ".join(row[0] for row in database.execute("PRAGMA integrity_check"))


def expected_response(order: list[int], given: Iterable[tuple[str, str]]) -> object:
    """Return how an answer must be stored, computed independently: page positions become the author's indexes."""
    fields = dict(given)
    if "value" in fields:
        return fields["value"]
    if "option" in fields:
        return [order[int(fields["option"])]]
    if "case-step" in fields:
        return [order[int(place)] for name, place in fields.items() if name != "case-step"]
    parts = {int(name.rpartition("-")[2]): int(value) for name, value in fields.items()}
    if any(name.startswith("match") for name in fields):
        return [order[parts[prompt]] for prompt in sorted(parts)]
    ranks = {order[place]: rank for place, rank in parts.items()}
    return [ranks[step] for step in sorted(ranks)]


def read_answers(database: Any) -> StoredAnswers:
    orders = database.execute("SELECT attempt_id, position, CAST(option_order AS TEXT) FROM attempt_item")
    rows = database.execute("SELECT attempt_id, position, save_id, CAST(response AS TEXT) FROM answer_revision")
    answers = StoredAnswers({}, {(attempt_id, position): json.loads(order) for attempt_id, position, order in orders})
    for attempt_id, position, save_id, response in rows:
        answers.responses.setdefault((attempt_id, position, save_id), []).append(json.loads(response))
    return answers


def find_lost(answers: StoredAnswers, saves: Iterable[AcknowledgedSave]) -> list[str]:
    """List acknowledged answers that are not stored as they were given."""
    lost = []
    for save in saves:
        stored = answers.responses.get((save.attempt_id, save.position, save.save_id), [])
        if not stored or expected_response(answers.orders[save.attempt_id, save.position], save.given) not in stored:
            lost.append(f"answer {save}: stored is {stored}")
    return lost


def _find_doubled(answers: StoredAnswers, saves: Iterable[AcknowledgedSave]) -> list[str]:
    """List answers stored more than once, and answers that were never acknowledged, such as duplicates under new ids."""
    acknowledged = {(save.attempt_id, save.position, save.save_id) for save in saves}
    return [
        f"answer {key}: stored {len(stored)} times" if key in acknowledged else f"answer {key}: never acknowledged"
        for key, stored in answers.responses.items()
        if key not in acknowledged or len(stored) > 1
    ]


_TORN = {
    "a submitted attempt has a mark for each question": """
        SELECT attempt.id FROM attempt WHERE state = 'submitted' AND
        (SELECT count(*) FROM attempt_item WHERE attempt_id = attempt.id) <> (SELECT count(*) FROM mark WHERE attempt_id = attempt.id)""",
    "an open one has none": "SELECT attempt_id FROM mark JOIN attempt ON attempt.id = attempt_id WHERE state = 'open'",
    "its points are those of its marks": """
        SELECT attempt.id FROM attempt WHERE state = 'submitted' AND
        abs(points - (SELECT coalesce(sum(points), 0) FROM mark WHERE attempt_id = attempt.id)) > 0.001""",
    "the current answer is the last of the log": """
        SELECT attempt_item.attempt_id FROM attempt_item LEFT JOIN answer_revision ON answer_revision.attempt_id = attempt_item.attempt_id
        AND answer_revision.position = attempt_item.position AND answer_revision.revision = attempt_item.revision
        WHERE attempt_item.revision > 0 AND
        coalesce(CAST(answer_revision.response AS TEXT), '') <> coalesce(CAST(attempt_item.response AS TEXT), '')""",
    "revisions have no gaps": """
        SELECT attempt_id FROM answer_revision GROUP BY attempt_id, position HAVING count(*) <> max(revision)""",
    "a scope result counts the submitted attempts": """
        SELECT learner_id FROM scope_result WHERE attempts <> (SELECT count(*) FROM attempt
        WHERE attempt.learner_id = scope_result.learner_id AND attempt.scope = scope_result.scope AND state = 'submitted')""",
}


def find_torn(database: Any) -> list[str]:
    """List transactions that were stored only in part."""
    return [f"violated: {rule} ({row[0]})" for rule, query in _TORN.items() for row in database.execute(query)]
