"""A meter for how much of its time a process spends on one kind of work."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class WorkMeter:
    """Seconds of work that have piled up. They drain at ``share`` seconds per second.

    Work that arrives for longer at more than ``share`` of the time raises the level without end, so a limit for the
    level is a limit for that share, with a reserve for short bursts.
    """

    def __init__(self, share: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.share, self.clock = share, clock
        self.level, self.read_at = 0.0, clock()
        self.lock = threading.Lock()

    def read(self) -> float:
        with self.lock:
            now = self.clock()
            self.level = max(0.0, self.level - (now - self.read_at) * self.share)
            self.read_at = now
            return self.level

    def add(self, seconds: float) -> None:
        self.read()
        with self.lock:
            self.level += seconds
