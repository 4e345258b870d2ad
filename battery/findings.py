"""What the learners noted against what the database holds: each acknowledged thing is there, once and whole, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from sqlite3 import connect
from typing import Any

from battery.learners import Ledger
from battery.musts import Must
from bench.server import Server


@dataclass(frozen=True, slots=True)
class Findings:
    """What the database says about what was acknowledged. ``lost``, ``doubled`` and ``torn`` name what is wrong; they must be empty."""

    acknowledged: int
    attempts: int
    submitted: int
    lost: list[str]
    doubled: list[str]
    torn: list[str]
    integrity: str

    @property
    def musts(self) -> list[Must]:
        return [
            Must("lost", self.lost),
            Must("doubled", self.doubled),
            Must("torn", self.torn),
            Must("integrity", [] if self.integrity == "ok" else [self.integrity]),
        ]

    def __str__(self) -> str:
        return f"{self.acknowledged} answers, {self.attempts} starts and {self.submitted} submissions acknowledged"


def examine(server: Server, ledger: Ledger) -> Findings:
    """Compare the notes of the learners with the database file."""
    with connect(server.settings.data / "palpate.sqlite3") as file:
        integrity = ", ".join(row[0] for row in file.execute("PRAGMA integrity_check"))
        attempts = {row[0]: row[1] for row in file.execute("SELECT id, state FROM attempt")}
        saved = _saved(file.execute("SELECT attempt_id, position, save_id, response FROM answer"))
        order = {
            (a, p): json.loads(o)
            for a, p, o in file.execute("SELECT attempt_id, position, option_order FROM attempt_item")
        }
        cut = torn(file)
    lost, doubled = [], []
    for save in ledger.saves:
        stored = saved.pop((save.attempt_id, save.position, save.save_id), [])
        if not stored or response(order[save.attempt_id, save.position], save.given) not in stored:
            lost.append(f"answer {save}: stored is {stored}")
        if len(stored) > 1:
            doubled.append(f"answer {save}: stored {len(stored)} times")
    # What nobody was told of: an answer, or an attempt, that came about twice.
    doubled.extend(f"answer {key}: stored, but never acknowledged" for key in saved)
    doubled.extend(f"attempt {number}: never acknowledged" for number in attempts.keys() - ledger.attempts)
    lost.extend(f"attempt {number}" for number in ledger.attempts - attempts.keys())
    lost.extend(f"submission of {number}" for number in ledger.submitted if attempts.get(number) != "submitted")
    return Findings(len(ledger.saves), len(ledger.attempts), len(ledger.submitted), lost, doubled, cut, integrity)


def response(order: list[int], given: Iterable[tuple[str, str]]) -> object:
    """What a form's answer is stored as, worked out a second time: places on the page become the author's indexes."""
    fields = dict(given)
    if "value" in fields:
        return fields["value"]
    if "option" in fields:
        return [order[int(fields["option"])]]
    parts = {int(name.rpartition("-")[2]): int(value) for name, value in fields.items()}
    if any(name.startswith("match") for name in fields):
        return [order[parts[prompt]] for prompt in sorted(parts)]
    ranks = {order[place]: rank for place, rank in parts.items()}
    return [ranks[step] for step in sorted(ranks)]


def _saved(rows: Iterable[Any]) -> dict[tuple[int, int, str], list[object]]:
    saved: dict[tuple[int, int, str], list[object]] = {}
    for attempt_id, position, save_id, response in rows:
        saved.setdefault((attempt_id, position, save_id), []).append(json.loads(response))
    return saved


_TORN = {
    "a submitted attempt has a mark for each question": """
        SELECT attempt.id FROM attempt WHERE state = 'submitted' AND
        (SELECT count(*) FROM attempt_item WHERE attempt_id = attempt.id) <> (SELECT count(*) FROM mark WHERE attempt_id = attempt.id)""",
    "an open one has none": "SELECT attempt_id FROM mark JOIN attempt ON attempt.id = attempt_id WHERE state = 'open'",
    "its points are those of its marks": """
        SELECT attempt.id FROM attempt WHERE state = 'submitted' AND
        abs(points - (SELECT total(points) FROM mark WHERE attempt_id = attempt.id)) > 0.001""",
    "the current answer is the last of the log": """
        SELECT attempt_item.attempt_id FROM attempt_item LEFT JOIN answer ON answer.attempt_id = attempt_item.attempt_id
        AND answer.position = attempt_item.position AND answer.revision = attempt_item.revision
        WHERE attempt_item.revision > 0 AND answer.response IS NOT attempt_item.response""",
    "revisions have no gaps": """
        SELECT answer.attempt_id FROM answer GROUP BY answer.attempt_id, answer.position HAVING count(*) <> max(revision)""",
    "a standing counts the submitted attempts": """
        SELECT learner_id FROM standing WHERE attempts <> (SELECT count(*) FROM attempt
        WHERE attempt.learner_id = standing.learner_id AND attempt.scope = standing.scope AND state = 'submitted')""",
}


def torn(file: Any) -> list[str]:
    """Transactions of which only a part is there."""
    return [f"not so: {rule} ({row[0]})" for rule, query in _TORN.items() for row in file.execute(query)]
