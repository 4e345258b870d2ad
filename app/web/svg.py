"""SVG elements for plots, styled by class, and plots as standalone files with an embedded stylesheet.

Coordinates are in units of the view box.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from markupsafe import Markup, escape

_CONTROL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML does not allow, even escaped."""

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


def render_file(plot: Markup, title: str, notes: Iterable[str]) -> str:
    """Render a plot as a standalone SVG file on white, with a title above it and notes below, such as a legend."""
    width, height = (float(size) for size in re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', plot)[0])
    head = wrap_text(strip_control_characters(title), 62)
    foot = [line for note in notes for line in wrap_text(strip_control_characters(note), 82)]
    top = 20 + 20 * len(head)
    wide, high = width + 100, top + height + 28 + 18 * len(foot)
    texts = [build_text(20, 28 + 20 * at, line, "title", "start") for at, line in enumerate(head)]
    texts += [build_text(20, top + height + 26 + 18 * at, line, anchor="start") for at, line in enumerate(foot)]
    # A nested <svg> needs its own position and size.
    placed = plot.replace("<svg ", Markup('<svg x="30" y="{}" width="{}" height="{}" ').format(top, width, height), 1)
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}"><title>{title}</title>'
        '<style>{style}</style><rect width="{w}" height="{h}" fill="#fff"/>{plot}{texts}</svg>\n'
    ).format(
        w=format_number(wide),
        h=format_number(high),
        title=strip_control_characters(title),
        style=_STYLE,
        plot=placed,
        texts=Markup("").join(texts),
    )


def strip_control_characters(text: str) -> str:
    return _CONTROL.sub(" ", text)


def wrap_text(text: str, width: int) -> list[str]:
    """Break text into lines of at most ``width`` characters, since SVG does not. Return at least one line."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if len(longer) > width and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return [line if len(line) <= width else f"{line[: width - 1]}…" for line in lines]


# -- elements ----------------------------------------------------------------------------------------------------------


def format_number(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


# Built with f-strings: an overview has thousands of these elements, and Markup.format takes ten times as long.


def build_tag(name: str, looks: str, **attributes: float | str) -> Markup:
    """Build an empty element. ``name``, ``looks`` and attribute names are not escaped and must be literals."""
    given = f' class="{looks}"' if looks else ""
    for key, value in attributes.items():
        given += f' {key.replace("_", "-")}="{escape(value) if isinstance(value, str) else format_number(value)}"'
    return Markup(f"<{name}{given}/>")  # noqa: S704  the values are numbers or escaped


def build_text(x: float, y: float, says: str, looks: str = "", anchor: str = "middle") -> Markup:
    """Build a line of text. ``says`` is escaped."""
    given = f' class="{looks}"' if looks else ""
    place = f'x="{format_number(x)}" y="{format_number(y)}" text-anchor="{anchor}"'
    return Markup(f"<text{given} {place}>{escape(says)}</text>")  # noqa: S704  it is escaped


def build_svg(looks: str, size: tuple[float, float], label: str | None, parts: Iterable[Markup]) -> Markup:
    """Build an SVG labelled ``label``, or hidden from screen readers if None."""
    aria = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="{}" viewBox="0 0 {} {}" {}>{}</svg>').format(
        looks, format_number(size[0]), format_number(size[1]), aria, Markup("").join(parts)
    )
