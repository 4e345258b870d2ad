"""R7: a whole year presses Start within ten seconds, and each learner presses it twice."""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from sqlite3 import connect

from battery.loop import run_in_thread
from battery.requirements import Report, Requirement
from bench.attempt import MODULES
from bench.browser import Browser
from bench.people import sign_in_learners
from bench.server import Server

LEARNERS = 500
WITHIN_SECONDS = 10
P95_MS_MUST = 500
TWICE_SECONDS = 0.3
"""The maximum delay of the second press, which is often before the reply to the first."""


@dataclass
class StartRun:
    """The results of one run.

    ``statuses`` and ``seconds`` cover every press, ``places`` are the redirect targets of each learner, and
    ``attempts`` is the number of attempts in the database.
    """

    statuses: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    places: list[set[str]] = field(default_factory=list)
    attempts: int = 0

    @property
    def p95_ms(self) -> float:
        return sorted(self.seconds)[math.ceil(len(self.seconds) * 0.95) - 1] * 1000


def start_together(server: Server, *, learners: int, within_seconds: float, seed: int) -> StartRun:
    """Start the server, let each learner open a module and press Start twice, at times drawn from ``seed``."""
    server.start()
    cookies = sign_in_learners(server.settings, learners)
    done = run_in_thread(_start_together(server, cookies, within_seconds, Random(seed)))
    server.stop()
    with connect(server.settings.data / "palpate.sqlite3") as file:
        [done.attempts] = file.execute("SELECT count(*) FROM attempt").fetchone()
    return done


async def _start_together(server: Server, cookies: list[str], within_seconds: float, rng: Random) -> StartRun:
    done = StartRun()
    devices = [[Browser(server.port, cookie) for _press in range(2)] for cookie in cookies]
    tokens = [await _opened(pair, MODULES[place % len(MODULES)]) for place, pair in enumerate(devices)]
    presses = []
    for place, (pair, token) in enumerate(zip(devices, tokens, strict=True)):
        led_to: set[str] = set()
        done.places.append(led_to)
        at = rng.uniform(0, within_seconds)
        path = f"/modules/{MODULES[place % len(MODULES)]}/attempts"
        for browser, later in zip(pair, (0, rng.uniform(0, TWICE_SECONDS)), strict=True):
            presses.append(_press(browser, path, token, at + later, done, led_to))
    await asyncio.gather(*presses)
    return done


async def _opened(pair: list[Browser], module: str) -> str:
    """Open the module's page, copy the cookie to the second connection and return the form's token."""
    page = await pair[0].get(f"/modules/{module}")
    pair[1].cookie = pair[0].cookie
    return page.field("csrf_token")


async def _press(browser: Browser, path: str, token: str, at: float, done: StartRun, led_to: set[str]) -> None:
    await asyncio.sleep(at)
    began = time.perf_counter()
    try:
        reply = await browser.post(path, [("mode", "test"), ("csrf_token", token)])
    except OSError:
        done.statuses["no reply"] += 1
        return
    done.seconds.append(time.perf_counter() - began)
    done.statuses[str(reply.status)] += 1
    led_to.add(reply.headers.get("location", f"{reply.status}"))
    await browser.close()


def run_full(server: Server, seed: int, say: Report) -> list[Requirement]:
    """R7: 500 learners each press Start twice within 10 s."""
    done = start_together(server, learners=LEARNERS, within_seconds=WITHIN_SECONDS, seed=seed)
    say(f"{LEARNERS} learners pressed Start twice within {WITHIN_SECONDS} s: {dict(done.statuses)}")
    say(f"{done.attempts} attempts; p95 of a press {done.p95_ms:.0f} ms, the slowest {max(done.seconds) * 1000:.0f} ms")
    return [
        Requirement(
            "replies other than 303", [f"{n} times {status}" for status, n in done.statuses.items() if status != "303"]
        ),
        Requirement(f"attempts other than {LEARNERS}", [] if done.attempts == LEARNERS else [str(done.attempts)]),
        Requirement("learners sent to two attempts", [str(places) for places in done.places if len(places) != 1]),
        Requirement(f"p95 above {P95_MS_MUST} ms", [] if done.p95_ms <= P95_MS_MUST else [f"{done.p95_ms:.0f} ms"]),
    ]
