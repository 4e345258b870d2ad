"""R1: ``kill -9`` of the whole server under learners who retry until acknowledged; then their notes against the database."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from random import Random

from battery.findings import examine
from battery.learners import Ledger
from battery.load import at_work
from battery.loop import run
from battery.musts import Must, Say
from bench.people import signed_in
from bench.server import Server

LEARNERS = 200
KILLS = 10
RESTART_SECONDS_MUST = 5


@dataclass
class Kills:
    """A run: ``restarts`` are the seconds from each kill until the server served again."""

    ledger: Ledger = field(default_factory=Ledger)
    restarts: list[float] = field(default_factory=list)


def kill_under_load(server: Server, *, learners: int, kills: int, seed: int, say: Say = lambda _line: None) -> Kills:
    """Start the server, let this many learners take tests, and kill and start it again this often, at moments drawn from ``seed``."""
    server.start()
    cookies = signed_in(server.settings, learners)
    return run(_kill_under_load(server, cookies, kills, Random(seed), say))


async def _kill_under_load(server: Server, cookies: list[str], kills: int, rng: Random, say: Say) -> Kills:
    done = Kills()
    async with at_work(server, cookies, rng) as work:
        done.ledger = work.ledger
        for number in range(1, kills + 1):
            await work.goes_on()
            await asyncio.sleep(rng.uniform(0.2, 2))
            server.kill()
            done.restarts.append(await asyncio.to_thread(server.start))
            say(
                f"kill {number}: {len(work.ledger.saves)} answers acknowledged so far; serving again after {done.restarts[-1]:.1f} s"
            )
    return done


def in_full(server: Server, seed: int, say: Say) -> list[Must]:
    """R1: ten kills under 200 learners."""
    done = kill_under_load(server, learners=LEARNERS, kills=KILLS, seed=seed, say=say)
    found = examine(server, done.ledger)
    say(f"{found}; {done.ledger.sent_again}")
    say(f"The slowest restart took {max(done.restarts):.1f} s.")
    late = [f"{seconds:.1f} s" for seconds in done.restarts if seconds > RESTART_SECONDS_MUST]
    return [*found.musts, Must(f"restarts beyond {RESTART_SECONDS_MUST} s", late)]
