"""Putting steps in order. A response lists the place of each step, from 1; None if none was given."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from random import Random
from typing import TYPE_CHECKING, Any

from app.domain.attempt import AnswerIncomplete, AnswerProblem, InvalidAnswer
from app.domain.kinds.base import (
    FeedbackRow,
    Fields,
    Part,
    QuestionKind,
    Response,
    parse_optional_index,
    refuse_gaps,
    require_key,
)

if TYPE_CHECKING:
    from app.domain.question import QuestionText

PREFIX = "order-"


@dataclass(frozen=True, slots=True)
class OrderKey:
    """The steps in the right order, and a reason for each step."""

    correct: tuple[int, ...]
    reasons: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_key(self.correct)


@dataclass(frozen=True, slots=True)
class StepView:
    """A step; ``rank`` is the place it was given, from 1."""

    field: str
    text: str
    rank: int | None


@dataclass(frozen=True, slots=True)
class OrderView:
    steps: tuple[StepView, ...]


class OrderKind(QuestionKind[OrderKey]):
    """max(0, (pairs in the right order - pairs in the wrong order) / all pairs), after Kendall's tau.

    One misplaced step costs little, and the reverse order earns nothing. A step without a place counts in no pair, and
    two steps with the same place do not form one.
    """

    name = "order"
    field_prefix = PREFIX
    rows_title = "Step by step"
    counts_rows = True
    has_handles = True

    def load_key(self, document: Mapping[str, Any]) -> OrderKey:
        return OrderKey(tuple(document["correct"]), tuple(document["reasons"]))

    def bare_key(self, key: OrderKey) -> OrderKey:
        return OrderKey(key.correct)

    def key_of(self, response: Response) -> OrderKey:
        ranks = [rank for rank in response if isinstance(rank, int)]
        return OrderKey(tuple(sorted(range(len(ranks)), key=ranks.__getitem__)))

    def field_names(self, question: QuestionText) -> frozenset[str]:
        return frozenset(map(_field, range(len(question.options))))

    def parse(self, question: QuestionText, order: Sequence[int], fields: Fields) -> Response | None:
        response: list[int | None] = [None] * len(order)
        for place, step in enumerate(order):
            rank = parse_optional_index(fields.get(_field(place), ()), len(order) + 1)
            if rank == 0:
                raise InvalidAnswer
            response[step] = rank
        return response if any(rank is not None for rank in response) else None

    def fill(self, question: QuestionText, order: Sequence[int], response: Response | None) -> dict[str, list[str]]:
        return {
            step.field: ["" if step.rank is None else str(step.rank)]
            for step in self.view(question, order, response).steps
        }

    def check_complete(self, question: QuestionText, response: Response | None) -> None:
        if response is None:
            return
        ranks = _ranks(question, response)
        refuse_gaps(ranks, AnswerProblem.STEPS_OPEN)
        if len(set(ranks)) < len(ranks):
            raise AnswerIncomplete(AnswerProblem.STEPS_OPEN)

    def view(self, question: QuestionText, order: Sequence[int], response: Response | None) -> OrderView:
        ranks = _ranks(question, response)
        return OrderView(
            tuple(StepView(_field(place), question.options[step], ranks[step]) for place, step in enumerate(order))
        )

    def mark(self, key: OrderKey, response: Response) -> float:
        ranks = [response[step] for step in key.correct]
        pairs = [
            (first < second) - (first > second)
            for first, second in combinations(ranks, 2)
            if isinstance(first, int) and isinstance(second, int)
        ]
        return max(0, sum(pairs)) / (len(ranks) * (len(ranks) - 1) / 2)

    def guess(self, key: OrderKey, options: int) -> float | None:
        return None

    def parts(self, key: OrderKey, response: Response) -> Iterable[Part]:
        return (json.dumps(list(response)),)

    def credit(self, key: OrderKey, part: Part) -> float:
        return float(self.mark(key, json.loads(str(part))) == 1)

    def describe_response(
        self, question: QuestionText, response: Response | None, order: Sequence[int] | None = None
    ) -> tuple[str, ...]:
        ranked = sorted((rank, step) for step, rank in enumerate(_ranks(question, response)) if rank is not None)
        return tuple(f"{rank}. {question.options[step]}" for rank, step in ranked)

    def describe_key(
        self, question: QuestionText, key: OrderKey, order: Sequence[int] | None = None
    ) -> tuple[str, ...]:
        return tuple(f"{place}. {question.options[step]}" for place, step in enumerate(key.correct, start=1))

    def describe_part(self, question: QuestionText, part: Part) -> str:
        return ", ".join(self.describe_response(question, json.loads(str(part))))

    def feedback_rows(
        self,
        question: QuestionText,
        order: Sequence[int],
        response: Response | None,
        key: OrderKey | None,
        explained: OrderKey | None,
    ) -> tuple[FeedbackRow, ...]:
        """Return the steps in the right order or, if that is not released, in the order of the page."""
        ranks = _ranks(question, response)
        right = {step: place for place, step in enumerate(key.correct, start=1)} if key else {}
        return tuple(
            FeedbackRow(
                text=question.options[step],
                heading=f"{right[step]}. {question.options[step]}" if key else question.options[step],
                is_mine=ranks[step] is not None or key is not None,
                mine=None if ranks[step] is None else str(ranks[step]),
                right=str(right[step]) if key else None,
                is_right=ranks[step] == right[step] if key else None,
                reason=explained.reasons[step] if explained and explained.reasons else None,
            )
            for step in (key.correct if key else order)
        )

    def solution_rows(self, question: QuestionText, order: Sequence[int], key: OrderKey) -> tuple[FeedbackRow, ...]:
        return self.feedback_rows(question, order, self.right_response(question, key), key, key)

    def right_response(self, question: QuestionText, key: OrderKey) -> Response:
        return [key.correct.index(step) + 1 for step in range(len(question.options))]

    def wrong_response(
        self,
        question: QuestionText,
        key: OrderKey,
        rng: Random,
        question_rng: Random,
        likeness: Mapping[str, int] | None = None,
    ) -> Response:
        """Swap the places of two neighbouring steps."""
        ranks = list(_ranks(question, self.right_response(question, key)))
        at = question_rng.randrange(len(ranks) - 1)
        ranks[at], ranks[at + 1] = ranks[at + 1], ranks[at]
        return ranks


def _field(place: int) -> str:
    return f"{PREFIX}{place}"


def _ranks(question: QuestionText, response: Response | None) -> Sequence[int | None]:
    assert not isinstance(response, str)
    return response or [None] * len(question.options)


KINDS: tuple[QuestionKind[Any], ...] = (OrderKind(),)
