"""R11: five saves and two submits of one attempt at one moment, on the real server, again and again."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from sqlite3 import connect
from typing import Any

from battery.findings import torn
from battery.loop import run
from battery.musts import Must, Say
from bench.attempt import MODULES, UnexpectedReply, answer
from bench.browser import Browser, Reply
from bench.people import signed_in
from bench.server import Server

ROUNDS = 1000
LEARNERS = 4
"""At a time: more of them would only queue for each other, and spread what shall happen at one moment."""

SAVES = 5
SUBMITS = 2
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Round:
    """One attempt: which positions were acknowledged, and which were told that they came too late."""

    attempt_id: int
    saved: frozenset[int]
    refused: frozenset[int]


@dataclass
class Races:
    rounds: list[Round] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def race(server: Server, *, rounds: int, seed: int) -> Races:
    """Start the server and run this many rounds; compare what was acknowledged with the database."""
    server.start()
    done = Races()
    cookies = signed_in(server.settings, LEARNERS)
    run(_race(server, cookies, rounds, Random(seed), done))
    server.stop()
    with connect(server.settings.data / "palpate.sqlite3") as file:
        done.faults += [fault for one in done.rounds for fault in _faults(file, one)] + torn(file)
    return done


async def _race(server: Server, cookies: list[str], rounds: int, rng: Random, done: Races) -> None:
    async def learner(place: int, cookie: str) -> None:
        devices = [Browser(server.port, cookie) for _ in range(SAVES + SUBMITS)]
        try:
            for _ in range(rounds // len(cookies)):
                done.rounds.append(await _round(devices, MODULES[place % len(MODULES)], rng))
        finally:
            for device in devices:
                await device.close()

    await asyncio.gather(*(learner(place, cookie) for place, cookie in enumerate(cookies)))


async def _round(devices: list[Browser], module: str, rng: Random) -> Round:
    token = (await devices[0].get(f"/modules/{module}")).field("csrf_token")
    for device in devices:
        device.cookie = devices[0].cookie  # connections of one browser: the form's token goes with the cookie
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
    return Round(int(path.rpartition("/")[2]), saved, frozenset(range(1, SAVES + 1)) - saved)


def _expect(replies: list[Reply], statuses: set[int]) -> None:
    for reply in replies:
        if reply.status not in statuses:
            raise UnexpectedReply(f"{reply.status}: {reply.text[:300]}")


_ROWS = """
    SELECT item.position, item.response, key.correct, mark.is_right, version.kind,
        (SELECT count(*) FROM answer WHERE answer.attempt_id = item.attempt_id AND answer.position = item.position)
    FROM attempt_item AS item JOIN question_key AS key ON key.version_id = item.version_id
    JOIN question_version AS version ON version.id = item.version_id
    JOIN mark ON mark.attempt_id = item.attempt_id AND mark.position = item.position WHERE item.attempt_id = ?"""


def _faults(file: Any, one: Round) -> list[str]:
    """Where the log or the marks of an attempt are other than what was acknowledged."""
    faults = []
    for position, response, correct, is_right, kind, logged in file.execute(_ROWS, (one.attempt_id,)):
        where = f"attempt {one.attempt_id}, question {position}"
        chosen = json.loads(response) if response else None
        if logged != (position in one.saved) or bool(chosen) != (position in one.saved):
            faults.append(f"{where}: stored {logged} times {chosen}, acknowledged: {position in one.saved}")
        # Of other kinds than these, marking alone knows when they are right.
        if kind in ("single", "several", "truefalse") and bool(is_right) != (
            chosen is not None and set(chosen) == set(json.loads(correct))
        ):
            faults.append(f"{where}: {chosen} is marked {'right' if is_right else 'wrong'}, the key is {correct}")
    return faults


def in_full(server: Server, seed: int, say: Say) -> list[Must]:
    """R11: five saves and two submits at one moment, 1,000 times."""
    done = race(server, rounds=ROUNDS, seed=seed)
    spread = Counter(len(one.saved) for one in done.rounds)
    say(f"{len(done.rounds)} attempts; saves that came before the submission: {dict(sorted(spread.items()))}")
    return [
        Must("scores that count other answers than those acknowledged", done.faults),
        Must(
            "saves and submissions that never met",
            [] if sum(n for k, n in spread.items() if 0 < k < SAVES) > 0 else ["in all rounds"],
        ),
    ]
