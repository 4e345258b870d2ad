"""Plots as SVG, styled by class: for the page, in its colours, and for files, which have a stylesheet inside (see :mod:`app.teach.drawing`).

Every number that a plot shows stands in the table beside it, too. Coordinates are units of the view box.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from app.domain.analysis.gain import Pair
from app.domain.analysis.intervals import Interval
from app.domain.analysis.mistaken import Cell, Matrix
from app.domain.analysis.scores import Band
from app.teach.drawing import short, svg, tag, words, wrapped

MOST_DOTS = 72
"""Of how many people each is still a dot of their own; more become a bar."""

MOST_WRONG = 4
"""How many curves of wrong options can be told apart, the commonest; the table has them all."""

MOST_NAMED = 40
"""Of how many learners each has a line with their name; more become slopes without names."""

_ACROSS = 12


@dataclass(frozen=True, slots=True)
class Curve:
    """One line: a short name, and its value in each group, in per cent."""

    name: str
    is_right: bool
    values: tuple[float, ...]


def scores(bands: Sequence[Band], pass_mark_percent: int) -> Markup:
    """How many learners are in each band of scores, with the pass mark."""
    most = max(max(band.count for band in bands), 1)
    parts = []
    for at, band in enumerate(bands):
        left, high = 34 + 35 * at, 150 * band.count / most
        parts.append(tag("rect", "plot__bar", x=left, y=190 - high, width=30, height=high, rx=2))
        if band.count:
            parts.append(words(left + 15, 183 - high, str(band.count), "t-ink"))
        if at % 2 == 0:
            parts.append(words(left - 2, 208, str(band.low)))
    parts.append(words(384, 208, "100"))
    mark = 32 + 3.5 * pass_mark_percent
    label = ("end", mark - 6) if pass_mark_percent > 55 else ("start", mark + 6)
    parts += [
        tag("line", "plot__axis", x1=30, x2=386, y1=190, y2=190),
        tag("line", "plot__pass", x1=mark, x2=mark, y1=10, y2=196),
        words(label[1], 18, f"pass mark {pass_mark_percent}", "t-key", label[0]),
    ]
    told = ", ".join(f"{band.low} to {band.high}: {band.count}" for band in bands if band.count)
    return svg("plot plot--data", (400, 216), f"Learners by score in per cent. {told}.", parts)


def curves(groups: Sequence[str], lines: Sequence[Curve]) -> Markup:
    """What each score group chose, in per cent: one line an option, told apart by dash, marker and letter."""
    step = 312 / max(1, len(groups) - 1)
    xs = [74 + step * at for at in range(len(groups))]
    parts: list[Markup] = []
    for percent in (0, 25, 50, 75, 100):
        parts.append(tag("line", "plot__grid", x1=40, x2=392, y1=_y(percent), y2=_y(percent)))
        if percent % 50 == 0:
            parts.append(words(32, _y(percent) + 4, str(percent), anchor="end"))
    parts += [words(x, 236, name) for x, name in zip(xs, groups, strict=True)]
    wrong = [line for line in lines if not line.is_right]
    for at, line in enumerate(wrong):
        parts += _curve(xs, line, f"plot__line plot__dash-{at % 3 + 2}", _MARKERS[at % len(_MARKERS)])
    for line in lines:
        if line.is_right:
            parts += _curve(xs, line, "plot__line plot__line--key", "dot-key")
    parts += _labels(wrong, 64, "end", "t-ink", first=True)
    parts += _labels([line for line in lines if line.is_right], 398, "start", "t-key", first=False)
    told = "; ".join(f"{line.name} {', '.join(f'{value:.0f}' for value in line.values)}" for line in lines)
    return svg("plot plot--data", (460, 244), f"Per cent by score group, {', '.join(groups)}. {told}.", parts)


_MARKERS = ("square", "triangle", "diamond", "dot")


def _y(percent: float) -> float:
    return 214 - 1.9 * percent


def _curve(xs: Sequence[float], line: Curve, looks: str, marker: str) -> list[Markup]:
    points = [(x, _y(value)) for x, value in zip(xs, line.values, strict=True)]
    joined = " ".join(f"{short(x)},{short(y)}" for x, y in points)
    return [tag("polyline", looks, points=joined), *(_marker(marker, x, y) for x, y in points)]


def _marker(kind: str, x: float, y: float) -> Markup:
    match kind:
        case "square":
            return tag("rect", "plot__dot", x=x - 4, y=y - 4, width=8, height=8)
        case "triangle":
            return tag("path", "plot__dot", d=f"M{short(x)} {short(y - 5)}l5 9h-10z")
        case "diamond":
            return tag("path", "plot__dot", d=f"M{short(x)} {short(y - 5.5)}l5 5.5-5 5.5-5-5.5z")
        case "dot":
            return tag("circle", "plot__dot", cx=x, cy=y, r=4)
        case _:
            return tag("circle", "plot__dot--key", cx=x, cy=y, r=4.5)


def _labels(lines: Sequence[Curve], x: float, anchor: str, looks: str, *, first: bool) -> list[Markup]:
    """The names at the ends of lines, pushed apart where they would overlap."""
    ends = [(_y(line.values[0 if first else -1]) + 4, line.name) for line in lines]
    # From below upwards, since most wrong options crowd at the foot of the plot.
    placed, floor = [], 234.0
    for y, name in sorted(ends, reverse=True):
        floor = min(y, floor - 16)
        placed.append(words(x, floor, name, looks, anchor))
    return placed


def people(certain: int, fairly_sure: int, others: int) -> Markup:
    """Everybody who answered, as dots, or as a bar where they are too many: who held an idea for certain, fairly sure, and everyone else."""
    whole = certain + fairly_sure + others
    if whole > MOST_DOTS:
        return _bar(certain, fairly_sure, whole)
    parts = []
    for at in range(whole):
        x, y = 9 + 18 * (at % _ACROSS), 9 + 18 * (at // _ACROSS)
        looks = "sure" if at < certain else "fair" if at < certain + fairly_sure else ""
        parts.append(tag("circle", looks, cx=x, cy=y, r=6))
        if looks == "fair":
            parts.append(tag("circle", "fair-in", cx=x, cy=y, r=2))
    rows = max(1, -(-whole // _ACROSS))
    return svg("people", (18 * _ACROSS, 18 * rows), None, parts)


def _bar(certain: int, fairly_sure: int, whole: int) -> Markup:
    sure, fair = 214 * certain / whole, 214 * fairly_sure / whole
    parts = [
        tag("rect", "all", x=1, y=3, width=214, height=18, rx=3),
        tag("rect", "sure", x=1, y=3, width=sure, height=18),
        tag("rect", "fair", x=1 + sure, y=3, width=fair, height=18),
    ]
    return svg("people", (216, 24), None, parts)


def reach(value: float, bounds: Interval | None) -> Markup:
    """A figure from -100 to 100 on a line with its zero, and its interval."""

    def x(percent: float) -> float:
        return 56 + 0.52 * percent

    parts = [tag("line", "zero", x1=56, x2=56, y1=1, y2=19)]
    if bounds:
        parts.append(tag("line", "", x1=x(bounds.low), x2=x(bounds.high), y1=10, y2=10))
    parts.append(tag("circle", "", cx=x(value), cy=10, r=4))
    return svg("range", (112, 20), None, parts)


def gains(pairs: Sequence[tuple[str, Pair]], pass_mark_percent: int) -> Markup:
    """From before to after, learner by learner: a line with two points for each, or, where they are many, slopes."""
    told = "; ".join(f"{name} {pair.before:.0f} to {pair.after:.0f}" for name, pair in pairs)
    rose = sum(pair.gain > 0 for _, pair in pairs)
    if len(pairs) > MOST_NAMED:
        return _slopes([pair for _, pair in pairs], f"{rose} of {len(pairs)} learners scored more after than before.")
    foot = 34 + 26 * len(pairs)
    parts = [_tick(x, 18, foot) for x in (0, 50, 100)]
    parts.append(tag("line", "plot__pass", x1=_x(pass_mark_percent), x2=_x(pass_mark_percent), y1=24, y2=foot))
    for at, (name, pair) in enumerate(pairs):
        y = 44 + 26 * at
        looks = "plot__axis plot__dash-2" if pair.gain < 0 else "plot__axis"
        parts += [
            words(148, y + 4, _cut(name, 17), "t-ink", "end"),
            tag("line", looks, x1=_x(pair.before), x2=_x(pair.after), y1=y, y2=y),
            tag("circle", "plot__dot", cx=_x(pair.before), cy=y, r=5),
            tag("circle", "plot__dot--key", cx=_x(pair.after), cy=y, r=5),
        ]
    return svg("plot plot--data", (460, foot + 10), f"Score before and after, in per cent. {told}.", parts)


def _x(percent: float) -> float:
    return 164 + 2.8 * percent


def _tick(percent: int, top: float, foot: float) -> Markup:
    line = tag("line", "plot__grid", x1=_x(percent), x2=_x(percent), y1=top + 6, y2=foot)
    return line + words(_x(percent), top, str(percent))


def _slopes(pairs: Sequence[Pair], told: str) -> Markup:
    parts: list[Markup] = []
    for percent in (0, 50, 100):
        parts.append(tag("line", "plot__grid", x1=70, x2=390, y1=_y(percent), y2=_y(percent)))
        parts.append(words(58, _y(percent) + 4, str(percent), anchor="end"))
    parts += [words(90, 240, "before"), words(370, 240, "after")]
    for pair in pairs:
        looks = "plot__slope plot__dash-2" if pair.gain < 0 else "plot__slope"
        parts.append(tag("line", looks, x1=90, x2=370, y1=_y(pair.before), y2=_y(pair.after)))
    before = sum(pair.before for pair in pairs) / len(pairs)
    after = sum(pair.after for pair in pairs) / len(pairs)
    parts += [
        tag("line", "plot__line plot__line--key", x1=90, x2=370, y1=_y(before), y2=_y(after)),
        tag("circle", "plot__dot--key", cx=90, cy=_y(before), r=5),
        tag("circle", "plot__dot--key", cx=370, cy=_y(after), r=5),
        words(400, _y(after) + 4, "mean", "t-key", "start"),
    ]
    told += f" On average from {before:.0f} to {after:.0f} per cent."
    return svg("plot plot--data", (460, 248), told, parts)


def heat(matrix: Matrix) -> Markup:
    """What was taken for what: a number in each cell, and behind it the share of its row; a frame is where the right answers are."""
    many = len(matrix.columns)
    left = 22 + 6.8 * max(min(28, len(row.name)) for row in matrix.rows)
    top = 20 + 5.8 * max(min(30, len(name)) for name in matrix.columns)
    width, height = left + 38 * many + 70, top + 34 * len(matrix.rows) + 6
    parts = []
    for at, name in enumerate(matrix.columns):
        parts.append(_slanted(left + 38 * at + 22, top - 8, _cut(name, 30)))
    for at, row in enumerate(matrix.rows):
        y = top + 34 * at
        lines = [_cut(line, 30) for line in wrapped(row.name, 28)[:2]]
        for n, line in enumerate(lines):
            parts.append(words(left - 10, y + 21 + 14 * n - 7 * (len(lines) - 1), line, "t-ink", "end"))
        for n, cell in enumerate(row.cells):
            parts += _cell(left + 38 * n, y, cell)
    size = "s" if many <= 6 else "m" if many <= 10 else "l"
    told = f"{matrix.mistaken} of {matrix.answered} answers pointed at something else. The table has all numbers."
    return svg(f"plot plot--heat plot--heat-{size}", (width, height), told, parts)


def _cell(x: float, y: float, cell: Cell) -> list[Markup]:
    middle = (x + 18, y + 20)
    if cell.count is None:
        return [words(*middle, "·")]
    looks = "heat heat--right" if cell.is_right else "heat"
    shade = 0 if cell.is_right else round(0.06 + 0.5 * cell.share / 100, 2) if cell.count else 0
    box = tag("rect", looks, x=x + 1, y=y + 1, width=34, height=30, rx=3, fill_opacity=f"{shade:g}")
    return [box, words(*middle, str(cell.count), "t-ink" if cell.count else "")]


def _slanted(x: float, y: float, says: str) -> Markup:
    """Words that climb to the right, so that long names fit over narrow columns."""
    text = words(0, 0, says, anchor="start")
    return Markup('<g transform="translate({} {}) rotate(-60)">{}</g>').format(short(x), short(y), text)


def _cut(name: str, most: int) -> str:
    return name if len(name) <= most else f"{name[: most - 1].rstrip()}…"
