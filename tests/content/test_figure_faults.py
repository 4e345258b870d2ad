"""What a figure may not hold, and where it is said."""

# ruff: noqa: E501 (tables of literal messages)

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.content.figures import read_figure, render_inline_svg
from tests.support.course_folder import Folder

FIGURE = "1-basics/figures/band.svg"


@pytest.mark.parametrize(
    ("name", "old", "new", "faults"),
    [
        (
            FIGURE,
            'viewBox="0 0 400 250"',
            "",
            ['band.svg:1: the <svg> has no usable viewBox; expected viewBox="0 0 400 250" [view-box]'],
        ),
        (
            FIGURE,
            'viewBox="0 0 400 250"',
            'viewBox="0 0 0 250"',
            ['band.svg:1: the <svg> has no usable viewBox; expected viewBox="0 0 400 250" [view-box]'],
        ),
        (
            FIGURE,
            'viewBox="0 0 400 250"',
            'viewBox="0 0 400 250" width="400"',
            ["band.svg:1: <svg> has a fixed width; expected viewBox only, so that the figure fits a phone [view-box]"],
        ),
        (
            FIGURE,
            "  <title>A fingertip on a band</title>\n",
            "",
            [
                "band.svg:1: the figure has no <title>; expected a <title> that describes the picture in a sentence [figure-title]"
            ],
        ),
        (
            FIGURE,
            "<title>A fingertip on a band</title>",
            "<title> </title>",
            [
                "band.svg:1: the figure has no <title>; expected a <title> that describes the picture in a sentence [figure-title]"
            ],
        ),
        (
            FIGURE,
            "</title>",
            "</title><title>B</title>",
            [
                "band.svg:2: a <title> is repeated or inside a shape; expected one <title>, right inside <svg> [figure-title]"
            ],
        ),
        (
            FIGURE,
            "<svg xmlns",
            '<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns',
            ["band.svg:1: a DOCTYPE is not allowed; expected <svg> at the beginning of the file [svg]"],
        ),
        (
            FIGURE,
            "<svg xmlns",
            '<?xml-stylesheet href="x"?><svg xmlns',
            [
                "band.svg:1: the processing instruction `xml-stylesheet` is not allowed; expected drawing elements only [svg]"
            ],
        ),
        (
            FIGURE,
            "</svg>",
            "<script>alert(1)</script></svg>",
            [
                "band.svg:5: <script> is not allowed in a figure; expected circle, desc, ellipse, g, image, line, path, polygon, polyline, rect, text, title, tspan [svg]",
                "band.svg:5: the text `alert(1)` is not in a text element; expected text inside <text> [svg]",
            ],
        ),
        (
            FIGURE,
            "</svg>",
            '<image href="x.png"/></svg>',
            [
                'band.svg:5: `x.png` is not a picture of this module; expected href="..name.jpg", a picture of this module [image]',
                "band.svg:5: the <image> has no height; expected the size of the picture in the drawing [image]",
                "band.svg:5: the <image> has no width; expected the size of the picture in the drawing [image]",
            ],
        ),
        (
            FIGURE,
            "</svg>",
            '<a href="javascript:alert(1)"><text>x</text></a></svg>',
            [
                "band.svg:5: <a> is not allowed in a figure; expected circle, desc, ellipse, g, image, line, path, polygon, polyline, rect, text, title, tspan [svg]"
            ],
        ),
        (
            FIGURE,
            "</svg>",
            "<style>*{}</style></svg>",
            [
                "band.svg:5: <style> is not allowed in a figure; expected circle, desc, ellipse, g, image, line, path, polygon, polyline, rect, text, title, tspan [svg]",
                "band.svg:5: the text `*{}` is not in a text element; expected text inside <text> [svg]",
            ],
        ),
        (
            FIGURE,
            "</svg>",
            "<foreignObject><p>x</p></foreignObject></svg>",
            [
                "band.svg:5: <foreignObject> is not allowed in a figure; expected circle, desc, ellipse, g, image, line, path, polygon, polyline, rect, text, title, tspan [svg]",
                "band.svg:5: <p> is not allowed in a figure; expected circle, desc, ellipse, g, image, line, path, polygon, polyline, rect, text, title, tspan [svg]",
                "band.svg:5: the text `x` is not in a text element; expected text inside <text> [svg]",
            ],
        ),
        (
            FIGURE,
            "</svg>",
            '<use href="#x"/></svg>',
            [
                "band.svg:5: <use> is not allowed in a figure; expected circle, desc, ellipse, g, image, line, path, polygon, polyline, rect, text, title, tspan [svg]"
            ],
        ),
        (
            FIGURE,
            "</svg>",
            '<svg viewBox="0 0 1 1"/></svg>',
            [
                "band.svg:5: <svg> is not allowed in a figure; expected circle, desc, ellipse, g, image, line, path, polygon, polyline, rect, text, title, tspan [svg]"
            ],
        ),
        (
            FIGURE,
            "</svg>",
            '<animate attributeName="href"/></svg>',
            [
                "band.svg:5: <animate> is not allowed in a figure; expected circle, desc, ellipse, g, image, line, path, polygon, polyline, rect, text, title, tspan [svg]"
            ],
        ),
        (
            FIGURE,
            "</svg>",
            '<svg:rect xmlns:svg="http://www.w3.org/2000/svg"/></svg>',
            [
                "band.svg:5: <svg:rect> is not allowed in a figure; expected circle, desc, ellipse, g, image, line, path, polygon, polyline, rect, text, title, tspan [svg]"
            ],
        ),
        (
            FIGURE,
            'd="M8 124h384"',
            'd="M8 124h384" style="fill:red"',
            [
                "band.svg:3: style is not allowed on <path>; expected geometry and a class; colours and lines come from the theme [svg]"
            ],
        ),
        (
            FIGURE,
            'd="M8 124h384"',
            'd="M8 124h384" onclick="x()"',
            ["band.svg:3: onclick is not allowed on <path>; expected no scripts and no links [svg]"],
        ),
        (
            FIGURE,
            'd="M8 124h384"',
            'd="M8 124h384" fill="url(#x)"',
            [
                "band.svg:3: fill is not allowed on <path>; expected geometry and a class; colours and lines come from the theme [svg]"
            ],
        ),
        (
            FIGURE,
            'd="M8 124h384"',
            'd="M8 124h384" id="a"',
            ["band.svg:3: id is not allowed on <path>; expected no ids (several figures share a page) [svg]"],
        ),
        (
            FIGURE,
            'd="M8 124h384"',
            'd="M8 124h384&quot; onload=&quot;x"',
            [
                'band.svg:3: d="M8 124h384" onload="x" on <path> is not understood; expected plain numbers or SVG keywords [svg]'
            ],
        ),
        (
            FIGURE,
            'x="34"',
            'x="calc(1px)"',
            ['band.svg:4: x="calc(1px)" on <text> is not understood; expected plain numbers or SVG keywords [svg]'],
        ),
        (
            FIGURE,
            'd="M8 124h384"',
            'd="M8 124h384" transform="url(x)"',
            [
                'band.svg:3: transform="url(x)" on <path> is not understood; expected plain numbers or SVG keywords [svg]'
            ],
        ),
        (
            FIGURE,
            "f-band",
            "f-bond",
            ["band.svg:3: there is no figure class `f-bond`; expected f-band [figure-class]"],
        ),
        (
            FIGURE,
            "f-band",
            "btn",
            ["band.svg:3: there is no figure class `btn`; expected one that the author's manual lists [figure-class]"],
        ),
        (
            FIGURE,
            "</svg>",
            "loose</svg>",
            ["band.svg:5: the text `loose` is not in a text element; expected text inside <text> [svg]"],
        ),
        (
            FIGURE,
            "</svg>",
            "",
            ["band.svg:4: this is not well-formed SVG (no element found); expected XML with every tag closed [svg]"],
        ),
        (
            FIGURE,
            "</svg>",
            "</svg><svg/>",
            [
                "band.svg:5: this is not well-formed SVG (junk after document element); expected XML with every tag closed [svg]"
            ],
        ),
        (
            FIGURE,
            "</svg>",
            "&nbsp;</svg>",
            ["band.svg:5: this is not well-formed SVG (undefined entity); expected XML with every tag closed [svg]"],
        ),
        (FIGURE, "<svg xmlns", "<html xmlns", ["band.svg:1: the file begins with <html>; expected <svg> [svg]"]),
    ],
)
def test_a_faulty_figure_is_refused(
    spoil: Callable[[str, str, str], list[str]], name: str, old: str, new: str, faults: list[str]
) -> None:
    assert spoil(name, old, new) == faults


