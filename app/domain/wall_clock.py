"""Local times: which zones there are, and what moment a clock on the wall means."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones


class NoSuchTimeError(ValueError):
    """A local time that the clocks skip when they go forward."""


@lru_cache(maxsize=1)
def zones() -> tuple[str, ...]:
    """All time zones a person may choose, by name: ``UTC`` and every ``Region/Place``."""
    hidden = ("Etc/", "SystemV/", "posix/", "right/")
    return ("UTC", *sorted(name for name in available_timezones() if "/" in name and not name.startswith(hidden)))


def is_zone(name: str) -> bool:
    return name in zones()


def moment(local: datetime, zone: str) -> datetime:
    """The UTC moment at which clocks in ``zone`` show the naive ``local``; the later one in the hour that comes twice.

    :raise NoSuchTimeError: clocks in ``zone`` never show it, because they go forward over it.
    """
    place = ZoneInfo(zone)
    found = local.replace(tzinfo=place, fold=1).astimezone(UTC)
    if found.astimezone(place).replace(tzinfo=None) != local:
        raise NoSuchTimeError(f"{local:%H:%M} does not exist on {local:%Y-%m-%d} in {zone}")
    return found


def local(moment: datetime, zone: str) -> datetime:
    """What clocks in ``zone`` show at ``moment``."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
