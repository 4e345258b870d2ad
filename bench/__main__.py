"""Measure pages as multiples of a bare Flask view, whole attempts on the real server, then reports among a million marks.

The exit status is 1 if a limit is missed. Limits for attempts: 0.10 CPU-seconds of all server processes per attempt,
60 ms for the p95 of an answer with 16 learners, and 150 MB per worker, on SQLite with synchronous=FULL. The client
runs in this process. Its CPU time does not count, but the client and other work on the same cores slow the server
down, so both are printed.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from bench import history, locks, memories, ratios, reports
from bench.attempt import MODULES, STEPS, Timings, UnexpectedReply, take_attempt
from bench.browser import Browser
from bench.filled import fill_database
from bench.people import sign_in_learners
from bench.server import Memory, Server, busy_seconds

CPU_SECONDS_MUST = 0.10
ANSWER_P95_MS_MUST = 60
WORKER_MB_MUST = 150


@dataclass(frozen=True, slots=True)
class Run:
    """The results of one run with a number of concurrent learners."""

    learners: int
    timings: Timings
    wall_seconds: float
    cpu_seconds: float
    client_seconds: float
    busy_seconds: float
    """CPU time of all processes on all cores."""
    memory: list[Memory]

    @property
    def cpu_per_attempt(self) -> float:
        return self.cpu_seconds / self.timings.attempts

    @property
    def cores_elsewhere(self) -> float:
        """The number of cores busy with other work, which is about 0 on a quiet machine."""
        return max(0.0, self.busy_seconds - self.cpu_seconds - self.client_seconds) / self.wall_seconds

    @property
    def answer_p95_ms(self) -> float:
        return percentile(self.timings.seconds["answer"], 95) * 1000


def percentile(values: Sequence[float], percent: float) -> float:
    """Return a percentile by the nearest-rank method, so that it is one of the values."""
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--learners", type=int, nargs="+", default=[1, 16], help="numbers of concurrent learners (default: 1 16)"
    )
    parser.add_argument(
        "--attempts", type=int, default=160, help="attempts per run, divided among its learners (default: 160)"
    )
    parser.add_argument("--mode", choices=("test", "practice"), default="test")
    parser.add_argument("--workers", default="", help="server processes (default: that of the server)")
    parser.add_argument(
        "--command", help="another WSGI server to compare with, such as 'gunicorn -b 127.0.0.1:{port} …'"
    )
    parser.add_argument(
        "--only",
        choices=("ratios", "attempts", "reports", "memories", "history", "locks"),
        help="run only this part (default: all but locks)",
    )
    parser.add_argument("--rounds", type=int, default=20, help="rounds of the ratios (default: 20)")
    parser.add_argument(
        "--processes", type=int, nargs="+", default=[1, 2, 4], help="server processes of the ratios (default: 1 2 4)"
    )
    parser.add_argument("--postgres", help="the address of an empty PostgreSQL database, to measure that as well")
    parser.add_argument(
        "--postgres-processes", type=int, nargs="+", default=[1, 2], help="the same for PostgreSQL (default: 1 2)"
    )
    parser.add_argument("--plot", type=Path, help="the SVG file in which to draw the ratios")
    parser.add_argument("--seed", type=int, default=1, help="seed of the reports' learners and answers (default: 1)")
    parser.add_argument("--keep", type=Path, help="an empty folder in which to keep the reports' database")
    parser.add_argument(
        "--marks", type=int, default=0, help="measure ratios and locks with so many million marks (default: 0, and 10)"
    )
    parser.add_argument(
        "--filled",
        type=Path,
        help="the folder of the databases with million marks, which are made if they are not there",
    )
    given = parser.parse_args()
    if given.only == "locks":
        return _locks(given)
    if given.only == "history":
        return _judge_limits(history.run_history(given.rounds))
    if given.only in (None, "ratios"):
        _ratios(given)
    missed = _attempts(given) if given.only in (None, "attempts") else 0
    if given.only in (None, "reports"):
        print("\nReports, in milliseconds:", flush=True)
        missed |= _judge_limits(reports.run_reports(given.seed, given.keep))
    if given.only in (None, "memories"):
        print("\nMemory cards, in milliseconds:", flush=True)
        missed |= _judge_limits(memories.run_memories(given.seed))
    return missed


def _locks(given: argparse.Namespace) -> int:
    millions = given.marks or 10
    with tempfile.TemporaryDirectory(prefix="palpate-locks-") as folder:
        return _judge_limits(locks.run_locks((given.filled or Path(folder)) / str(millions), millions))


def _judge_limits(musts: Sequence[reports.Limit]) -> int:
    """Print whether each limit was met. Return 1 if one was missed."""
    for must in musts:
        print(must)
    return int(not all(must.is_met for must in musts))


def _ratios(given: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(prefix="palpate-ratios-") as folder:
        costs = ratios.run_ratios(_list_setups(given, Path(folder)), given.rounds)
    print("CPU time per request, as multiples of a bare Flask view and of /healthz:")
    ratios.print_costs(costs)
    print()
    if given.plot:
        given.plot.write_text(ratios.build_plot(costs))


def _list_setups(given: argparse.Namespace, folder: Path) -> list[ratios.Setup]:
    setups = [ratios.Setup(f"SQLite, {count}", {"PALPATE_WORKERS": str(count)}) for count in given.processes]
    if given.marks:
        server = fill_database((given.filled or folder) / str(given.marks), given.marks)
        settings = {"PALPATE_WORKERS": "1"}
        setups.append(ratios.Setup(f"SQLite, 1, {given.marks} M marks", settings, server.data))
    if given.postgres:
        for count in given.postgres_processes:
            settings = {"PALPATE_WORKERS": str(count), "DATABASE_URL": given.postgres}
            setups.append(ratios.Setup(f"PostgreSQL, {count}", settings))
    return setups


def _attempts(given: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="palpate-bench-") as folder:
        extra = {"PALPATE_WORKERS": given.workers}
        server = Server(Path(folder) / "data", extra, given.command)
        try:
            print(f"Ready after {server.start():.1f} s, including migration and publication.\n")
            runs = _runs(server, given.learners, given.attempts, given.mode)
        except UnexpectedReply:
            print(server.log.read_text(errors="replace")[-4000:], file=sys.stderr)
            raise
        finally:
            server.stop()
    for run in runs:
        _print(run)
    return _judge(runs)


def _runs(server: Server, learners: list[int], attempts: int, mode: str) -> list[Run]:
    cookies = sign_in_learners(server.settings, max(learners))
    # Warm-up: the first attempts compile templates and load questions. They are not counted.
    asyncio.run(_measure(server, cookies[: len(MODULES)], 2 * len(MODULES), mode))
    return [asyncio.run(_measure(server, cookies[:count], attempts, mode)) for count in learners]


async def _measure(server: Server, cookies: list[str], attempts: int, mode: str) -> Run:
    timings = Timings()
    browsers = [Browser(server.port, cookie) for cookie in cookies]
    shares = [attempts // len(browsers) + (place < attempts % len(browsers)) for place in range(len(browsers))]
    cpu_before, client_before, busy_before = server.cpu_seconds(), time.process_time(), busy_seconds()
    began = time.perf_counter()
    await asyncio.gather(
        *(
            _learner(browser, place, share, mode, timings)
            for place, (browser, share) in enumerate(zip(browsers, shares, strict=True))
        )
    )
    wall, cpu = time.perf_counter() - began, server.cpu_seconds() - cpu_before
    client, busy = time.process_time() - client_before, busy_seconds() - busy_before
    for browser in browsers:
        await browser.close()
    return Run(len(browsers), timings, wall, cpu, client, busy, server.memory())


async def _learner(browser: Browser, place: int, share: int, mode: str, timings: Timings) -> None:
    rng = Random(place)
    for number in range(share):
        await take_attempt(browser, MODULES[(place + number) % len(MODULES)], mode, timings, rng)


def _print(run: Run) -> None:
    timings = run.timings
    print(
        f"{run.learners} {'learner' if run.learners == 1 else 'learners'} without pauses: "
        f"{timings.attempts} attempts in {run.wall_seconds:.1f} s"
    )
    print(
        f"  {60 * timings.attempts / run.wall_seconds:.0f} attempts per minute, {run.cpu_per_attempt:.4f} CPU-seconds per attempt"
    )
    print(
        f"  client {run.client_seconds / timings.attempts:.4f} CPU-seconds per attempt; {run.cores_elsewhere:.1f} of "
        f"{os.cpu_count()} cores busy with other work"
    )
    for number, worker in enumerate(run.memory, start=1):
        print(f"  worker {number}: {worker.rss_mb:.0f} MB resident, {worker.pss_mb:.0f} MB proportional")
    print(f"  {'step':<10}{'count':>7}{'p50 ms':>9}{'p95 ms':>9}{'bytes':>9}")
    for step in STEPS:
        if seconds := timings.seconds.get(step):
            sizes = timings.sizes[step]
            print(
                f"  {step:<10}{len(seconds):>7}{percentile(seconds, 50) * 1000:>9.1f}{percentile(seconds, 95) * 1000:>9.1f}"
                f"{sum(sizes) // len(sizes):>9}"
            )
    print()


def _judge(runs: list[Run]) -> int:
    """Print whether each limit was met. Return 1 if one was missed."""
    worst_cpu = max(run.cpu_per_attempt for run in runs)
    worst_p95 = max((run.answer_p95_ms for run in runs if run.learners <= 16), default=0.0)
    worst_mb = max(worker.rss_mb for run in runs for worker in run.memory)
    musts = (
        ("CPU-seconds per attempt", worst_cpu, CPU_SECONDS_MUST),
        ("p95 of an answer, ms", worst_p95, ANSWER_P95_MS_MUST),
        ("MB per worker", worst_mb, WORKER_MB_MUST),
    )
    for name, got, most in musts:
        print(f"{'met   ' if got <= most else 'MISSED'} {name}: {got:.3g}, at most {most:g}")
    return int(any(got > most for _, got, most in musts))


if __name__ == "__main__":
    sys.exit(main())