def test_entities_that_would_blow_up_are_refused_at_once(folder: Folder) -> None:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    folder.write(
        FIGURE, f'<!DOCTYPE svg [<!ENTITY a0 "lol">{entities}]><svg viewBox="0 0 1 1"><text>&a11;</text></svg>'
    )

    assert folder.faults() == [
        "band.svg:1: a DOCTYPE is not allowed; expected <svg> at the beginning of the file [svg]"
    ]


def test_what_is_written_out_is_written_anew(folder: Folder) -> None:
    """Comments, CDATA, entities, the XML head and odd quotes leave no trace that a browser could read otherwise."""
    figure, faults = read_figure(
        '<?xml version="1.0" encoding="latin-1"?><!-- a --><svg viewBox=\'0,0 10 1e1\' role="x"'
        ' xmlns="http://www.w3.org/2000/svg">'
        '<title>A &lt;b&gt; &#38; "c"</title><!-- <script> --><g transform="rotate(-14 206 100)"><text x=\'1 2\'>'
        "<![CDATA[<script>]]> &amp; é</text></g></svg>",
        Path("a.svg"),
        {},
    )

    assert faults == ()
    assert figure
    assert render_inline_svg(figure, "figure-1-title") == (
        '<svg class="plot plot--fig" viewBox="0 0 10 1e1" role="img" aria-labelledby="figure-1-title">'
        '<title id="figure-1-title">A &lt;b&gt; &amp; "c"</title><g transform="rotate(-14 206 100)"><text x="1 2">'
        "&lt;script&gt; &amp; é</text></g></svg>"
    )
