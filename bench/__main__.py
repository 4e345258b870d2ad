"""Play whole attempts against the real server and print what they cost, then what trainers wait for among a million marks; exit 1 when a must
is missed.

Must: at most 0.10 CPU-seconds of all server processes per attempt, answers' p95 at most 60 ms with 16 learners, at most 150 MB per
worker, on SQLite with synchronous=FULL. The client is this process; its time is not counted, but it is waited for, as is whatever else runs
on these cores: both are printed.
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

from bench import reports
from bench.attempt import MODULES, STEPS, Timings, UnexpectedReply, play
from bench.browser import Browser
from bench.people import signed_in
from bench.server import Memory, Server, busy_seconds

CPU_SECONDS_MUST = 0.10
ANSWER_P95_MS_MUST = 60
WORKER_MB_MUST = 150


@dataclass(frozen=True, slots=True)
class Run:
    """What one number of learners gave."""

    learners: int
    timings: Timings
    wall_seconds: float
    cpu_seconds: float
    client_seconds: float
    busy_seconds: float
    """Of all cores together, whoever used them."""
    memory: list[Memory]

    @property
    def cpu_per_attempt(self) -> float:
        return self.cpu_seconds / self.timings.attempts

    @property
    def cores_elsewhere(self) -> float:
        """How many cores were busy with neither server nor client: on a quiet machine about none."""
        return max(0.0, self.busy_seconds - self.cpu_seconds - self.client_seconds) / self.wall_seconds

    @property
    def answer_p95_ms(self) -> float:
        return percentile(self.timings.seconds["answer"], 95) * 1000


def percentile(values: Sequence[float], percent: float) -> float:
    """By the nearest rank: a value that really occurred."""
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--learners", type=int, nargs="+", default=[1, 16], help="how many at a time (default: 1 16)")
    parser.add_argument("--attempts", type=int, default=160, help="attempts of each run, shared among its learners")
    parser.add_argument("--mode", choices=("test", "practice"), default="test")
    parser.add_argument("--workers", default="", help="processes (default: the product's)")
    parser.add_argument("--threads", default="", help="threads of each process (default: the product's)")
    parser.add_argument(
        "--command", help="another WSGI server to compare, with {port}: 'gunicorn -b 127.0.0.1:{port} …'"
    )
    parser.add_argument("--only", choices=("attempts", "reports"), help="one half of it (default: both)")
    parser.add_argument(
        "--seed", type=int, default=1, help="of the reports' learners and what they answer (default: 1)"
    )
    parser.add_argument("--keep", type=Path, help="an empty folder in which the reports' database stays")
    given = parser.parse_args()
    missed = _attempts(given) if given.only != "reports" else 0
    if given.only != "attempts":
        print("\nReports, in milliseconds:", flush=True)
        musts = reports.run(given.seed, given.keep)
        for must in musts:
            print(must)
        missed |= int(not all(must.is_met for must in musts))
    return missed


def _attempts(given: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="palpate-bench-") as folder:
        extra = {"PALPATE_WORKERS": given.workers, "PALPATE_THREADS": given.threads}
        server = Server(Path(folder) / "data", extra, given.command)
        try:
            print(f"Ready after {server.start():.1f} s, migrated and published.\n")
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
    cookies = signed_in(server.settings, max(learners))
    # The first attempts compile templates and load questions; they are played, and not counted.
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
        await play(browser, MODULES[(place + number) % len(MODULES)], mode, timings, rng)


def _print(run: Run) -> None:
    timings = run.timings
    print(
        f"{run.learners} {'learner' if run.learners == 1 else 'learners'}, no thinking time: {timings.attempts} attempts in {run.wall_seconds:.1f} s"
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
    """Print whether each must was met; 1 if one was missed."""
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
