"""R1: ``kill -9`` of the whole server while learners retry. Afterwards, their ledger must match the database."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from random import Random

from battery.findings import compare_with_database
from battery.learners import Ledger
from battery.load import run_learners
from battery.loop import run_in_thread
from battery.requirements import Report, Requirement
from bench.people import sign_in_learners
from bench.server import Server

LEARNERS = 200
KILLS = 10
RESTART_SECONDS_MUST = 5


@dataclass
class KillRun:
    """The results of one run. ``restarts`` are the seconds from each kill until the server is ready again."""

    ledger: Ledger = field(default_factory=Ledger)
    restarts: list[float] = field(default_factory=list)


def kill_under_load(
    server: Server, *, learners: int, kills: int, seed: int, say: Report = lambda _line: None
) -> KillRun:
    """Start the server, let learners take tests, and kill and restart it ``kills`` times, timed by ``seed``."""
    server.start()
    cookies = sign_in_learners(server.settings, learners)
    return run_in_thread(_kill_under_load(server, cookies, kills, Random(seed), say))


async def _kill_under_load(server: Server, cookies: list[str], kills: int, rng: Random, say: Report) -> KillRun:
    done = KillRun()
    async with run_learners(server, cookies, rng) as work:
        done.ledger = work.ledger
        for number in range(1, kills + 1):
            await work.goes_on()
            await asyncio.sleep(rng.uniform(0.2, 2))
            server.kill()
            done.restarts.append(await asyncio.to_thread(server.start))
            say(
                f"kill {number}: {len(work.ledger.saves)} answers acknowledged so far; "
                f"ready again after {done.restarts[-1]:.1f} s"
            )
    return done


def run_full(server: Server, seed: int, say: Report) -> list[Requirement]:
    """R1: ten kills with 200 learners."""
    done = kill_under_load(server, learners=LEARNERS, kills=KILLS, seed=seed, say=say)
    found = compare_with_database(server, done.ledger)
    say(f"{found}; {done.ledger.sent_again}")
    say(f"The slowest restart took {max(done.restarts):.1f} s.")
    late = [f"{seconds:.1f} s" for seconds in done.restarts if seconds > RESTART_SECONDS_MUST]
    return [*found.musts, Requirement(f"restarts slower than {RESTART_SECONDS_MUST} s", late)]
