"""An hour of answers at a steady rate: does memory grow, does it become slower, and is everything stored at the end?"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random

from battery.findings import DatabaseFindings, compare_with_database
from battery.learners import Learner, Ledger
from battery.load import RunningLoad, run_learners
from battery.loop import run_in_thread
from battery.requirements import Report, Requirement
from bench.browser import Reply
from bench.people import sign_in_learners
from bench.server import Server, busy_seconds, measure_memory

LEARNERS = 500
RATE = 50.0
"""Answers per second of all learners together."""

MINUTES = 60
SLICES = 6
"""The run is reported in this many parts."""

GROWTH_MUST = 1.1
"""How much larger a process may be at the end than after the first part."""

RATE_MUST = 0.95
"""The part of the asked rate that must be reached. Below that, the times say nothing about that rate."""


HOPELESS = 0.5
"""Below this part of the asked rate, a run ends early. With a lower ``--rate``, it may reach its end."""


@dataclass
class Pace:
    """When each answer of a learner is due, and how long each answer took."""

    interval: float
    """The mean number of seconds between two answers of one learner."""

    answers: list[tuple[float, float]] = field(default_factory=list)
    """For each answer, when it was sent (``time.monotonic``) and the seconds until it was acknowledged."""


@dataclass(kw_only=True)
class PacedLearner(Learner):
    """Sends answers at random intervals with a given mean. An answer that is late is sent at once."""

    pace: Pace
    due: float = 0

    async def _until_acknowledged(self, path: str, fields: list[tuple[str, str]] | None = None) -> Reply:
        if fields is None or not any(name == "save_id" for name, _ in fields):
            return await super()._until_acknowledged(path, fields)
        await self._await_turn()
        began = time.monotonic()
        reply = await super()._until_acknowledged(path, fields)
        self.pace.answers.append((began, time.monotonic() - began))
        return reply

    async def _await_turn(self) -> None:
        """Wait until the next answer is due, or the run ends."""
        now = time.monotonic()
        interval = self.pace.interval
        self.due = self.due + self.rng.uniform(0.5, 1.5) * interval if self.due else now + self.rng.random() * interval
        if self.due > now:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.enough.wait(), self.due - now)


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at the server. ``resident`` is the memory of each of its processes in MB, by process id."""

    at: float
    resident: dict[int, float]
    cpu: float
    busy: float
    """CPU seconds of all programs on this machine."""

    refusals: int


@dataclass
class SoakRun:
    ledger: Ledger = field(default_factory=Ledger)
    samples: list[Sample] = field(default_factory=list)
    slices: list[Slice] = field(default_factory=list)
    found: DatabaseFindings | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """One part of the run."""

    seconds: float
    times: list[float]
    """How long each answer took, in seconds, sorted."""

    cores: float
    """The cores that the server used on average."""

    cores_elsewhere: float
    refusals: int

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds

    def percentile_ms(self, percent: float) -> float:
        """Return a percentile by the nearest-rank method; 0 if there was no answer."""
        if not self.times:
            return 0.0
        return 1000 * self.times[max(0, math.ceil(len(self.times) * percent / 100) - 1)]

    def __str__(self) -> str:
        p50, p95, p99 = (self.percentile_ms(percent) for percent in (50, 95, 99))
        return (
            f"{self.rate:.1f} answers/s; p50 {p50:.0f}, p95 {p95:.0f}, p99 {p99:.0f} ms, "
            f"slowest {self.percentile_ms(100):.0f} ms; sent again {self.refusals}; cores used: "
            f"{self.cores:.2f} by the server, {self.cores_elsewhere:.2f} by learners and other work"
        )


