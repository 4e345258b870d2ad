from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeAlias

import pytest

from app.domain import wall_clock
from app.domain.wall_clock import NoSuchTimeError

Parts: TypeAlias = tuple[int, int, int, int, int]
"""Year, month, day, hour and minute."""


def _naive(parts: Parts) -> datetime:
    year, month, day, hour, minute = parts
    return datetime(year, month, day, hour, minute)  # noqa: DTZ001  a clock on the wall has no zone


@pytest.mark.parametrize(
    ("zone", "local", "moment"),
    [
        ("UTC", (2026, 11, 23, 9, 0), (2026, 11, 23, 9, 0)),
        ("Europe/Berlin", (2026, 11, 23, 9, 0), (2026, 11, 23, 8, 0)),
        ("Europe/Berlin", (2026, 7, 1, 9, 0), (2026, 7, 1, 7, 0)),
        ("Asia/Kathmandu", (2026, 11, 23, 9, 0), (2026, 11, 23, 3, 15)),
        # The hour that comes twice: the later one.
        ("Europe/Berlin", (2026, 10, 25, 2, 30), (2026, 10, 25, 1, 30)),
        ("America/New_York", (2026, 11, 1, 1, 30), (2026, 11, 1, 6, 30)),
        # On either side of the hour that is skipped.
        ("Europe/Berlin", (2027, 3, 28, 1, 59), (2027, 3, 28, 0, 59)),
        ("Europe/Berlin", (2027, 3, 28, 3, 0), (2027, 3, 28, 1, 0)),
    ],
)
def test_a_local_time_means_one_moment_and_back(zone: str, local: Parts, moment: Parts) -> None:
    shown, meant = _naive(local), _naive(moment).replace(tzinfo=UTC)

    assert wall_clock.to_utc(shown, zone) == meant
    assert wall_clock.to_local(meant, zone) == shown


@pytest.mark.parametrize(
    ("zone", "local"),
    [
        ("Europe/Berlin", (2027, 3, 28, 2, 0)),
        ("Europe/Berlin", (2027, 3, 28, 2, 59)),
        ("America/New_York", (2027, 3, 14, 2, 30)),
        # A whole day was skipped here.
        ("Pacific/Apia", (2011, 12, 30, 12, 0)),
    ],
)
def test_a_time_that_the_clocks_skip_is_refused(zone: str, local: Parts) -> None:
    with pytest.raises(NoSuchTimeError):
        wall_clock.to_utc(_naive(local), zone)


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("Europe/Berlin", True),
        ("UTC", True),
        ("Berlin", False),
        ("", False),
        ("../etc/passwd", False),
        ("posix/UTC", False),
    ],
)
def test_zones_are_the_names_that_people_choose_from(name: str, is_one: bool) -> None:
    assert wall_clock.is_time_zone(name) is is_one
