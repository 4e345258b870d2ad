"""The kinds of questions by name, for tests that are about one of them, and answers to a question of any kind."""

from __future__ import annotations

from random import Random
from typing import Any

from app.domain import kinds
from app.domain.kinds import KINDS, Response
from app.domain.question import QuestionText

SINGLE, SEVERAL, TRUE_FALSE = kinds.get_kind("single"), kinds.get_kind("several"), kinds.get_kind("truefalse")
MATCH, ORDER, NUMERIC, REGION = (
    kinds.get_kind("match"),
    kinds.get_kind("order"),
    kinds.get_kind("numeric"),
    kinds.get_kind("region"),
)
TEXT = kinds.get_kind("text")
CASE = kinds.get_kind("case")

WRITTEN = kinds.get_kind("written")

MARKED_BY_KEY = tuple(kind for kind in KINDS if not kind.is_marked_by_people)
"""The kinds that the program marks, which practice can ask."""

N = {kind: n for n, kind in enumerate(MARKED_BY_KEY, start=1)}
"""The number of the question of each kind on a paper with one of each."""


def right(shown: QuestionText, key: Any) -> Response:
    return shown.kind.right_response(shown, key)


def wrong(shown: QuestionText, key: Any, rng: Random | None = None, question_rng: Random | None = None) -> Response:
    return shown.kind.wrong_response(shown, key, rng or Random(0), question_rng or Random(0))
