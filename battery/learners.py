"""Learners who don't give up: each request is sent again, unchanged, until the server acknowledges it, and then written down."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from bench.attempt import UnexpectedReply, answer
from bench.browser import Browser, Reply

PAUSE_SECONDS = 0.2
AGAIN = 0.3
"""How often a learner thinks again about a question just answered."""

LOST = 0.1
"""How often the reply to an answer is lost on its way, so that the same answer is sent again."""


ANSWERS = frozenset({"option", "match", "order", "value"})
"""The fields that answer a question; ``match-2`` and its like by their first word."""


@dataclass(frozen=True, slots=True)
class Save:
    """One answer that the server acknowledged; ``given`` are the fields of the form that answered."""

    attempt_id: int
    position: int
    save_id: str
    given: tuple[tuple[str, str], ...]


@dataclass
class Ledger:
    """What was acknowledged to all learners together, and how often they had to send something again."""

    attempts: set[int] = field(default_factory=set)
    submitted: set[int] = field(default_factory=set)
    saves: list[Save] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)

    @property
    def sent_again(self) -> str:
        return f"sent again: {self.refusals.total()} times ({dict(self.refusals)})"


@dataclass
class Learner:
    """Takes the test of ``module`` again and again, until ``enough`` is set; what is under way then is finished first."""

    browser: Browser
    module: str
    ledger: Ledger
    enough: asyncio.Event
    rng: Random

    async def learn(self) -> None:
        try:
            while not self.enough.is_set():
                await self._attempt()
        finally:
            await self.browser.close()

    async def _attempt(self) -> None:
        home = f"/modules/{self.module}"
        token = (await self._until_acknowledged(home)).field("csrf_token")
        started = await self._until_acknowledged(f"{home}/attempts", [("mode", "test"), ("csrf_token", token)])
        attempt_id = int(started.location.split("/")[2])
        self.ledger.attempts.add(attempt_id)
        path = started.location
        while not path.endswith("/summary"):
            if self.enough.is_set():
                return
            path = await self._answer(attempt_id, path)
            if self.rng.random() < AGAIN and not path.endswith("/summary"):
                await self._answer(attempt_id, f"/attempts/{attempt_id}/{int(path.rpartition('/')[2]) - 1}")
        await self._until_acknowledged(f"/attempts/{attempt_id}/submit", [("csrf_token", token)])
        self.ledger.submitted.add(attempt_id)

    async def _answer(self, attempt_id: int, path: str) -> str:
        """Answer the question at ``path``; return where the server leads on."""
        page = await self._until_acknowledged(path)
        fields = answer(page, self.rng)
        if self.rng.random() < LOST:
            self.ledger.refusals["lost on purpose"] += 1
            with contextlib.suppress(OSError):
                await self.browser.post_and_leave(path, fields)
        onward = (await self._until_acknowledged(path, fields)).location
        form = dict(fields)
        given = tuple(item for item in form.items() if item[0].partition("-")[0] in ANSWERS)
        self.ledger.saves.append(Save(attempt_id, int(path.rpartition("/")[2]), form["save_id"], given))
        return onward

    async def _until_acknowledged(self, path: str, fields: list[tuple[str, str]] | None = None) -> Reply:
        """Send the same request until the reply is the one that means it is done.

        :raise UnexpectedReply: a refusal that sending it again can't change.
        """
        done = 200 if fields is None else 303
        while True:
            try:
                reply = await (self.browser.get(path) if fields is None else self.browser.post(path, fields))
            except OSError:
                self.ledger.refusals["no reply"] += 1
            else:
                if reply.status == done:
                    return reply
                if reply.status != 503:
                    raise UnexpectedReply(f"{reply.status} for {path} {fields}: {reply.text[:300]}")
                if "retry-after" not in reply.headers:
                    raise UnexpectedReply(f"503 for {path} does not say when to try again")
                self.ledger.refusals["503"] += 1
            await asyncio.sleep(PAUSE_SECONDS)
