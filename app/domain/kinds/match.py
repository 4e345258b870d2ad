"""Matching: each prompt gets the option that belongs to it.

A response lists the index of the option for each prompt; None if none was chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from app.domain.attempt import AnswerProblem
from app.domain.kinds.base import (
    BETWEEN_SIDES,
    FeedbackRow,
    Fields,
    OptionView,
    Part,
    QuestionKind,
    Response,
    list_option_views,
    list_places,
    parse_optional_index,
    refuse_gaps,
    require_key,
)

if TYPE_CHECKING:
    from app.domain.question import QuestionText

PREFIX = "match-"


@dataclass(frozen=True, slots=True)
class MatchKey:
    """The option that belongs to each prompt, and the reason of each pair."""

    correct: tuple[int, ...]
    reasons: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_key(self.correct)


@dataclass(frozen=True, slots=True)
class PromptView:
    """The left side of a pair; ``chosen`` is the place of the option that it was given."""

    field: str
    text: str
    chosen: int | None


@dataclass(frozen=True, slots=True)
class MatchView:
    options: tuple[OptionView, ...]
    prompts: tuple[PromptView, ...]


class MatchKind(QuestionKind[MatchKey]):
    """Points are the share of prompts with their own option.

    Giving the same option to all prompts earns the share of one.
    """

    name = "match"
    field_prefix = PREFIX
    rows_title = "Line by line"
    counts_rows = True
    has_letters = True

    def load_key(self, document: Mapping[str, Any]) -> MatchKey:
        return MatchKey(tuple(document["correct"]), tuple(document["reasons"]))

    def bare_key(self, key: MatchKey) -> MatchKey:
        return MatchKey(key.correct)

    def key_of(self, response: Response) -> MatchKey:
        return MatchKey(tuple(index for index in response if isinstance(index, int)))

    def field_names(self, question: QuestionText) -> frozenset[str]:
        return frozenset(map(_field, range(len(question.prompts))))

    def parse(self, question: QuestionText, order: Sequence[int], fields: Fields) -> Response | None:
        places = [
            parse_optional_index(fields.get(_field(prompt), ()), len(order)) for prompt in range(len(question.prompts))
        ]
        response = [None if place is None else order[place] for place in places]
        return response if any(index is not None for index in response) else None

    def fill(self, question: QuestionText, order: Sequence[int], response: Response | None) -> dict[str, list[str]]:
        return {
            prompt.field: ["" if prompt.chosen is None else str(prompt.chosen)]
            for prompt in self.view(question, order, response).prompts
        }

    def check_complete(self, question: QuestionText, response: Response | None) -> None:
        if response is not None:
            refuse_gaps(_indexes(response), AnswerProblem.LINES_OPEN)

    def view(self, question: QuestionText, order: Sequence[int], response: Response | None) -> MatchView:
        place_of, given = list_places(order), _given(question, response)
        prompts = (
            PromptView(_field(at), text, None if (index := given[at]) is None else place_of.get(index))
            for at, text in enumerate(question.prompts)
        )
        return MatchView(list_option_views(question, order), tuple(prompts))

    def mark(self, key: MatchKey, response: Response) -> float:
        return sum(mine == right for mine, right in zip(response, key.correct, strict=True)) / len(key.correct)

    def guess(self, key: MatchKey, options: int) -> float | None:
        return 1 / options

    def parts(self, key: MatchKey, response: Response) -> Iterable[Part]:
        return [(prompt, index) for prompt, index in enumerate(response) if isinstance(index, int)]

    def credit(self, key: MatchKey, part: Part) -> float:
        return float(isinstance(part, tuple) and key.correct[part[0]] == part[1])

    def reason(self, key: MatchKey, part: Part) -> str | None:
        return key.reasons[part[0]] if isinstance(part, tuple) and part[0] < len(key.reasons) else None

    def describe_response(
        self, question: QuestionText, response: Response | None, order: Sequence[int] | None = None
    ) -> tuple[str, ...]:
        pairs = zip(question.prompts, response or (), strict=False)
        return tuple(
            _pair(prompt, self.name_option(question, index, order)) for prompt, index in pairs if isinstance(index, int)
        )

    def describe_key(
        self, question: QuestionText, key: MatchKey, order: Sequence[int] | None = None
    ) -> tuple[str, ...]:
        return self.describe_response(question, key.correct, order)

    def describe_part(self, question: QuestionText, part: Part) -> str:
        assert isinstance(part, tuple)
        return _pair(question.prompts[part[0]], question.options[part[1]])

    def feedback_rows(
        self,
        question: QuestionText,
        order: Sequence[int],
        response: Response | None,
        key: MatchKey | None,
        explained: MatchKey | None,
    ) -> tuple[FeedbackRow, ...]:
        given = _given(question, response)
        rows = []
        for at, prompt in enumerate(question.prompts):
            mine = given[at]
            right = self.name_option(question, key.correct[at], order) if key else None
            rows.append(
                FeedbackRow(
                    text=prompt,
                    heading=_pair(prompt, right) if right is not None else prompt,
                    is_mine=mine is not None or key is not None,
                    mine=None if mine is None else self.name_option(question, mine, order),
                    right=right,
                    is_right=mine == key.correct[at] if key else None,
                    reason=explained.reasons[at] if explained and explained.reasons else None,
                )
            )
        return tuple(rows)

    def solution_rows(self, question: QuestionText, order: Sequence[int], key: MatchKey) -> tuple[FeedbackRow, ...]:
        return self.feedback_rows(question, order, key.correct, key, key)

    def right_response(self, question: QuestionText, key: MatchKey) -> Response:
        return list(key.correct)

    def wrong_response(
        self,
        question: QuestionText,
        key: MatchKey,
        rng: Random,
        question_rng: Random,
        likeness: Mapping[str, int] | None = None,
    ) -> Response:
        """Swap the options of two neighbouring prompts."""
        response = list(key.correct)
        at = question_rng.randrange(len(response) - 1)
        response[at], response[at + 1] = response[at + 1], response[at]
        return response


def _field(prompt: int) -> str:
    return f"{PREFIX}{prompt}"


def _pair(prompt: str, option: str) -> str:
    return f"{prompt}{BETWEEN_SIDES}{option}"


def _indexes(response: Response) -> Sequence[int | None]:
    assert not isinstance(response, str)
    return response


def _given(question: QuestionText, response: Response | None) -> Sequence[int | None]:
    return _indexes(response) if response else [None] * len(question.prompts)


KINDS: tuple[QuestionKind[Any], ...] = (MatchKind(),)
