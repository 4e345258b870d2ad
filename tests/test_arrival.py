"""When a request arrived: taken by the gateway, before the request waits for a thread, from a clock that does not step back."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from threading import Event
from typing import Any

import pytest
from flask import Flask

from app.clock import ARRIVED_AT, SteadyClock, now
from app.domain.attempt import GRACE
from app.server.gateway import Gateway
from battery.locking import write_lock
from battery.loop import run_in_thread
from bench.attempt import answer
from bench.browser import Browser, Reply
from bench.people import sign_in_learners
from bench.server import Server
from tests.conftest import NOW, Clock
from tests.test_serving import _Exchange, _Headers, _Scope

START = 1_790_000_000.0


# -- the clock ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "shown"),
    [
        # Each step: how long it takes, and how far the wall clock is set then. Shown: seconds since the start.
        ([(10, 0), (10, 0)], [10, 20]),
        ([(10, 300), (10, 0)], [310, 320]),  # forward: followed at once
        ([(10, -1), (10, 0), (10, 0)], [10 - 1, 19, 29]),  # back by a second: 10 s at nine tenths are slow enough
        ([(1, -60), (1, 0), (10, 0)], [0.9, 1.8, 10.8]),  # back by a minute: slower
        ([(1, -60), (600, 0), (1, 0)], [0.9, 541, 542]),  # right again after ten minutes
        ([(1, -3600), (1, 0)], [-3599, -3598]),  # a clock that was wrong by an hour is repaired
        ([(1, -60), (1, 60), (1, 0)], [0.9, 2, 3]),  # back and forth
    ],
)
def test_a_clock_that_is_set_back_a_little_slows_down(steps: list[tuple[float, float]], shown: list[float]) -> None:
    """R27. Fails when the wall clock alone decides, and when a clock that was set right is never followed."""
    wall, monotonic = [START], [77.0]
    clock = SteadyClock(lambda: wall[0], lambda: monotonic[0])

    seen = []
    for seconds, step in steps:
        monotonic[0] += seconds
        wall[0] += seconds + step
        seen.append((clock() - datetime.fromtimestamp(START, UTC)).total_seconds())

    assert seen == pytest.approx(shown)


def test_a_slowed_clock_never_runs_backwards() -> None:
    rng, wall, monotonic = Random(1), [START], [0.0]
    clock = SteadyClock(lambda: wall[0], lambda: monotonic[0])
    read = [clock()]

    for _ in range(2_000):
        seconds = rng.choice([0, 0, 0.001, 0.5, 30])
        monotonic[0] += seconds
        wall[0] = max(wall[0] + seconds + rng.choice([0, 0, -5, 5, -0.01]), START + monotonic[0] - 100)
        wall[0] = min(wall[0], START + monotonic[0])
        read.append(clock())

    assert read == sorted(read)


# -- the gateway and the application -----------------------------------------------------------------------------------


class _BusyApplication:
    """Keeps its only thread busy with the first request until ``is_free``, and notes when it was told each arrived."""

    def __init__(self) -> None:
        self.is_busy, self.is_free = Event(), Event()
        self.arrivals: list[datetime] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.is_busy.set()
        assert self.is_free.wait(60)
        self.arrivals.append(environ[ARRIVED_AT])
        start_response("200 OK", [("Content-Length", "0")])
        return []


def test_waiting_for_a_thread_is_not_being_late() -> None:
    """Threat 8. Fails when the time is read in the thread."""
    application, clock = _BusyApplication(), Clock(NOW)
    gateway = Gateway(application, threads=1, max_body_bytes=10, clock=clock)

    async def send() -> None:
        first = asyncio.create_task(gateway.__rsgi__(_Scope(_Headers([]), method="GET"), _Exchange()))
        await asyncio.to_thread(application.is_busy.wait)
        clock.advance(seconds=1)
        second = asyncio.create_task(gateway.__rsgi__(_Scope(_Headers([]), method="GET"), _Exchange()))
        for _ in range(5):
            await asyncio.sleep(0)
        clock.advance(seconds=60)
        application.is_free.set()
        await asyncio.gather(first, second)

    run_in_thread(send())

    assert application.arrivals == [NOW, NOW + timedelta(seconds=1)]


def test_a_request_arrives_when_its_body_is_complete() -> None:
    """Fails when a client gains time by sending the head of a request early and the answer late."""
    application, clock, is_sent = _BusyApplication(), Clock(NOW), asyncio.Event()
    application.is_free.set()

    class Dawdler(_Exchange):
        async def __call__(self) -> bytes:
            await is_sent.wait()
            return b"abc"

    async def send() -> None:
        gateway = Gateway(application, threads=1, max_body_bytes=10, clock=clock)
        sending = asyncio.create_task(gateway.__rsgi__(_Scope(_Headers([("content-length", "3")])), Dawdler()))
        await asyncio.sleep(0)
        clock.advance(seconds=19)
        is_sent.set()
        await sending

    run_in_thread(send())

    assert application.arrivals == [NOW + timedelta(seconds=19)]


def test_no_header_forges_the_arrival(clock: Clock) -> None:
    application = _BusyApplication()
    application.is_free.set()
    early = "2026-11-23T00:00:00+00:00"
    forged = [(name, early) for name in (ARRIVED_AT, "palpate-arrived-at", "x-request-start", "date")]
    gateway = Gateway(application, threads=1, max_body_bytes=10, clock=clock)

    run_in_thread(gateway.__rsgi__(_Scope(_Headers(forged), method="GET"), _Exchange()))

    assert application.arrivals == [clock.now]


def test_pages_go_by_the_arrival_if_the_gateway_knows_it(app: Flask, clock: Clock) -> None:
    arrived = clock.now - timedelta(seconds=7)
    seen = []
    for environ in ({ARRIVED_AT: arrived}, {}, {"HTTP_PALPATE_ARRIVED_AT": arrived.isoformat()}):
        with app.test_request_context("/", environ_overrides=environ):
            app.preprocess_request()
            seen.append(now())

    assert seen == [arrived, clock.now, clock.now]


# -- the real server ---------------------------------------------------------------------------------------------------


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "data", {"PALPATE_WORKERS": "1"})
    server.start()
    yield server
    server.stop()


_SECONDS_AFTER = 1.0
"""How long ago the deadline was when the server becomes busy. A request waits at most 5 s for the lock, so that the
whole wait until the grace has passed must be shorter."""


class _TooSlow(Exception):
    """The machine took so long to send that the answer may really have been late."""


def _end_at(file: Path, deadline: datetime) -> None:
    with sqlite3.connect(file, timeout=30) as database:
        database.execute("UPDATE attempt SET deadline_at = ?", [f"{deadline:%Y-%m-%d %H:%M:%S.%f}"])


async def _answer_while_busy(server: Server, cookie: str) -> Reply:
    """Start a test, keep the only thread busy with another request over the deadline, and answer meanwhile."""
    file = server.settings.data / "palpate.sqlite3"
    browser, other = Browser(server.port, cookie), Browser(server.port, cookie)
    token = (await browser.get("/modules/safety")).field("csrf_token")
    path = (await browser.post("/modules/safety/attempts", [("mode", "test"), ("csrf_token", token)])).location
    form = answer(await browser.get(path), Random(1))
    deadline = datetime.now(UTC) - timedelta(seconds=_SECONDS_AFTER)
    _end_at(file, deadline)
    with ThreadPoolExecutor(1) as thread, write_lock(file):
        # This request takes the only thread and waits there for the lock.
        busy = asyncio.create_task(
            other.post("/modules/safety/attempts", [("mode", "practice"), ("csrf_token", token)])
        )
        await asyncio.sleep(0.3)
        sent = asyncio.create_task(browser.post(path, form))
        await asyncio.sleep(0.3)
        if datetime.now(UTC) > deadline + GRACE - timedelta(seconds=1):
            raise _TooSlow
        late = (deadline + GRACE - datetime.now(UTC)).total_seconds() + 0.5
        await asyncio.get_running_loop().run_in_executor(thread, time.sleep, late)
    await busy
    reply = await sent
    await browser.close()
    await other.close()
    return reply


def test_an_answer_in_time_counts_though_the_only_worker_is_busy_until_the_deadline_has_passed(server: Server) -> None:
    """R27. Fails when the arrival is taken in the thread: then all answers behind a slow request are refused."""
    for cookie in sign_in_learners(server.settings, 3):
        try:
            reply = run_in_thread(_answer_while_busy(server, cookie))
        except _TooSlow:
            continue
        break
    else:
        pytest.fail("the machine was too slow to send an answer in time, three times")

    assert reply.status == 303
