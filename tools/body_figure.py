"""Generate ``app/static/body.svg``, the body map's figure, from the npm package react-native-body-highlighter (MIT).

    npm pack react-native-body-highlighter@3.2.0 && tar xzf react-native-body-highlighter-3.2.0.tgz
    python -m tools.body_figure package

The package draws the front at x 0 to 724 and the back at x 724 to 1448, both at y 0 to 1448. Our own drawings of the
side of the head and of the sole (``tools/body_own_views.svg``) are to the right of them, so all views share one
coordinate system. Every drawing has the layers ``skin``, ``muscle`` and ``hair``. Pages show a layer with
``<use href="body.svg#front-skin">`` and set its colour.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VERSION = "3.2.0"
OWN_VIEWS = ROOT / "tools" / "body_own_views.svg"
FIGURE = ROOT / "app" / "static" / "body.svg"

_TOKEN = re.compile(r"[A-Za-z]|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_COUNTS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7, "Z": 0}
_LAYER = re.compile(r'<path id="([a-z]+-(?:skin|muscle|hair))" d="([^"]+)"/>')
_FACE = re.compile(r'<path id="face" d="([^"]+)"/>')


@dataclass(frozen=True, slots=True)
class Segment:
    """One path command with absolute coordinates; ``letter`` is upper case."""

    letter: str
    numbers: tuple[float, ...]


def segments(d: str) -> Iterator[Segment]:
    """Parse path data into absolute commands.

    :raise ValueError: the data is not a path.
    """
    tokens = _tokens(d)
    letter, at, start = "", (0.0, 0.0), (0.0, 0.0)
    while tokens:
        if tokens[0].isalpha():
            letter = tokens.pop(0)
        count = _COUNTS[letter.upper()]
        numbers = tuple(float(tokens.pop(0)) for _ in range(count))
        if letter.islower():
            numbers = _absolute(letter.upper(), numbers, at)
        upper = letter.upper()
        yield Segment(upper, numbers)
        at = start if upper == "Z" else _end(upper, numbers, at)
        if upper == "M":
            start = at
            # Coordinates after a move without their own letter are lines.
            letter = "l" if letter == "m" else "L"


def _tokens(d: str) -> list[str]:
    """Split path data into tokens. The two flags of an arc may be written without a separator (``0 01.7.3``)."""
    found: list[str] = []
    letter, place, at = "", 0, 0
    while match := _TOKEN.search(d, at):
        token = match.group()
        if token.isalpha():
            letter, place = token.upper(), 0
        else:
            if letter == "A" and place % 7 in (3, 4):
                token = token[0]
            place += 1
        at = match.start() + len(token)
        found.append(token)
    return found


def _absolute(letter: str, numbers: tuple[float, ...], at: tuple[float, float]) -> tuple[float, ...]:
    match letter:
        case "H":
            return (numbers[0] + at[0],)
        case "V":
            return (numbers[0] + at[1],)
        case "A":
            return (*numbers[:5], numbers[5] + at[0], numbers[6] + at[1])
        case _:
            return tuple(number + at[place % 2] for place, number in enumerate(numbers))


def _end(letter: str, numbers: tuple[float, ...], at: tuple[float, float]) -> tuple[float, float]:
    match letter:
        case "H":
            return numbers[0], at[1]
        case "V":
            return at[0], numbers[0]
        case _:
            return numbers[-2], numbers[-1]


def compact(d: str) -> str:
    """Rewrite path data with relative numbers of one decimal, without accumulating rounding errors."""
    out: list[str] = []
    at, start = (0.0, 0.0), (0.0, 0.0)
    for segment in segments(d):
        letter, numbers = segment.letter, segment.numbers
        match letter:
            case "Z":
                out.append("z")
                at = start
                continue
            case "M":
                out.append("M" + _joined(numbers))
            case "H":
                out.append("h" + _joined((numbers[0] - at[0],)))
            case "V":
                out.append("v" + _joined((numbers[0] - at[1],)))
            case "A":
                out.append("a" + _joined((*numbers[:5], numbers[5] - at[0], numbers[6] - at[1])))
            case _:
                out.append(letter.lower() + _joined(tuple(n - at[i % 2] for i, n in enumerate(numbers))))
        end = _end(letter, numbers, at)
        # The next relative numbers start at the rounded position.
        at = at[0] + round(end[0] - at[0], 1), at[1] + round(end[1] - at[1], 1)
        if letter == "M":
            at = start = round(end[0], 1), round(end[1], 1)
    return "".join(out)


def _joined(numbers: tuple[float, ...]) -> str:
    text = ""
    for number in numbers:
        word = f"{round(number, 1):g}"
        text += word if not text or word.startswith("-") else f" {word}"
    return text


def layers(package: Path) -> dict[str, list[str]]:
    """Return the paths of front and back by layer (``front-skin`` etc.) from the unpacked npm package."""
    outlines = re.findall(r' d="([^"]+)"', (package / "dist/components/SvgMaleWrapper.js").read_text())
    found: dict[str, list[str]] = {}
    for side, outline in zip(("front", "back"), outlines, strict=True):
        parts = _parts((package / f"dist/assets/body{side.title()}.js").read_text())
        # Two paths: in one path, the head would be a hole, because the outline runs in the opposite direction.
        found[f"{side}-skin"] = [compact(outline), compact(parts.pop("head"))]
        found[f"{side}-hair"] = [compact(parts.pop("hair"))]
        found[f"{side}-muscle"] = ["".join(compact(d) for d in parts.values())]
    return found


def _parts(script: str) -> dict[str, str]:
    """Return the joined path data of each part of one side."""
    pieces = re.split(r'slug: "([a-z-]+)"', script)[1:]
    return {
        name: "".join(re.findall(r'"([Mm][^"]+)"', body)) for name, body in zip(pieces[::2], pieces[1::2], strict=True)
    }


def figure(package: Path) -> str:
    """Return the whole SVG file, with the licence at the top."""
    licence = (package / "LICENSE").read_text().strip()
    own = OWN_VIEWS.read_text()
    drawn = layers(package)
    drawn["front-muscle"] += [compact(d) for d in _FACE.findall(own)]
    drawn |= {name: [compact(d)] for name, d in _LAYER.findall(own)}
    groups = "\n".join(
        f'<g id="{name}">' + "".join(f'<path d="{d}"/>' for d in paths) + "</g>" for name, paths in drawn.items()
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg">\n'
        f"<!-- Front and back: adapted from react-native-body-highlighter {VERSION} by tools/body_figure.py. Side and sole: Palpate's own.\n\n"
        f"{licence}\n-->\n{groups}\n</svg>\n"
    )


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or not (Path(arguments[0]) / "LICENSE").is_file():
        print(__doc__, file=sys.stderr)
        return 1
    FIGURE.write_text(figure(Path(arguments[0])))
    print(f"{FIGURE.relative_to(ROOT)}: {FIGURE.stat().st_size / 1024:.0f} KB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
