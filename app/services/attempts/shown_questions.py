"""The questions whose right answers a learner has been shown: what they may search and keep notes about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from app.db import UtcDateTimeType
from app.domain.attempt import AttemptState, Purpose
from app.domain.scope import find_check_lesson
from app.models import Assignment, Attempt, Learner, Mark, QuestionRow, QuestionVersion, ScopeResult
from app.services.attempts.releases import is_key_released
from app.services.course.catalogue import LessonLine
from app.services.course.outline import CourseOutline

MAX_ATTEMPTS = 400
"""Of how many attempts of a learner, the latest, the questions count."""


@dataclass(frozen=True, slots=True)
class ShownQuestion:
    """Where a learner has last been shown the right answer of a question."""

    version_id: int
    slug: str
    module_id: int
    attempt_id: int
    position: int
    purpose: Purpose
    state: AttemptState
    scope: str
    started_at: datetime


# The limit also keeps SQLite from asking the conditions again for each question.
_RELEASED = (
    select(Attempt.id, Attempt.purpose, Attempt.state, Attempt.scope, Attempt.started_at)
    .outerjoin(Assignment, Assignment.id == Attempt.assignment_id)
    .outerjoin(ScopeResult, and_(ScopeResult.learner_id == Attempt.learner_id, ScopeResult.scope == Attempt.scope))
    .where(
        Attempt.learner_id == bindparam("learner_id"),
        is_key_released(bindparam("now", type_=UtcDateTimeType())),
    )
    .order_by(Attempt.id.desc())
    .limit(MAX_ATTEMPTS)
    .cte("released")
)
_SHOWN = (
    select(
        Mark.version_id,
        QuestionRow.slug,
        QuestionRow.module_id,
        _RELEASED.c.id,
        Mark.position,
        _RELEASED.c.purpose,
        _RELEASED.c.state,
        _RELEASED.c.scope,
        _RELEASED.c.started_at,
    )
    .select_from(_RELEASED)
    .join(Mark, Mark.attempt_id == _RELEASED.c.id)
    .join(QuestionVersion, QuestionVersion.id == Mark.version_id)
    .join(QuestionRow, QuestionRow.id == QuestionVersion.question_id)
    .order_by(_RELEASED.c.id, Mark.position)
)


def list_shown(session: Session, learner: Learner, known: CourseOutline, now: datetime) -> dict[int, ShownQuestion]:
    """Return where the learner was last shown the key of each question version, by the version's id.

    Checks of lessons that are no longer published are left out: there is no page for them.
    """
    rows = session.execute(_SHOWN, {"learner_id": learner.id, "now": now})
    questions = (ShownQuestion(*row) for row in rows)
    return {
        question.version_id: question
        for question in questions
        if question.purpose is not Purpose.CHECK or find_lesson(question, known)
    }


def find_lesson(question: ShownQuestion, known: CourseOutline) -> LessonLine | None:
    """Return the lesson of the course that asks a question as a check; None if no lesson does."""
    number = find_check_lesson(question.scope)
    return next((line for line in known.lessons if line.id == number), None)
