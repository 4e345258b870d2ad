"""The objectives of a result: how the learner did on each, and where to read about it again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import LessonRow, Mark, ModuleRow, ObjectiveRow
from app.services.attempts import objective_levels
from app.services.course import catalogue
from app.services.course.memory import CourseMemory, get_memory


@dataclass(frozen=True, slots=True)
class Reading:
    """Where to read about an objective again."""

    module_slug: str
    lesson_slug: str
    section: str | None
    title: str
    minutes: int


@dataclass(frozen=True, slots=True)
class ObjectiveScore:
    """An objective with the answers on it, and how many practice questions on it there are now."""

    id: int
    title: str
    module_slug: str
    practice_questions: int
    right: int
    of: int
    is_critical_missed: bool
    reading: Reading | None

    @property
    def is_all_right(self) -> bool:
        return self.right == self.of


@dataclass(frozen=True, slots=True)
class _Objective:
    """An objective, current or retired, as everybody sees it. See :class:`ObjectiveScore`."""

    title: str
    module_slug: str
    practice_questions: int
    reading: Reading | None


# Built once, because building this statement takes longer than running it.
_OBJECTIVES = (
    select(
        ObjectiveRow.id,
        ObjectiveRow.title,
        ObjectiveRow.read,
        ModuleRow.slug.label("module"),
        objective_levels.PRACTICE_QUESTIONS.label("practice_questions"),
        LessonRow.slug.label("lesson"),
        LessonRow.title.label("lesson_title"),
        LessonRow.minutes,
    )
    .join(ModuleRow, ModuleRow.id == ObjectiveRow.module_id)
    .outerjoin(
        LessonRow,
        (LessonRow.module_id == ObjectiveRow.module_id)
        & ((ObjectiveRow.read == LessonRow.slug) | ObjectiveRow.read.startswith(LessonRow.slug + "#"))
        & LessonRow.retired_at.is_(None),
    )
)


def get_objective(session: Session, version_id: int) -> int:
    return catalogue.get_texts(session, [version_id])[version_id].objective_id


def list_readings(session: Session, objective_ids: Iterable[int]) -> dict[int, Reading]:
    """Return the lesson to read again for each objective that has one."""
    wanted = set(objective_ids)
    known = _find_objectives(session, get_memory(session), wanted)
    found = ((one, known[one].reading) for one in wanted if one in known)
    return {one: reading for one, reading in found if reading is not None}


def _find_objectives(session: Session, memory: CourseMemory, wanted: Set[int]) -> Mapping[int, _Objective]:
    """Return at least these objectives: from memory, and from the database if any are of other publications."""
    known = _recall_objectives(session, memory)
    if others := wanted - known.keys():
        rows = session.execute(_OBJECTIVES.where(ObjectiveRow.id.in_(others)))
        known = {**known, **{row.id: _read_objective(row) for row in rows}}
    return known


def _recall_objectives(session: Session, memory: CourseMemory) -> Mapping[int, _Objective]:
    its = _OBJECTIVES.where(ModuleRow.library_id == memory.library_id)
    return memory.remember("objectives", lambda: {row.id: _read_objective(row) for row in session.execute(its)})


def _read_objective(row: Any) -> _Objective:
    section = (row.read or "").partition("#")[2] or None
    reading = Reading(row.module, row.lesson, section, row.lesson_title, row.minutes) if row.lesson else None
    return _Objective(row.title, row.module, row.practice_questions, reading)


def score_objectives(session: Session, memory: CourseMemory, marks: Iterable[Mark]) -> tuple[ObjectiveScore, ...]:
    """Score each objective: missed safety-critical ones first, then the weakest first. Void answers do not count."""
    by_objective: dict[int, list[Mark]] = {}
    for mark in marks:
        if not mark.is_void:
            by_objective.setdefault(mark.objective_id, []).append(mark)
    about = _find_objectives(session, memory, by_objective.keys())
    shown = catalogue.get_texts(session, [mark.version_id for rows in by_objective.values() for mark in rows])
    scores = [
        ObjectiveScore(
            id=objective_id,
            title=about[objective_id].title,
            module_slug=about[objective_id].module_slug,
            practice_questions=about[objective_id].practice_questions,
            right=sum(row.is_right for row in rows),
            of=len(rows),
            is_critical_missed=any(shown[row.version_id].is_critical and not row.is_right for row in rows),
            reading=about[objective_id].reading,
        )
        for objective_id, rows in by_objective.items()
    ]
    return tuple(sorted(scores, key=lambda score: (not score.is_critical_missed, score.right / score.of, score.title)))
