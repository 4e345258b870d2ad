"""Running a coroutine to completion, even if the caller's thread has an event loop (such as a browser driver's)."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def run_in_thread(work: Coroutine[Any, Any, T]) -> T:
    """Run ``work`` on an event loop in a new thread, and propagate its result or exception."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
