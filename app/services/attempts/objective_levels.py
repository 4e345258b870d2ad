"""Mastery of objectives from a learner's released marks, and practice of single objectives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from app.domain.content import Use
from app.domain.mastery import ObjectiveMastery, choose_weak
from app.domain.paper import draw_practice
from app.domain.recall import Estimate
from app.domain.scope import build_objective_scope
from app.models import Attempt, Learner, ModuleRow, ObjectiveRow, QuestionRow, QuestionVersion
from app.permissions import Viewer, opens_module
from app.services.attempts import attempts
from app.services.course import catalogue


@dataclass(frozen=True, slots=True)
class ObjectiveLevel:
    """An objective with the learner's level, and where to read about it: None if no current lesson covers it.

    ``is_askable`` means that there are practice questions on it. ``estimate`` is None without a memory card.
    """

    id: int
    title: str
    module_id: int
    module_slug: str
    module_title: str
    lesson_slug: str | None
    section: str | None
    is_askable: bool
    level: ObjectiveMastery
    estimate: Estimate | None = None


# Built once, because building these statements takes longer than running them.
_CAN_BE_DRAWN = (
    ObjectiveRow.retired_at.is_(None),
    ModuleRow.retired_at.is_(None),
    QuestionVersion.objective_id == ObjectiveRow.id,
    QuestionVersion.superseded_at.is_(None),
    QuestionRow.id == QuestionVersion.question_id,
    QuestionRow.retired_at.is_(None),
    QuestionRow.use == Use.PRACTICE,
)
IS_ASKABLE = exists().where(*_CAN_BE_DRAWN).correlate(ObjectiveRow, ModuleRow)
"""The condition that there are practice questions on an objective. It needs ``ObjectiveRow`` with ``ModuleRow``."""
PRACTICE_QUESTIONS = select(func.count()).where(*_CAN_BE_DRAWN).correlate(ObjectiveRow, ModuleRow).scalar_subquery()
"""How many practice questions on an objective can be drawn now, likewise."""


def choose_weakest(objectives: Sequence[ObjectiveLevel]) -> list[ObjectiveLevel]:
    """Choose objectives to practise now, those that need it most first."""
    by_id = {one.id: one for one in objectives if one.is_askable}
    return [by_id[number] for number in choose_weak({number: one.level for number, one in by_id.items()})]


def get_objective(session: Session, viewer: Viewer, objective_id: int) -> ObjectiveRow | None:
    """Return a current objective of a current module that the viewer may open, or None."""
    return session.scalar(
        select(ObjectiveRow)
        .join(ModuleRow, ModuleRow.id == ObjectiveRow.module_id)
        .where(ObjectiveRow.id == objective_id, ObjectiveRow.retired_at.is_(None), ModuleRow.retired_at.is_(None))
        .where(opens_module(viewer, ModuleRow.id, ModuleRow.library_id))
    )


def start_objective_practice(session: Session, learner: Learner, objective: ObjectiveRow, now: datetime) -> Attempt:
    """Start practice of one objective, or continue the open one.

    :raise NoQuestions: there are no practice questions on it.
    """
    module = session.get_one(ModuleRow, objective.module_id)
    pool = catalogue.list_practice_pool(session, [objective.id])
    return attempts.start_drawn(
        session,
        learner,
        build_objective_scope(objective.id),
        module,
        lambda seed: draw_practice(pool, module.practice_questions, seed),
        now,
    )
