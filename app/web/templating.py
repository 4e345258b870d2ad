"""Functions and filters for templates: icons, times in the viewer's time zone, formatted numbers."""

from __future__ import annotations

import datetime as dates
import re
import secrets
from collections.abc import Collection, Hashable, Iterable
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.dates import format_date
from flask import Flask, current_app, request
from flask_babel import get_locale, gettext, ngettext
from jinja2.ext import Extension
from markupsafe import Markup

from app import permissions
from app.clock import now
from app.content.prose import render_inline
from app.domain import attempt as scores
from app.domain import names
from app.models import Attempt
from app.web import assets, copies, translation
from app.web.identity import get_viewer
from app.web.linked_text import linked, with_commands
from app.web.running import get_running_test

_INDENTATION = re.compile(r"\n[ \t]+")
_LAST_IN_BUTTON = re.compile(r"(</span>)\s+(</(?:a|button)>)")

MAX_PARTS = 2048
"""How many rendered parts (0.5 to 80 kB each, usually 1) a process keeps: those used last."""

THEMES = ("system", "light", "dark")

NO_BREAK_SPACE = "\u00a0"

TITLES = frozenset({"dr", "prof", "mr", "mrs", "ms", "mx", "herr", "frau"})
"""What may stand before a name and has no initial."""


class _WithoutIndentation(Extension):
    """Shortens the indentation of pages to one space as they are compiled.

    Indentation is a quarter of a page. One space stays, because it can separate words after a block tag.
    """

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        if not (name and name.endswith(".html")):
            return source
        # White space after the last part of a button would be a part of its own, with a gap before it.
        return _LAST_IN_BUTTON.sub(r"\1\2", _INDENTATION.sub("\n ", source))


def init_app(app: Flask) -> None:
    app.jinja_options = {
        "autoescape": True,
        "trim_blocks": True,
        "lstrip_blocks": True,
        "extensions": [_WithoutIndentation],
    }
    env = app.jinja_env
    env.globals.update(
        icon=_render_icon,
        now=now,
        theme=_get_theme,
        may=permissions,
        viewer=get_viewer,
        part=_render_part,
        running_test=get_running_test,
        save_id=lambda: secrets.token_hex(8),
        registration_open=lambda: app.config["PALPATE"].registration == "open",
    )
    for name in (
        when,
        due_when,
        named_when,
        place,
        day,
        calendar_day,
        full_day,
        date,
        clock,
        minutes,
        stopwatch,
        ago,
        plural,
        signed,
        figure,
        whole_score,
        mean_score,
        points,
        percent,
        initials,
        inline,
        course_text,
        plain,
        linked,
        with_commands,
        sentences,
        lower_first,
        ruler,
        ruler_length,
        anchor,
        chosen,
        time_taken,
        lateness,
        beyond,
        preceding,
        following,
        shared_names,
        label_person,
    ):
        env.filters[name.__name__] = name


def _render_part(name: str, **values: Hashable) -> Markup:
    """Render a template that depends on nothing but ``values`` and the language, once for all pages.

    ``tests/web/test_parts.py`` finds what else such a template uses. No value may be typed by a person, so that nothing
    of an erased person stays in memory.
    """
    return _render_once(translation.get_language(), name, tuple(values.items()))


@lru_cache(maxsize=MAX_PARTS)
def _render_once(_language: str, name: str, values: tuple[tuple[str, Hashable], ...]) -> Markup:
    return Markup(current_app.jinja_env.get_template(name).render(**dict(values)))  # noqa: S704  autoescaped


@lru_cache(maxsize=256)
def _render_icon(name: str) -> Markup:
    """Render an icon, hidden from screen readers because there is always text next to it."""
    return Markup('<svg class="ico" aria-hidden="true"><use href="{}#i-{}"/></svg>').format(
        assets.address("icons.svg"), name
    )


def _get_theme() -> str:
    if copies.is_copy():
        chosen = copies.get_look("theme") or "system"
    else:
        chosen = request.cookies.get(current_app.config["THEME_COOKIE_NAME"], "system")
    return chosen if chosen in THEMES else "system"


def _to_local(moment: datetime, zone: str | None) -> datetime:
    if zone is None:
        learner = get_viewer().learner
        zone = learner.time_zone if learner else copies.get_look("zone") or "UTC"
    try:
        return moment.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return moment.astimezone(UTC)


def when(moment: datetime, zone: str | None = None) -> str:
    """Format a moment in the viewer's time zone: ``Tue 24 Nov, 18:00``, with the year unless it is this year."""
    return f"{day(moment, zone)}, {clock(moment, zone)}"


