"""Persistent learners: they repeat each request unchanged until the server acknowledges it, and then record it."""

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
"""The probability that a learner changes the answer to the previous question."""

LOST = 0.1


ANSWERS = frozenset({"option", "match", "order", "value", "case"})
"""The fields of an answer. Names such as ``match-2`` are identified by their first part."""


@dataclass(frozen=True, slots=True)
class AcknowledgedSave:
    """An answer that the server acknowledged. ``given`` are the fields of the answer."""

    attempt_id: int
    position: int
    save_id: str
    given: tuple[tuple[str, str], ...]


@dataclass
class Ledger:
    """All acknowledgements to all learners, and the number of repeated requests.

    ``moves`` counts the requests that only lead on from a case whose steps are all taken, and so save nothing.
    """

    attempts: set[int] = field(default_factory=set)
    submitted: set[int] = field(default_factory=set)
    saves: list[AcknowledgedSave] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)
    moves: int = 0

    @property
    def sent_again(self) -> str:
        return f"sent again: {self.refusals.total()} times ({dict(self.refusals)})"


@dataclass
class Learner:
    """Takes the test of ``module`` repeatedly until ``enough`` is set, and finishes the current request first.

    ``lost`` is the probability that the reply to an answer is lost, so that the same answer is sent again.
    """

    browser: Browser
    module: str
    ledger: Ledger
    enough: asyncio.Event
    rng: Random
    lost: float = LOST

    async def learn(self) -> None:
        try:
            while not self.enough.is_set():
                await self._attempt()
        finally:
            await self.browser.close()

    async def _attempt(self) -> None:
        home = f"/modules/{self.module}"
        token = (await self._until_acknowledged(f"{home}/test")).field("csrf_token")
        started = await self._until_acknowledged(f"{home}/attempts", [("mode", "test"), ("csrf_token", token)])
        attempt_id = int(started.location.split("/")[2])
        self.ledger.attempts.add(attempt_id)
        path = started.location
        while not path.endswith("/summary"):
            if self.enough.is_set():
                return
            path = await self._answer(attempt_id, path)
            if self.rng.random() < AGAIN and not path.endswith("/summary"):
                before = max(1, int(path.rpartition("/")[2]) - 1)
                await self._answer(attempt_id, f"/attempts/{attempt_id}/{before}")
        await self._until_acknowledged(f"/attempts/{attempt_id}/submit", [("csrf_token", token)])
        self.ledger.submitted.add(attempt_id)

    async def _answer(self, attempt_id: int, path: str) -> str:
        """Answer the question at ``path``. Return the path that the server redirects to."""
        page = await self._until_acknowledged(path)
        fields = answer(page, self.rng)
        given = tuple(item for item in dict(fields).items() if item[0].partition("-")[0] in ANSWERS)
        self.ledger.moves += not given
        if self.rng.random() < self.lost:
            self.ledger.refusals["lost on purpose"] += 1
            with contextlib.suppress(OSError):
                await self.browser.post_and_leave(path, fields)
        onward = (await self._until_acknowledged(path, fields)).location.partition("#")[0]
        if given:
            n = int(path.rpartition("/")[2])
            self.ledger.saves.append(AcknowledgedSave(attempt_id, n, dict(fields)["save_id"], given))
        return onward

    async def _until_acknowledged(self, path: str, fields: list[tuple[str, str]] | None = None) -> Reply:
        """Repeat a request until the reply has the status for success.

        :raise UnexpectedReply: a refusal that repeating the request can't change.
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
