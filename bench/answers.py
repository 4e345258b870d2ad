"""The test questions of the course, each with ways to answer it rightly and wrongly, and what they earn."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.demo import answering
from app.domain.content import Key, Use
from app.domain.marking import Result, mark
from app.domain.question import Shown
from app.domain.response import Response
from app.models import QuestionRow, QuestionVersion
from app.services.course import catalogue

CRITICAL = 8
"""Of the safety-critical questions one in so many is asked: with all of them nobody of middling ability would ever pass."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to answer a question, with what it earns."""

    response: Response
    result: Result


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with one right and several wrong ways to answer it."""

    shown: Shown
    order: list[int]
    right: Choice
    wrong: tuple[Choice, ...]


def list_asked(session: Session, rng: Random) -> list[Asked]:
    ids = session.scalars(
        select(QuestionVersion.id)
        .join(QuestionRow, QuestionRow.id == QuestionVersion.question_id)
        .where(QuestionRow.use == Use.TEST, QuestionVersion.superseded_at.is_(None))
        .order_by(QuestionVersion.id)
    ).all()
    shown, keys = catalogue.shown(session, ids), catalogue.keys(session, ids)
    kept = [one for at, one in enumerate(ids) if not shown[one].is_critical or at % CRITICAL == 0]
    return [_asked(shown[one], keys[one].key, rng) for one in kept]


def _asked(shown: Shown, key: Key, rng: Random) -> Asked:
    def choice(response: Response) -> Choice:
        return Choice(response, mark(shown.kind, key, response))

    order = list(range(len(shown.options)))
    rng.shuffle(order)
    wrong = tuple(choice(answering.wrong(shown, key, rng, Random(shown.version_id))) for _ in range(4))
    return Asked(shown, order, choice(answering.right(shown, key)), wrong)
