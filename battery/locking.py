"""R4: another program, such as a backup, holds the write lock of the database."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from battery.findings import compare_with_database
from battery.learners import Ledger
from battery.load import run_learners
from battery.loop import run_in_thread
from battery.requirements import Report, Requirement
from bench.people import sign_in_learners
from bench.server import Server

LEARNERS = 50
SHORT_SECONDS = 3
LONG_SECONDS = 30


@contextmanager
def write_lock(file: Path) -> Iterator[None]:
    """Hold the write lock of an SQLite file."""
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


async def _lock_under_load(server: Server, cookies: list[str], seed: int, say: Report) -> tuple[Ledger, list[int]]:
    """Lock the database for 3 s and then for 30 s. Return the ledger and the number of requests refused each time."""
    refused = []
    file = server.settings.data / "palpate.sqlite3"
    async with run_learners(server, cookies, Random(seed)) as work:
        for seconds in (SHORT_SECONDS, LONG_SECONDS):
            await work.goes_on()
            before = work.ledger.refusals["503"]
            await asyncio.to_thread(_lock, file, seconds)
            await work.goes_on()
            refused.append(work.ledger.refusals["503"] - before)
            say(f"locked for {seconds} s: {len(work.ledger.saves)} answers acknowledged so far; refused: {refused[-1]}")
    return work.ledger, refused


def run_full(server: Server, seed: int, say: Report) -> list[Requirement]:
    """R4: the database locked for 3 s and for 30 s under 50 learners."""
    server.start()
    ledger, (short, long) = run_in_thread(
        _lock_under_load(server, sign_in_learners(server.settings, LEARNERS), seed, say)
    )
    found = compare_with_database(server, ledger)
    say(f"{found}; {ledger.sent_again}")
    return [
        *found.musts,
        Requirement(f"requests refused in {SHORT_SECONDS} s", [f"{short} requests"] if short else []),
        Requirement(f"no request refused in {LONG_SECONDS} s", [] if long else ["no reply was 503"]),
    ]
