"""Learners at work while something breaks: the load that the faults R1, R3 and R4 are tried under."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random

from battery.learners import Learner, Ledger
from bench.attempt import MODULES
from bench.browser import Browser
from bench.server import Server


@dataclass
class Work:
    """What is under way: the learners' common notes, and a task for each learner."""

    ledger: Ledger = field(default_factory=Ledger)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def goes_on(self) -> None:
        """Wait until answers are acknowledged again, as many as there are learners: a fault shall find work under way."""
        wanted = len(self.ledger.saves) + len(self.tasks)
        while len(self.ledger.saves) < wanted:
            await self.moment()

    async def is_refused(self, times: int) -> None:
        """Wait until this many more requests were told 503."""
        wanted = self.ledger.refusals["503"] + times
        while self.ledger.refusals["503"] < wanted:
            await self.moment()

    async def moment(self) -> None:
        """Let the learners work for a moment; a learner who met what must not happen ends the run."""
        for task in self.tasks:
            if task.done():
                task.result()
        await asyncio.sleep(0.02)


@asynccontextmanager
async def at_work(server: Server, cookies: list[str], rng: Random) -> AsyncIterator[Work]:
    """Let a learner for each cookie take tests without thinking; at the end, what is under way is finished and the server stopped."""
    work, enough = Work(), asyncio.Event()
    for place, cookie in enumerate(cookies):
        learner = Learner(
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
