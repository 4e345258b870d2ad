"""What members of a cohort do beside what the gradebook shows, as far as it says who needs attention.

Practice is the learner's own: that somebody practised lately is asked, and nothing of what they answered. Only the tests of the cohort that asks
say where somebody is stuck; those of other cohorts are not its business.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, cast, exists, func, select
from sqlalchemy.orm import Session

from app.domain.attempt import Purpose
from app.domain.attention import INACTIVE_AFTER, STUCK_AFTER, STUCK_WITHIN, Activity
from app.domain.gradebook import Column
from app.models import Attempt, Learner, LessonProgress, LessonRow, Mark, ObjectiveRow
from app.services.attempts import assignment_scope


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
    place = func.row_number().over(
        partition_by=(Mark.learner_id, Mark.objective_id), order_by=(Mark.attempt_id.desc(), Mark.position.desc())
    )
    latest = (
        select(Mark.learner_id, Mark.objective_id, Mark.is_right, place.label("place"))
        .join(Attempt, Attempt.id == Mark.attempt_id)
        .where(
            Attempt.learner_id.in_(learners),
            Attempt.scope.in_(scopes),
            Attempt.submitted_at >= now - STUCK_WITHIN,
            Mark.is_void.is_(False),
        )
        .subquery()
    )
    found = (
        select(latest.c.learner_id, latest.c.objective_id)
        .where(latest.c.place <= STUCK_AFTER)
        .group_by(latest.c.learner_id, latest.c.objective_id)
        .having(func.count() == STUCK_AFTER, func.sum(cast(latest.c.is_right, Integer)) == 0)
        .subquery()
    )
    rows = session.execute(
        select(found.c.learner_id, ObjectiveRow.title)
        .join(ObjectiveRow, ObjectiveRow.id == found.c.objective_id)
        .order_by(ObjectiveRow.module_id, ObjectiveRow.position)
    )
    stuck: dict[int, list[str]] = defaultdict(list)
    for learner_id, title in rows:
        stuck[learner_id].append(title)
    return {learner_id: tuple(titles) for learner_id, titles in stuck.items()}
