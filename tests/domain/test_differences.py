"""Two texts compared word by word."""

from __future__ import annotations

import pytest

from app.domain.differences import Piece, PieceKind, compare_texts

SAME, REMOVED, ADDED = PieceKind.SAME, PieceKind.REMOVED, PieceKind.ADDED


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([], [], ()),
        (["The same."], ["The same."], ()),
        (["A"], ["A", "B"], ((Piece(ADDED, "B"),),)),
        (["A", "B"], ["B"], ((Piece(REMOVED, "A"),),)),
        (
            ["Press the knot now."],
            ["Press a knot now."],
            ((Piece(SAME, "Press "), Piece(REMOVED, "the "), Piece(ADDED, "a "), Piece(SAME, "knot now.")),),
        ),
        (
            ["One two three."],
            ["Quite different."],
            ((Piece(REMOVED, "One two three."), Piece(ADDED, "Quite different.")),),
        ),
        (
            ["kept", "old word here"],
            ["kept", "new word here"],
            (
                (
                    Piece(REMOVED, "old "),
                    Piece(ADDED, "new "),
                    Piece(SAME, "word here"),
                ),
            ),
        ),
    ],
)
def test_only_paragraphs_that_differ_are_returned(
    before: list[str], after: list[str], expected: tuple[tuple[Piece, ...], ...]
) -> None:
    assert compare_texts(before, after) == expected


def test_long_unchanged_runs_are_shortened() -> None:
    words = " ".join(f"w{n}" for n in range(100))

    (paragraph,) = compare_texts([f"{words} old {words}"], [f"{words} new {words}"])

    assert paragraph == (
        Piece(SAME, "… w88 w89 w90 w91 w92 w93 w94 w95 w96 w97 w98 w99 "),
        Piece(REMOVED, "old "),
        Piece(ADDED, "new "),
        Piece(SAME, "w0 w1 w2 w3 w4 w5 w6 w7 w8 w9 w10 w11 … "),
    )
