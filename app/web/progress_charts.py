"""Pictures of a learner's progress as SVG, styled by class. A table next to each one contains the same numbers.

Coordinates are in units of the view box.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from babel.dates import format_date
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from app.domain.activity import ActiveDay, ActiveWeek
from app.domain.analysis.intervals import wilson_interval
from app.domain.attempt import percent as to_percent
from app.domain.certainty import CertaintyLevel
from app.domain.recall import CurvePoint
from app.web.svg import build_svg, build_tag, build_text, format_number
from app.web.templating import calendar_day

CERTAINTY_WORDS = {1: _l("Guess"), 2: _l("Fairly sure"), 3: _l("Certain")}

_CELL = 15
"""The distance between two days of the calendar."""

_SIZES = (3, 6, 8, 10.5, 13)
"""The side of a day's square: the more answers, the larger."""


@dataclass(frozen=True, slots=True)
class ScoreBar:
    """A score in per cent on a day; scores of tests are highlighted."""

    percent: int
    is_test: bool
    day: str


def draw_latest_scores(scores: Sequence[ScoreBar]) -> Markup:
    """Draw a learner's latest scores in per cent, oldest first, with the days of the first and the last."""
    parts = _draw_scale(396)
    for index, score in enumerate(scores):
        height = max(1.15 * score.percent, 1)
        looks = "plot__bar plot__bar--hi" if score.is_test else "plot__bar"
        parts.append(build_tag("rect", looks, x=36 + 18 * index, y=130 - height, width=12, height=height, rx=2))
    parts.append(build_text(36, 150, scores[0].day, anchor="start"))
    if len(scores) > 10:
        parts.append(build_text(48 + 18 * (len(scores) - 1), 150, scores[-1].day, anchor="end"))
    told = ngettext(
        "The latest score. The table below has the same figure.",
        "The latest %(num)s scores, oldest first. The table below has the same figures.",
        len(scores),
    )
    return build_svg("plot plot--data", (400, 156), told, parts)


def _draw_scale(right: float) -> list[Markup]:
    parts: list[Markup] = []
    for label in (0, 50, 100):
        y = 130 - 1.15 * label
        parts.append(build_tag("line", "plot__grid", x1=34, x2=right, y1=y, y2=y))
        parts.append(build_text(28, y + 4, str(label), anchor="end"))
    return parts


def draw_forecast(curve: Sequence[CurvePoint], chosen: date) -> Markup:
    """Draw the mean recall from today on, if nothing is answered; the chosen day is marked."""
    last = curve[-1].days
    points = [(44 + 330 * point.days / last, 130 - 1.15 * point.percent) for point in curve]
    joined = " ".join(f"{format_number(x)},{format_number(y)}" for x, y in points)
    parts = _draw_scale(388)
    ahead = (chosen - curve[0].day).days
    if 0 < ahead <= last:
        x = 44 + 330 * ahead / last
        parts.append(build_tag("line", "plot__pass", x1=x, x2=x, y1=12, y2=130))
    parts.append(build_tag("polyline", "plot__line plot__line--key", points=joined))
    parts += [build_tag("circle", "plot__dot--key", cx=x, cy=y, r=4) for x, y in points]
    parts.append(build_text(44, 150, _("today"), anchor="start"))
    parts.append(build_text(374, 150, calendar_day(curve[-1].day), anchor="end"))
    told = "; ".join(f"{calendar_day(point.day)}: {point.percent}" for point in curve)
    return build_svg("plot plot--data", (400, 156), _("Mean recall in per cent. %(points)s.", points=told), parts)


def draw_calibration(levels: Sequence[CertaintyLevel]) -> Markup:
    """Draw the share of right answers at each certainty with its 95 % interval, and the range that would fit."""
    parts = _draw_scale(396)
    for at, level in enumerate(levels):
        x = 94 + 120 * at
        top, low = 130 - 115 * level.fits_up_to, 130 - 115 * level.fits_from
        parts.append(build_tag("rect", "plot__fit", x=x - 40, y=top, width=80, height=low - top, rx=3))
        parts.append(build_text(x, 150, str(CERTAINTY_WORDS[level.certainty]), "t-ink"))
        if level.of:
            share = level.right / level.of
            bounds = wilson_interval(share, level.of)
            parts += [
                build_tag("line", "plot__line", x1=x, x2=x, y1=130 - 115 * bounds.low, y2=130 - 115 * bounds.high),
                build_tag("circle", "plot__dot--key", cx=x, cy=130 - 115 * share, r=6),
            ]
    told = "; ".join(
        _(
            "%(certainty)s: %(right)s of %(all)s correct",
            certainty=CERTAINTY_WORDS[level.certainty],
            right=level.right,
            all=level.of,
        )
        for level in levels
    )
    return build_svg("plot plot--data", (400, 158), told, parts)


def get_share(level: CertaintyLevel) -> int | None:
    """Return the right answers of a level in per cent; None without any answer."""
    return to_percent(level.right, level.of) if level.of else None


def draw_calendar(weeks: Sequence[ActiveWeek]) -> Markup:
    """Draw a square for each day, larger with more answers: a column for each week, a row for each day of the week."""
    left, top = 40, 24
    parts = [
        build_text(left - 8, top + _CELL * row + 12, _name(weeks[0].days[row].day, "EEE"), anchor="end")
        for row in (0, 2, 4)
    ]
    for column, week in enumerate(weeks):
        x, first = left + _CELL * column, week.days[0].day
        is_new = column and first.month != weeks[column - 1].days[0].day.month
        if is_new and column < len(weeks) - 1:
            parts.append(build_text(x, 14, _name(first, "MMM"), anchor="start"))
        parts += [_draw_day(x, top + _CELL * row, day) for row, day in enumerate(week.days) if not day.is_future]
    answers, days = sum(week.count for week in weeks), sum(week.active_days for week in weeks)
    told = _(
        "%(answers)s questions answered on %(days)s days in the last %(weeks)s weeks.",
        answers=answers,
        days=days,
        weeks=len(weeks),
    )
    return build_svg("plot plot--calendar", (left + _CELL * len(weeks) + 4, top + 7 * _CELL), told, parts)


def _draw_day(x: float, y: float, day: ActiveDay) -> Markup:
    size = _SIZES[day.step]
    gap = (_CELL - size) / 2
    looks = "day-square day-square--active" if day.count else "day-square"
    return build_tag("rect", looks, x=x + gap, y=y + gap, width=size, height=size, rx=2)


def _name(day: date, pattern: str) -> str:
    return format_date(day, pattern, get_locale())
