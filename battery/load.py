"""The load of concurrent learners under which the faults are injected."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random

from battery.learners import Learner, Ledger
from bench.attempt import MODULES
from bench.browser import Browser
from bench.server import Server


@dataclass
class RunningLoad:
    """The learners' shared ledger, and a task for each learner."""

    ledger: Ledger = field(default_factory=Ledger)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def goes_on(self) -> None:
        """Wait for as many acknowledged answers as there are learners, so that a fault meets requests in progress."""
        wanted = len(self.ledger.saves) + len(self.tasks)
        while len(self.ledger.saves) < wanted:
            await self.moment()

    async def is_refused(self, times: int) -> None:
        """Wait until ``times`` more requests were answered with 503."""
        wanted = self.ledger.refusals["503"] + times
        while self.ledger.refusals["503"] < wanted:
            await self.moment()

    async def measure_recovery(self) -> float:
        """Wait for the next acknowledged answer; return the seconds until then."""
        acknowledged, began = len(self.ledger.saves), time.monotonic()
        while len(self.ledger.saves) == acknowledged:
            await self.moment()
        return time.monotonic() - began

    async def moment(self) -> None:
        """Let the learners work for a moment. Raise the exception of any learner that failed."""
        for task in self.tasks:
            if task.done():
                task.result()
        await asyncio.sleep(0.02)


@asynccontextmanager
async def run_learners(
    server: Server, cookies: list[str], rng: Random, build: Callable[..., Learner] = Learner
) -> AsyncIterator[RunningLoad]:
    """Let one learner per cookie take tests. At the end, finish open requests and stop the server.

    ``build`` makes the learners, which work without pauses by default.
    """
    work, enough = RunningLoad(), asyncio.Event()
    for place, cookie in enumerate(cookies):
        learner = build(
            Browser(server.port, cookie), MODULES[place % len(MODULES)], work.ledger, enough, Random(rng.random())
        )
        work.tasks.append(asyncio.create_task(learner.learn()))
    try:
        yield work
        await work.goes_on()
        enough.set()
        await asyncio.gather(*work.tasks)
    finally:
        for task in work.tasks:
            task.cancel()
        server.stop()
