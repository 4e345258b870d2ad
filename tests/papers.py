"""Attempts with chosen questions: what chance draws only now and then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.attempt import Purpose, State
from app.domain.content import Kind, Use
from app.domain.paper import slot
from app.models import Attempt, AttemptItem, Learner, QuestionRow, QuestionVersion
from app.services.course import catalogue

# Tests type a number in the unit of this one, and count the lines and steps of these.
COUNTED_ON = {Kind.MATCH: "tp-match-signs", Kind.ORDER: "ev-order-trial", Kind.NUMERIC: "ev-count-difference"}


def of_every_kind(session: Session, learner: Learner, purpose: Purpose, now: datetime) -> Attempt:
    """An open attempt with one question of each kind, in the order of :class:`Kind`; a test asks for certainty.

    It is the first published one, but for those that tests count on.
    """
    current = select(QuestionVersion.kind, QuestionRow.slug).join(
        QuestionRow, QuestionRow.id == QuestionVersion.question_id
    )
    rows = session.execute(
        current.where(QuestionVersion.superseded_at.is_(None), QuestionRow.use == Use.PRACTICE).order_by(
            QuestionRow.id.desc()
        )
    )
    chosen = dict(tuple(row) for row in rows) | COUNTED_ON
    return of(session, learner, [chosen[kind] for kind in Kind], purpose, now)


def of(session: Session, learner: Learner, slugs: Sequence[str], purpose: Purpose, now: datetime) -> Attempt:
    """An open attempt at these practice questions, in this order."""
    candidates = catalogue.list_checks(session, slugs)
    module = session.scalars(select(QuestionRow.module_id).where(QuestionRow.slug == slugs[0])).one()
    slots = [slot(candidates[slug], Random(7)) for slug in slugs]
    attempt = Attempt(
        learner_id=learner.id,
        scope=f"{purpose}:module:{module}",
        number=1,
        purpose=purpose,
        module_id=module,
        seed=0,
        state=State.OPEN,
        started_at=now,
        pass_mark_percent=80,
        asks_certainty=purpose is Purpose.TEST,
        checks_each=purpose is Purpose.PRACTICE,
        items=[
            AttemptItem(position=n, version_id=one.version_id, option_order=list(one.option_order))
            for n, one in enumerate(slots, start=1)
        ],
    )
    session.add(attempt)
    session.flush()  # its id names its page
    return attempt
