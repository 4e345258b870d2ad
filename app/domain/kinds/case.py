"""A patient case that unfolds in steps: each choice decides which findings and which step come next.

The options of all steps are the question's options, and its prompts are the steps, each as a JSON document, because a
version stores prompts as texts. A response is the path: the options chosen so far, in order. It grows step by step, and
a choice that was made stays: :meth:`CaseKind.read` only ever extends a stored path.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from app.domain.attempt import (
    AnswerIncomplete,
    AnswerMissing,
    AnswerProblem,
    InvalidAnswer,
    StepTaken,
)
from app.domain.kinds.base import (
    BETWEEN_SIDES,
    LETTERS,
    FeedbackRow,
    Fields,
    OptionView,
    Part,
    QuestionKind,
    Response,
    ShownTexts,
    list_places,
    parse_index,
    parse_optional_index,
)
from app.domain.kinds.case_feedback import RowWriter
from app.domain.kinds.case_key import CaseKey, credit_option, mark_path
from app.domain.kinds.case_steps import (
    FIELD_PREFIX,
    CaseStep,
    follow_path,
    get_path,
    is_naming_options,
    list_in_order,
    name_field,
    parse_steps,
)

if TYPE_CHECKING:
    from app.domain.question import QuestionText

STEP_FIELD = f"{FIELD_PREFIX}step"


@dataclass(frozen=True, slots=True)
class CaseStepView:
    """A step of the page. ``field`` is the name of its form field; ``chosen`` is None while it is open."""

    number: int
    field: str
    findings: tuple[str, ...]
    asks: str
    options: tuple[OptionView, ...]
    chosen: OptionView | None = None


@dataclass(frozen=True, slots=True)
class CaseView:
    """The steps taken so far, and the open one; if the case has ended, the outcome instead."""

    taken: tuple[CaseStepView, ...]
    now: CaseStepView | None
    outcome: tuple[str, ...]

    @property
    def options(self) -> tuple[OptionView, ...]:
        """The options to choose from now."""
        return self.now.options if self.now else ()


@dataclass(frozen=True, slots=True)
class CaseKeyView:
    """All steps, for a form that takes a whole path."""

    steps: tuple[CaseStepView, ...]


class CaseKind(QuestionKind[CaseKey]):
    """Each choice earns its share of the point; see :func:`app.domain.kinds.case_key.mark_path`."""

    name = "case"
    field_prefix = FIELD_PREFIX
    step_field = STEP_FIELD
    has_letters = True
    rows_title = "Step by step"

    # -- keys ----------------------------------------------------------------------------------------------------------

    def load_key(self, document: Mapping[str, Any]) -> CaseKey:
        return CaseKey(
            best=tuple(document["best"]),
            shares=tuple(document["shares"]),
            ahead=tuple(document["ahead"]),
            reasons=tuple(document["reasons"]),
            harms=tuple(document["harms"]),
            cited=tuple(map(tuple, document["cited"])),
            chance=document["chance"],
        )

    def bare_key(self, key: CaseKey) -> CaseKey:
        return CaseKey(key.best)

    def key_of(self, response: Response) -> CaseKey:
        return CaseKey(tuple(get_path(response)))

    # -- answering -----------------------------------------------------------------------------------------------------

    def field_names(self, question: QuestionText) -> frozenset[str]:
        return frozenset({STEP_FIELD, *(f"{FIELD_PREFIX}{place}" for place in range(len(question.options)))})

    def parse(self, question: QuestionText, order: Sequence[int], fields: Fields) -> Response | None:
        """Return the path that the fields describe; a field that no step of it has is refused."""
        path, used = self._walk(question, order, fields)
        if any(values and values[-1] != "" for name, values in fields.items() if name not in (STEP_FIELD, *used)):
            raise InvalidAnswer
        return path or None

    def read(
        self, question: QuestionText, order: Sequence[int], fields: Fields, stored: Response | None, *, was_shown: bool
    ) -> Response | None:
        """Return the stored path, extended by the choice of the form if its button was pressed.

        The button sends the number of the step that its page asked. A form that was sent before changes nothing.

        :raise AnswerMissing: the button was pressed without a choice.
        :raise StepTaken: the form has another choice for a step that was taken.
        """
        path = super().read(question, order, fields, None, was_shown=was_shown)
        if STEP_FIELD not in fields:
            return stored
        sent, taken = get_path(path), get_path(stored)
        if len(sent) < parse_index(fields[STEP_FIELD][-1], len(question.options) + 1):
            raise AnswerMissing(self.nothing_given)
        both = min(len(sent), len(taken))
        if sent[:both] != taken[:both]:
            raise StepTaken(AnswerProblem.STEP_TAKEN)
        return sent if len(sent) > len(taken) else stored

    def clear(self, question: QuestionText, stored: Response | None) -> Response | None:
        if stored:
            raise StepTaken(AnswerProblem.STEP_TAKEN)
        return None

    def fill(self, question: QuestionText, order: Sequence[int], response: Response | None) -> dict[str, list[str]]:
        if not response:
            return {}
        steps, place_of = parse_steps(question.prompts), list_places(order)
        taken = follow_path(steps, response).choices
        fields = {name_field(steps[one.at], place_of): [str(place_of[one.link.option])] for one in taken}
        return fields | {STEP_FIELD: [str(len(taken))]}

    def get_next_step(self, question: QuestionText, response: Response | None) -> int | None:
        path = follow_path(parse_steps(question.prompts), response)
        return None if path.open_at is None else len(path.choices) + 1

    def check_complete(self, question: QuestionText, response: Response | None) -> None:
        if response and self.get_next_step(question, response) is not None:
            raise AnswerIncomplete(AnswerProblem.CASE_OPEN)

    def view(self, question: QuestionText, order: Sequence[int], response: Response | None) -> CaseView:
        steps = parse_steps(question.prompts)
        path = follow_path(steps, response)
        taken = tuple(
            self._view_step(question, order, steps[one.at], number, one.findings, one.link.option)
            for number, one in enumerate(path.choices, start=1)
        )
        if path.open_at is None:
            return CaseView(taken, None, path.findings)
        now = self._view_step(question, order, steps[path.open_at], len(taken) + 1, path.findings)
        return CaseView(taken, now, ())

    def view_for_key(self, question: QuestionText, order: Sequence[int]) -> CaseKeyView:
        steps = parse_steps(question.prompts)
        return CaseKeyView(
            tuple(
                self._view_step(question, order, step, number, (step.shows,) if step.shows else ())
                for number, step in enumerate(steps, start=1)
            )
        )

    def list_shown(self, question: QuestionText, order: Sequence[int], response: Response | None) -> ShownTexts:
        view = self.view(question, order, response)
        steps = [*view.taken, *([view.now] if view.now else [])]
        prompts = [text for step in steps for text in (*step.findings, step.asks)]
        return ShownTexts((*prompts, *view.outcome), tuple(option.text for step in steps for option in step.options))

    def _view_step(
        self,
        question: QuestionText,
        order: Sequence[int],
        step: CaseStep,
        number: int,
        findings: tuple[str, ...],
        chosen: int | None = None,
    ) -> CaseStepView:
        place_of = list_places(order)
        options = {
            index: OptionView(place_of[index], self.letter(question, index, order), question.options[index])
            for index in list_in_order(step, place_of)
        }
        return CaseStepView(
            number,
            name_field(step, place_of),
            findings,
            step.asks,
            tuple(options.values()),
            None if chosen is None else options[chosen],
        )

    def _walk(self, question: QuestionText, order: Sequence[int], fields: Fields) -> tuple[list[int], set[str]]:
        """Follow the fields from the first step. Return the path and the names of the fields on it."""
        steps, place_of = parse_steps(question.prompts), list_places(order)
        path: list[int] = []
        used: set[str] = set()
        at: int | None = 0
        while at is not None:
            name = name_field(steps[at], place_of)
            place = parse_optional_index(fields.get(name, ()), len(order))
            if place is None:
                break
            link = steps[at].get_link(order[place])
            if link is None:
                raise InvalidAnswer
            path.append(link.option)
            used.add(name)
            at = link.next
        return path, used

    # -- marking and analysis ------------------------------------------------------------------------------------------

    def mark(self, key: CaseKey, response: Response) -> float:
        return mark_path(key, get_path(response))

    def guess(self, key: CaseKey, options: int) -> float | None:
        return key.chance

    def parts(self, key: CaseKey, response: Response) -> Iterable[Part]:
        return get_path(response)

    def credit(self, key: CaseKey, part: Part) -> float:
        return credit_option(key, part) if isinstance(part, int) else 0.0

    def reason(self, key: CaseKey, part: Part) -> str | None:
        if not isinstance(part, int) or part >= len(key.reasons):
            return None
        return " ".join(text for text in (key.reasons[part], key.harms[part]) if text)

    # -- words ---------------------------------------------------------------------------------------------------------

    def letter(self, question: QuestionText, index: int, order: Sequence[int] | None) -> str | None:
        """Return the letter of an option among those of its step; None if the step itself names them."""
        if order is None:
            return None
        step = next(step for step in parse_steps(question.prompts) if step.get_link(index))
        if is_naming_options(step, question.options):
            return None
        return LETTERS[list_in_order(step, list_places(order)).index(index)]

    def describe_response(
        self, question: QuestionText, response: Response | None, order: Sequence[int] | None = None
    ) -> tuple[str, ...]:
        return tuple(self.name_option(question, index, order) for index in get_path(response))

    def describe_key(self, question: QuestionText, key: CaseKey, order: Sequence[int] | None = None) -> tuple[str, ...]:
        return self.describe_response(question, key.best, order)

    def describe_part(self, question: QuestionText, part: Part) -> str:
        return question.options[part] if isinstance(part, int) else str(part)

    # -- feedback ------------------------------------------------------------------------------------------------------

    def feedback_rows(
        self,
        question: QuestionText,
        order: Sequence[int],
        response: Response | None,
        key: CaseKey | None,
        explained: CaseKey | None,
    ) -> tuple[FeedbackRow, ...]:
        """Return a row for each step taken and, with the key, for each step of the best path that was not reached."""
        steps = parse_steps(question.prompts)
        taken = follow_path(steps, response).choices
        seen = {one.at for one in taken}
        missed = [one for one in follow_path(steps, key.best).choices if one.at not in seen] if key else []
        write = RowWriter(self, question, order, steps, key, explained)
        return (
            *(write.row(one, number, is_mine=True) for number, one in enumerate(taken, start=1)),
            *(write.row(one, number, is_mine=False) for number, one in enumerate(missed, start=1)),
        )

    def solution_rows(self, question: QuestionText, order: Sequence[int], key: CaseKey) -> tuple[FeedbackRow, ...]:
        """Return every option of every step."""
        place_of = list_places(order)
        return tuple(
            FeedbackRow(
                text=question.options[index],
                heading=f"{step.asks}{BETWEEN_SIDES}{self.name_option(question, index, order)}",
                is_mine=False,
                is_right=self.credit(key, index) == 1,
                is_near=0 < self.credit(key, index) < 1,
                reason=self.reason(key, index),
                letter=self.letter(question, index, order),
            )
            for step in parse_steps(question.prompts)
            for index in list_in_order(step, place_of)
        )

    # -- corrections and examples --------------------------------------------------------------------------------------

    def read_other_key(self, question: QuestionText, fields: Fields, key: CaseKey) -> CaseKey:
        """Return the key of the path that a form with all steps describes; what it says beside the path is ignored."""
        if not fields.keys() <= self.field_names(question):
            raise InvalidAnswer
        path, _ = self._walk(question, range(len(question.options)), fields)
        if not path:
            raise AnswerMissing(self.nothing_given)
        self.check_complete(question, path)
        return self.key_of(path)

    def right_response(self, question: QuestionText, key: CaseKey) -> Response:
        return list(key.best)

    def wrong_response(
        self,
        question: QuestionText,
        key: CaseKey,
        rng: Random,
        question_rng: Random,
        likeness: Mapping[str, int] | None = None,
    ) -> Response:
        """Make one wrong choice on the best path, and the best choices before and after it."""
        steps = parse_steps(question.prompts)
        on_best = follow_path(steps, key.best).choices
        mistaken = question_rng.choice(on_best)
        wrong = [link.option for link in steps[mistaken.at].links if self.credit(key, link.option) < 1]
        path = [one.link.option for one in on_best[: on_best.index(mistaken)]]
        path.append(question_rng.choice(wrong) if rng.random() < 0.8 else rng.choice(wrong))
        while (at := follow_path(steps, path).open_at) is not None:
            path.append(max((link.option for link in steps[at].links), key=lambda option: self.credit(key, option)))
        return path


KINDS: tuple[QuestionKind[Any], ...] = (CaseKind(),)
