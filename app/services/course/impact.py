"""Effects of course changes on open attempts, which keep the old versions, and on assignments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import distinct, exists, func, or_, select
from sqlalchemy.orm import Session

from app.domain.attempt import AttemptState
from app.models import (
    Assignment,
    AssignmentLesson,
    Attempt,
    AttemptItem,
    Cohort,
    LessonRow,
    ModuleRow,
    QuestionRow,
    QuestionVersion,
)
from app.services.course import selection
from app.services.course.changes import PublicationChanges
from app.services.course.selection import PaperContent

_QUESTION_CHANGES = ("question reworded", "question retired")


@dataclass(frozen=True, slots=True)
class PublicationImpact:
    """The open attempts and assignments that a publication affects. Assignments are titles with their cohort's.

    ``ended`` are those that nobody can start any more, because their module or all their questions are gone.
    """

    open_attempts: int
    assignments: tuple[str, ...]
    ended: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        found = []
        if self.open_attempts:
            found.append(f"open attempts that keep the old version of a changed question: {self.open_attempts}")
        if self.assignments:
            found.append(f"assignments that draw on changed questions: {'; '.join(self.assignments)}")
        if self.ended:
            found.append(f"assignments that can no longer be started: {'; '.join(self.ended)}")
        return found


def get_impact(session: Session, after: Session, changes: PublicationChanges, now: datetime) -> PublicationImpact:
    """Find the open attempts and the assignments not yet due that a publication affects.

    ``after`` reads the course as it would be published.
    """
    slugs = [slug for kind in _QUESTION_CHANGES for slug in changes.by_kind.get(kind, [])]
    retired = changes.by_kind.get("module retired", [])
    ended = _list_ended(session, after, retired, now) if slugs or retired else ()
    if not slugs:
        return PublicationImpact(0, (), ended)
    open_attempts = session.scalar(
        select(func.count(distinct(Attempt.id)))
        .join(AttemptItem, AttemptItem.attempt_id == Attempt.id)
        .join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
        .join(QuestionRow, QuestionRow.id == QuestionVersion.question_id)
        .where(Attempt.state == AttemptState.OPEN, QuestionRow.slug.in_(slugs))
    )
    is_changed = exists().where(
        QuestionRow.module_id == Assignment.module_id,
        QuestionRow.use == Assignment.question_use,
        QuestionRow.slug.in_(slugs),
    )
    rows = session.execute(
        select(Assignment.title, Cohort.title)
        .join(Cohort, Cohort.id == Assignment.cohort_id)
        .where(
            is_changed,
            Assignment.withdrawn_at.is_(None),
            or_(Assignment.due_at.is_(None), Assignment.due_at >= now),
        )
        .order_by(Assignment.due_at, Assignment.id)
    )
    return PublicationImpact(open_attempts or 0, tuple(f"{title} ({cohort})" for title, cohort in rows), ended)


def _list_ended(session: Session, after: Session, retired: Collection[str], now: datetime) -> tuple[str, ...]:
    """List the assignments not yet due whose module is among ``retired`` (slugs), or that would have no questions."""
    modules = {module.id: module for module in after.scalars(select(ModuleRow))}
    rows = session.execute(
        select(Assignment.id, Assignment.title, Cohort.title, Assignment.module_id, Assignment.question_use)
        .join(Cohort, Cohort.id == Assignment.cohort_id)
        .where(
            Assignment.withdrawn_at.is_(None),
            Cohort.archived_at.is_(None),
            or_(Assignment.due_at.is_(None), Assignment.due_at >= now),
            Assignment.module_id.in_(modules),
        )
        .order_by(Assignment.due_at, Assignment.id)
    ).all()
    lessons: dict[int, set[str]] = defaultdict(set)
    for assignment_id, slug in session.execute(
        select(AssignmentLesson.assignment_id, LessonRow.slug).join(
            LessonRow, LessonRow.id == AssignmentLesson.lesson_id
        )
    ):
        lessons[assignment_id].add(slug)
    counts = selection.count_tests(
        after, [PaperContent(modules[module_id], lessons[number], use) for number, _, _, module_id, use in rows]
    )
    return tuple(
        f"{title} ({cohort})"
        for (_, title, cohort, module_id, _), questions in zip(rows, counts, strict=True)
        if not questions or modules[module_id].slug in retired
    )


@dataclass(frozen=True, slots=True)
class PoolChanges:
    """The number of changes to the questions that an assignment draws on, since it was created."""

    reworded: int
    retired: int


def count_pool_changes(session: Session, assignment: Assignment, module: ModuleRow) -> PoolChanges:
    """Count the questions of the assignment's pool that were reworded or retired since it was created."""
    reworded = func.count(distinct(QuestionRow.id)).filter(
        QuestionVersion.superseded_at > assignment.created_at, QuestionRow.retired_at.is_(None)
    )
    retired = func.count(distinct(QuestionRow.id)).filter(QuestionRow.retired_at > assignment.created_at)
    row = session.execute(
        select(reworded, retired)
        .select_from(QuestionRow)
        .join(QuestionVersion, QuestionVersion.question_id == QuestionRow.id)
        .where(QuestionRow.module_id == module.id, QuestionRow.use == assignment.question_use)
    ).one()
    return PoolChanges(*row)