def due_when(moment: datetime, zone: str, own_zone: str | None = None) -> str:
    """Format a moment that was set in ``zone``: in the viewer's time, naming both if their clocks differ then."""
    own, there = _to_local(moment, own_zone), _to_local(moment, zone)
    if own.utcoffset() == there.utcoffset():
        return when(moment, own_zone)
    return gettext(
        "%(when)s (%(own)s time; %(there)s in %(place)s)",
        when=when(moment, own_zone),
        own=place(str(own.tzinfo)),
        there=clock(moment, zone) if own.date() == there.date() else when(moment, zone),
        place=place(zone),
    )


def named_when(moment: datetime, zone: str, own_zone: str) -> str:
    """Format a moment as :func:`due_when` does, but name the place in any case, for readers away from their account."""
    if _to_local(moment, own_zone).utcoffset() != _to_local(moment, zone).utcoffset():
        return due_when(moment, zone, own_zone)
    return gettext("%(when)s (%(place)s time)", when=when(moment, zone), place=place(zone))


def place(zone: str) -> str:
    """Return the place for which a time zone is named: ``Berlin``, ``Buenos Aires``, ``UTC``."""
    return zone.rpartition("/")[2].replace("_", " ")


def day(moment: datetime, zone: str | None = None) -> str:
    local = _to_local(moment, zone)
    is_this_year = local.year == _to_local(now(), zone).year
    return _format_date(local, "MMMEd" if is_this_year else "yMMMEd")


def calendar_day(found: dates.date) -> str:
    """Format a day without a time zone: ``Tue 24 Nov``, with the year unless it is this year."""
    is_this_year = found.year == _to_local(now(), None).year
    return _format_date(datetime.combine(found, time.min), "MMMEd" if is_this_year else "yMMMEd")


def full_day(found: dates.date) -> str:
    """Format a day without a time zone: ``23 November 2026``."""
    return _format_date(datetime.combine(found, time.min), "long")


def date(moment: datetime, zone: str | None = None) -> str:
    """Format a date: ``23 November 2026``."""
    return _format_date(_to_local(moment, zone), "long")


def _format_date(local: datetime, form: str) -> str:
    locale = get_locale() or Locale(translation.SOURCE)
    return format_date(local, _get_date_pattern(str(locale), form), locale)


@lru_cache
def _get_date_pattern(code: str, form: str) -> str:
    """Return the CLDR pattern of a skeleton or a length. CLDR's English is American; ours is British."""
    if code == translation.SOURCE:
        return {"MMMEd": "EEE d MMM", "yMMMEd": "EEE d MMM y", "long": "d MMMM y"}[form]
    locale = Locale.parse(code)
    found = locale.date_formats.get(form) or locale.datetime_skeletons[form]
    return str(found.pattern)


def clock(moment: datetime, zone: str | None = None) -> str:
    return f"{_to_local(moment, zone):%H:%M}"


