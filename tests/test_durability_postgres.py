"""Faults R5 and R22 on the real server with a PostgreSQL of its own, in short; in full: ``python -m battery postgres``."""

from __future__ import annotations

from pathlib import Path

import pytest

from battery.postgres_faults import FAULTS, inject_all
from bench.server import Server


@pytest.mark.postgres
def test_faults_of_postgresql_lose_nothing_and_pass(tmp_path: Path) -> None:
    """Fails when an answer is acknowledged before its commit, or a broken connection ends in anything but 503."""
    run = inject_all(Server(tmp_path / "data"), learners=8, times=1, seconds=1, seed=1)

    assert run.found is not None
    assert (run.found.lost, run.found.doubled, run.found.torn) == ([], [], [])
    assert [name for name, _ in run.recoveries] == list(FAULTS)
    assert run.found.acknowledged > 40
