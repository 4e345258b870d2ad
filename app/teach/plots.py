"""Plots as SVG, drawn here and styled by class: for the page, in its colours, and as a file of its own with a stylesheet inside.

Every number that a plot shows stands in the table beside it, too. Coordinates are units of the view box.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from app.domain.analysis.intervals import Interval
from app.domain.analysis.scores import Band

MOST_DOTS = 72
"""Of how many people each is still a dot of their own; more become a bar."""

MOST_WRONG = 4
"""How many curves of wrong options can be told apart, the commonest; the table has them all."""

_ACROSS = 12
_CONTROL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML can't hold, even escaped."""


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
        parts.append(_tag("rect", "plot__bar", x=left, y=190 - high, width=30, height=high, rx=2))
        if band.count:
            parts.append(_text(left + 15, 183 - high, str(band.count), "t-ink"))
        if at % 2 == 0:
            parts.append(_text(left - 2, 208, str(band.low)))
    parts.append(_text(384, 208, "100"))
    mark = 32 + 3.5 * pass_mark_percent
    label = ("end", mark - 6) if pass_mark_percent > 55 else ("start", mark + 6)
    parts += [
        _tag("line", "plot__axis", x1=30, x2=386, y1=190, y2=190),
        _tag("line", "plot__pass", x1=mark, x2=mark, y1=10, y2=196),
        _text(label[1], 18, f"pass mark {pass_mark_percent}", "t-key", label[0]),
    ]
    told = ", ".join(f"{band.low} to {band.high}: {band.count}" for band in bands if band.count)
    return _svg("plot plot--data", (400, 216), f"Learners by score in per cent. {told}.", parts)


def curves(groups: Sequence[str], lines: Sequence[Curve]) -> Markup:
    """What each score group chose, in per cent: one line an option, told apart by dash, marker and letter."""
    step = 312 / max(1, len(groups) - 1)
    xs = [74 + step * at for at in range(len(groups))]
    parts: list[Markup] = []
    for percent in (0, 25, 50, 75, 100):
        parts.append(_tag("line", "plot__grid", x1=40, x2=392, y1=_y(percent), y2=_y(percent)))
        if percent % 50 == 0:
            parts.append(_text(32, _y(percent) + 4, str(percent), anchor="end"))
    parts += [_text(x, 236, name) for x, name in zip(xs, groups, strict=True)]
    wrong = [line for line in lines if not line.is_right]
    for at, line in enumerate(wrong):
        parts += _curve(xs, line, f"plot__line plot__dash-{at % 3 + 2}", _MARKERS[at % len(_MARKERS)])
    for line in lines:
        if line.is_right:
            parts += _curve(xs, line, "plot__line plot__line--key", "dot-key")
    parts += _labels(wrong, 64, "end", "t-ink", first=True)
    parts += _labels([line for line in lines if line.is_right], 398, "start", "t-key", first=False)
    told = "; ".join(f"{line.name} {', '.join(f'{value:.0f}' for value in line.values)}" for line in lines)
    return _svg("plot plot--data", (460, 244), f"Per cent by score group, {', '.join(groups)}. {told}.", parts)


_MARKERS = ("square", "triangle", "diamond", "dot")


def _y(percent: float) -> float:
    return 214 - 1.9 * percent


def _curve(xs: Sequence[float], line: Curve, looks: str, marker: str) -> list[Markup]:
    points = [(x, _y(value)) for x, value in zip(xs, line.values, strict=True)]
    joined = " ".join(f"{_short(x)},{_short(y)}" for x, y in points)
    return [_tag("polyline", looks, points=joined), *(_marker(marker, x, y) for x, y in points)]


def _marker(kind: str, x: float, y: float) -> Markup:
    match kind:
        case "square":
            return _tag("rect", "plot__dot", x=x - 4, y=y - 4, width=8, height=8)
        case "triangle":
            return _tag("path", "plot__dot", d=f"M{_short(x)} {_short(y - 5)}l5 9h-10z")
        case "diamond":
            return _tag("path", "plot__dot", d=f"M{_short(x)} {_short(y - 5.5)}l5 5.5-5 5.5-5-5.5z")
        case "dot":
            return _tag("circle", "plot__dot", cx=x, cy=y, r=4)
        case _:
            return _tag("circle", "plot__dot--key", cx=x, cy=y, r=4.5)