def soak(
    server: Server,
    *,
    learners: int,
    rate: float,
    minutes: float,
    seed: int,
    say: Report = lambda _line: None,
    slices: int = SLICES,
    hopeless: float = HOPELESS,
) -> SoakRun:
    """Start the server and let learners answer at ``rate`` answers per second for that time.

    The run ends early after a part in which less than ``hopeless`` of the rate (0 to 1) was reached.
    """
    server.start()
    cookies = sign_in_learners(server.settings, learners)
    pace, least = Pace(learners / rate), hopeless * rate
    run = run_in_thread(_soak(server, cookies, pace, 60 * minutes / slices, slices, Random(seed), say, least))
    run.found = compare_with_database(server, run.ledger)
    return run


async def _soak(
    server: Server, cookies: list[str], pace: Pace, seconds: float, slices: int, rng: Random, say: Report, least: float
) -> SoakRun:
    run = SoakRun()
    async with run_learners(server, cookies, rng, partial(PacedLearner, pace=pace)) as work:
        run.ledger = work.ledger
        await asyncio.sleep(pace.interval)  # until every learner has begun
        run.samples.append(_look(server, work))
        for number in range(1, slices + 1):
            first = run.samples[-1]
            while (left := first.at + seconds - time.monotonic()) > 0:
                await _work_for(work, min(60, left))
                run.samples.append(_look(server, work))
                say(f"  {(run.samples[-1].at - run.samples[0].at) / 60:5.1f} min: {_format_memory(run.samples[-1])}")
            run.slices.append(_summarise(pace, first, run.samples[-1]))
            say(f"part {number} of {slices}: {run.slices[-1]}")
            if run.slices[-1].rate < least:
                say("The machine cannot hold this rate. Learners give up and send again, so it only becomes slower.")
                break
    return run


async def _work_for(work: RunningLoad, seconds: float) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        await work.moment()
        await asyncio.sleep(min(1, left))


def _look(server: Server, work: RunningLoad) -> Sample:
    resident = {pid: measure_memory(pid).rss_mb for pid in server.pids()}
    return Sample(time.monotonic(), resident, server.cpu_seconds(), busy_seconds(), _count_refusals(work.ledger))


def _count_refusals(ledger: Ledger) -> int:
    return sum(times for reason, times in ledger.refusals.items() if reason != "lost on purpose")


def _format_memory(sample: Sample) -> str:
    return ", ".join(f"{megabytes:.1f}" for megabytes in sample.resident.values()) + " MB resident"


def _summarise(pace: Pace, first: Sample, last: Sample) -> Slice:
    seconds, cpu = last.at - first.at, last.cpu - first.cpu
    return Slice(
        seconds,
        sorted(taken for sent, taken in pace.answers if first.at <= sent < last.at),
        cpu / seconds,
        (last.busy - first.busy - cpu) / seconds,
        last.refusals - first.refusals,
    )


def find_growth(samples: Sequence[Sample], slices: int) -> list[str]:
    """List the processes that are larger at the end than after the first part by more than is allowed."""
    after_first, last = samples[len(samples) // slices], samples[-1]
    return [
        f"process {pid}: {after_first.resident.get(pid, 0):.0f} MB, then {megabytes:.0f} MB"
        for pid, megabytes in last.resident.items()
        if megabytes > GROWTH_MUST * after_first.resident.get(pid, 0)
    ]


def run_full(
    server: Server,
    seed: int,
    say: Report,
    *,
    learners: int = LEARNERS,
    rate: float = RATE,
    minutes: float = MINUTES,
) -> list[Requirement]:
    """An hour at 50 answers per second from 500 learners."""
    run = soak(server, learners=learners, rate=rate, minutes=minutes, seed=seed, say=say)
    assert run.found is not None
    say(f"{run.found}; {run.ledger.sent_again}")
    slow = [f"{part.rate:.1f} answers/s" for part in run.slices if part.rate < RATE_MUST * rate]
    return [
        *run.found.musts,
        Requirement("processes that grew by more than a tenth", find_growth(run.samples, SLICES)),
        Requirement(f"parts with fewer than {RATE_MUST * rate:g} answers/s", slow),
    ]
