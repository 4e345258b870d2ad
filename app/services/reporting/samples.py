"""A sample paper for trainers: drawn like a learner's paper, but not stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.content import Source
from app.domain.kinds import FeedbackRow
from app.domain.paper import Slot
from app.domain.question import QuestionText
from app.models import AssignmentLesson, AttemptItem, LessonRow
from app.services.assignments.assignments import TaughtAssignment
from app.services.assignments.availability import get_content
from app.services.course import catalogue, selection


@dataclass(frozen=True, slots=True)
class SampleSolution:
    """The key of one question with the explanations, for trainers only."""

    right: tuple[str, ...]
    rows: tuple[FeedbackRow, ...]
    explanation: str
    sources: tuple[Source, ...]


def draw_sample(session: Session, taught: TaughtAssignment, seed: int) -> tuple[AttemptItem, ...]:
    """Draw the questions of one paper. The items belong to no attempt and no session.

    The same seed draws the same paper until the course changes.
    """
    return tuple(
        AttemptItem(
            position=n,
            version_id=slot.version_id,
            option_order=list(slot.option_order),
            revision=0,
            is_flagged=False,
            section=slot.section,
        )
        for n, slot in enumerate(_draw_slots(session, taught, seed), start=1)
    )


def _draw_slots(session: Session, taught: TaughtAssignment, seed: int) -> tuple[Slot, ...]:
    chosen = session.scalars(
        select(LessonRow.slug)
        .join(AssignmentLesson, AssignmentLesson.lesson_id == LessonRow.id)
        .where(AssignmentLesson.assignment_id == taught.assignment.id)
    )
    content = get_content(taught.assignment, taught.module, frozenset(chosen))
    return selection.select_test(session, content, seed)


def get_solution(session: Session, item: AttemptItem) -> SampleSolution:
    ids: Sequence[int] = [item.version_id]
    shown: QuestionText = catalogue.get_texts(session, ids)[item.version_id]
    explained = catalogue.get_solutions(session, ids)[item.version_id]
    return SampleSolution(
        right=shown.kind.describe_key(shown, explained.key, item.option_order),
        rows=shown.kind.solution_rows(shown, item.option_order, explained.key),
        explanation=explained.explanation,
        sources=tuple(catalogue.list_sources(session, explained.sources).values()),
    )
