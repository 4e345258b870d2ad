"""Attempts with chosen questions: what chance draws only now and then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.attempt import AttemptState, Purpose
from app.domain.content import Use
from app.domain.paper import make_slot
from app.models import Attempt, AttemptItem, Learner, QuestionRow, QuestionVersion
from app.services.course import catalogue
from tests.support.question_kinds import MARKED_BY_KEY

FIXED_QUESTIONS = {"match": "tp-match", "order": "ev-order-five", "numeric": "ev-count-points", "text": "tp-text"}
"""Questions of the tests' course with four lines, five steps, a number of points, and a term."""

COUNTED_ON_IN_REAL_COURSE = {
    "match": "tp-match-signs",
    "order": "ev-order-trial",
    "numeric": "ev-count-difference",
    "text": "tp-name-jump",
}
"""The same in ``questions/``, for browser tests."""


def start_with_every_kind(
    session: Session,
    learner: Learner,
    purpose: Purpose,
    now: datetime,
    *,
    counted_on: Mapping[str, str] = FIXED_QUESTIONS,
) -> Attempt:
    """Open an attempt with one question of each kind, in the order of :data:`MARKED_BY_KEY`; a test asks for certainty.

    It holds the first published question of each kind, except for the kinds in ``counted_on``.
    """
    current = select(QuestionVersion.kind, QuestionRow.slug).join(
        QuestionRow, QuestionRow.id == QuestionVersion.question_id
    )
    rows = session.execute(
        current.where(QuestionVersion.superseded_at.is_(None), QuestionRow.use == Use.PRACTICE).order_by(
            QuestionRow.id.desc()
        )
    )
    chosen = {kind: slug for kind, slug in rows} | dict(counted_on)
    return start_with_questions(session, learner, [chosen[kind.name] for kind in MARKED_BY_KEY], purpose, now)


def start_with_questions(
    session: Session, learner: Learner, slugs: Sequence[str], purpose: Purpose, now: datetime
) -> Attempt:
    """An open attempt at these practice questions, in this order."""
    candidates = catalogue.list_checks(session, slugs)
    module = session.scalars(select(QuestionRow.module_id).where(QuestionRow.slug == slugs[0])).one()
    slots = [make_slot(candidates[slug], Random(7)) for slug in slugs]
    attempt = Attempt(
        learner_id=learner.id,
        scope=f"{purpose}:module:{module}",
        number=1,
        purpose=purpose,
        module_id=module,
        seed=0,
        state=AttemptState.OPEN,
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
