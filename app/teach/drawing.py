"""Elements of plots as SVG, styled by class, and plots as files of their own with a stylesheet inside.

Coordinates are units of the view box.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from markupsafe import Markup, escape

_CONTROL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML can't hold, even escaped."""

# -- files -------------------------------------------------------------------------------------------------------------

_STYLE = Markup(
    "text{font:500 12px Figtree,'Segoe UI',Helvetica,Arial,sans-serif;fill:#564b54}"
    ".title{font-size:15px;font-weight:650;fill:#211a20}.plot__grid{stroke:#e4dbe0}.plot__axis{stroke:#8a7d86}"
    ".plot__bar{fill:#6a5f68}.plot__pass{stroke:#8a1a57;stroke-width:1.5;stroke-dasharray:4 3}"
    ".plot__line{fill:none;stroke:#564b54;stroke-width:1.75;stroke-linejoin:round}"
    ".plot__line--key{stroke:#8a1a57;stroke-width:3}.plot__dash-2{stroke-dasharray:6 4}"
    ".plot__dash-3{stroke-dasharray:1.5 4;stroke-linecap:round}.plot__dash-4{stroke-dasharray:10 3 2 3}"
    ".plot__dot{fill:#fff;stroke:#564b54;stroke-width:1.75}.plot__dot--key{fill:#8a1a57}"
    ".plot__slope{stroke:#564b54;stroke-width:1;stroke-opacity:.45}"
    ".heat{fill:#8a1a57;stroke:#e4dbe0}.heat--right{stroke:#211a20;stroke-width:2}"
    ".t-key{fill:#8a1a57;font-weight:700}.t-ink{fill:#211a20;font-weight:600}"
)


def as_file(plot: Markup, title: str, notes: Iterable[str]) -> str:
    """A plot as an SVG file that stands alone, in ink on white: a title, the plot, and notes beneath, such as what its letters mean."""
    width, height = (float(size) for size in re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', plot)[0])
    head = wrapped(clean(title), 62)
    foot = [line for note in notes for line in wrapped(clean(note), 82)]
    top = 20 + 20 * len(head)
    wide, high = width + 100, top + height + 28 + 18 * len(foot)
    texts = [words(20, 28 + 20 * at, line, "title", "start") for at, line in enumerate(head)]
    texts += [words(20, top + height + 26 + 18 * at, line, anchor="start") for at, line in enumerate(foot)]
    # Inside another picture a plot needs a place and a size of its own.
    placed = plot.replace("<svg ", Markup('<svg x="30" y="{}" width="{}" height="{}" ').format(top, width, height), 1)
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}"><title>{title}</title>'
        '<style>{style}</style><rect width="{w}" height="{h}" fill="#fff"/>{plot}{texts}</svg>\n'
    ).format(
        w=short(wide),
        h=short(high),
        title=clean(title),
        style=_STYLE,
        plot=placed,
        texts=Markup("").join(texts),
    )


def clean(text: str) -> str:
    return _CONTROL.sub(" ", text)


def wrapped(text: str, width: int) -> list[str]:
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


def short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


# Put together by hand: an overview has thousands of these, and formatting markup takes ten times as long.


def tag(name: str, looks: str, **attributes: float | str) -> Markup:
    """An element without content; ``name``, ``looks`` and the names of attributes are written in the code."""
    given = f' class="{looks}"' if looks else ""
    for key, value in attributes.items():
        given += f' {key.replace("_", "-")}="{escape(value) if isinstance(value, str) else short(value)}"'
    return Markup(f"<{name}{given}/>")  # noqa: S704  its values are numbers or escaped


def words(x: float, y: float, says: str, looks: str = "", anchor: str = "middle") -> Markup:
    """A line of text; whatever is said is escaped."""
    given = f' class="{looks}"' if looks else ""
    place = f'x="{short(x)}" y="{short(y)}" text-anchor="{anchor}"'
    return Markup(f"<text{given} {place}>{escape(says)}</text>")  # noqa: S704  it is escaped


def svg(looks: str, size: tuple[float, float], told: str | None, parts: Iterable[Markup]) -> Markup:
    """A picture that is read out by ``told``, or, where words beside it say the same, not at all."""
    read = Markup('role="img" aria-label="{}"').format(told) if told else Markup('aria-hidden="true"')
    return Markup('<svg class="{}" viewBox="0 0 {} {}" {}>{}</svg>').format(
        looks, short(size[0]), short(size[1]), read, Markup("").join(parts)
    )
