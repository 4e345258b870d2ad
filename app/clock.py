"""The server's clock, read once per request: on arrival, before any lock, so that waiting for one never makes an answer late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from flask import Flask, current_app, g

Clock = Callable[[], datetime]


def init_app(app: Flask) -> None:
    app.extensions.setdefault("clock", lambda: datetime.now(UTC))
    app.before_request(_arrive)


def _arrive() -> None:
    g.now = current_app.extensions["clock"]()


def now() -> datetime:
    """When this request arrived; in a command, the time now."""
    if "now" not in g:
        _arrive()
    arrived: datetime = g.now
    return arrived
