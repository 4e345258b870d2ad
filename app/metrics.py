"""Figures for Prometheus, counted in every process and read by any one of them.

If ``PROMETHEUS_MULTIPROC_DIR`` names a folder, as ``serve`` sees to, the processes keep their figures in files there.
A full disk or a missing folder must not fail a request, so an error while counting is ignored.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_FOLDER = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
if _FOLDER:
    with contextlib.suppress(OSError):
        Path(_FOLDER).mkdir(mode=0o700, parents=True, exist_ok=True)

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest  # noqa: E402  reads it
from prometheus_client.core import GaugeMetricFamily  # noqa: E402
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead  # noqa: E402

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_OWN = CollectorRegistry()

_requests = Counter("palpate_requests", "Answered requests.", ("route", "method", "status"), registry=_OWN)
_request_seconds = Histogram(
    "palpate_request_seconds", "Time to answer a request.", ("route",), registry=_OWN, buckets=_SECONDS
)
_abandoned = Counter(
    "palpate_abandoned_requests", "Pages given up because the client left before a thread was free.", (), registry=_OWN
)
_answers = Counter("palpate_answers", "Answers of learners by what became of them.", ("outcome",), registry=_OWN)
_failures = Counter(
    "palpate_database_failures", "Requests that failed for want of the database.", ("reason",), registry=_OWN
)
_lock_seconds = Histogram(
    "palpate_write_lock_wait_seconds", "Wait for SQLite's write lock.", (), registry=_OWN, buckets=_SECONDS
)
_connections = Gauge(
    "palpate_pool_connections",
    "Database connections in use.",
    (),
    registry=_OWN,
    multiprocess_mode="livesum",
)


def count_request(route: str, method: str, status: str, seconds: float) -> None:
    with contextlib.suppress(OSError):
        _requests.labels(route, method, status).inc()
        _request_seconds.labels(route).observe(seconds)


def count_abandoned_request() -> None:
    with contextlib.suppress(OSError):
        _abandoned.inc()


def count_answer(status: int) -> None:
    """Count an answer by the status of its reply."""
    outcome = "saved" if status < 400 else "unavailable" if status >= 500 else "refused"
    with contextlib.suppress(OSError):
        _answers.labels(outcome).inc()


def count_database_failure(reason: str) -> None:
    with contextlib.suppress(OSError):
        _failures.labels(reason).inc()


def observe_lock_wait(seconds: float) -> None:
    with contextlib.suppress(OSError):
        _lock_seconds.observe(seconds)


def count_connection(change: int) -> None:
    """Count a connection that is taken from the pool (1) or put back (-1)."""
    with contextlib.suppress(OSError):
        _connections.inc(change)


def render(gauges: dict[str, tuple[str, float]]) -> bytes:
    """Return all figures in Prometheus' text format, with ``gauges``: help text and value by name."""
    registry = CollectorRegistry()
    if _FOLDER:
        _forget_dead_processes(Path(_FOLDER))
        with contextlib.suppress(ValueError):  # the folder is gone
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(_OWN)
    registry.register(_Gauges(gauges))
    return generate_latest(registry)


class _Gauges:
    def __init__(self, values: dict[str, tuple[str, float]]) -> None:
        self.values = values

    def collect(self) -> list[GaugeMetricFamily]:
        return [GaugeMetricFamily(name, about, value=value) for name, (about, value) in self.values.items()]


def _forget_dead_processes(folder: Path) -> None:
    """Remove the gauges of processes that were killed; what they counted stays."""
    for file in folder.glob("gauge_live*.db"):
        process = int(file.stem.rpartition("_")[2])
        if not Path(f"/proc/{process}").exists():
            mark_process_dead(process)  # type: ignore[no-untyped-call]
