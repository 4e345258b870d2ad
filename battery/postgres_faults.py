"""R5 and R22: PostgreSQL restarts at once, loses or refuses connections, or hangs, while learners answer."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from battery.findings import DatabaseFindings, compare_with_database
from battery.learners import Ledger
from battery.load import run_learners
from battery.loop import run_in_thread
from battery.postgres import PostgresServer, run_server
from battery.requirements import Report, Requirement
from bench.people import sign_in_learners
from bench.server import Server

LEARNERS = 50
SECONDS = 8
TIMES = 3
RECOVERY_SECONDS_MUST = 10

SETTINGS = {"PALPATE_THREADS": "4"}


def restart(postgres: PostgresServer, seconds: float) -> None:
    postgres.stop()
    postgres.start()


def kill_backend(postgres: PostgresServer, seconds: float) -> None:
    """Kill a connection's process. PostgreSQL then ends all others, and recovers from its log."""
    for backend in postgres.list_backends()[:1]:
        with suppress(ProcessLookupError):
            os.kill(backend, signal.SIGKILL)


def end_connections(postgres: PostgresServer, seconds: float) -> None:
    postgres.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'palpate'")


def limit_connections(postgres: PostgresServer, seconds: float) -> None:
    """Allow fewer connections than the server's threads need, and end those that exist."""
    postgres.execute("ALTER ROLE palpate CONNECTION LIMIT 3")
    try:
        end_connections(postgres, seconds)
        time.sleep(seconds)
    finally:
        postgres.execute("ALTER ROLE palpate CONNECTION LIMIT -1")


def hang(postgres: PostgresServer, seconds: float) -> None:
    """Stop all processes of PostgreSQL: connections stay open, and nothing answers."""
    postgres.send_signal(signal.SIGSTOP)
    try:
        time.sleep(seconds)
    finally:
        postgres.send_signal(signal.SIGCONT)


Fault = Callable[[PostgresServer, float], None]

FAULTS: dict[str, Fault] = {
    "immediate restart": restart,
    "killed backend": kill_backend,
    "ended connections": end_connections,
    "connection limit": limit_connections,
    "hung server": hang,
}


@dataclass
class FaultRun:
    """The results of one run. ``recoveries`` are the seconds from the end of each fault to the next acknowledged answer."""

    ledger: Ledger = field(default_factory=Ledger)
    recoveries: list[tuple[str, float]] = field(default_factory=list)
    found: DatabaseFindings | None = None


def inject_all(
    server: Server, *, learners: int, times: int, seconds: float, seed: int, say: Report = lambda _line: None
) -> FaultRun:
    """Run the server on PostgreSQL, let learners take tests, and inject each fault ``times`` times."""
    with run_server() as postgres:
        server.extra |= SETTINGS | {"DATABASE_URL": postgres.url}
        server.start()
        cookies = sign_in_learners(server.settings, learners)
        done = run_in_thread(_inject_all(server, postgres, cookies, times, seconds, Random(seed), say))
        done.found = compare_with_database(server, done.ledger)
    return done


async def _inject_all(
    server: Server,
    postgres: PostgresServer,
    cookies: list[str],
    times: int,
    seconds: float,
    rng: Random,
    say: Report,
) -> FaultRun:
    done = FaultRun()
    async with run_learners(server, cookies, rng) as work:
        done.ledger = work.ledger
        for name, fault in FAULTS.items():
            for _ in range(times):
                await work.goes_on()
                await asyncio.sleep(rng.uniform(0.1, 0.5))
                refused = work.ledger.refusals["503"]
                await asyncio.to_thread(fault, postgres, seconds)
                waited = await work.measure_recovery()
                done.recoveries.append((name, waited))
                say(
                    f"{name}: {len(work.ledger.saves)} answers acknowledged so far, "
                    f"{work.ledger.refusals['503'] - refused} requests refused; next answer saved after {waited:.1f} s"
                )
    return done


def run_full(server: Server, seed: int, say: Report) -> list[Requirement]:
    """R5, R22: PostgreSQL restarted, killed, full or hung, three times each, under 50 learners."""
    done = inject_all(server, learners=LEARNERS, times=TIMES, seconds=SECONDS, seed=seed, say=say)
    assert done.found is not None
    say(f"{done.found}; {done.ledger.sent_again}")
    late = [f"{name}: {seconds:.1f} s" for name, seconds in done.recoveries if seconds > RECOVERY_SECONDS_MUST]
    return [*done.found.musts, Requirement(f"answers saved later than {RECOVERY_SECONDS_MUST} s after a fault", late)]
