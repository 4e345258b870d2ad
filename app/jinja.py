"""What templates may call: icons, versioned addresses of static files, times in the reader's zone."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import Flask, request, url_for
from markupsafe import Markup

from app import permissions
from app.clock import now
from app.content.prose import render_inline
from app.identity import viewer

THEMES = ("system", "light", "dark")


def init_app(app: Flask) -> None:
    app.jinja_options = {"autoescape": True, "trim_blocks": True, "lstrip_blocks": True}
    env = app.jinja_env
    env.globals.update(
        static=_static,
        icon=_icon,
        now=now,
        theme=_theme,
        may=permissions,
        viewer=viewer,
        save_id=lambda: secrets.token_hex(8),
        registration_open=lambda: app.config["PALPATE"].registration == "open",
    )
    for name in (
        when,
        day,
        date,
        clock,
        minutes,
        stopwatch,
        ago,
        plural,
        signed,
        figure,
        points,
        initials,
        inline,
        plain,
        ruler,
        anchor,
        chosen,
    ):
        env.filters[name.__name__] = name


@lru_cache(maxsize=256)
def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


@lru_cache(maxsize=256)
def _static(name: str) -> str:
    """The address of a static file, changed with its content, so that browsers may keep it for a year."""
    path = Path(__file__).parent / "static" / name
    return url_for("static", filename=name, v=_digest(path))


@lru_cache(maxsize=256)
def _icon(name: str) -> Markup:
    """An outline icon; always beside a word, so hidden from screen readers."""
    return Markup('<svg class="ico" aria-hidden="true"><use href="{}#i-{}"/></svg>').format(_static("icons.svg"), name)


def _theme() -> str:
    chosen = request.cookies.get("theme", "system")
    return chosen if chosen in THEMES else "system"


def _local(moment: datetime, zone: str | None) -> datetime:
    if zone is None:
        learner = viewer().learner
        zone = learner.time_zone if learner else "UTC"
    try:
        return moment.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        return moment.astimezone(UTC)


def when(moment: datetime, zone: str | None = None) -> str:
    """``Tue 24 Nov, 18:00`` in the reader's time zone, with the year where it isn't this one."""
    local = _local(moment, zone)
    return f"{day(moment, zone)}, {local:%H:%M}"


def day(moment: datetime, zone: str | None = None) -> str:
    local = _local(moment, zone)
    year = "" if local.year == _local(now(), zone).year else f" {local.year}"
    return f"{local:%a} {local.day} {local:%b}{year}"


def date(moment: datetime, zone: str | None = None) -> str:
    """``23 November 2026``."""
    local = _local(moment, zone)
    return f"{local.day} {local:%B %Y}"


def clock(moment: datetime, zone: str | None = None) -> str:
    return f"{_local(moment, zone):%H:%M}"


def minutes(seconds: float) -> str:
    """A duration in words: ``40 s``, ``12 min``, ``2 h 5 min``."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    hours, rest = divmod(whole // 60, 60)
    return f"{hours} h {rest} min" if hours else f"{rest} min"


def stopwatch(seconds: float) -> str:
    """A duration as a stopwatch shows it: ``0:42``, ``12:05``."""
    minutes_passed, rest = divmod(round(seconds), 60)
    return f"{minutes_passed}:{rest:02}"


def ago(moment: datetime) -> str:
    """How far a moment is from now, in whole days at the most exact: ``in 3 days``, ``2 hours ago``."""
    seconds = (moment - now()).total_seconds()
    size = abs(seconds)
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if size >= length:
            words = plural(int(size // length), unit)
            return f"in {words}" if seconds > 0 else f"{words} ago"
    return "in less than a minute" if seconds > 0 else "just now"


def signed(number: int) -> str:
    """A whole number with the minus sign of type, not the hyphen."""
    return f"{number}".replace("-", "\u2212")


def figure(number: float | None, places: int = 0) -> str:
    """A number with so many decimals and the minus sign of type; blank where it is not defined, and never a minus before a nought."""
    if number is None:
        return ""
    return f"{round(number, places) + 0.0:.{places}f}".replace("-", "\u2212")


def points(number: float) -> str:
    """Points of a mark or a total: at most two decimals, none where it is whole."""
    return f"{number:.2f}".rstrip("0").rstrip(".")


def plural(count: int, word: str, words: str | None = None) -> str:
    return f"{count} {word if count == 1 else words or word + 's'}"


def chosen(field: Any) -> str:
    """The words of what is chosen in a list of choices."""
    return next((str(choice.label) for choice in field.choices if str(choice.value) == str(field.data)), "")


def initials(name: str) -> str:
    parts = [part for part in name.split() if part[0].isalnum()]
    return (parts[0][0] + (parts[-1][0] if len(parts) > 1 else "")).upper() if parts else "?"


@lru_cache(maxsize=8192)
def inline(text: str) -> Markup:
    """A line of a question as HTML: what authors write there is Markdown without blocks."""
    return Markup(render_inline(text))  # noqa: S704  cleaned by the renderer


def plain(text: str) -> str:
    """A line of a question without its markup."""
    return inline(text).striptags()


def ruler(percent: float) -> int:
    """The place of a score on the ruler of a result, in units of its 360 wide picture."""
    return round(8 + 3.44 * percent)


def anchor(percent: float) -> str:
    """On which side of its place a label of the ruler stands, so that it is never cut."""
    return "start" if percent < 20 else "end" if percent > 80 else "middle"