def minutes(seconds: float) -> str:
    """Format a duration: ``40 s``, ``12 min``, ``2 h 5 min``."""
    whole = int(seconds)
    if whole < 60:
        return gettext("%(count)s s", count=whole)
    hours, rest = divmod(whole // 60, 60)
    if hours:
        return gettext("%(hours)s h %(minutes)s min", hours=hours, minutes=rest)
    return gettext("%(count)s min", count=rest)


def stopwatch(seconds: float) -> str:
    """Format a duration like a stopwatch: ``0:42``, ``12:05``."""
    minutes_passed, rest = divmod(round(seconds), 60)
    return f"{minutes_passed}:{rest:02}"


def ago(moment: datetime) -> str:
    """Format the distance of a moment from now in its largest unit: ``in 3 days``, ``2 hours ago``."""
    seconds = int((moment - now()).total_seconds())
    days, hours, passed = abs(seconds) // 86400, abs(seconds) // 3600, abs(seconds) // 60
    if not passed:
        return gettext("in less than a minute") if seconds > 0 else gettext("just now")
    if seconds > 0:
        if days:
            return ngettext("in %(num)s day", "in %(num)s days", days)
        if hours:
            return ngettext("in %(num)s hour", "in %(num)s hours", hours)
        return ngettext("in %(num)s minute", "in %(num)s minutes", passed)
    if days:
        return ngettext("%(num)s day ago", "%(num)s days ago", days)
    if hours:
        return ngettext("%(num)s hour ago", "%(num)s hours ago", hours)
    return ngettext("%(num)s minute ago", "%(num)s minutes ago", passed)


def signed(number: int) -> str:
    """Format an integer with a minus sign (U+2212) instead of a hyphen."""
    return f"{number}".replace("-", "\u2212")


def figure(number: float | None, places: int = 0) -> str:
    """Format a number with ``places`` decimals and a minus sign (U+2212). None is blank; zero has no sign."""
    if number is None:
        return ""
    return _localize(f"{round(number, places) + 0.0:.{places}f}".replace("-", "\u2212"))


def whole_score(score: float) -> int:
    """Return one score in whole per cent, rounded down as everywhere."""
    return scores.percent(score, 100)


def mean_score(score: float | None) -> str:
    """Format a total or mean of scores with one decimal, rounded down like the scores themselves. None is blank."""
    return "" if score is None else figure(scores.round_down(score), 1)


def points(number: float) -> str:
    """Format points with at most two decimals, without trailing zeros."""
    return _localize(f"{number:.2f}".rstrip("0").rstrip("."))


def percent(number: float | str) -> str:
    """Format a number with a per cent sign, in English without a space. From right to left, marks keep the sign behind."""
    locale, mark = get_locale(), "\u200e" if translation.is_right_to_left() else ""
    has_space = locale is not None and NO_BREAK_SPACE in locale.percent_formats[None].pattern
    return f"{mark}{number}{NO_BREAK_SPACE if has_space else ''}%{mark}"


def _localize(number: str) -> str:
    """Replace the decimal point by that of the page's language."""
    locale = get_locale()
    return number.replace(".", locale.number_symbols["latn"]["decimal"]) if locale and "." in number else number


def plural(count: int, word: str, words: str | None = None) -> str:
    return f"{count} {word if count == 1 else words or word + 's'}"


def chosen(field: Any) -> str:
    """Return the label of the selected choice of a field."""
    return next((str(choice.label) for choice in field.choices if str(choice.value) == str(field.data)), "")


def initials(name: str) -> str:
    """Return the initials of the first and the last name, without a title before them."""
    parts = [part for part in name.split() if part[0].isalnum()]
    while len(parts) > 1 and parts[0].rstrip(".").lower() in TITLES:
        del parts[0]
    return (parts[0][0] + (parts[-1][0] if len(parts) > 1 else "")).upper() if parts else "?"


def inline(text: str) -> str:
    """Render a line of a question, written in inline Markdown, as HTML."""
    return translation.mark_course_text(_render_line(text))


@lru_cache(maxsize=8192)
def _render_line(text: str) -> Markup:
    return Markup(render_inline(text))  # noqa: S704  cleaned by the renderer


def course_text(text: str) -> str:
    """Mark a title or sentence of the course as English. For more than a line, put ``course_language()`` on its element."""
    return translation.mark_course_text(text)


def plain(text: str) -> str:
    """Return a line of a question without markup, for attributes and other plain text."""
    return _render_line(text).striptags()


# A full stop after these would be one too many. A quotation mark may follow; after a bracket it is needed.
_ENDED = re.compile(r"[.?!…][\"'”“’»]?$")


def lower_first(text: str) -> str:
    """Continue a sentence with a text that begins with a capital elsewhere."""
    return text[:1].lower() + text[1:]


def sentences(parts: Iterable[str | None]) -> str:
    """Join texts as sentences: each ends in one full stop, unless it ends a sentence already. Empty ones are left out."""
    texts = (part.strip() for part in parts if part and part.strip())
    return " ".join(text if _ENDED.search(text) else f"{text}." for text in texts)


def ruler(percent: float) -> int:
    """Return the position of a score on the ruler of a result, which is 360 units wide."""
    return round(8 + 3.44 * percent)


def ruler_length(percent: float) -> int:
    """Return the length of a score's bar on the ruler."""
    return ruler(percent) - ruler(0)


def time_taken(attempt: Attempt) -> str:
    """Format the duration of a finished attempt; an open one gives an empty string."""
    return minutes((attempt.submitted_at - attempt.started_at).total_seconds()) if attempt.submitted_at else ""


def lateness(by: timedelta) -> str:
    """Format a delay in its largest unit: ``2 days late``, ``5 h late``, ``12 min late``."""
    if by.days:
        return ngettext("%(num)s day late", "%(num)s days late", by.days)
    hours = int(by.total_seconds() // 3600)
    if hours:
        return gettext("%(hours)s h late", hours=hours)
    return gettext("%(time)s late", time=minutes(by.total_seconds()))


def beyond(count: int, shown: int) -> int:
    """Return how many items follow the first ``shown``, for "and 3 more"."""
    return count - shown


def preceding(number: int) -> int:
    """Return the number of the previous page or question."""
    return number - 1


def following(number: int) -> int:
    """Return the number of the next page or question."""
    return number + 1


def shared_names(people: Iterable[Any]) -> frozenset[str]:
    """Return the folded names that more than one of these people has."""
    return names.find_shared_names(person.name for person in people)


def label_person(person: Any, shared: Collection[str]) -> str:
    """Return a person's name as text, with the address if the name is among ``shared``."""
    return names.label_person(person.name, person.email, shared)


def anchor(percent: float) -> str:
    """Return the text anchor of a ruler label, so that it is never cut off."""
    return "start" if percent < 20 else "end" if percent > 80 else "middle"
