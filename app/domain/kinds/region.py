"""Pointing at a region of a picture. The regions are the options, and a response is a list of the chosen one.

The stored picture names regions by the author's index; pages name them by place, which reveals nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from app.domain.kinds.base import LETTERS, Part, QuestionKind, Response, list_places, require_key
from app.domain.kinds.choice import ChoiceView, OptionKind

if TYPE_CHECKING:
    from app.domain.question import QuestionText

NEAR_POINTS = 0.5
"""The points for a region that is not right but near."""

_REGION = re.compile(r' data-region="(\d+)"')
_LETTER = re.compile(r' data-letter="(\d+)"([^>]*)>')


@dataclass(frozen=True, slots=True)
class RegionKey:
    """The right regions, the near ones, and a reason for each region."""

    correct: tuple[int, ...]
    near: tuple[int, ...] = ()
    reasons: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_key(self.correct)


@dataclass(frozen=True, slots=True)
class RegionView(ChoiceView):
    """The regions in the order of the page, as buttons and as a picture."""

    picture: Markup


class RegionKind(OptionKind[RegionKey]):
    """A right region earns the point, a near one :data:`NEAR_POINTS`."""

    name = "region"
    takes_one_option = True
    expects_every_distractor = True
    one_right_is_enough = True

    def load_key(self, document: Mapping[str, Any]) -> RegionKey:
        return RegionKey(tuple(document["correct"]), tuple(document["near"]), tuple(document["reasons"]))

    def bare_key(self, key: RegionKey) -> RegionKey:
        return RegionKey(key.correct)

    def key_of(self, response: Response) -> RegionKey:
        return RegionKey(tuple(index for index in response if isinstance(index, int)))

    def combine_keys(self, keys: Sequence[RegionKey], response: Response | None) -> RegionKey:
        """Return one key with all regions that any of the keys accepts.

        Near regions are those of the question's own key, which comes first.
        """
        correct = tuple(dict.fromkeys(index for key in keys for index in key.correct))
        return RegionKey(correct, tuple(index for index in keys[0].near if index not in correct))

    def mark(self, key: RegionKey, response: Response) -> float:
        chosen = response[0]
        return self.credit(key, chosen) if isinstance(chosen, int) else 0.0

    def guess(self, key: RegionKey, options: int) -> float | None:
        return (len(key.correct) + NEAR_POINTS * len(key.near)) / options

    def credit(self, key: RegionKey, part: Part) -> float:
        return 1.0 if part in key.correct else NEAR_POINTS if part in key.near else 0.0

    def view(self, question: QuestionText, order: Sequence[int], response: Response | None) -> RegionView:
        plain = super().view(question, order, response)
        picture = _drawn(question, order, lambda _index: "")
        return RegionView(plain.options, plain.chosen, plain.is_single, picture)

    def marked_picture(
        self, question: QuestionText, order: Sequence[int], response: Response | None, key: RegionKey | None
    ) -> Markup | None:
        """Return the picture with ``data-is`` on each region that was chosen or earns points.

        Its words are "mine" and, with the key, "right" or "near".
        """

        def said(index: int) -> str:
            credit = self.credit(key, index) if key else 0.0
            words = [
                *(["mine"] if index in (response or ()) else []),
                *(["right"] if credit == 1 else ["near"] if credit else []),
            ]
            return f' data-is="{" ".join(words)}"' if words else ""

        return _drawn(question, order, said)


def _drawn(question: QuestionText, order: Sequence[int], said: Callable[[int], str]) -> Markup:
    """Draw the picture: each region gets its place on the page, the attributes from ``said``, and its letter."""
    place_of = list_places(order)

    def region(found: re.Match[str]) -> str:
        index = int(found[1])
        return f' data-place="{place_of[index]}"{said(index)}'

    svg = _REGION.sub(region, question.picture or "")
    # Safe: our SVG reader writes only allow-listed markup.
    return Markup(_LETTER.sub(lambda found: f"{found[2]}>{LETTERS[place_of[int(found[1])]]}", svg))  # noqa: S704


KINDS: tuple[QuestionKind[Any], ...] = (RegionKind(),)
