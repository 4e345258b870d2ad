"""What members do besides the cohort's tests, as far as it decides who needs attention.

Practice is private: the queries read whether a learner practised lately, but not their answers. Only tests of this
cohort count towards being stuck, so that trainers learn nothing about the tests of other cohorts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, String, case, cast, exists, func, select
from sqlalchemy.orm import Session

from app.domain.attempt import Purpose
from app.domain.attention import INACTIVE_AFTER, STUCK_AFTER, STUCK_WITHIN, LearnerActivity, is_stuck
from app.domain.gradebook import GradebookColumn
from app.domain.scope import build_assignment_scope
from app.models import Attempt, Learner, LessonProgress, LessonRow, Mark, ObjectiveRow
from app.services.reporting.gradebook_cells import asked_modules


@dataclass(frozen=True, slots=True)
class _LessonActivity:
    read_at: datetime | None
    has_practised: bool


@dataclass(frozen=True, slots=True)
class CohortActivity:
    """Activity by learner.

    ``stuck`` holds the titles of the objectives that a learner is stuck on; it omits learners without any.
    """

    readings: Mapping[int, _LessonActivity]
    stuck: Mapping[int, tuple[str, ...]]

    def activity(self, learner_id: int, joined_at: datetime) -> LearnerActivity:
        lessons = self.readings[learner_id]
        return LearnerActivity(joined_at, lessons.read_at, lessons.has_practised)


def load_activity(
    session: Session, columns: Sequence[GradebookColumn], learners: Sequence[int], now: datetime
) -> CohortActivity:
    """Load the activity of these learners; the columns are assignments of one cohort."""
    return CohortActivity(
        _list_lesson_activity(session, columns, learners, now), _list_stuck(session, columns, learners, now)
    )


def _list_lesson_activity(
    session: Session, columns: Sequence[GradebookColumn], learners: Sequence[int], now: datetime
) -> dict[int, _LessonActivity]:
    modules = asked_modules(columns)
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
            Mark.marked_at >= now - INACTIVE_AFTER,
            Attempt.id == Mark.attempt_id,
            Attempt.purpose != Purpose.TEST,
            Attempt.module_id.in_(modules),
        )
        .correlate(Learner)
    )
    rows = session.execute(select(Learner.id, read_at, has_practised).where(Learner.id.in_(learners)))
    return {learner_id: _LessonActivity(moment, bool(practised)) for learner_id, moment, practised in rows}


def _list_stuck(
    session: Session, columns: Sequence[GradebookColumn], learners: Sequence[int], now: datetime
) -> dict[int, tuple[str, ...]]:
    """Find stuck learners by their latest answers in this cohort's tests. Void marks do not count."""
    scopes = [build_assignment_scope(column.assignment_id) for column in columns]
    # Attempt ids increase in order of start, so this sorts answers by time.
    place = cast(Mark.attempt_id, BigInteger) * 1000 + Mark.position
    latest_right = func.max(case((Mark.is_right, place), else_=0))
    wrong = func.aggregate_strings(cast(case((Mark.is_right.is_(False), place)), String), ",")
    # Few pairs of learner and objective have this many wrong answers. Selecting them first is twice as fast as a window
    # over all.
    candidates = (
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
        select(candidates.c.learner_id, ObjectiveRow.title, candidates.c.latest_right, candidates.c.wrong)
        .join(ObjectiveRow, ObjectiveRow.id == candidates.c.objective_id)
        .order_by(ObjectiveRow.module_id, ObjectiveRow.position)
    )
    stuck: dict[int, list[str]] = defaultdict(list)
    for learner_id, title, right_at, wrong_at in rows:
        if is_stuck(right_at, map(int, wrong_at.split(","))):
            stuck[learner_id].append(title)
    return {learner_id: tuple(titles) for learner_id, titles in stuck.items()}