def _labels(lines: Sequence[Curve], x: float, anchor: str, looks: str, *, first: bool) -> list[Markup]:
    """The names at the ends of lines, pushed apart where they would overlap."""
    ends = [(_y(line.values[0 if first else -1]) + 4, line.name) for line in lines]
    # From below upwards, since most wrong options crowd at the foot of the plot.
    placed, floor = [], 234.0
    for y, name in sorted(ends, reverse=True):
        floor = min(y, floor - 16)
        placed.append(_text(x, floor, name, looks, anchor))
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
        parts.append(_tag("circle", looks, cx=x, cy=y, r=6))
        if looks == "fair":
            parts.append(_tag("circle", "fair-in", cx=x, cy=y, r=2))
    rows = max(1, -(-whole // _ACROSS))
    return _svg("people", (18 * _ACROSS, 18 * rows), None, parts)


def _bar(certain: int, fairly_sure: int, whole: int) -> Markup:
    sure, fair = 214 * certain / whole, 214 * fairly_sure / whole
    parts = [
        _tag("rect", "all", x=1, y=3, width=214, height=18, rx=3),
        _tag("rect", "sure", x=1, y=3, width=sure, height=18),
        _tag("rect", "fair", x=1 + sure, y=3, width=fair, height=18),
    ]
    return _svg("people", (216, 24), None, parts)


def reach(value: float, bounds: Interval | None) -> Markup:
    """A figure from -100 to 100 on a line with its zero, and its interval."""

    def x(percent: float) -> float:
        return 56 + 0.52 * percent

    parts = [_tag("line", "zero", x1=56, x2=56, y1=1, y2=19)]
    if bounds:
        parts.append(_tag("line", "", x1=x(bounds.low), x2=x(bounds.high), y1=10, y2=10))
    parts.append(_tag("circle", "", cx=x(value), cy=10, r=4))
    return _svg("range", (112, 20), None, parts)


# -- files -------------------------------------------------------------------------------------------------------------

_STYLE = Markup(
    "text{font:500 12px Figtree,'Segoe UI',Helvetica,Arial,sans-serif;fill:#564b54}"
    ".title{font-size:15px;font-weight:650;fill:#211a20}.plot__grid{stroke:#e4dbe0}.plot__axis{stroke:#8a7d86}"
    ".plot__bar{fill:#6a5f68}.plot__pass{stroke:#8a1a57;stroke-width:1.5;stroke-dasharray:4 3}"
    ".plot__line{fill:none;stroke:#564b54;stroke-width:1.75;stroke-linejoin:round}"
    ".plot__line--key{stroke:#8a1a57;stroke-width:3}.plot__dash-2{stroke-dasharray:6 4}"
    ".plot__dash-3{stroke-dasharray:1.5 4;stroke-linecap:round}.plot__dash-4{stroke-dasharray:10 3 2 3}"
    ".plot__dot{fill:#fff;stroke:#564b54;stroke-width:1.75}.plot__dot--key{fill:#8a1a57}"
    ".t-key{fill:#8a1a57;font-weight:700}.t-ink{fill:#211a20;font-weight:600}"
)


def as_file(plot: Markup, title: str, notes: Iterable[str]) -> str:
    """A plot as an SVG file that stands alone, in ink on white: a title, the plot, and notes beneath, such as what its letters mean."""
    width, height = (float(size) for size in re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', plot)[0])
    head = _wrapped(_clean(title), 62)
    foot = [line for note in notes for line in _wrapped(_clean(note), 82)]
    top = 20 + 20 * len(head)
    wide, high = width + 100, top + height + 28 + 18 * len(foot)
    texts = [_text(20, 28 + 20 * at, line, "title", "start") for at, line in enumerate(head)]
    texts += [_text(20, top + height + 26 + 18 * at, line, anchor="start") for at, line in enumerate(foot)]
    # Inside another picture a plot needs a place and a size of its own.
    placed = plot.replace("<svg ", Markup('<svg x="30" y="{}" width="{}" height="{}" ').format(top, width, height), 1)
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}"><title>{title}</title>'
        '<style>{style}</style><rect width="{w}" height="{h}" fill="#fff"/>{plot}{texts}</svg>\n'
    ).format(
        w=_short(wide),
        h=_short(high),
        title=_clean(title),
        style=_STYLE,
        plot=placed,
        texts=Markup("").join(texts),
    )


def _clean(text: str) -> str:
    return _CONTROL.sub(" ", text)


def _wrapped(text: str, width: int) -> list[str]:
    """Text in lines of at most ``width`` characters, since SVG breaks none by itself; at least one line."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) > width and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return [line if len(line) <= width else f"{line[: width - 1]}…" for line in lines]


# -- elements ----------------------------------------------------------------------------------------------------------


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def _tag(name: str, looks: str, **attributes: float | str) -> Markup:
    given = {"class": looks} if looks else {}
    given |= {key: value if isinstance(value, str) else _short(value) for key, value in attributes.items()}
    return Markup("<{}{}/>").format(
        Markup(name),  # noqa: S704  the name of an element, written here
        Markup("").join(Markup(' {}="{}"').format(Markup(key), value) for key, value in given.items()),  # noqa: S704
    )


def _text(x: float, y: float, words: str, looks: str = "", anchor: str = "middle") -> Markup:
    of_class = Markup(' class="{}"').format(looks) if looks else ""
    return Markup('<text{} x="{}" y="{}" text-anchor="{}">{}</text>').format(
        of_class, _short(x), _short(y), anchor, words
    )


def _svg(looks: str, size: tuple[float, float], told: str | None, parts: Iterable[Markup]) -> Markup:
    """A picture that is read out by ``told``, or, where words beside it say the same, not at all."""
    read = Markup('role="img" aria-label="{}"').format(told) if told else Markup('aria-hidden="true"')
    return Markup('<svg class="{}" viewBox="0 0 {} {}" {}>{}</svg>').format(
        looks, _short(size[0]), _short(size[1]), read, Markup("").join(parts)
    )
