"""R4: somebody else holds the database's write lock (a backup, an administrator's tool)."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from battery.findings import examine
from battery.learners import Ledger
from battery.load import at_work
from battery.loop import run
from battery.musts import Must, Say
from bench.people import signed_in
from bench.server import Server

LEARNERS = 50
SHORT_SECONDS = 3
LONG_SECONDS = 30


@contextmanager
def write_lock(file: Path) -> Iterator[None]:
    """Hold the write lock of an SQLite file, as another program would."""
    other = sqlite3.connect(file, isolation_level=None, timeout=30)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
    finally:
        other.close()


def _lock(file: Path, seconds: float) -> None:
    with write_lock(file):
        time.sleep(seconds)


async def _lock_under_load(server: Server, cookies: list[str], seed: int, say: Say) -> tuple[Ledger, list[int]]:
    """Lock the database for 3 s and then for 30 s; return the notes, and how many requests were refused each time."""
    refused = []
    file = server.settings.data / "palpate.sqlite3"
    async with at_work(server, cookies, Random(seed)) as work:
        for seconds in (SHORT_SECONDS, LONG_SECONDS):
            await work.goes_on()
            before = work.ledger.refusals["503"]
            await asyncio.to_thread(_lock, file, seconds)
            await work.goes_on()
            refused.append(work.ledger.refusals["503"] - before)
            say(f"locked for {seconds} s: {len(work.ledger.saves)} answers acknowledged so far; refused: {refused[-1]}")
    return work.ledger, refused


def in_full(server: Server, seed: int, say: Say) -> list[Must]:
    """R4: the database locked for 3 s and for 30 s under 50 learners."""
    server.start()
    ledger, (short, long) = run(_lock_under_load(server, signed_in(server.settings, LEARNERS), seed, say))
    found = examine(server, ledger)
    say(f"{found}; {ledger.sent_again}")
    return [
        *found.musts,
        Must(f"refused in {SHORT_SECONDS} s", [f"{short} requests"] if short else []),
        Must(f"not told in {LONG_SECONDS} s", [] if long else ["nobody was told 503"]),
    ]
