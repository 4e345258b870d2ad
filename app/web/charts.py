"""Plots as SVG, styled by class, for pages and for files with an embedded stylesheet (see :mod:`app.web.svg`).

A table next to each plot contains the same numbers. Coordinates are in units of the view box.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from markupsafe import Markup

from app.domain import attempt as scores
from app.domain.analysis.confusions import ConfusionCell, ConfusionMatrix
from app.domain.analysis.gain import ScorePair
from app.domain.analysis.intervals import Interval
from app.domain.analysis.scores import ScoreBand
from app.web.svg import build_svg, build_tag, build_text, format_number, wrap_text

MAX_DOTS = 72
"""Up to this number, each person is a dot; more are drawn as a bar."""

MAX_WRONG = 4
"""How many curves of wrong options are drawn: the most frequent ones. The table has all of them."""

MAX_NAMED = 40
"""Up to this number, each learner has a line with a name; more are drawn as slopes without names."""

_LETTER, _MIN_NAME, _MAX_NAME = 8, 8, 36
"""The width of a letter, and how many letters the column of names has room for: as many as the longest name needs."""

_ACROSS = 12


@dataclass(frozen=True, slots=True)
class Curve:
    """One curve: a short name, and its value in each group in per cent."""

    name: str
    is_right: bool
    values: tuple[float, ...]


def draw_scores(bands: Sequence[ScoreBand], pass_mark_percent: int) -> Markup:
    """Draw the number of learners in each score band, with the pass mark."""
    most = max(max(band.count for band in bands), 1)
    parts = []
    for at, band in enumerate(bands):
        left, high = 34 + 35 * at, 150 * band.count / most
        parts.append(build_tag("rect", "plot__bar", x=left, y=190 - high, width=30, height=high, rx=2))
        if band.count:
            parts.append(build_text(left + 15, 183 - high, str(band.count), "t-ink"))
        if at % 2 == 0:
            parts.append(build_text(left - 2, 208, str(band.low)))
    parts.append(build_text(384, 208, "100"))
    mark = 32 + 3.5 * pass_mark_percent
    label = ("end", mark - 6) if pass_mark_percent > 55 else ("start", mark + 6)
    parts += [
        build_tag("line", "plot__axis", x1=30, x2=386, y1=190, y2=190),
        build_tag("line", "plot__pass", x1=mark, x2=mark, y1=10, y2=196),
        build_text(label[1], 18, _("pass mark %(percent)s", percent=pass_mark_percent), "t-key", label[0]),
    ]
    told = ", ".join(
        _("%(low)s to %(high)s: %(count)s", low=band.low, high=band.high, count=band.count)
        for band in bands
        if band.count
    )
    label_text = _("Learners by score in per cent. %(bands)s.", bands=told)
    return build_svg("plot plot--data", (400, 216), label_text, parts)


def draw_curves(groups: Sequence[str], lines: Sequence[Curve]) -> Markup:
    """Draw the choices of each score group in per cent: one curve per option, with its own dash, marker and letter."""
    step = 312 / max(1, len(groups) - 1)
    xs = [74 + step * at for at in range(len(groups))]
    parts: list[Markup] = []
    for percent in (0, 25, 50, 75, 100):
        parts.append(build_tag("line", "plot__grid", x1=40, x2=392, y1=_y(percent), y2=_y(percent)))
        if percent % 50 == 0:
            parts.append(build_text(32, _y(percent) + 4, str(percent), anchor="end"))
    parts += [build_text(x, 236, name) for x, name in zip(xs, groups, strict=True)]
    wrong = [line for line in lines if not line.is_right]
    for at, line in enumerate(wrong):
        parts += _draw_curve(xs, line, f"plot__line plot__dash-{at % 3 + 2}", _MARKERS[at % len(_MARKERS)])
    for line in lines:
        if line.is_right:
            parts += _draw_curve(xs, line, "plot__line plot__line--key", "dot-key")
    parts += _draw_labels(wrong, 64, "end", "t-ink", first=True)
    parts += _draw_labels([line for line in lines if line.is_right], 398, "start", "t-key", first=False)
    told = "; ".join(f"{line.name} {', '.join(f'{value:.0f}' for value in line.values)}" for line in lines)
    label = _("Per cent by score group, %(groups)s. %(values)s.", groups=", ".join(groups), values=told)
    return build_svg("plot plot--data", (460, 244), label, parts)


_MARKERS = ("square", "triangle", "diamond", "dot")


def _y(percent: float) -> float:
    return 214 - 1.9 * percent


def _draw_curve(xs: Sequence[float], line: Curve, looks: str, marker: str) -> list[Markup]:
    points = [(x, _y(value)) for x, value in zip(xs, line.values, strict=True)]
    joined = " ".join(f"{format_number(x)},{format_number(y)}" for x, y in points)
    return [build_tag("polyline", looks, points=joined), *(_draw_marker(marker, x, y) for x, y in points)]


def _draw_marker(kind: str, x: float, y: float) -> Markup:
    match kind:
        case "square":
            return build_tag("rect", "plot__dot", x=x - 4, y=y - 4, width=8, height=8)
        case "triangle":
            return build_tag("path", "plot__dot", d=f"M{format_number(x)} {format_number(y - 5)}l5 9h-10z")
        case "diamond":
            return build_tag("path", "plot__dot", d=f"M{format_number(x)} {format_number(y - 5.5)}l5 5.5-5 5.5-5-5.5z")
        case "dot":
            return build_tag("circle", "plot__dot", cx=x, cy=y, r=4)
        case _:
            return build_tag("circle", "plot__dot--key", cx=x, cy=y, r=4.5)


def _draw_labels(lines: Sequence[Curve], x: float, anchor: str, looks: str, *, first: bool) -> list[Markup]:
    """Draw the names at the ends of the curves, moved apart if they would overlap."""
    ends = [(_y(line.values[0 if first else -1]) + 4, line.name) for line in lines]
    # From the bottom up, because most wrong options are close to the bottom of the plot.
    placed, floor = [], 234.0
    for y, name in sorted(ends, reverse=True):
        floor = min(y, floor - 16)
        placed.append(build_text(x, floor, name, looks, anchor))
    return placed


def draw_people(certain: int, fairly_sure: int, answered: int) -> Markup:
    """Draw all learners who answered (certain, fairly sure, others) as dots, or as a bar if there are too many."""
    if answered > MAX_DOTS:
        return _draw_bar(certain, fairly_sure, answered)
    parts = []
    for at in range(answered):
        x, y = 9 + 18 * (at % _ACROSS), 9 + 18 * (at // _ACROSS)
        looks = "certain" if at < certain else "fairly-sure" if at < certain + fairly_sure else ""
        parts.append(build_tag("circle", looks, cx=x, cy=y, r=6))
        if looks == "fairly-sure":
            parts.append(build_tag("circle", "fairly-sure__core", cx=x, cy=y, r=2))
    rows = max(1, -(-answered // _ACROSS))
    return build_svg("people-chart", (18 * _ACROSS, 18 * rows), None, parts)


def _draw_bar(certain: int, fairly_sure: int, whole: int) -> Markup:
    sure, fair = 214 * certain / whole, 214 * fairly_sure / whole
    parts = [
        build_tag("rect", "whole", x=1, y=3, width=214, height=18, rx=3),
        build_tag("rect", "certain", x=1, y=3, width=sure, height=18),
        build_tag("rect", "fairly-sure", x=1 + sure, y=3, width=fair, height=18),
    ]
    return build_svg("people-chart", (216, 24), None, parts)


def draw_interval(value: float, bounds: Interval | None) -> Markup:
    """Draw a value from -100 to 100 with its interval on a scale that marks zero."""

    def x(percent: float) -> float:
        return 56 + 0.52 * percent

    parts = [build_tag("line", "zero", x1=56, x2=56, y1=1, y2=19)]
    if bounds:
        parts.append(build_tag("line", "", x1=x(bounds.low), x2=x(bounds.high), y1=10, y2=10))
    parts.append(build_tag("circle", "", cx=x(value), cy=10, r=4))
    return build_svg("interval", (112, 20), None, parts)


def draw_gains(pairs: Sequence[tuple[str, ScorePair]], pass_mark_percent: int) -> Markup:
    """Draw each learner's score before and after: a line with two points, or slopes if there are many learners."""
    if len(pairs) > MAX_NAMED:
        return _draw_slopes([pair for _name, pair in pairs])
    told = "; ".join(
        _(
            "%(name)s %(before)s to %(after)s",
            name=name,
            before=scores.percent(pair.before, 100),
            after=scores.percent(pair.after, 100),
        )
        for name, pair in pairs
    )
    foot = 34 + 26 * len(pairs)
    left = 16 + _LETTER * max(_MIN_NAME, min(_MAX_NAME, max((len(name) for name, _ in pairs), default=0)))
    parts = [_draw_tick(left, x, 18, foot) for x in (0, 50, 100)]
    mark = _x(left, pass_mark_percent)
    parts.append(build_tag("line", "plot__pass", x1=mark, x2=mark, y1=24, y2=foot))
    for at, (name, pair) in enumerate(pairs):
        y = 44 + 26 * at
        looks = "plot__axis plot__dash-2" if pair.gain < 0 else "plot__axis"
        parts += [
            build_text(left - 16, y + 4, _shorten(name, _MAX_NAME), "t-ink", "end"),
            build_tag("line", looks, x1=_x(left, pair.before), x2=_x(left, pair.after), y1=y, y2=y),
            build_tag("circle", "plot__dot", cx=_x(left, pair.before), cy=y, r=5),
            build_tag("circle", "plot__dot--key", cx=_x(left, pair.after), cy=y, r=5),
        ]
    label = _("Score before and after, in per cent. %(scores)s.", scores=told)
    return build_svg("plot plot--data", (left + 296, foot + 10), label, parts)


