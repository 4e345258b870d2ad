"""Finding S23: text whose length is allowed must not take long to read, whatever it is."""

from __future__ import annotations

import time

import pytest

from app.content.prose import _lesson_parser

BLANKS = " " * 60_000


@pytest.mark.parametrize("text", [f"## A{BLANKS}b", f"## A{BLANKS}{{#b", "## A {#" * 8_000])
def test_a_heading_with_many_blanks_is_read_at_once(text: str) -> None:
    """Fails when its id is found by trying each blank as an end: that took 9.6 seconds, this takes milliseconds."""
    started = time.process_time()

    _lesson_parser().parse(text)

    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("## A knot {#knot}", ("A knot", "knot")),
        ("## A knot{#knot}  ", ("A knot", "knot")),
        ("## A {#b} knot", ("A {#b} knot", None)),
        ("## A {#b} {#c}", ("A {#b}", "c")),
        ("## A {#}", ("A", "")),
        ("## A {#b{c}", ("A {#b{c}", None)),
    ],
)
def test_the_id_of_a_heading(text: str, expected: tuple[str, str | None]) -> None:
    opening, inline, _closing = _lesson_parser().parse(text)

    assert (inline.content, opening.attrGet("id")) == expected
