"""A sample of the paper that a learner would get, for whoever sets the test: drawn as theirs are, and stored nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.content import Source
from app.domain.question import Shown
from app.models import AssignmentLesson, AttemptItem, LessonRow
from app.services.assigned.assignments import Taught
from app.services.course import catalogue
from app.services.taking import drawing, feedback
from app.services.taking.feedback import Line


@dataclass(frozen=True, slots=True)
class Solution:
    """The key of one question with its reasons: for trainers alone."""

    right: tuple[str, ...]
    lines: tuple[Line, ...]
    explanation: str
    sources: tuple[Source, ...]


def draw(session: Session, taught: Taught, seed: int) -> tuple[AttemptItem, ...]:
    """The questions of one paper; the same seed draws the same as long as the course stays. They belong to no attempt and to no session."""
    chosen = session.scalars(
        select(LessonRow.slug)
        .join(AssignmentLesson, AssignmentLesson.lesson_id == LessonRow.id)
        .where(AssignmentLesson.assignment_id == taught.assignment.id)
    )
    slots = drawing.for_test(session, taught.module, seed, frozenset(chosen))
    return tuple(
        AttemptItem(
            position=n, version_id=slot.version_id, option_order=list(slot.option_order), revision=0, is_flagged=False
        )
        for n, slot in enumerate(slots, start=1)
    )


def solution(session: Session, item: AttemptItem) -> Solution:
    ids: Sequence[int] = [item.version_id]
    shown: Shown = catalogue.shown(session, ids)[item.version_id]
    explained = catalogue.keys(session, ids)[item.version_id]
    return Solution(
        right=feedback.right_texts(shown, explained.key),
        lines=feedback.lines(item, shown, explained.key, explained.key.whys),
        explanation=explained.explanation,
        sources=tuple(catalogue.sources(session, explained.sources).values()),
    )
