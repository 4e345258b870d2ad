"""Short text: one or a few typed words. A response is the text as typed, without invisible characters.

The author lists accepted answers. Texts are compared after removing the differences that :class:`Exactness` ignores.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING, Any

from app.domain.attempt import AnswerMissing, AnswerProblem, BadEntry, InvalidAnswer
from app.domain.kinds.base import FeedbackRow, Fields, Part, QuestionKind, Response, require_key

if TYPE_CHECKING:
    from app.domain.question import QuestionText

FIELD = "value"
TYPO = "typo"
MAX_LENGTH = 100
_MAX_SENT = 1000
"""The longest text that a form may send: normalisation may shorten it before the length is checked."""
ANY = "*"
MIN_TYPO_LENGTH = 5
"""In shorter words, too many typing errors produce another word."""
ERASED = "(erased)"
"""Replaces a wrong answer of a person whose account was erased."""

_WRONG_ANSWERS = ("no idea", "something else", "a tendon")


@dataclass(frozen=True, slots=True)
class Exactness:
    """The differences that count although they are usually ignored."""

    case: bool = False
    accents: bool = False
    spaces: bool = False
    punctuation: bool = False


@dataclass(frozen=True, slots=True)
class AcceptedAnswer:
    """A text with its ``share`` of the point, from 0 to 1, and feedback.

    ``*`` matches any text, or none.
    """

    text: str
    share: float = 1.0
    reason: str | None = None
    allows_typo: bool = False


@dataclass(frozen=True, slots=True)
class TextKey:
    """The accepted answers, of which the first match counts; ``reason`` says why all others are wrong."""

    answers: tuple[AcceptedAnswer, ...]
    exactness: Exactness = Exactness()
    reason: str | None = None

    def __post_init__(self) -> None:
        require_key(any(answer.share == 1 for answer in self.answers))

    def find(self, text: str) -> AcceptedAnswer | None:
        """Return the accepted answer that matches ``text`` exactly, or else with one typing error."""
        typed = fold(text, self.exactness)
        for answer in self.answers:
            if _fits(typed, _pieces(answer.text, self.exactness)):
                return answer
        return next((answer for answer in self.answers if self._is_typo_of(typed, answer)), None)

    def _is_typo_of(self, typed: str, answer: AcceptedAnswer) -> bool:
        meant = _fold_accepted(answer.text, self.exactness)
        return answer.allows_typo and len(meant) >= MIN_TYPO_LENGTH and is_one_slip_away(typed, meant)


@dataclass(frozen=True, slots=True)
class TextView:
    entry: str
    max_length: int = MAX_LENGTH


class TextKind(QuestionKind[TextKey]):
    """Points are the share of the first accepted answer that matches, else 0."""

    name = "text"
    field_prefix = FIELD
    rows_title = "On this answer"
    nothing_given = AnswerProblem.NOTHING_TYPED
    is_free_text = True

    def load_key(self, document: Mapping[str, Any]) -> TextKey:
        answers = tuple(AcceptedAnswer(**answer) for answer in document["answers"])
        return TextKey(answers, Exactness(**document["exactness"]), document["reason"])

    def bare_key(self, key: TextKey) -> TextKey:
        full = (replace(answer, reason=None) for answer in key.answers if answer.share == 1)
        return replace(key, answers=tuple(full), reason=None)

    def key_of(self, response: Response) -> TextKey:
        return TextKey((AcceptedAnswer(str(response)),))

    def correction_field_names(self, question: QuestionText) -> frozenset[str]:
        return self.field_names(question) | {TYPO}

    def read_other_key(self, question: QuestionText, fields: Fields, key: TextKey) -> TextKey:
        """Return another key to accept, with the exactness of ``key``.

        ``*`` matches any text, as in the author's files.
        """
        if not fields.keys() <= self.correction_field_names(question):
            raise InvalidAnswer
        text = _read((fields.get(FIELD) or [""])[-1], keeps_any=True)
        if not text:
            raise AnswerMissing(self.nothing_given)
        if not any(_split(text, key.exactness)):
            raise BadEntry(AnswerProblem.NO_LETTER)
        allows_typo = (fields.get(TYPO) or ["0"])[-1] == "1"
        if ANY not in text and not allows_typo and self.mark(key, text) == 1:
            raise BadEntry(AnswerProblem.RIGHT_ALREADY)
        return TextKey((AcceptedAnswer(text, allows_typo=allows_typo),), key.exactness)

    def field_names(self, question: QuestionText) -> frozenset[str]:
        return frozenset({FIELD})

    def parse(self, question: QuestionText, order: Sequence[int], fields: Fields) -> Response | None:
        return _read(fields[FIELD][-1]) or None

    def fill(self, question: QuestionText, order: Sequence[int], response: Response | None) -> dict[str, list[str]]:
        return {FIELD: [str(response or "")]}

    def view(self, question: QuestionText, order: Sequence[int], response: Response | None) -> TextView:
        return TextView(str(response or ""))

    def mark(self, key: TextKey, response: Response) -> float:
        return self.credit(key, str(response))

    def guess(self, key: TextKey, options: int) -> float | None:
        return 0.0

    def parts(self, key: TextKey, response: Response) -> Iterable[Part]:
        """Return one part, which is the same for all texts that compare as equal.

        It is spelled as in the key if the key contains it.
        """
        text = str(response)
        typed = fold(text, key.exactness)
        same = (answer.text for answer in key.answers if _fold_accepted(answer.text, key.exactness) == typed)
        return (next(same, fold(text, replace(key.exactness, spaces=True)) or text),)

    def credit(self, key: TextKey, part: Part) -> float:
        found = key.find(str(part))
        return found.share if found else 0.0

    def reason(self, key: TextKey, part: Part) -> str | None:
        found = key.find(str(part))
        return found.reason if found else key.reason

    def describe_response(
        self, question: QuestionText, response: Response | None, order: Sequence[int] | None = None
    ) -> tuple[str, ...]:
        return (str(response),) if response else ()

    def describe_key(self, question: QuestionText, key: TextKey, order: Sequence[int] | None = None) -> tuple[str, ...]:
        return tuple(_described(answer) for answer in key.answers if answer.share == 1)

    def describe_part(self, question: QuestionText, part: Part) -> str:
        return _without_any(str(part))

    def feedback_rows(
        self,
        question: QuestionText,
        order: Sequence[int],
        response: Response | None,
        key: TextKey | None,
        explained: TextKey | None,
    ) -> tuple[FeedbackRow, ...]:
        """Return the typed answer with its feedback."""
        if not response:
            return ()
        text = str(response)
        credit = self.credit(key, text) if key else None
        return (
            FeedbackRow(
                text=text,
                heading=text,
                is_mine=True,
                is_right=None if credit is None else credit == 1,
                is_near=credit is not None and 0 < credit < 1,
                reason=self.reason(explained, text) if explained else None,
            ),
        )

    def solution_rows(self, question: QuestionText, order: Sequence[int], key: TextKey) -> tuple[FeedbackRow, ...]:
        """Return every accepted answer, and the feedback on all others."""
        rows = [
            FeedbackRow(
                text=answer.text,
                heading=_described(answer),
                is_mine=False,
                is_right=answer.share == 1,
                is_near=0 < answer.share < 1,
                reason=answer.reason,
            )
            for answer in key.answers
        ]
        if key.reason:
            rows.append(FeedbackRow("", "Anything else", is_mine=False, is_right=False, reason=key.reason))
        return tuple(rows)

    def anonymise(self, keys: Sequence[TextKey], response: Response) -> Response:
        """Replace the learner's spelling by the key's, and a wrong answer by :data:`ERASED`."""
        best = max(keys, key=lambda key: self.mark(key, response))
        found = best.find(str(response))
        return _without_any(found.text) or ERASED if found else ERASED

    def right_response(self, question: QuestionText, key: TextKey) -> Response:
        return next(_without_any(answer.text) for answer in key.answers if answer.share == 1)

    def wrong_response(
        self,
        question: QuestionText,
        key: TextKey,
        rng: Random,
        question_rng: Random,
        likeness: Mapping[str, int] | None = None,
    ) -> Response:
        """Return mostly an answer that the author foresaw as not fully right, if there is one."""
        foreseen = [_without_any(answer.text) for answer in key.answers if answer.share < 1]
        others = [text for text in _WRONG_ANSWERS if self.credit(key, text) < 1]
        choices = [*foreseen, *others]
        return rng.choices(choices, [5, *[1] * (len(choices) - 1)])[0]


def _read(sent: str, *, keeps_any: bool = False) -> str:
    if len(sent) > _MAX_SENT:
        raise InvalidAnswer
    text = clean(sent, keeps_any=keeps_any)
    if len(text) > MAX_LENGTH:
        raise BadEntry(AnswerProblem.TOO_LONG, most=str(MAX_LENGTH))
    return text


def clean(text: str, *, keeps_any: bool = False) -> str:
    """Return a text as it is stored: normalised (NFKC), with single blanks and without invisible characters.

    Control and format characters, which could change the direction of a page, are dropped; so is ``*``, which matches
    any text in a key, unless ``keeps_any``.
    """
    dropped = "" if keeps_any else ANY
    blanks = "".join(" " if letter.isspace() else letter for letter in unicodedata.normalize("NFKC", text))
    seen = "".join(letter for letter in blanks if unicodedata.category(letter)[0] != "C" and letter != dropped)
    return " ".join(unicodedata.normalize("NFC", seen).split())


def fold(text: str, exactness: Exactness) -> str:
    """Return the part of a text that is compared.

    It has no cache, which would keep what learners typed, even after an erasure.
    """
    text = clean(text)
    if not exactness.case:
        text = unicodedata.normalize("NFKC", text.casefold())
    if not exactness.accents:
        text = "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))
        text = unicodedata.normalize("NFC", text)
    if not exactness.punctuation:
        text = "".join(letter for letter in text if unicodedata.category(letter)[0] != "P")
    return re.sub(r"\s+", " ", text).strip() if exactness.spaces else re.sub(r"\s+", "", text)


@lru_cache(maxsize=20_000)
def _fold_accepted(text: str, exactness: Exactness) -> str:
    """Return :func:`fold` of an accepted answer."""
    return fold(text, exactness)


@lru_cache(maxsize=20_000)
def _pieces(text: str, exactness: Exactness) -> tuple[str, ...]:
    """Return :func:`_split` of an accepted answer."""
    return _split(text, exactness)


def _split(text: str, exactness: Exactness) -> tuple[str, ...]:
    """Split a text at each ``*``; without one it is a single piece."""
    return tuple(fold(piece, exactness) for piece in text.split(ANY))


def _fits(typed: str, pieces: Sequence[str]) -> bool:
    """Return whether a text starts with the first piece, ends with the last, and has the others between in order."""
    if len(pieces) == 1:
        return typed == pieces[0]
    first, *middle, last = pieces
    if not typed.startswith(first):
        return False
    at = len(first)
    for piece in middle:
        at = typed.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return typed.endswith(last) and len(typed) - len(last) >= at


def is_one_slip_away(typed: str, meant: str) -> bool:
    """Return whether one letter is missing, added, replaced or swapped with its neighbour (Damerau 1964).

    https://doi.org/10.1145/363958.363994
    """
    if typed == meant or abs(len(typed) - len(meant)) > 1:
        return False
    at = next((at for at, (one, other) in enumerate(zip(typed, meant, strict=False)) if one != other), None)
    if at is None:
        return True  # one has an extra letter at its end
    ways = {
        typed[at + 1 :] == meant[at + 1 :],
        typed[at + 1 :] == meant[at:],
        typed[at:] == meant[at + 1 :],
        typed[at : at + 2] == meant[at : at + 2][::-1] and typed[at + 2 :] == meant[at + 2 :],
    }
    return True in ways


def _described(answer: AcceptedAnswer) -> str:
    return answer.text.replace(ANY, "…")


def _without_any(text: str) -> str:
    return " ".join(text.replace(ANY, " ").split())


KINDS: tuple[QuestionKind[Any], ...] = (TextKind(),)
