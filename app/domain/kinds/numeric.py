"""A number in the question's unit. A response is the number in plain digits, such as ``-0.5``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from app.domain.attempt import AnswerProblem, BadEntry, InvalidAnswer
from app.domain.kinds.base import FeedbackRow, Fields, Part, QuestionKind, Response, require_key
from app.domain.numbers import AmbiguousNumberError, parse_number

if TYPE_CHECKING:
    from app.domain.question import QuestionText

FIELD = "value"
TOLERANCE = "tolerance"
MAX_LENGTH = 60
_MAX_TOLERANCE_LENGTH = 20


@dataclass(frozen=True, slots=True)
class NumericKey:
    """A response within ``tolerance`` of ``value``, ends included, is right."""

    value: float
    tolerance: float = 0.0


@dataclass(frozen=True, slots=True)
class NumericView:
    entry: str
    unit: str | None
    max_length: int = MAX_LENGTH


class NumericKind(QuestionKind[NumericKey]):
    """A response within the tolerance earns 1 point, any other 0."""

    name = "numeric"
    field_prefix = FIELD
    nothing_given = AnswerProblem.NO_NUMBER_GIVEN

    def load_key(self, document: Mapping[str, Any]) -> NumericKey:
        require_key(document.get("value") is not None)
        return NumericKey(float(document["value"]), float(document["tolerance"]))

    def bare_key(self, key: NumericKey) -> NumericKey:
        return key

    def key_of(self, response: Response) -> NumericKey:
        return NumericKey(float(str(response)))

    def read_other_key(self, question: QuestionText, fields: Fields, key: NumericKey) -> NumericKey:
        answer = {name: values for name, values in fields.items() if name != TOLERANCE}
        typed = (fields.get(TOLERANCE) or ["0"])[-1]
        tolerance = abs(float(_parse(typed, question.unit, _MAX_TOLERANCE_LENGTH) or 0))
        return NumericKey(super().read_other_key(question, answer, key).value, tolerance)

    def correction_field_names(self, question: QuestionText) -> frozenset[str]:
        return self.field_names(question) | {TOLERANCE}

    def field_names(self, question: QuestionText) -> frozenset[str]:
        return frozenset({FIELD})

    def parse(self, question: QuestionText, order: Sequence[int], fields: Fields) -> Response | None:
        return _parse(fields[FIELD][-1], question.unit, MAX_LENGTH)

    def fill(self, question: QuestionText, order: Sequence[int], response: Response | None) -> dict[str, list[str]]:
        return {FIELD: [str(response or "")]}

    def view(self, question: QuestionText, order: Sequence[int], response: Response | None) -> NumericView:
        return NumericView(str(response or ""), question.unit)

    def mark(self, key: NumericKey, response: Response) -> float:
        # In binary fractions 0.3 lies outside 0.2 ± 0.1, so allow a billionth of the number.
        slack = 1e-9 * max(1.0, abs(key.value))
        return float(abs(float(str(response)) - key.value) <= key.tolerance + slack)

    def guess(self, key: NumericKey, options: int) -> float | None:
        return 0.0

    def parts(self, key: NumericKey, response: Response) -> Iterable[Part]:
        return (str(response),)

    def credit(self, key: NumericKey, part: Part) -> float:
        return self.mark(key, str(part))

    def describe_response(
        self, question: QuestionText, response: Response | None, order: Sequence[int] | None = None
    ) -> tuple[str, ...]:
        return (_with_unit(str(response), question.unit),) if response else ()

    def describe_key(
        self, question: QuestionText, key: NumericKey, order: Sequence[int] | None = None
    ) -> tuple[str, ...]:
        within = f" (± {_typeset(f'{key.tolerance:g}')})" if key.tolerance else ""
        return (_with_unit(f"{key.value:g}", question.unit) + within,)

    def describe_part(self, question: QuestionText, part: Part) -> str:
        return _with_unit(str(part), question.unit)

    def feedback_rows(
        self,
        question: QuestionText,
        order: Sequence[int],
        response: Response | None,
        key: NumericKey | None,
        explained: NumericKey | None,
    ) -> tuple[FeedbackRow, ...]:
        return ()

    def right_response(self, question: QuestionText, key: NumericKey) -> Response:
        return f"{key.value:g}"

    def wrong_response(
        self,
        question: QuestionText,
        key: NumericKey,
        rng: Random,
        question_rng: Random,
        likeness: Mapping[str, int] | None = None,
    ) -> Response:
        off = 2 * key.tolerance + 1
        number = key.value * question_rng.choice((0.5, 2, 10)) + off
        while self.mark(key, f"{number:g}") == 1:
            number += off
        return f"{number:g}"


def _parse(text: str, unit: str | None, max_length: int) -> str | None:
    if len(text) > max_length:
        raise InvalidAnswer
    try:
        return parse_number(text, unit)
    except AmbiguousNumberError as error:
        raise BadEntry(AnswerProblem.AMBIGUOUS_NUMBER, whole=error.whole, fraction=error.fraction) from None
    except ValueError:
        raise BadEntry(AnswerProblem.NOT_A_NUMBER) from None


def _typeset(digits: str) -> str:
    return digits.replace("-", "\N{MINUS SIGN}")


def _with_unit(digits: str, unit: str | None) -> str:
    return f"{_typeset(digits)} {unit}" if unit else _typeset(digits)


KINDS: tuple[QuestionKind[Any], ...] = (NumericKind(),)
