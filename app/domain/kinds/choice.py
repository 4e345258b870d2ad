"""Questions answered by choosing options: single, several, and true or false.

A response is the sorted list of the chosen options.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from app.domain.attempt import InvalidAnswer
from app.domain.kinds.base import (
    FeedbackRow,
    Fields,
    OptionView,
    Part,
    QuestionKind,
    Response,
    list_option_views,
    parse_index,
    require_key,
)

if TYPE_CHECKING:
    from app.domain.question import QuestionText

FIELD = "option"


@dataclass(frozen=True, slots=True)
class ChoiceKey:
    """The right options, and a reason for each option."""

    correct: tuple[int, ...]
    reasons: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_key(self.correct)


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """The options of the page and the chosen places. ``is_single``: choosing one option releases the others."""

    options: tuple[OptionView, ...]
    chosen: frozenset[int]
    is_single: bool


class OptionKey(Protocol):
    """A key of options: which are right, and a reason for each."""

    @property
    def correct(self) -> tuple[int, ...]: ...

    @property
    def reasons(self) -> tuple[str, ...]: ...


C = TypeVar("C", bound=OptionKey)


class OptionKind(QuestionKind[C]):
    """The shared part of all kinds whose options are chosen."""

    rows_title = "The options one by one"
    field_prefix = FIELD
    is_choice = True
    has_letters = True

    def field_names(self, question: QuestionText) -> frozenset[str]:
        return frozenset({FIELD})

    def parse(self, question: QuestionText, order: Sequence[int], fields: Fields) -> Response | None:
        chosen = {parse_index(value, len(order)) for value in fields[FIELD]}
        if not chosen or (len(chosen) > 1 and self.takes_one_option):
            raise InvalidAnswer
        return sorted(order[place] for place in chosen)

    def fill(self, question: QuestionText, order: Sequence[int], response: Response | None) -> dict[str, list[str]]:
        return {FIELD: [str(place) for place, index in enumerate(order) if index in (response or ())]}

    def view(self, question: QuestionText, order: Sequence[int], response: Response | None) -> ChoiceView:
        chosen = set(response or ())
        return ChoiceView(
            options=list_option_views(question, order),
            chosen=frozenset(place for place, index in enumerate(order) if index in chosen),
            is_single=self.takes_one_option,
        )

    def parts(self, key: C, response: Response) -> Iterable[Part]:
        return [index for index in response if isinstance(index, int)]

    def credit(self, key: C, part: Part) -> float:
        return float(part in key.correct)

    def reason(self, key: C, part: Part) -> str | None:
        return key.reasons[part] if isinstance(part, int) and part < len(key.reasons) else None

    def describe_response(
        self, question: QuestionText, response: Response | None, order: Sequence[int] | None = None
    ) -> tuple[str, ...]:
        return tuple(self.name_option(question, index, order) for index in _in_order(response or (), order))

    def describe_key(self, question: QuestionText, key: C, order: Sequence[int] | None = None) -> tuple[str, ...]:
        return tuple(self.name_option(question, index, order) for index in _in_order(key.correct, order))

    def describe_part(self, question: QuestionText, part: Part) -> str:
        return question.options[int(part)] if isinstance(part, int) else str(part)

    def feedback_rows(
        self,
        question: QuestionText,
        order: Sequence[int],
        response: Response | None,
        key: C | None,
        explained: C | None,
    ) -> tuple[FeedbackRow, ...]:
        chosen = set(response or ())
        return tuple(
            FeedbackRow(
                text=question.options[index],
                heading=self.name_option(question, index, order),
                is_mine=index in chosen,
                is_right=index in key.correct if key else None,
                is_near=key is not None and 0 < self.credit(key, index) < 1,
                reason=self.reason(explained, index) if explained else None,
                letter=self.letter(question, index, order),
            )
            for index in order
        )

    def right_response(self, question: QuestionText, key: C) -> Response:
        return [key.correct[0]] if self.takes_one_option else list(key.correct)

    def wrong_response(
        self,
        question: QuestionText,
        key: C,
        rng: Random,
        question_rng: Random,
        likeness: Mapping[str, int] | None = None,
    ) -> Response:
        others = [index for index in range(len(question.options)) if index not in key.correct]
        question_rng.shuffle(others)
        weights = [5, *[1] * (len(others) - 1)]
        if likeness:
            weights = [
                weight + 4 * likeness.get(question.options[index], 0)
                for weight, index in zip(weights, others, strict=True)
            ]
        tempting = rng.choices(others, weights)[0]
        if self.takes_one_option:
            return [tempting]
        kept = list(key.correct)[: max(1, len(key.correct) - rng.randrange(2))]
        return sorted({*kept, tempting})


class ChoiceKind(OptionKind[ChoiceKey]):
    """The shared part of single, several and true/false."""

    def load_key(self, document: Mapping[str, Any]) -> ChoiceKey:
        return ChoiceKey(tuple(document["correct"]), tuple(document["reasons"]))

    def bare_key(self, key: ChoiceKey) -> ChoiceKey:
        return ChoiceKey(key.correct)

    def key_of(self, response: Response) -> ChoiceKey:
        return ChoiceKey(tuple(index for index in response if isinstance(index, int)))


class SingleKind(ChoiceKind):
    """One option is right and earns the point; any other earns nothing."""

    name = "single"
    takes_one_option = True
    expects_every_distractor = True

    def mark(self, key: ChoiceKey, response: Response) -> float:
        return float(set(response) == set(key.correct))

    def guess(self, key: ChoiceKey, options: int) -> float | None:
        return len(key.correct) / options

    def combine_keys(self, keys: Sequence[ChoiceKey], response: Response | None) -> ChoiceKey:
        """Return one key with all options that any of them accepts."""
        return ChoiceKey(tuple(dict.fromkeys(index for key in keys for index in key.correct)))


class TrueFalseKind(SingleKind):
    """A statement that is true or false."""

    name = "truefalse"
    has_letters = False
    expects_every_distractor = False


class SeveralKind(ChoiceKind):
    """Several options are right: max(0, (right ticks - wrong ticks) / number of right options).

    Ticking everything earns nothing if there are at least as many wrong options as right ones, which the content
    checker requires.
    """

    name = "several"

    def read_silence(self, stored: Response | None, *, was_shown: bool) -> Response | None:
        """Return a blank if the page showed the boxes: learners can untick all of them."""
        return None if was_shown else stored

    def mark(self, key: ChoiceKey, response: Response) -> float:
        chosen, keyed = set(response), set(key.correct)
        return max(0.0, (len(chosen & keyed) - len(chosen - keyed)) / len(keyed))

    def guess(self, key: ChoiceKey, options: int) -> float | None:
        return None


def _in_order(indexes: Response, order: Sequence[int] | None) -> list[int]:
    """Return the options of a response in the order of the page, or else as they are."""
    chosen = [index for index in indexes if isinstance(index, int)]
    return sorted(chosen, key=list(order).index) if order is not None else chosen


KINDS: tuple[QuestionKind[Any], ...] = (SingleKind(), SeveralKind(), TrueFalseKind())
