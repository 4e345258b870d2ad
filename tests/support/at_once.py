"""Requests at one moment, in threads with a database connection each."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from werkzeug.test import TestResponse

THREADS = 8
"""As many run at a time. On SQLite all of them poll for one lock, and many more in one process starve the thread that holds it."""


def at_once(tasks: list[Callable[[], TestResponse]]) -> list[TestResponse]:
    """Start the first tasks at one moment and each other one as soon as a thread is free; return the replies in the order of the tasks."""
    together = min(THREADS, len(tasks))
    gate = Barrier(together)

    def run(place: int) -> TestResponse:
        if place < together:
            gate.wait()
        return tasks[place]()

    with ThreadPoolExecutor(together) as threads:
        return list(threads.map(run, range(len(tasks))))
