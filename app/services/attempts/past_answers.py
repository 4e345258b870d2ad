"""Reading a learner's latest answers whose correctness is released, and how many they gave on each day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Integer, Text, and_, bindparam, cast, extract, func, or_, select
from sqlalchemy.orm import Session

from app.db import UtcDateTimeType
from app.domain import activity
from app.domain.activity import QUARTER_HOUR, ActiveWeek
from app.domain.attempt import AttemptState, Purpose
from app.domain.mastery import RECENT_MARKS
from app.domain.past_answers import PastAnswer
from app.models import Assignment, Attempt, AttemptItem, Learner, Mark, QuestionVersion, ScopeResult
from app.services.attempts.releases import is_correctness_released

IS_ANSWERED = and_(AttemptItem.response.is_not(None), cast(AttemptItem.response, Text) != "null")
"""The condition that a question has an answer, on ``AttemptItem``. A cleared answer is a JSON null."""
# Built once, because building the statement takes longer than running it.
_RECENT = (
    select(
        Mark.objective_id,
        Mark.attempt_id,
        Mark.position,
        Mark.is_right,
        AttemptItem.certainty,
        QuestionVersion.is_critical,
        IS_ANSWERED,
        Mark.marked_at,
        and_(Attempt.state == AttemptState.SUBMITTED, Attempt.purpose != Purpose.CHECK),
    )
    .join(Attempt, Attempt.id == Mark.attempt_id)
    .join(AttemptItem, and_(AttemptItem.attempt_id == Mark.attempt_id, AttemptItem.position == Mark.position))
    .join(QuestionVersion, QuestionVersion.id == Mark.version_id)
    .outerjoin(Assignment, Assignment.id == Attempt.assignment_id)
    .outerjoin(ScopeResult, and_(ScopeResult.learner_id == Attempt.learner_id, ScopeResult.scope == Attempt.scope))
    .where(
        Mark.learner_id == bindparam("learner_id"),
        Mark.is_void.is_(False),
        is_correctness_released(bindparam("now", type_=UtcDateTimeType())),
    )
    .order_by(Mark.marked_at.desc(), Mark.attempt_id.desc(), Mark.position.desc())
    .limit(RECENT_MARKS)
)


def list_past_answers(session: Session, learner: Learner, now: datetime) -> tuple[PastAnswer, ...]:
    """List the learner's latest answers that are released, at most :data:`RECENT_MARKS`, the latest first."""
    rows = session.execute(_RECENT, {"learner_id": learner.id, "now": now})
    return tuple(PastAnswer(*row[:-2], marked_at=row[-2], has_result=bool(row[-1])) for row in rows)


_SECONDS = extract("epoch", AttemptItem.saved_at)
_QUARTER = cast(_SECONDS - _SECONDS % QUARTER_HOUR, Integer)
_SINCE = bindparam("since", type_=UtcDateTimeType())
# Answers of tests count as soon as they are given: their number says nothing about how good they are.
_BY_QUARTER = (
    select(_QUARTER, func.count())
    .join(Attempt, Attempt.id == AttemptItem.attempt_id)
    .where(
        Attempt.learner_id == bindparam("learner_id"),
        or_(Attempt.submitted_at.is_(None), Attempt.submitted_at >= _SINCE),
        AttemptItem.saved_at >= _SINCE,
        IS_ANSWERED,
    )
    .group_by(_QUARTER)
)


def view_calendar(session: Session, learner: Learner, now: datetime) -> Sequence[ActiveWeek]:
    """Return how many questions the learner answered on each day of the latest weeks, in their time zone."""
    since = activity.get_calendar_start(now, learner.time_zone)
    rows = session.execute(_BY_QUARTER, {"learner_id": learner.id, "since": since})
    return activity.build_calendar(((int(second), count) for second, count in rows), now, learner.time_zone)