def _x(left: float, percent: float) -> float:
    return left + 2.8 * percent


def _draw_tick(left: float, percent: int, top: float, foot: float) -> Markup:
    x = _x(left, percent)
    return build_tag("line", "plot__grid", x1=x, x2=x, y1=top + 6, y2=foot) + build_text(x, top, str(percent))


def _draw_slopes(pairs: Sequence[ScorePair]) -> Markup:
    parts: list[Markup] = []
    for percent in (0, 50, 100):
        parts.append(build_tag("line", "plot__grid", x1=70, x2=390, y1=_y(percent), y2=_y(percent)))
        parts.append(build_text(58, _y(percent) + 4, str(percent), anchor="end"))
    parts += [build_text(90, 240, _("before")), build_text(370, 240, _("after"))]
    for pair in pairs:
        looks = "plot__slope plot__dash-2" if pair.gain < 0 else "plot__slope"
        parts.append(build_tag("line", looks, x1=90, x2=370, y1=_y(pair.before), y2=_y(pair.after)))
    before = sum(pair.before for pair in pairs) / len(pairs)
    after = sum(pair.after for pair in pairs) / len(pairs)
    parts += [
        build_tag("line", "plot__line plot__line--key", x1=90, x2=370, y1=_y(before), y2=_y(after)),
        build_tag("circle", "plot__dot--key", cx=90, cy=_y(before), r=5),
        build_tag("circle", "plot__dot--key", cx=370, cy=_y(after), r=5),
        build_text(400, _y(after) + 4, _("mean"), "t-key", "start"),
    ]
    label = _(
        "%(rose)s of %(count)s learners scored more after than before. On average from %(before)s to %(after)s per cent.",
        rose=sum(pair.gain > 0 for pair in pairs),
        count=len(pairs),
        before=scores.percent(before, 100),
        after=scores.percent(after, 100),
    )
    return build_svg("plot plot--data", (460, 248), label, parts)


