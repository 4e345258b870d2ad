"""Threat 35: connections that hold a place without using it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from battery.silence import KINDS, hold_connections
from bench.server import Server

EACH = 400
"""How many connections of each kind: together more than the 1,024 that Granian holds by default."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """One process, whose places are easily counted."""
    server = Server(tmp_path / "data", {"PALPATE_WORKERS": "1"})
    server.start()
    yield server
    server.stop()


def test_silent_connections_keep_nobody_out_and_are_closed(server: Server) -> None:
    """In full: ``python -m battery silence``.

    Fails with Granian's defaults: 1,024 places for all, and no time limit before the first byte (``--http auto``).
    """
    seen = hold_connections(server, list(KINDS.values()) * EACH)

    assert seen.statuses == [200] * 5
    assert seen.left_open == 0
