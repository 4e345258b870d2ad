"""Effects of course changes on open attempts, which keep the old versions, and on assignments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, distinct, exists, func, or_, select
from sqlalchemy.orm import Session

from app.domain.attempt import AttemptState
from app.domain.composing import count_found
from app.domain.content import Use
from app.models import (
    Assignment,
    AssignmentLesson,
    Attempt,
    AttemptItem,
    Cohort,
    DrawRow,
    LessonRow,
    ModuleRow,
    QuestionRow,
    QuestionVersion,
    SectionRow,
)
from app.permissions import draws_on
from app.services.course import compositions, selection
from app.services.course.changes import PublicationChanges
from app.services.course.selection import PaperContent

_POOLS = (Use.TEST, Use.EXAM)
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
    is_changed = exists().where(_is_in_pool(), QuestionRow.slug.in_(slugs)).correlate(Assignment)
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
        select(
            *(Assignment.id, Assignment.title, Cohort.title),
            *(Assignment.module_id, Assignment.question_use, Assignment.test_id),
        )
        .join(Cohort, Cohort.id == Assignment.cohort_id)
        .where(
            Assignment.withdrawn_at.is_(None),
            Cohort.archived_at.is_(None),
            or_(Assignment.due_at.is_(None), Assignment.due_at >= now),
            _is_on(modules),
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
    own = [row for row in rows if row.test_id is None]
    counts = selection.count_tests(
        after, [PaperContent(modules[row.module_id], lessons[row.id], row.question_use) for row in own]
    )
    unasked = {row.id for row, questions in zip(own, counts, strict=True) if not questions}
    empty = _list_empty(session, after, {row.test_id for row in rows if row.test_id is not None}, modules)
    return tuple(
        f"{row[1]} ({row[2]})"
        for row in rows
        if (row.test_id in empty if row.test_id else row.id in unasked or modules[row.module_id].slug in retired)
    )


def _is_in_pool() -> ColumnElement[bool]:
    """Build the condition that the statement's ``Assignment`` draws on the pool of the statement's ``QuestionRow``."""
    return or_(*(and_(QuestionRow.use == use, draws_on(Assignment, QuestionRow.module_id, use=use)) for use in _POOLS))


def _is_on(module_ids: Collection[int]) -> ColumnElement[bool]:
    """Build the condition that the statement's ``Assignment`` asks about one of these modules."""
    its = exists().where(SectionRow.test_id == Assignment.test_id, DrawRow.section_id == SectionRow.id)
    return or_(
        and_(Assignment.test_id.is_(None), Assignment.module_id.in_(module_ids)),
        its.where(DrawRow.module_id.in_(module_ids)).correlate(Assignment),
    )


def _list_empty(
    session: Session, after: Session, test_ids: Collection[int], published: Collection[int]
) -> frozenset[int]:
    """Return which of these composed tests would find no question. ``after`` has the modules with ids ``published``."""
    if not test_ids:
        return frozenset()
    found = compositions.load(session, test_ids)
    wanted = {pool for one in found.values() for pool in one.pools}
    new = compositions.load_pools(after, {pool for pool in wanted if pool.module_id in published})
    pools = {**compositions.load_pools(session, wanted), **new}
    return frozenset(
        test_id for test_id, composition in found.items() if not any(map(any, count_found(composition, pools)))
    )


@dataclass(frozen=True, slots=True)
class PoolChanges:
    """The number of changes to the questions that an assignment draws on, since it was created."""

    reworded: int
    retired: int


def count_pool_changes(session: Session, assignment: Assignment) -> PoolChanges:
    """Count the questions of the assignment's pools that were reworded or retired since it was created."""
    reworded = func.count(distinct(QuestionRow.id)).filter(
        QuestionVersion.superseded_at > assignment.created_at, QuestionRow.retired_at.is_(None)
    )
    retired = func.count(distinct(QuestionRow.id)).filter(QuestionRow.retired_at > assignment.created_at)
    row = session.execute(
        select(reworded, retired)
        .select_from(QuestionRow)
        .join(QuestionVersion, QuestionVersion.question_id == QuestionRow.id)
        .join(Assignment, Assignment.id == assignment.id)
        .where(_is_in_pool())
    ).one()
    return PoolChanges(*row)
