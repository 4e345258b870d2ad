"""A learner's objectives with level and estimated recall, and what else their progress page needs, by one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, and_, bindparam, func, select, true
from sqlalchemy.orm import Session

from app.domain import recall, spacing
from app.domain.attempt import AttemptState
from app.domain.mastery import UNSEEN, ObjectiveMastery
from app.domain.recall import CurvePoint, ForecastMoment
from app.domain.scope import REVIEW
from app.domain.spacing import Memory
from app.models import Attempt, Learner, LessonRow, MemoryCard, ModuleRow, ObjectiveRow, ReviewPlan
from app.services.attempts import attempt_list, reviews
from app.services.attempts.attempt_list import AttemptFilter
from app.services.attempts.objective_levels import IS_ASKABLE, ObjectiveLevel
from app.services.attempts.reviews import ReviewToday


@dataclass(frozen=True, slots=True)
class OwnObjectives:
    """All current objectives in the order of the course, and what belongs to the learner as a whole.

    ``curve`` is the forecast of the objectives that have an estimate. ``attempts`` counts submitted
    attempts by kind.
    """

    objectives: tuple[ObjectiveLevel, ...]
    curve: tuple[CurvePoint, ...]
    review: ReviewToday
    exam_on: date | None
    open_review_id: int | None
    attempts: Mapping[AttemptFilter, int]


# Built once, because building these statements takes longer than running them. Reviews and levels are about the course
# only, not about modules of libraries.
_OBJECTIVES = (
    select(
        ObjectiveRow.id,
        ObjectiveRow.title,
        ObjectiveRow.position,
        ObjectiveRow.read,
        ModuleRow.id.label("module_id"),
        ModuleRow.slug.label("module_slug"),
        ModuleRow.title.label("module_title"),
        ModuleRow.position.label("module_position"),
        LessonRow.slug.label("lesson_slug"),
        IS_ASKABLE.label("is_askable"),
    )
    .join(ModuleRow, ModuleRow.id == ObjectiveRow.module_id)
    .outerjoin(
        LessonRow,
        (LessonRow.module_id == ObjectiveRow.module_id)
        & ((ObjectiveRow.read == LessonRow.slug) | ObjectiveRow.read.startswith(LessonRow.slug + "#"))
        & LessonRow.retired_at.is_(None),
    )
    .where(ObjectiveRow.retired_at.is_(None), ModuleRow.retired_at.is_(None), ModuleRow.library_id.is_(None))
    .subquery()
)
_OPEN_REVIEW = (
    select(Attempt.id)
    .where(Attempt.learner_id == bindparam("learner_id"), Attempt.scope == REVIEW, Attempt.state == AttemptState.OPEN)
    .scalar_subquery()
)
_ALL = (
    select(
        func.coalesce(ReviewPlan.daily_limit, spacing.DEFAULT_DAILY_LIMIT).label("daily_limit"),
        func.coalesce(ReviewPlan.is_paused, False).label("is_paused"),
        ReviewPlan.exam_on,
        reviews.DONE_TODAY.label("done"),
        _OPEN_REVIEW.label("open_review_id"),
        *(count.label(f"{kind}_count") for kind, count in attempt_list.COUNTS.items()),
        _OBJECTIVES,
        MemoryCard.stability,
        MemoryCard.difficulty,
        MemoryCard.reviewed_at,
        MemoryCard.is_urgent,
        MemoryCard.due_at,
    )
    .select_from(Learner)
    .outerjoin(ReviewPlan, ReviewPlan.learner_id == Learner.id)
    .outerjoin(_OBJECTIVES, true())
    .outerjoin(MemoryCard, and_(MemoryCard.learner_id == Learner.id, MemoryCard.objective_id == _OBJECTIVES.c.id))
    .where(Learner.id == bindparam("learner_id"))
    .order_by(_OBJECTIVES.c.module_position, _OBJECTIVES.c.position)
)


def view_objectives(
    session: Session,
    learner: Learner,
    levels: Mapping[int, ObjectiveMastery],
    moment: ForecastMoment,
) -> OwnObjectives:
    """Return the learner's objectives with these levels, and the recall estimated for a moment."""
    rows = session.execute(_ALL, reviews.get_day_params(learner, moment.now)).all()
    found = [row for row in rows if row.id is not None]
    memories = {row.id: _get_memory(row) for row in found if row.stability is not None}
    return OwnObjectives(
        objectives=tuple(_build_objective(row, levels, memories, moment) for row in found),
        curve=recall.forecast_curve([*memories.values()], moment.now, spacing.get_day(moment.now, learner.time_zone)),
        review=_count_review(learner, rows, spacing.get_day_end(moment.now, learner.time_zone)),
        exam_on=rows[0].exam_on,
        open_review_id=rows[0].open_review_id,
        attempts={kind: getattr(rows[0], f"{kind}_count") for kind in AttemptFilter},
    )


def _get_memory(row: Row[Any]) -> Memory:
    return Memory(row.stability, row.difficulty, row.reviewed_at, row.is_urgent)


def _build_objective(
    row: Row[Any], levels: Mapping[int, ObjectiveMastery], memories: Mapping[int, Memory], moment: ForecastMoment
) -> ObjectiveLevel:
    memory = memories.get(row.id)
    return ObjectiveLevel(
        id=row.id,
        title=row.title,
        module_id=row.module_id,
        module_slug=row.module_slug,
        module_title=row.module_title,
        lesson_slug=row.lesson_slug,
        section=(row.read or "").partition("#")[2] or None,
        is_askable=row.is_askable,
        level=levels.get(row.id, UNSEEN),
        estimate=recall.estimate_recall(memory, moment) if memory else None,
    )


def _count_review(learner: Learner, rows: Sequence[Row[Any]], until: datetime) -> ReviewToday:
    """Count as :func:`app.services.attempts.reviews.count_today` does (a test compares both)."""
    if learner.user_id is None:
        return ReviewToday(0, 0)
    first = rows[0]
    due = sum(bool(row.is_askable) and row.due_at is not None and row.due_at < until for row in rows)
    offered = 0 if first.is_paused else min(due, max(0, first.daily_limit - first.done))
    return ReviewToday(offered, first.done, bool(first.is_paused))
