"""Stylesheets hold for languages that are written from right to left: they name sides by the direction of reading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.web import assets

_DECLARATION = re.compile(r"(?<=[{;\s])([\w-]+)\s*:\s*([^;{}]+)(?=[;}])")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SIDED_NAME = re.compile(r"(?:^|-)(?:left|right)(?:-|$)")
# The tokens --right and --right-wash mean "correct".
_SIDE = re.compile(r"(?<![\w-])(?:left|right)(?![\w-])")
_ANGLE = re.compile(r"gradient\(\s*-?[\d.]+(?:deg|turn|rad)")
_SHIFT = re.compile(r"\b(?:translate|translateX|translate3d)\(")
_CORNERS = {"border-radius", "border-width", "border-style", "border-color", "margin", "padding", "inset"}
_SIDES = 4


def _split(value: str) -> list[str]:
    """Split a value at the spaces that are not inside brackets."""
    parts, depth = [""], 0
    for character in value.strip():
        depth += (character == "(") - (character == ")")
        if character.isspace() and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return [part for part in parts if part]


def find_sides(sheet: str) -> Iterator[str]:
    """Yield the declarations of a stylesheet that would be wrong in a page that reads from right to left."""
    for declaration, value in _DECLARATION.findall(_COMMENT.sub("", sheet)):
        if declaration.startswith("--"):
            continue
        parts = _split(value)
        is_sided = bool(_SIDED_NAME.search(declaration)) or (
            declaration not in ("grid-area", "content") and bool(_SIDE.search(value))
        )
        if declaration in _CORNERS and "/" not in parts:
            is_sided |= len(parts) == _SIDES and (
                len({*parts}) > 1 if declaration == "border-radius" else parts[1] != parts[3]
            )
        if declaration == "box-shadow":
            lengths = [part for part in parts if part != "inset"]
            is_sided |= not (lengths[0].startswith(("0", "var(")) or lengths == ["none"])
        if is_sided or _ANGLE.search(value) or _SHIFT.search(value):
            yield f"{declaration}: {value.strip()}"


@pytest.mark.parametrize("path", sorted((assets.STATIC / "css").glob("*.css")), ids=lambda path: path.stem)
def test_a_stylesheet_names_no_left_or_right(path: Path) -> None:
    assert list(find_sides(path.read_text())) == []


@pytest.mark.parametrize(
    "declaration",
    [
        "margin-left: 1rem",
        "padding-right: 0",
        "border-left-color: red",
        "left: 0",
        "text-align: right",
        "float: left",
        "clear: right",
        "border-top-left-radius: 3px",
        "margin: 0 0 0 auto",
        "padding: var(--s1) var(--s2) var(--s1) calc(1rem + 2px)",
        "inset: auto var(--s4) var(--s4) auto",
        "border-radius: 3px 0 0 3px",
        "transform: translateX(-50%)",
        "background: linear-gradient(90deg, red, blue)",
        "background: linear-gradient(to right, red, blue)",
        "box-shadow: inset 4px 0 red",
        "scroll-padding-left: 1rem",
    ],
)
def test_a_side_is_found(declaration: str) -> None:
    assert list(find_sides(f".a {{ color: red; {declaration}; }}")) == [declaration]


@pytest.mark.parametrize(
    "declaration",
    [
        "margin-inline-start: 1rem",
        "inset: 0",
        "inset: -1px 22% auto",
        "padding: 1px 2px 3px 2px",
        "text-align: start",
        "--copyright: left",
        "grid-area: left",
        "color: var(--right)",
        "box-shadow: 0 -3px red",
        "border-radius: 50%",
    ],
)
def test_a_symmetric_declaration_is_accepted(declaration: str) -> None:
    assert list(find_sides(f".a {{ {declaration}; }}")) == []


def test_words_on_the_accent_can_be_read_in_forced_colours() -> None:
    """Fails if the browser hides words of a filled element behind a strip of the page's colour."""
    folder = assets.STATIC / "css"
    forced = _COMMENT.sub("", (folder / "preferences.css").read_text()).partition("@media (forced-colors: active)")[2]
    filled = {
        selector.strip()
        for path in sorted(folder.glob("*.css"))
        if path.name != "preferences.css"
        for selectors, rule in re.findall(r"([^{}]+)\{([^{}]*)\}", _COMMENT.sub("", path.read_text()))
        if "color: var(--on-accent)" in rule
        for selector in selectors.split(",")
        if selector.strip() != "::selection"
    }
    kept = {
        selector.strip()
        for selectors, rule in re.findall(r"([^{}]+)\{([^{}]*)\}", forced)
        if "forced-color-adjust: none" in rule
        for selector in selectors.split(",")
    }

    assert ".btn--main" in filled
    assert filled - kept == set()
