"""Local times: the available time zones, and conversion to and from UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones


class NoSuchTimeError(ValueError):
    """A local time that is skipped when the clocks go forward."""


@lru_cache(maxsize=1)
def list_time_zones() -> tuple[str, ...]:
    """Return the time zones that a person may choose, by name: ``UTC`` and every ``Region/Place``."""
    hidden = ("Etc/", "SystemV/", "posix/", "right/")
    return ("UTC", *sorted(name for name in available_timezones() if "/" in name and not name.startswith(hidden)))


def is_time_zone(name: str) -> bool:
    return name in list_time_zones()


def to_utc(local: datetime, zone: str) -> datetime:
    """Return the UTC moment at which clocks in ``zone`` show the naive ``local``; the later one if it occurs twice.

    :raise NoSuchTimeError: clocks in ``zone`` skip that time when they go forward.
    """
    place = ZoneInfo(zone)
    found = local.replace(tzinfo=place, fold=1).astimezone(UTC)
    if found.astimezone(place).replace(tzinfo=None) != local:
        raise NoSuchTimeError(f"{local:%H:%M} does not exist on {local:%Y-%m-%d} in {zone}")
    return found


def to_local(moment: datetime, zone: str) -> datetime:
    """Return the naive local time that clocks in ``zone`` show at ``moment``."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
