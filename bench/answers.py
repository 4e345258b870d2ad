"""The test questions of the course, each with right and wrong responses and their marks."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.content import Use
from app.domain.kinds import Response
from app.domain.marking import MarkResult, mark_response
from app.domain.question import QuestionText
from app.models import QuestionRow, QuestionVersion
from app.services.course import catalogue

CRITICAL_ONE_IN = 8
"""One in this many safety-critical questions is used. With all of them, no average learner would ever pass."""


@dataclass(frozen=True, slots=True)
class RatedResponse:
    """A response to a question and its mark."""

    response: Response
    result: MarkResult


@dataclass(frozen=True, slots=True)
class BenchQuestion:
    """A question with one right and several wrong responses."""

    shown: QuestionText
    order: list[int]
    right: RatedResponse
    wrong: tuple[RatedResponse, ...]


def list_bench_questions(session: Session, rng: Random) -> list[BenchQuestion]:
    ids = session.scalars(
        select(QuestionVersion.id)
        .join(QuestionRow, QuestionRow.id == QuestionVersion.question_id)
        .where(QuestionRow.use == Use.TEST, QuestionVersion.superseded_at.is_(None))
        .order_by(QuestionVersion.id)
    ).all()
    shown, keys = catalogue.get_texts(session, ids), catalogue.get_solutions(session, ids)
    kept = [one for at, one in enumerate(ids) if not shown[one].is_critical or at % CRITICAL_ONE_IN == 0]
    return [_build_question(shown[one], keys[one].key, rng) for one in kept]


def _build_question(shown: QuestionText, key: Any, rng: Random) -> BenchQuestion:
    def choice(response: Response) -> RatedResponse:
        return RatedResponse(response, mark_response(shown.kind, key, response))

    order = list(range(len(shown.options)))
    rng.shuffle(order)
    wrong = tuple(choice(shown.kind.wrong_response(shown, key, rng, Random(shown.version_id))) for _ in range(4))
    return BenchQuestion(shown, order, choice(shown.kind.right_response(shown, key)), wrong)