def draw_heatmap(matrix: ConfusionMatrix) -> Markup:
    """Draw the confusion matrix: counts in cells shaded by their share of the row, with right answers framed."""
    many = len(matrix.columns)
    left = 22 + 6.8 * max(min(28, len(row.name)) for row in matrix.rows)
    top = 20 + 5.8 * max(min(30, len(name)) for name in matrix.columns)
    width, height = left + 38 * many + 70, top + 34 * len(matrix.rows) + 6
    parts = []
    for at, name in enumerate(matrix.columns):
        parts.append(_draw_slanted(left + 38 * at + 22, top - 8, _shorten(name, 30)))
    for at, row in enumerate(matrix.rows):
        y = top + 34 * at
        lines = [_shorten(line, 30) for line in wrap_text(row.name, 28)[:2]]
        for n, line in enumerate(lines):
            parts.append(build_text(left - 10, y + 21 + 14 * n - 7 * (len(lines) - 1), line, "t-ink", "end"))
        for n, cell in enumerate(row.cells):
            parts += _draw_cell(left + 38 * n, y, cell)
    size = "s" if many <= 6 else "m" if many <= 10 else "l"
    label = _(
        "%(wrong)s of %(count)s answers pointed at something else. The table has all numbers.",
        wrong=matrix.mistaken,
        count=matrix.answered,
    )
    return build_svg(f"plot plot--heat plot--heat-{size}", (width, height), label, parts)


def _draw_cell(x: float, y: float, cell: ConfusionCell) -> list[Markup]:
    middle = (x + 18, y + 20)
    if cell.count is None:
        return [build_text(*middle, "·")]
    looks = "heat heat--right" if cell.is_right else "heat"
    shade = 0 if cell.is_right else round(0.06 + 0.5 * cell.share / 100, 2) if cell.count else 0
    box = build_tag("rect", looks, x=x + 1, y=y + 1, width=34, height=30, rx=3, fill_opacity=f"{shade:g}")
    return [box, build_text(*middle, str(cell.count), "t-ink" if cell.count else "")]


def _draw_slanted(x: float, y: float, says: str) -> Markup:
    """Draw slanted text, so that long names fit above narrow columns."""
    text = build_text(0, 0, says, anchor="start")
    return Markup('<g transform="translate({} {}) rotate(-60)">{}</g>').format(format_number(x), format_number(y), text)


def _shorten(name: str, most: int) -> str:
    return name if len(name) <= most else f"{name[: most - 1].rstrip()}…"
