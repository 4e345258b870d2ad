"""The interface of a question kind, which implements everything that depends on the kind of a question.

A kind is an object without state: :mod:`app.domain.kinds` holds one of each. Its methods get the published question
(:class:`app.domain.question.QuestionText`) and, only if the caller may see it, its key.

Each kind defines how it represents three things:

- A **response** is a learner's answer. It uses the author's indexes, never places on the page. None is a blank.
- A **key** is a frozen dataclass of the right answer and its reasons. The database stores it as one JSON document.
- A **part** of a response is the unit of item analysis: an option, a pair of prompt and option, or the whole response
  as text.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeAlias, TypeVar

from markupsafe import Markup

from app.domain.attempt import MAX_REVISIONS, AnswerIncomplete, AnswerMissing, AnswerProblem, InvalidAnswer

if TYPE_CHECKING:
    from app.domain.question import QuestionText

Fields: TypeAlias = Mapping[str, Sequence[str]]
"""The answer's fields from a form: name to values. A name is present only if the form had such a field."""

Response: TypeAlias = Sequence[int | None] | str

Part: TypeAlias = int | tuple[int, int] | str
"""An option by the author's index, a prompt with the option given to it, or a whole response as text."""

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""The letters of the options, in the order of the page."""

BETWEEN_SIDES = " \N{EN DASH} "
"""Separates the two sides of a pair in words."""

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class ShownTexts:
    """The prompts and options that a page has shown, the options in its order."""

    prompts: tuple[str, ...]
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OptionView:
    """One option at its place on the page; ``place`` is the value that the form sends.

    ``letter`` is None if the page shows none.
    """

    place: int
    letter: str | None
    text: str


@dataclass(frozen=True, slots=True)
class FeedbackRow:
    """One option, prompt, step or typed answer with its result. Fields that are not released are None.

    ``is_mine``: the learner chose it or had to answer it. ``mine`` and ``right`` are the other side of a pair, or the
    place of a step. ``heading`` names the row in a list without further words. Options are named with their letter on
    this learner's paper: ``letter`` is that of the row, and ``heading``, ``mine`` and ``right`` contain it.
    """

    text: str
    heading: str
    is_mine: bool
    mine: str | None = None
    right: str | None = None
    is_right: bool | None = None
    is_near: bool = False
    reason: str | None = None
    letter: str | None = None


@dataclass(frozen=True, slots=True)
class RubricCriterion:
    """One thing that an answer marked by people must contain, and the points that it earns at most."""

    text: str
    points: int


class QuestionKind(ABC, Generic[K]):
    """A kind of question, with keys of the type ``K``."""

    name: ClassVar[str]
    """The name in the author's files and the database."""

    rows_title: ClassVar[str] = ""
    """The heading of the feedback rows in a list of results."""
    nothing_given: ClassVar[AnswerProblem] = AnswerProblem.NOTHING_CHOSEN
    """The problem of a learner who asks for a check without an answer."""

    field_prefix: ClassVar[str]
    """The common start of the names of all form fields with which a page sends an answer of this kind."""
    step_field: ClassVar[str | None] = None
    """The name of the button that takes a step, if an answer is given in steps that cannot be taken back.

    The button sends the number of the step, from 1. Without it, a form changes no step.
    """

    has_letters: ClassVar[bool] = False
    """The page names each option by a letter."""
    has_handles: ClassVar[bool] = False
    """The page has handles, with which the arrow keys move the parts of an answer."""
    counts_rows: ClassVar[bool] = False
    """Each row of feedback is an answer of its own."""
    is_choice: ClassVar[bool] = False
    """The learner answers by choosing options that everybody sees."""
    takes_one_option: ClassVar[bool] = False
    """The learner chooses exactly one option, with a button that cannot be released again."""
    expects_every_distractor: ClassVar[bool] = False
    """Item analysis warns about a wrong option that nobody chooses."""
    one_right_is_enough: ClassVar[bool] = False
    """A key may contain several right options, any one of which earns the point."""
    is_free_text: ClassVar[bool] = False
    """A response is text in the learner's own words, which an erasure must remove."""
    is_marked_by_people: ClassVar[bool] = False
    """People mark each response that is not blank, by :meth:`list_criteria`; :meth:`mark` awards nothing."""
    max_revisions: ClassVar[int] = MAX_REVISIONS
    """How often an answer can be changed."""

    @property
    def folder(self) -> str:
        """The folder of its templates below ``templates/kinds``, named like the kind's module."""
        return type(self).__module__.rpartition(".")[2]

    def __str__(self) -> str:
        return self.name

    # -- keys ----------------------------------------------------------------------------------------------------------

    @abstractmethod
    def load_key(self, document: Mapping[str, Any]) -> K:
        """Return the key from a JSON document made by :meth:`dump_key`."""

    def dump_key(self, key: K) -> dict[str, Any]:
        """Return a key as a JSON document."""
        document: dict[str, Any] = json.loads(json.dumps(asdict(key)))  # type: ignore[call-overload]
        return document

    @abstractmethod
    def bare_key(self, key: K) -> K:
        """Return only what decides whether an answer is fully right, without reasons, as in a correction's key."""

    def combine_keys(self, keys: Sequence[K], response: Response | None) -> K:
        """Return the key for feedback on ``response``.

        ``keys`` are the question's own key and those that corrections accept.
        """
        return max(keys, key=lambda key: self.mark(key, response) if response else 0.0)

    # -- answering -----------------------------------------------------------------------------------------------------

    @abstractmethod
    def field_names(self, question: QuestionText) -> frozenset[str]:
        """Return the names of the fields that its form may have."""

    @abstractmethod
    def parse(self, question: QuestionText, order: Sequence[int], fields: Fields) -> Response | None:
        """Return the response of a form that has at least one field of the answer.

        ``order[i]`` is the author's index of the option at place i of the page.

        :raise InvalidAnswer: the form contains a value that the page does not offer.
        :raise BadEntry: the typed text cannot be an answer.
        """

    def read(
        self, question: QuestionText, order: Sequence[int], fields: Fields, stored: Response | None, *, was_shown: bool
    ) -> Response | None:
        """Return the response after a form was sent, for a question whose stored response is ``stored``.

        A form without any field of the answer keeps the stored response. ``was_shown`` says whether the page showed it.

        :raise InvalidAnswer: as in :meth:`parse`, or the form has a field that this question does not have.
        """
        if not fields:
            return self.read_silence(stored, was_shown=was_shown)
        if not fields.keys() <= self.field_names(question):
            raise InvalidAnswer
        return self.parse(question, order, fields)

    def read_silence(self, stored: Response | None, *, was_shown: bool) -> Response | None:
        """Return the response after a form without any field of the answer."""
        return stored

    def clear(self, question: QuestionText, stored: Response | None) -> Response | None:
        """Return the response after its learner removed the answer.

        :raise StepTaken: the answer cannot be taken back.
        """
        return None

    @abstractmethod
    def fill(self, question: QuestionText, order: Sequence[int], response: Response | None) -> dict[str, list[str]]:
        """Return the fields with which a page sends ``response``; the inverse of :meth:`parse`."""

    def check_complete(self, question: QuestionText, response: Response | None) -> None:
        """Refuse a response that is about to become final but has open parts.

        :raise AnswerIncomplete: with the problem.
        """

    def get_next_step(self, question: QuestionText, response: Response | None) -> int | None:
        """Return the number of the step that the page asks next, from 1; None if the answer needs no further step.

        An answer is checked, and becomes final, only when no step is left.
        """
        return None

    @abstractmethod
    def view(self, question: QuestionText, order: Sequence[int], response: Response | None) -> object:
        """Return the data for the kind's template that asks the question; it contains nothing of the key.

        It also contains nothing that the learner may see only after a further step.
        """

    def view_for_key(self, question: QuestionText, order: Sequence[int]) -> object:
        """Return the data for the template with which a trainer enters a further key."""
        return self.view(question, order, None)

    def list_shown(self, question: QuestionText, order: Sequence[int], response: Response | None) -> ShownTexts:
        """Return the texts that a learner with this response has been shown."""
        return ShownTexts(question.prompts, tuple(question.options[index] for index in order))

    # -- marking -------------------------------------------------------------------------------------------------------

    @abstractmethod
    def mark(self, key: K, response: Response) -> float:
        """Return the points of a response that is not blank, from 0 to 1."""

    def list_criteria(self, key: K) -> tuple[RubricCriterion, ...]:
        """Return the criteria by which people mark a response; none for other kinds."""
        return ()

    @abstractmethod
    def guess(self, key: K, options: int) -> float | None:
        """Return the average points of blind guessing, from 0 to 1; None if the number of guesses is not fixed."""

    # -- item analysis -------------------------------------------------------------------------------------------------

    @abstractmethod
    def parts(self, key: K, response: Response) -> Iterable[Part]:
        """Return the parts of a response."""

    @abstractmethod
    def credit(self, key: K, part: Part) -> float:
        """Return the credit of a part: 1 is right, 0 is wrong, anything between is near."""

    def reason(self, key: K, part: Part) -> str | None:
        """Return the author's reason for a part."""
        return None

    # -- words ---------------------------------------------------------------------------------------------------------

    @abstractmethod
    def describe_response(
        self, question: QuestionText, response: Response | None, order: Sequence[int] | None = None
    ) -> tuple[str, ...]:
        """Return a response in words, one text for each thing given; none if blank.

        With the ``order`` of a learner's paper, options are named with their letters on it.
        """

    @abstractmethod
    def describe_key(self, question: QuestionText, key: K, order: Sequence[int] | None = None) -> tuple[str, ...]:
        """Return the right answer in words, one text for each thing to give, with letters as in a response."""

    def name_option(self, question: QuestionText, index: int, order: Sequence[int] | None = None) -> str:
        """Return an option's text, after its letter if the page of this ``order`` shows letters."""
        letter = self.letter(question, index, order)
        return f"{letter}. {question.options[index]}" if letter else question.options[index]

    def letter(self, question: QuestionText, index: int, order: Sequence[int] | None) -> str | None:
        """Return the letter of an option on the page of this ``order``; None if the page shows none."""
        return LETTERS[list(order).index(index)] if self.has_letters and order is not None else None

    @abstractmethod
    def describe_part(self, question: QuestionText, part: Part) -> str:
        """Return a part of a response in words."""

    # -- feedback ------------------------------------------------------------------------------------------------------

    @abstractmethod
    def feedback_rows(
        self,
        question: QuestionText,
        order: Sequence[int],
        response: Response | None,
        key: K | None,
        explained: K | None,
    ) -> tuple[FeedbackRow, ...]:
        """Return the rows of feedback on a response.

        They compare it with ``key`` and give the reasons of ``explained``; both are None if not released.
        """

    def solution_rows(self, question: QuestionText, order: Sequence[int], key: K) -> tuple[FeedbackRow, ...]:
        """Return the rows of the solution with the reasons, for somebody who did not answer."""
        return self.feedback_rows(question, order, None, key, key)

    def marked_picture(
        self, question: QuestionText, order: Sequence[int], response: Response | None, key: K | None
    ) -> Markup | None:
        """Return the question's picture with the response and, if released, the key drawn in."""
        return None

    # -- corrections ---------------------------------------------------------------------------------------------------

    def correction_field_names(self, question: QuestionText) -> frozenset[str]:
        """Return the names of the fields with which a correction gives another key."""
        return self.field_names(question)

    @abstractmethod
    def key_of(self, response: Response) -> K:
        """Return the key for which a complete response is fully right."""

    def read_other_key(self, question: QuestionText, fields: Fields, key: K) -> K:
        """Return another key to accept in addition to ``key``, from an answer in the author's order.

        :raise AnswerMissing: the form is blank.
        :raise InvalidAnswer: as in :meth:`read` and :meth:`check_complete`.
        """
        response = self.read(question, range(len(question.options)), fields, None, was_shown=False)
        if not response:
            raise AnswerMissing(self.nothing_given)
        self.check_complete(question, response)
        return self.key_of(response)

    # -- erasure and examples ------------------------------------------------------------------------------------------

    def anonymise(self, keys: Sequence[K], response: Response) -> Response:
        """Return a response without the learner's own words that is worth the same by each of ``keys``."""
        return response

    @abstractmethod
    def right_response(self, question: QuestionText, key: K) -> Response:
        """Return a response that earns the whole point."""

    @abstractmethod
    def wrong_response(
        self,
        question: QuestionText,
        key: K,
        rng: Random,
        question_rng: Random,
        likeness: Mapping[str, int] | None = None,
    ) -> Response:
        """Return a response that is not right, for the demo and for tests.

        ``question_rng`` selects the tempting mistake, so most learners make the same one. ``likeness`` gives, by an
        option's text, how easily it is taken for the right one.
        """


