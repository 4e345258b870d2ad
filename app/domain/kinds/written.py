"""Written answer: a text in the learner's own words, which people mark by a rubric. A response is the text.

The author limits its length in words. The limit is the question's only prompt, because learners must see it; rubric and
model answer are the key.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from app.domain.attempt import AnswerProblem, BadEntry, InvalidAnswer
from app.domain.kinds.base import (
    FeedbackRow,
    Fields,
    Part,
    QuestionKind,
    Response,
    RubricCriterion,
    ShownTexts,
    require_key,
)

if TYPE_CHECKING:
    from app.domain.question import QuestionText

FIELD = "text"
MAX_WORDS = 2000
MAX_LENGTH = 20_000
"""The longest text in characters, whatever the limit in words."""
MAX_REVISIONS = 1000
"""A text is saved many times while it is written."""
ERASED = "(erased)"
"""Replaces the text of a person whose account was erased."""

_WORD = re.compile(r"\S*\w\S*")


@dataclass(frozen=True, slots=True)
class WrittenKey:
    """What markers mark by: the criteria of the rubric, and an answer that would earn all points."""

    criteria: tuple[RubricCriterion, ...]
    model: str

    def __post_init__(self) -> None:
        require_key(self.criteria and self.model)


@dataclass(frozen=True, slots=True)
class WrittenView:
    """The text written so far, its number of words, and how many there may be."""

    entry: str
    words: int
    max_words: int
    max_length: int = MAX_LENGTH


class WrittenKind(QuestionKind[WrittenKey]):
    """People award the points; by itself, an answer earns nothing."""

    name = "written"
    field_prefix = FIELD
    rows_title = "By the rubric"
    nothing_given = AnswerProblem.NOTHING_TYPED
    is_free_text = True
    is_marked_by_people = True
    max_revisions = MAX_REVISIONS

    def load_key(self, document: Mapping[str, Any]) -> WrittenKey:
        criteria = tuple(RubricCriterion(one["text"], one["points"]) for one in document["criteria"])
        return WrittenKey(criteria, document["model"])

    def bare_key(self, key: WrittenKey) -> WrittenKey:
        return key

    def key_of(self, response: Response) -> WrittenKey:
        """Refuse: no other answer can be declared right, because people judge each.

        :raise InvalidAnswer: always.
        """
        raise InvalidAnswer

    def list_criteria(self, key: WrittenKey) -> tuple[RubricCriterion, ...]:
        return key.criteria

    def field_names(self, question: QuestionText) -> frozenset[str]:
        return frozenset({FIELD})

    def parse(self, question: QuestionText, order: Sequence[int], fields: Fields) -> Response | None:
        sent = fields[FIELD][-1]
        if len(sent) > 2 * MAX_LENGTH:
            raise InvalidAnswer
        text = clean(sent)
        if len(text) > MAX_LENGTH:
            raise BadEntry(AnswerProblem.TOO_LONG, most=f"{MAX_LENGTH:,}")
        words, most = count_words(text), _get_limit(question)
        if words > most:
            raise BadEntry(AnswerProblem.TOO_MANY_WORDS, words=str(words), most=str(most), over=str(words - most))
        return text or None

    def fill(self, question: QuestionText, order: Sequence[int], response: Response | None) -> dict[str, list[str]]:
        return {FIELD: [str(response or "")]}

    def view(self, question: QuestionText, order: Sequence[int], response: Response | None) -> WrittenView:
        text = str(response or "")
        return WrittenView(text, count_words(text), _get_limit(question))

    def list_shown(self, question: QuestionText, order: Sequence[int], response: Response | None) -> ShownTexts:
        return ShownTexts((f"At most {_get_limit(question)} words.",), ())

    def mark(self, key: WrittenKey, response: Response) -> float:
        return 0.0

    def guess(self, key: WrittenKey, options: int) -> float | None:
        return 0.0

    def parts(self, key: WrittenKey, response: Response) -> Iterable[Part]:
        """Return none: no two texts are the same, so nothing can be counted."""
        return ()

    def credit(self, key: WrittenKey, part: Part) -> float:
        return 0.0

    def describe_response(
        self, question: QuestionText, response: Response | None, order: Sequence[int] | None = None
    ) -> tuple[str, ...]:
        return (str(response),) if response else ()

    def describe_key(
        self, question: QuestionText, key: WrittenKey, order: Sequence[int] | None = None
    ) -> tuple[str, ...]:
        return (key.model,)

    def describe_part(self, question: QuestionText, part: Part) -> str:
        return str(part)

    def feedback_rows(
        self,
        question: QuestionText,
        order: Sequence[int],
        response: Response | None,
        key: WrittenKey | None,
        explained: WrittenKey | None,
    ) -> tuple[FeedbackRow, ...]:
        """Return none: how the answer meets the criteria is in the markers' marking."""
        return ()

    def solution_rows(self, question: QuestionText, order: Sequence[int], key: WrittenKey) -> tuple[FeedbackRow, ...]:
        """Return the criteria, each with its points."""
        return tuple(
            FeedbackRow(one.text, f"{one.text} ({one.points})", is_mine=False, right=str(one.points), is_right=True)
            for one in key.criteria
        )

    def anonymise(self, keys: Sequence[WrittenKey], response: Response) -> Response:
        return ERASED

    def right_response(self, question: QuestionText, key: WrittenKey) -> Response:
        return key.model

    def wrong_response(
        self,
        question: QuestionText,
        key: WrittenKey,
        rng: Random,
        question_rng: Random,
        likeness: Mapping[str, int] | None = None,
    ) -> Response:
        return "I do not know."


def write_limit(words: int) -> str:
    """Return the limit in words as the question's prompt."""
    return str(words)


def _get_limit(question: QuestionText) -> int:
    return int(question.prompts[0])


def count_words(text: str) -> int:
    """Count the words of a text: runs of characters without blanks that have a letter or digit."""
    return len(_WORD.findall(text))


def clean(text: str) -> str:
    """Return a text as it is stored: NFC, with lines and paragraphs, but without invisible characters.

    Control and format characters, which could change the direction of a page, are dropped.
    """
    lines = re.split(r"\r\n|[\n\r\v\f\x85\u2028\u2029]", unicodedata.normalize("NFC", text))
    cleaned = "\n".join(_clean_line(line) for line in lines)
    return re.sub(r"\n{3,}", "\n\n", cleaned).strip()


def _clean_line(line: str) -> str:
    blanks = "".join(" " if letter.isspace() else letter for letter in line)
    return "".join(letter for letter in blanks if unicodedata.category(letter)[0] != "C").rstrip()


KINDS: tuple[QuestionKind[Any], ...] = (WrittenKind(),)
