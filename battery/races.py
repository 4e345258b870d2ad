"""R11: five saves and two submissions of one attempt at the same time, repeatedly, on the real server."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from sqlite3 import connect
from typing import Any

from battery.findings import find_torn
from battery.loop import run_in_thread
from battery.requirements import Report, Requirement
from bench.attempt import MODULES, UnexpectedReply, answer
from bench.browser import Browser, Reply
from bench.people import sign_in_learners
from bench.server import Server

ROUNDS = 1000
LEARNERS = 4
"""Concurrent learners. More of them would only queue, so the requests of an attempt would no longer coincide."""

SAVES = 5
SUBMITS = 2
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class RaceRound:
    """One attempt: the positions whose save was acknowledged, and those refused as too late."""

    attempt_id: int
    saved: frozenset[int]
    refused: frozenset[int]


@dataclass
class RaceRun:
    rounds: list[RaceRound] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def race(server: Server, *, rounds: int, seed: int) -> RaceRun:
    """Start the server, run ``rounds`` rounds and compare the acknowledgements with the database."""
    server.start()
    done = RaceRun()
    cookies = sign_in_learners(server.settings, LEARNERS)
    run_in_thread(_race(server, cookies, rounds, Random(seed), done))
    server.stop()
    with connect(server.settings.data / "palpate.sqlite3") as file:
        done.faults += [fault for one in done.rounds for fault in _faults(file, one)] + find_torn(file)
    return done


async def _race(server: Server, cookies: list[str], rounds: int, rng: Random, done: RaceRun) -> None:
    async def learner(place: int, cookie: str) -> None:
        devices = [Browser(server.port, cookie) for _ in range(SAVES + SUBMITS)]
        try:
            for _ in range(rounds // len(cookies)):
                done.rounds.append(await _round(devices, MODULES[place % len(MODULES)], rng))
        finally:
            for device in devices:
                await device.close()

    await asyncio.gather(*(learner(place, cookie) for place, cookie in enumerate(cookies)))


async def _round(devices: list[Browser], module: str, rng: Random) -> RaceRound:
    token = (await devices[0].get(f"/modules/{module}")).field("csrf_token")
    for device in devices:
        device.cookie = devices[0].cookie  # connections of one browser, since the form's token belongs to the cookie
    started = await devices[0].post(f"/modules/{module}/attempts", [("mode", "test"), ("csrf_token", token)])
    path = started.location.rpartition("/")[0]
    pages = [await devices[0].get(f"{path}/{n}") for n in range(1, SAVES + 1)]
    posts = [
        device.post(f"{path}/{n}", answer(page, rng))
        for n, (device, page) in enumerate(zip(devices, pages, strict=False), start=1)
    ]
    posts += [device.post(f"{path}/submit", [("csrf_token", token)]) for device in devices[SAVES:]]
    order = rng.sample(range(len(posts)), len(posts))
    replies = dict(zip(order, await asyncio.gather(*(posts[place] for place in order)), strict=True))
    _expect([replies[place] for place in range(SAVES)], {303, 409})
    _expect([replies[place] for place in range(SAVES, len(posts))], {303})
    saved = frozenset(n for n in range(1, SAVES + 1) if replies[n - 1].status == 303)
    return RaceRound(int(path.rpartition("/")[2]), saved, frozenset(range(1, SAVES + 1)) - saved)


def _expect(replies: list[Reply], statuses: set[int]) -> None:
    for reply in replies:
        if reply.status not in statuses:
            raise UnexpectedReply(f"{reply.status}: {reply.text[:300]}")


_ROWS = """
    SELECT item.position, item.response, json_extract(key.body, '$.correct'), mark.is_right, version.kind,
        (SELECT count(*) FROM answer_revision WHERE answer_revision.attempt_id = item.attempt_id AND answer_revision.position = item.position)
    FROM attempt_item AS item JOIN question_key AS key ON key.version_id = item.version_id
    JOIN question_version AS version ON version.id = item.version_id
    JOIN mark ON mark.attempt_id = item.attempt_id AND mark.position = item.position WHERE item.attempt_id = ?"""


def _faults(file: Any, one: RaceRound) -> list[str]:
    """List differences between the acknowledgements of an attempt and its answer log or marks."""
    faults = []
    for position, response, correct, is_right, kind, logged in file.execute(_ROWS, (one.attempt_id,)):
        where = f"attempt {one.attempt_id}, question {position}"
        chosen = json.loads(response) if response else None
        if logged != (position in one.saved) or bool(chosen) != (position in one.saved):
            faults.append(f"{where}: stored {logged} times {chosen}, acknowledged: {position in one.saved}")
        # For other kinds, only the marking code can tell whether an answer is right.
        if kind in ("single", "several", "truefalse") and bool(is_right) != (
            chosen is not None and set(chosen) == set(json.loads(correct))
        ):
            faults.append(f"{where}: {chosen} is marked {'right' if is_right else 'wrong'}, the key is {correct}")
    return faults


def run_full(server: Server, seed: int, say: Report) -> list[Requirement]:
    """R11: five saves and two submissions at the same time, 1,000 times."""
    done = race(server, rounds=ROUNDS, seed=seed)
    spread = Counter(len(one.saved) for one in done.rounds)
    say(f"{len(done.rounds)} attempts by number of saves before the submission: {dict(sorted(spread.items()))}")
    return [
        Requirement("scores that do not match the acknowledged answers", done.faults),
        Requirement(
            "saves and submissions that never coincided",
            [] if sum(n for k, n in spread.items() if 0 < k < SAVES) > 0 else ["in all rounds"],
        ),
    ]
