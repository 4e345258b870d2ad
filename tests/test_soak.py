"""The hour of answers at a steady rate, in a short form, and how it judges."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from battery.soak import Sample, Slice, find_growth, soak
from bench.server import Server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "data")
    yield made
    made.kill()


def _sample(**resident: float) -> Sample:
    return Sample(0, {int(name.removeprefix("pid")): megabytes for name, megabytes in resident.items()}, 0, 0, 0)


def test_answers_at_a_steady_rate_are_stored(server: Server) -> None:
    run = soak(server, learners=4, rate=10, minutes=0.1, seed=1, slices=2, hopeless=0)

    assert run.found is not None
    assert [must for must in run.found.musts if must.faults] == []
    assert run.found.acknowledged
    assert len(run.slices) == 2
    assert all(sample.resident for sample in run.samples)


def test_learners_do_not_answer_faster_than_asked(server: Server) -> None:
    """Fails when the pace is forgotten: then the same learners send hundreds of answers."""
    run = soak(server, learners=2, rate=1, minutes=0.1, seed=1, slices=1)

    assert run.found is not None
    assert run.found.acknowledged <= 20


@pytest.mark.parametrize(
    ("samples", "found"),
    [
        ((_sample(pid1=100), _sample(pid1=120), _sample(pid1=125)), []),
        ((_sample(pid1=100), _sample(pid1=120), _sample(pid1=140)), ["process 1: 120 MB, then 140 MB"]),
        ((_sample(pid1=100), _sample(pid1=120), _sample(pid2=120)), ["process 2: 0 MB, then 120 MB"]),
    ],
)
def test_a_process_that_grows_or_was_replaced_is_named(samples: tuple[Sample, ...], found: list[str]) -> None:
    assert find_growth(samples, 2) == found


def test_percentiles_are_measured_values() -> None:
    part = Slice(10, [number / 1000 for number in range(1, 101)], 0.5, 0.5, 0)

    assert part.rate == 10
    assert [part.percentile_ms(percent) for percent in (50, 95, 99, 100)] == [50, 95, 99, 100]