def list_option_views(question: QuestionText, order: Sequence[int]) -> tuple[OptionView, ...]:
    """Return the options in the order of the page."""
    return tuple(
        OptionView(place, question.kind.letter(question, index, order), question.options[index])
        for place, index in enumerate(order)
    )


def list_places(order: Sequence[int]) -> dict[int, int]:
    """Map each author's index to its place on the page."""
    return {index: place for place, index in enumerate(order)}


def parse_index(text: str, end: int) -> int:
    """Return a whole number from 0 to below ``end``.

    :raise InvalidAnswer: the text is anything else.
    """
    if not (text.isascii() and text.isdigit() and len(text) < 14 and int(text) < end):
        raise InvalidAnswer
    return int(text)


def parse_optional_index(values: Sequence[str], end: int) -> int | None:
    """Parse the last value with :func:`parse_index`; None if it is empty."""
    return None if not values or values[-1] == "" else parse_index(values[-1], end)


def refuse_gaps(response: Sequence[int | None], problem: AnswerProblem) -> None:
    """Refuse a response with an open part.

    :raise AnswerIncomplete: with ``problem``.
    """
    if None in response:
        raise AnswerIncomplete(problem)


def require_key(is_present: object) -> None:
    """Refuse an empty key, by which nothing could be marked.

    :raise ValueError: the key is empty.
    """
    if not is_present:
        raise ValueError("a question without a key can't be marked")
