"""R1: ``kill -9`` of the whole server under learners who retry until acknowledged; then their notes against the database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from sqlite3 import connect
from typing import Any

from battery.learners import Learner, Ledger
from battery.loop import run
from bench.attempt import MODULES
from bench.browser import Browser
from bench.people import signed_in
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


@dataclass
class Kills:
    """A run: ``restarts`` are the seconds from each kill until the server served again."""

    ledger: Ledger
    restarts: list[float] = field(default_factory=list)


def kill_under_load(
    server: Server, *, learners: int, kills: int, seed: int, say: Callable[[str], object] = lambda _line: None
) -> Kills:
    """Start the server, let this many learners take tests, and kill and start it again this often, at moments drawn from ``seed``."""
    server.start()
    cookies = signed_in(server.settings, learners)
    return run(_kill_under_load(server, cookies, kills, Random(seed), say))


async def _kill_under_load(
    server: Server, cookies: list[str], kills: int, rng: Random, say: Callable[[str], object]
) -> Kills:
    run, enough = Kills(Ledger()), asyncio.Event()
    tasks = [
        asyncio.create_task(
            Learner(
                Browser(server.port, cookie), MODULES[place % len(MODULES)], run.ledger, enough, Random(rng.random())
            ).learn()
        )
        for place, cookie in enumerate(cookies)
    ]
    try:
        for number in range(1, kills + 1):
            await _until_busy(run.ledger, tasks)
            await asyncio.sleep(rng.uniform(0.2, 2))
            server.kill()
            run.restarts.append(await asyncio.to_thread(server.start))
            say(
                f"kill {number}: {len(run.ledger.saves)} answers acknowledged so far; serving again after {run.restarts[-1]:.1f} s"
            )
        await _until_busy(run.ledger, tasks)
        enough.set()
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        server.stop()
    return run


async def _until_busy(ledger: Ledger, tasks: Sequence[asyncio.Task[None]]) -> None:
    """Wait until answers are acknowledged again, as many as there are learners: the next kill shall find work under way."""
    wanted = len(ledger.saves) + len(tasks)
    while len(ledger.saves) < wanted:
        for task in tasks:
            if task.done():
                task.result()  # a learner who met what must not happen ends the run
        await asyncio.sleep(0.02)


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
        torn = _torn(file)
    lost, doubled = [], []
    for save in ledger.saves:
        stored = saved.pop((save.attempt_id, save.position, save.save_id), [])
        chosen = (
            sorted(order.get((save.attempt_id, save.position), {})[place] for place in save.places) if stored else []
        )
        if chosen not in stored:
            lost.append(f"answer {save}: stored is {stored}")
        if len(stored) > 1:
            doubled.append(f"answer {save}: stored {len(stored)} times")
    # What nobody was told of: an answer, or an attempt, that came about twice.
    doubled.extend(f"answer {key}: stored, but never acknowledged" for key in saved)
    doubled.extend(f"attempt {number}: never acknowledged" for number in attempts.keys() - ledger.attempts)
    lost.extend(f"attempt {number}" for number in ledger.attempts - attempts.keys())
    lost.extend(f"submission of {number}" for number in ledger.submitted if attempts.get(number) != "submitted")
    return Findings(len(ledger.saves), len(ledger.attempts), len(ledger.submitted), lost, doubled, torn, integrity)


def _saved(rows: Iterable[Any]) -> dict[tuple[int, int, str], list[list[int]]]:
    saved: dict[tuple[int, int, str], list[list[int]]] = {}
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


def _torn(file: Any) -> list[str]:
    """Transactions of which only a part is there."""
    return [f"not so: {rule} ({row[0]})" for rule, query in _TORN.items() for row in file.execute(query)]
