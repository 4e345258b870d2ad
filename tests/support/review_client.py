"""Reviews as a learner has them: answering elsewhere, the chore that updates cards, and a review of what is due."""

from __future__ import annotations

import re
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import AttemptItem, MemoryCard, QuestionVersion
from app.services.attempts import cards
from tests.conftest import Clock
from tests.support.attempt_client import AttemptClient, start
from tests.support.factory import Person


def update_cards(session: Session, clock: Clock) -> None:
    """What the chore does each minute."""
    while cards.forget_past_exams(session, clock()):
        pass
    while cards.update_some(session, clock()) is not None:
        pass
    session.commit()


def practise(
    person: Person, session: Session, clock: Clock, module: str = "safety", wrong: Collection[int] = ()
) -> AttemptClient:
    """Practise a module to its end, and let the chore run."""
    play = start(person.client, session, "practice", module)
    play.answer_all(wrong=wrong)
    play.submit()
    update_cards(session, clock)
    return play


def begin_review(person: Person, session: Session, size: int = 10) -> AttemptClient:
    reply = person.client.post("/review", data={"size": str(size)})
    assert reply.status_code == 303
    assert "/attempts/" in reply.location, "nothing is due"
    return AttemptClient(person.client, session, int(reply.location.rpartition("/")[2]))


def list_cards(person: Person, session: Session) -> dict[int, MemoryCard]:
    rows = session.scalars(
        select(MemoryCard).where(MemoryCard.learner_id == person.learner.id).execution_options(populate_existing=True)
    )
    return {row.objective_id: row for row in rows}


def list_asked(session: Session, attempt_id: int) -> list[QuestionVersion]:
    """The questions of an attempt in their order."""
    return list(
        session.scalars(
            select(QuestionVersion)
            .join(AttemptItem, AttemptItem.version_id == QuestionVersion.id)
            .where(AttemptItem.attempt_id == attempt_id)
            .order_by(AttemptItem.position)
        )
    )


def count_due(person: Person) -> int:
    """How many questions the page of reviews offers today."""
    found = re.search(r"(\d+) due today", person.client.get("/review").text)
    return int(found[1]) if found else 0
