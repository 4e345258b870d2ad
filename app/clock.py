"""The server's clock, read once per request on arrival: waiting for a thread or a lock never makes an answer late."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock

from flask import Flask, current_app, g, request

Clock = Callable[[], datetime]

ARRIVED_AT = "palpate.arrived_at"
"""The key under which the gateway passes the time of arrival. Headers become ``HTTP_…``, so no client can set it."""

SLEWED_SECONDS = 120.0
"""A clock that is set back by up to this much is slowed down instead. A larger step is followed at once."""

SLEW_RATE = 0.1
"""How much slower a clock runs that is ahead: after being set back by a minute, it is right again in ten minutes."""


class SteadyClock:
    """The time of day, which does not step back by a little while the process runs.

    Without it, a machine's clock that is set back during a test would give everybody more time, and would date later
    answers before earlier ones. A step forward is followed at once.
    """

    def __init__(self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._read_at = monotonic()
        self._offset = wall() - self._read_at
        self._lock = Lock()

    def __call__(self) -> datetime:
        with self._lock:
            read_at = self._monotonic()
            offset = self._wall() - read_at
            if offset < self._offset <= offset + SLEWED_SECONDS:
                offset = max(offset, self._offset - SLEW_RATE * (read_at - self._read_at))
            self._offset, self._read_at = offset, read_at
            return datetime.fromtimestamp(read_at + offset, UTC)


def init_app(app: Flask) -> None:
    app.extensions.setdefault("clock", SteadyClock())
    app.before_request(_take_arrival)


def _take_arrival() -> None:
    g.now = request.environ.get(ARRIVED_AT) or current_app.extensions["clock"]()


def restart() -> None:
    """Read the clock again, for work outside requests that takes long."""
    g.now = current_app.extensions["clock"]()


def now() -> datetime:
    """Return the time when this request arrived or, in a command, of the first call."""
    if "now" not in g:
        g.now = current_app.extensions["clock"]()
    arrived: datetime = g.now
    return arrived
