from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.domain import wall_clock
from app.domain.wall_clock import NoSuchTimeError


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
def test_a_local_time_means_one_moment_and_back(zone: str, local: tuple[int, ...], moment: tuple[int, ...]) -> None:
    shown, meant = datetime(*local), datetime(*moment, tzinfo=UTC)  # noqa: DTZ001  a clock on the wall has no zone

    assert wall_clock.moment(shown, zone) == meant
    assert wall_clock.local(meant, zone) == shown


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
def test_a_time_that_the_clocks_skip_is_refused(zone: str, local: tuple[int, ...]) -> None:
    with pytest.raises(NoSuchTimeError):
        wall_clock.moment(datetime(*local), zone)  # noqa: DTZ001  a clock on the wall has no zone


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
    assert wall_clock.is_zone(name) is is_one
