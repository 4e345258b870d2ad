"""What members of a cohort do beside what the gradebook shows, as far as it says who needs attention.

Practice is the learner's own: that somebody practised lately is asked, and nothing of what they answered. Only the tests of the cohort that asks
say where somebody is stuck; those of other cohorts are not its business.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, String, case, cast, exists, func, select
from sqlalchemy.orm import Session

from app.domain.attempt import Purpose
from app.domain.attention import INACTIVE_AFTER, STUCK_AFTER, STUCK_WITHIN, Activity, is_stuck
from app.domain.gradebook import Column
from app.models import Attempt, Learner, LessonProgress, LessonRow, Mark, ObjectiveRow
from app.services.assigned.terms import assignment_scope


@dataclass(frozen=True, slots=True)
class _Reading:
    read_at: datetime | None
    has_practised: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """``stuck`` holds, by learner, the titles of the objectives that they are stuck on; those who are not are left out."""

    readings: Mapping[int, _Reading]
    stuck: Mapping[int, tuple[str, ...]]

    def activity(self, learner_id: int, joined_at: datetime) -> Activity:
        its = self.readings[learner_id]
        return Activity(joined_at, its.read_at, its.has_practised)


def read(session: Session, columns: Sequence[Column], learners: Sequence[int], now: datetime) -> Seen:
    """Two statements, for whichever learners and assignments of one cohort."""
    return Seen(_readings(session, columns, learners, now), _stuck(session, columns, learners, now))


def _readings(
    session: Session, columns: Sequence[Column], learners: Sequence[int], now: datetime
) -> dict[int, _Reading]:
    modules = {column.module_id for column in columns}
    read_at = (
        select(func.max(LessonProgress.read_at))
        .where(
            LessonProgress.learner_id == Learner.id,
            LessonProgress.lesson_id.in_(select(LessonRow.id).where(LessonRow.module_id.in_(modules))),
        )
        .correlate(Learner)
        .scalar_subquery()
    )
    has_practised = (
        exists()
        .where(
            Mark.learner_id == Learner.id,
            Mark.settled_at >= now - INACTIVE_AFTER,
            Attempt.id == Mark.attempt_id,
            Attempt.purpose != Purpose.TEST,
            Attempt.module_id.in_(modules),
        )
        .correlate(Learner)
    )
    rows = session.execute(select(Learner.id, read_at, has_practised).where(Learner.id.in_(learners)))
    return {learner_id: _Reading(moment, bool(practised)) for learner_id, moment, practised in rows}


def _stuck(
    session: Session, columns: Sequence[Column], learners: Sequence[int], now: datetime
) -> dict[int, tuple[str, ...]]:
    """By the latest answers in this cohort's tests; what was voided was no answer."""
    scopes = [assignment_scope(column.assignment_id) for column in columns]
    # Attempts are numbered as they are begun: this sorts answers by time.
    place = cast(Mark.attempt_id, BigInteger) * 1000 + Mark.position
    latest_right = func.max(case((Mark.is_right, place), else_=0))
    wrong = func.aggregate_strings(cast(case((Mark.is_right.is_(False), place)), String), ",")
    # Few pairs of learner and objective have so many wrong answers at all: counting them here is twice as fast as a window over all.
    often = (
        select(Mark.learner_id, Mark.objective_id, latest_right.label("latest_right"), wrong.label("wrong"))
        .join(Attempt, Attempt.id == Mark.attempt_id)
        .where(
            Attempt.learner_id.in_(learners),
            Attempt.scope.in_(scopes),
            Attempt.submitted_at >= now - STUCK_WITHIN,
            Mark.is_void.is_(False),
        )
        .group_by(Mark.learner_id, Mark.objective_id)
        .having(func.sum(case((Mark.is_right, 0), else_=1)) >= STUCK_AFTER)
        .subquery()
    )
    rows = session.execute(
        select(often.c.learner_id, ObjectiveRow.title, often.c.latest_right, often.c.wrong)
        .join(ObjectiveRow, ObjectiveRow.id == often.c.objective_id)
        .order_by(ObjectiveRow.module_id, ObjectiveRow.position)
    )
    stuck: dict[int, list[str]] = defaultdict(list)
    for learner_id, title, right_at, wrong_at in rows:
        if is_stuck(right_at, map(int, wrong_at.split(","))):
            stuck[learner_id].append(title)
    return {learner_id: tuple(titles) for learner_id, titles in stuck.items()}
