"""Convert SVG drawings to safe inline SVG: parse them, check them against an allow-list, and write them anew.

None of the file's own markup survives. Only listed elements and attributes with values of the listed form are written.
So a drawing cannot run, load, link or style anything, and cannot collide with another one on the page.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from xml.parsers import expat

from app.content.faults import Fault
from app.content.trees import ContentPath
from app.domain.content import Picture

PICTURE_PREFIX = "../pictures/"
"""The path from the folder of the figures to that of the pictures."""
REGION_ID = r"[a-z0-9]+(?:-[a-z0-9]+)*"
MAX_ELEMENTS = 4000
MAX_DEPTH = 20

ELEMENTS = frozenset(
    [
        "svg",
        "title",
        "desc",
        "g",
        "path",
        "line",
        "polyline",
        "polygon",
        "circle",
        "ellipse",
        "rect",
        "image",
        "text",
        "tspan",
    ]
)
_WITH_TEXT = frozenset({"title", "desc", "text", "tspan"})

_FIGURE_CLASSES = """
f-slack f-band f-knot f-finger f-nail f-lead f-fill f-wash f-zone f-line f-dash f-arrow f-head skin muscle t-ink t-key
plot plot--fig plot__axis plot__grid plot__line plot__line--key plot__dot plot__dot--key plot__bar plot__bar--hi
plot__dash-2 plot__dash-3 plot__dash-4 region region__letter
"""
CLASSES = frozenset(_FIGURE_CLASSES.split())
_NUMBER = r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?"
_LENGTH = re.compile(_NUMBER)
_NUMBERS = re.compile(rf"\s*{_NUMBER}(?:[\s,]+{_NUMBER})*\s*")
_MOVE = re.compile(r"[\sMmZzLlHhVvCcSsQqTtAa0-9eE.,+-]*")
_TRANSFORM = re.compile(r"\s*(?:(?:matrix|translate|scale|rotate|skewX|skewY)\([\s0-9eE.,+-]*\)[\s,]*)+")
_SHAPES = {
    **dict.fromkeys(
        ["x1", "x2", "y1", "y2", "cx", "cy", "r", "rx", "ry", "width", "height", "textLength", "pathLength"], _LENGTH
    ),
    **dict.fromkeys(["x", "y", "dx", "dy", "rotate", "points"], _NUMBERS),
    "d": _MOVE,
    "transform": _TRANSFORM,
    "text-anchor": re.compile("start|middle|end"),
    "dominant-baseline": re.compile("auto|middle|central|hanging|alphabetic"),
    "lengthAdjust": re.compile("spacing|spacingAndGlyphs"),
    "data-region": re.compile(REGION_ID),
    "data-letter": re.compile(REGION_ID),
}
_SVG = "http://www.w3.org/2000/svg"
# Written by drawing programs on the root element; replaced, or meaningless inside a page.
_ROOT_IGNORED = {"xmlns", "role", "aria-labelledby", "version"}


@dataclass(frozen=True, slots=True)
class Figure:
    """A checked drawing: ``title`` is plain text, and ``body`` the safe markup between the title and the end.

    ``regions`` are the parts that a question can ask for, ``letters`` those with a place for their letter.
    ``pictures`` are the files of the module that it shows.
    """

    name: str
    path: ContentPath
    title: str
    view_box: str
    body: str
    regions: frozenset[str] = frozenset()
    letters: frozenset[str] = frozenset()
    pictures: frozenset[str] = frozenset()


_NAMED = re.compile(rf' data-(region|letter)="({REGION_ID})"')


def render_region_svg(figure: Figure, indexes: Mapping[str, int]) -> str:
    """Return the drawing for a region question; its regions and letters carry the index of their option."""
    body = _NAMED.sub(lambda found: f' data-{found[1]}="{indexes[found[2]]}"', figure.body)
    label = escape(figure.title)
    return f'<svg class="plot plot--fig picture" viewBox="{escape(figure.view_box)}" role="img" aria-label="{label}">{body}</svg>'


def render_inline_svg(figure: Figure, title_id: str) -> str:
    """Return the drawing as markup for a page on which ``title_id`` is unique."""
    body = _NAMED.sub("", figure.body)
    return (
        f'<svg class="plot plot--fig" viewBox="{escape(figure.view_box)}" role="img"'
        f' aria-labelledby="{escape(title_id)}">'
        f'<title id="{escape(title_id)}">{escape(figure.title, quote=False)}</title>{body}</svg>'
    )


def read_figure(
    text: str, path: ContentPath, pictures: Mapping[str, Picture | None]
) -> tuple[Figure | None, tuple[Fault, ...]]:
    """Read one SVG file. There is a figure only if there are no faults.

    ``pictures`` are those of its module by file name, None if one is faulty.
    """
    reader = _FigureReader(path, pictures)
    try:
        reader.parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        what = expat.errors.messages.get(error.code, "not well-formed")
        line = min(error.lineno, text.rstrip().count("\n") + 1)
        reader.faults.append(
            Fault(path, line, "svg", f"this is not well-formed SVG ({what})", "XML with every tag closed")
        )
    except _FigureError:
        pass
    else:
        reader.finish()
    if reader.faults:
        return None, tuple(reader.faults)
    body = "".join(reader.out)
    named = {"region": set[str](), "letter": set[str]()}
    for kind, name in _NAMED.findall(body):
        named[kind].add(name)
    return Figure(
        name=path.stem,
        path=path,
        title=reader.title,
        view_box=reader.view_box,
        body=body,
        regions=frozenset(named["region"]),
        letters=frozenset(named["letter"]),
        pictures=frozenset(reader.shown),
    ), ()


class _FigureError(Exception):
    """Stops reading after a fault, which is already recorded."""


@dataclass(slots=True)
class _FigureReader:
    path: ContentPath
    pictures: Mapping[str, Picture | None]
    faults: list[Fault] = field(default_factory=list)
    out: list[str] = field(default_factory=list)
    stack: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    count: int = 0
    title: str = ""
    view_box: str = ""
    parser: expat.XMLParserType = field(default_factory=lambda: expat.ParserCreate("utf-8"))

    def __post_init__(self) -> None:
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.ProcessingInstructionHandler = self.instruction

    def fault(self, message: str, expected: str | None = None, *, rule: str = "svg", line: int | None = None) -> None:
        where = self.parser.CurrentLineNumber if line is None else line
        self.faults.append(Fault(self.path, max(where, 1), rule, message, expected))

    def doctype(self, *_: object) -> None:
        # A DOCTYPE can declare entities, which can exhaust memory or read other files.
        self.fault("a DOCTYPE is not allowed", "<svg> at the beginning of the file")
        raise _FigureError

    def instruction(self, target: str, _: str) -> None:
        self.fault(f"the processing instruction `{target}` is not allowed", "drawing elements only")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if self.count > MAX_ELEMENTS or len(self.stack) >= MAX_DEPTH:
            self.fault("the drawing is too large", f"{MAX_ELEMENTS} elements and {MAX_DEPTH} levels at most")
            raise _FigureError
        if not self.stack:
            self._root(name, attributes)
        elif name not in ELEMENTS or name == "svg":
            self.fault(f"<{name}> is not allowed in a figure", ", ".join(sorted(ELEMENTS - {"svg"})))
        elif name == "title":
            self._title(attributes)
        elif name == "image":
            self._image(attributes)
        else:
            self.out.append(f"<{name}{self._attributes(name, attributes)}>")
        self.stack.append(name)

    def end(self, name: str) -> None:
        self.stack.pop()
        if self.stack and name != "title":
            self.out.append(f"</{name}>")

    def text(self, data: str) -> None:
        inside = self.stack[-1] if self.stack else ""
        if inside == "title":
            self.title += data
        elif inside in _WITH_TEXT:
            self.out.append(escape(data, quote=False))
        elif data.strip():
            self.fault(f"the text `{data.strip()[:30]}` is not in a text element", "text inside <text>")

    def _root(self, name: str, attributes: dict[str, str]) -> None:
        if name != "svg":
            self.fault(f"the file begins with <{name}>", "<svg>")
            raise _FigureError
        self.view_box = " ".join(attributes.pop("viewBox", "").replace(",", " ").split())
        numbers = self.view_box.split()
        if not (
            len(numbers) == 4
            and all(_LENGTH.fullmatch(n) for n in numbers)
            and float(numbers[2]) > 0 < float(numbers[3])
        ):
            self.fault("the <svg> has no usable viewBox", 'viewBox="0 0 400 250"', rule="view-box")
        if attributes.get("xmlns", _SVG) != _SVG:
            self.fault("the xmlns is not that of SVG", f'xmlns="{_SVG}"')
        rest = {key: value for key, value in attributes.items() if key not in _ROOT_IGNORED}
        for key in {"width", "height"} & rest.keys():
            self.fault(f"<svg> has a fixed {key}", "viewBox only, so that the figure fits a phone", rule="view-box")
            del rest[key]
        self._attributes(name, rest)

    def _title(self, attributes: dict[str, str]) -> None:
        if len(self.stack) > 1 or self.title:
            self.fault(
                "a <title> is repeated or inside a shape", "one <title>, right inside <svg>", rule="figure-title"
            )
        for key in attributes.keys() - {"id"}:
            self.fault(f"{key} is not allowed on <title>", "a bare <title>")

    def _image(self, attributes: dict[str, str]) -> None:
        """Show a picture of the module. Its file is found by name only, so nothing else can be loaded."""
        rest = {key: value for key, value in attributes.items() if key != "href"}
        name = attributes.get("href", "").removeprefix(PICTURE_PREFIX)
        picture = self.pictures.get(name)
        if attributes.get("href") != PICTURE_PREFIX + name or name not in self.pictures:
            expected = f'href="{PICTURE_PREFIX}name.jpg", a picture of this module'
            self.fault(f"`{attributes.get('href', '')[:60]}` is not a picture of this module", expected, rule="image")
        for key in ("width", "height"):
            if key not in rest:
                self.fault(f"the <image> has no {key}", "the size of the picture in the drawing", rule="image")
        address = f' href="{picture.address}"' if picture else ""
        self.shown.append(name)
        self.out.append(f"<image{address}{self._attributes('image', rest)}>")

    def _attributes(self, name: str, attributes: dict[str, str]) -> str:
        """Return the allowed attributes as markup, and record a fault for each other one."""
        kept = []
        for key, value in attributes.items():
            if key == "class":
                self._classes(value)
            elif key not in _SHAPES:
                self.fault(f"{key} is not allowed on <{name}>", _instead_of(key))
                continue
            elif not _SHAPES[key].fullmatch(value):
                self.fault(f'{key}="{value[:30]}" on <{name}> is not understood', "plain numbers or SVG keywords")
                continue
            kept.append(f' {key}="{escape(value)}"')
        return "".join(kept)

    def _classes(self, value: str) -> None:
        for word in value.split():
            if word not in CLASSES:
                close = difflib.get_close_matches(word, sorted(CLASSES), n=1)
                self.fault(
                    f"there is no figure class `{word}`",
                    close[0] if close else "one that the author's manual lists",
                    rule="figure-class",
                )

    def finish(self) -> None:
        self.title = " ".join(self.title.split())
        if not self.title:
            self.fault(
                "the figure has no <title>",
                "a <title> that describes the picture in a sentence",
                rule="figure-title",
                line=1,
            )


def _instead_of(key: str) -> str:
    if key == "id":
        return "no ids (several figures share a page)"
    if key.startswith("on") or "href" in key:
        return "no scripts and no links"
    return "geometry and a class; colours and lines come from the theme"
