"""CPU time of pages and attempts as multiples of a bare Flask view, measured in turn in one run.

The speed of a busy machine changes from second to second. A ratio of two figures that were measured in turn does not,
so these can be compared between machines and days.
"""

from __future__ import annotations

import asyncio
import html
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median

from bench.attempt import MODULES, Timings, take_attempt
from bench.browser import Browser
from bench.people import sign_in_learners
from bench.server import Server, find_free_port

LESSON = "/modules/safety/lessons/red-flags"
REQUESTS = 10
"""Requests of one page in each round."""
TARGETS = {"attempt, per request": 6.0, "front page": 6.0, "lesson": 6.0, "result": 6.0}
"""In multiples of /healthz: 2 ms on the machine on which that takes 0.33 ms."""


@dataclass(frozen=True, slots=True)
class Setup:
    """A server to measure: its name in the table, and its settings."""

    name: str
    settings: dict[str, str]
    filled: Path | None = None
    """The data folder of a filled database, of which a copy is measured."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What something costs, in multiples of the bare view and of ``/healthz``."""

    setup: str
    what: str
    bare_views: float
    healthz: float

    @property
    def target(self) -> float | None:
        return TARGETS.get(self.what)


class BareServer(Server):
    """Granian with a bare Flask view, in one process."""

    def start(self) -> float:
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(self.port), "bench.bare:app"]
        return self.start_with(command)


def read_cpu_nanoseconds(server: Server) -> int:
    """Return the CPU time of all threads of a server's processes. The kernel counts it in nanoseconds here."""
    tasks = (task for pid in server.pids() for task in Path(f"/proc/{pid}/task").glob("*/schedstat"))
    return sum(int(task.read_text().split()[0]) for task in tasks)


def run_ratios(setups: Sequence[Setup], rounds: int) -> list[Cost]:
    """Measure each server in turn with a bare view. The first round warms up and does not count."""
    found: list[Cost] = []
    for number, setup in enumerate(setups):
        with tempfile.TemporaryDirectory(prefix="palpate-bench-") as folder:
            bare = BareServer(Path(folder) / "bare", port=find_free_port())
            server = Server(Path(folder) / "data", setup.settings, port=find_free_port())
            bare.data.mkdir()
            if setup.filled:
                shutil.copytree(setup.filled, server.data)
            try:
                bare.start()
                server.start()
                # Two set-ups may share a database of PostgreSQL.
                [cookie] = sign_in_learners(server.settings, 1, prefix=f"ratios-{number}")
                found += _compare(setup.name, asyncio.run(_play(bare, server, cookie, rounds)))
            finally:
                bare.stop()
                server.stop()
    return found


def _compare(setup: str, nanoseconds: dict[str, list[float]]) -> list[Cost]:
    def compare(name: str, base: str) -> float:
        return median(cost / unit for cost, unit in zip(nanoseconds[name], nanoseconds[base], strict=True))

    return [
        Cost(setup, name, compare(name, "bare view"), compare(name, "/healthz"))
        for name in nanoseconds
        if name != "bare view"
    ]


async def _play(bare: Server, server: Server, cookie: str, rounds: int) -> dict[str, list[float]]:
    """Return the CPU time per request of each step in each round, in nanoseconds."""
    visitor, learner, view = Browser(server.port, ""), Browser(server.port, cookie), Browser(bare.port, "")
    costs: dict[str, list[float]] = defaultdict(list)
    rng = Random(1)
    for number in range(rounds + 1):
        timings = Timings()

        async def attempt(timings: Timings = timings, number: int = number) -> int:
            await take_attempt(learner, MODULES[number % len(MODULES)], "test", timings, rng)
            return sum(map(len, timings.seconds.values()))

        steps: dict[str, tuple[Server, Callable[[], Awaitable[int]]]] = {
            "bare view": (bare, repeat_request(view, "/healthz", 10 * REQUESTS)),
            "/healthz": (server, repeat_request(visitor, "/healthz", 5 * REQUESTS)),
            "attempt, per request": (server, attempt),
            "sign-in page": (server, repeat_request(visitor, "/login")),
            "front page, visitor": (server, repeat_request(visitor, "/")),
            "front page": (server, repeat_request(learner, "/")),
            "lesson, visitor": (server, repeat_request(visitor, LESSON)),
            "lesson": (server, repeat_request(learner, LESSON)),
        }
        for name, (measured, step) in steps.items():
            costs[name].append(await count_cpu_per_request(measured, step))
        costs["result"].append(await count_cpu_per_request(server, repeat_request(learner, timings.latest_result)))
    for browser in (visitor, learner, view):
        await browser.close()
    return {name: values[1:] for name, values in costs.items()}


def repeat_request(browser: Browser, path: str, times: int = REQUESTS) -> Callable[[], Awaitable[int]]:
    async def repeat() -> int:
        await browser.close()  # the server may be about to close a connection that was idle for seconds
        for _ in range(times):
            reply = await browser.get(path)
            assert reply.status == 200, (path, reply.status)
        return times

    return repeat


async def count_cpu_per_request(server: Server, step: Callable[[], Awaitable[int]]) -> float:
    """Return the nanoseconds of CPU time per request. ``step`` returns how many requests it sent."""
    before = read_cpu_nanoseconds(server)
    requests = await step()
    return (read_cpu_nanoseconds(server) - before) / requests


def print_costs(costs: Sequence[Cost]) -> None:
    print(f"{'server':<22}{'what':<24}{'bare views':>11}{'/healthz':>10}{'target':>8}")
    for cost in costs:
        target = f"{cost.target:.0f}" if cost.target else ""
        print(f"{cost.setup:<22}{cost.what:<24}{cost.bare_views:>11.1f}{cost.healthz:>10.1f}{target:>8}")


def build_plot(costs: Sequence[Cost]) -> str:
    """Draw one bar for each cost, in multiples of ``/healthz``, with a line at the target."""
    most = max(max(cost.healthz, cost.target or 0) for cost in costs)
    scale, height = 420 / most, 22 * len(costs) + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 {height}" font-family="sans-serif" font-size="12">',
        "<title>CPU time per request in multiples of /healthz</title>",
        f'<rect width="800" height="{height}" fill="#fff"/>',
    ]
    for row, cost in enumerate(costs):
        top = 22 * row + 10
        parts.append(_label(4, top + 12, f"{cost.setup}: {cost.what}"))
        parts.append(f'<rect x="300" y="{top}" width="{cost.healthz * scale:.1f}" height="15" fill="#31688e"/>')
        parts.append(_label(306 + cost.healthz * scale, top + 12, f"{cost.healthz:.1f}"))
        if cost.target:
            at = 300 + cost.target * scale
            parts.append(f'<path d="M{at:.1f} {top - 2}v19" stroke="#b40426" stroke-width="2"/>')
    return "\n".join([*parts, "</svg>\n"])


def _label(x: float, y: float, text: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}">{html.escape(text)}</text>'
