"""R23: the PostgreSQL server that accepts writes is killed, and another one takes over, while learners answer."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from random import Random

from battery.findings import DatabaseFindings, compare_with_database
from battery.learners import Ledger
from battery.load import run_learners
from battery.loop import run_in_thread
from battery.patroni import Cluster, run_cluster
from battery.requirements import Report, Requirement
from bench.people import sign_in_learners
from bench.server import Server

LEARNERS = 50
KILLS = 20
BACK_SECONDS_MUST = 45

SETTINGS = {"PALPATE_THREADS": "4"}


@dataclass
class FailoverRun:
    """The results of one run. ``returns`` are the seconds from each kill to the next acknowledged answer."""

    ledger: Ledger = field(default_factory=Ledger)
    returns: list[float] = field(default_factory=list)
    found: DatabaseFindings | None = None


def fail_over(server: Server, *, learners: int, kills: int, seed: int, say: Report = lambda _line: None) -> FailoverRun:
    """Run the server on three PostgreSQL servers, let learners take tests, and kill the primary ``kills`` times."""
    with run_cluster() as cluster:
        server.extra |= SETTINGS | {"DATABASE_URL": cluster.url}
        server.start()
        cookies = sign_in_learners(server.settings, learners)
        done = run_in_thread(_fail_over(server, cluster, cookies, kills, Random(seed), say))
        done.found = compare_with_database(server, done.ledger)
    return done


async def _fail_over(
    server: Server, cluster: Cluster, cookies: list[str], kills: int, rng: Random, say: Report
) -> FailoverRun:
    done = FailoverRun()
    async with run_learners(server, cookies, rng) as work:
        done.ledger = work.ledger
        for number in range(1, kills + 1):
            primary = await asyncio.to_thread(cluster.await_healthy)
            await work.goes_on()
            await asyncio.sleep(rng.uniform(0.2, 2))
            primary.kill()
            killed = time.monotonic()
            await work.is_refused(len(cookies) // 2)  # so that no reply from before the kill counts
            await work.measure_recovery()
            done.returns.append(time.monotonic() - killed)
            say(
                f"kill {number}, of {primary.name}: {len(work.ledger.saves)} answers acknowledged so far; "
                f"next answer saved after {done.returns[-1]:.1f} s"
            )
            cluster.start(primary)
        await asyncio.to_thread(cluster.await_healthy)
    return done


def run_full(server: Server, seed: int, say: Report, *, kills: int = KILLS) -> list[Requirement]:
    """R23: three PostgreSQL servers under Patroni, the primary killed 20 times under 50 learners."""
    done = fail_over(server, learners=LEARNERS, kills=kills, seed=seed, say=say)
    assert done.found is not None
    say(f"{done.found}; {done.ledger.sent_again}")
    late = [f"{seconds:.1f} s" for seconds in done.returns if seconds > BACK_SECONDS_MUST]
    return [*done.found.musts, Requirement(f"answers saved later than {BACK_SECONDS_MUST} s after a kill", late)]
