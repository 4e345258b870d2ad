"""The thread that runs the chores of a server process."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread
from typing import Any

import pytest

from app.server.gateway import Gateway
from app.server.scheduler import Scheduler

PATIENCE_SECONDS = 10


class Work:
    """Notes each round; ``results`` are its results in turn, the last one for ever."""

    def __init__(self, *results: bool | Exception, rounds: int = 1) -> None:
        self.results, self.rounds = list(results) or [True], rounds
        self.woken: list[bool] = []
        self.is_done = Event()

    def __call__(self, *, is_woken: bool, is_stopping: Callable[[], bool]) -> bool:
        self.woken.append(is_woken)
        if len(self.woken) == self.rounds:
            self.is_done.set()
        result = self.results.pop(0) if len(self.results) > 1 else self.results[0]
        if isinstance(result, Exception):
            raise result
        return result


def _run(work: Work, *, poll_seconds: float, wakes: bool = False) -> None:
    scheduler = Scheduler(work, poll_seconds=poll_seconds, wake_seconds=0.0)
    scheduler.start()
    if wakes:
        scheduler.wake()
    assert work.is_done.wait(PATIENCE_SECONDS)
    scheduler.stop()


def test_it_looks_for_work_again_and_again() -> None:
    work = Work(rounds=3)

    _run(work, poll_seconds=0.001)

    assert work.woken[:3] == [False, False, False]


def test_it_can_be_woken() -> None:
    work = Work()

    _run(work, poll_seconds=1000, wakes=True)

    assert work.woken == [True]


def test_it_tries_again_if_another_process_was_busy() -> None:
    work = Work(False, True, rounds=2)

    _run(work, poll_seconds=1000, wakes=True)

    assert work.woken == [True, True]


def test_an_error_does_not_end_it_and_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """The database may be away for an hour."""
    work = Work(OSError("ada@example.org"), rounds=3)

    _run(work, poll_seconds=0.001)

    assert [record.getMessage() for record in caplog.records] == ["Chores can't run: OSError"]


def test_it_stops_while_it_waits() -> None:
    work = Work()
    scheduler = Scheduler(work, poll_seconds=1000)
    scheduler.start()

    scheduler.stop()

    assert work.woken == []
    assert scheduler._thread is not None
    assert not scheduler._thread.is_alive()


def test_the_gateway_starts_it_in_a_worker_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Granian calls both hooks in its workers. Fails when a command or a test that makes a gateway runs chores."""
    work = Work()
    scheduler = Scheduler(work, poll_seconds=0.001)
    loop: Any = None
    gateway = Gateway(lambda *_: [], threads=1, max_body_bytes=10, scheduler=scheduler)
    assert scheduler._thread is None

    gateway.__rsgi_init__(loop)
    assert work.is_done.wait(PATIENCE_SECONDS)
    gateway.__rsgi_del__(loop)

    thread: Thread | None = scheduler._thread
    assert thread is not None
    assert not thread.is_alive()
