"""The picture of a question that asks for a region: its regions named by places on the page, which tell nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from markupsafe import Markup

from app.domain.content import Key
from app.domain.question import Shown
from app.domain.response import Response

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_REGION = re.compile(r' data-region="(\d+)"')
_LETTER = re.compile(r' data-letter="(\d+)"([^>]*)>')


def placed(shown: Shown, order: Sequence[int]) -> Markup:
    """The picture as it is asked: each region carries its place on the page, and its letter."""
    return _drawn(shown, order, lambda _index: "")


def marked(shown: Shown, order: Sequence[int], response: Response | None, key: Key | None) -> Markup:
    """The picture as it was answered: ``data-is`` says of a region whether it was chosen, and, with the key, whether it is right or near."""
    chosen = set(response or ())

    def said(index: int) -> str:
        words = ["mine"] if index in chosen else []
        if key is not None:
            words += ["right"] if index in key.correct else ["near"] if index in key.near else []
        return f' data-is="{" ".join(words)}"' if words else ""

    return _drawn(shown, order, said)


def _drawn(shown: Shown, order: Sequence[int], said: Callable[[int], str]) -> Markup:
    place_of = {index: place for place, index in enumerate(order)}

    def region(found: re.Match[str]) -> str:
        index = int(found[1])
        return f' data-place="{place_of[index]}"{said(index)}'

    svg = _REGION.sub(region, shown.picture or "")
    # Written by our own reader of drawings from an allow-list.
    return Markup(_LETTER.sub(lambda found: f"{found[2]}>{LETTERS[place_of[int(found[1])]]}", svg))  # noqa: S704
