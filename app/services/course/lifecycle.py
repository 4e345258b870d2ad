"""What a change of the course touches: attempts under way keep what they were shown, and whoever is concerned is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import distinct, func, or_, select
from sqlalchemy.orm import Session

from app.content.publisher import Changes
from app.domain.attempt import State
from app.domain.content import Use
from app.models import Assignment, Attempt, AttemptItem, Cohort, ModuleRow, QuestionRow, QuestionVersion

_CHANGED = ("question reworded", "question retired")


@dataclass(frozen=True, slots=True)
class Touched:
    """What a publication touches beyond the course itself; ``assignments`` are titles with their cohort's."""

    open_attempts: int
    assignments: tuple[str, ...]

    def lines(self) -> list[str]:
        found = []
        if self.open_attempts:
            found.append(
                f"attempts under way that hold a changed question, and keep it as it was: {self.open_attempts}"
            )
        if self.assignments:
            found.append(f"assignments that draw on changed questions: {'; '.join(self.assignments)}")
        return found


def touched(session: Session, changes: Changes, now: datetime) -> Touched:
    """Which attempts under way and which assignments not yet due a publication touches: two statements, none where no question changed."""
    slugs = [slug for kind in _CHANGED for slug in changes.by_kind.get(kind, [])]
    if not slugs:
        return Touched(0, ())
    open_attempts = session.scalar(
        select(func.count(distinct(Attempt.id)))
        .join(AttemptItem, AttemptItem.attempt_id == Attempt.id)
        .join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
        .join(QuestionRow, QuestionRow.id == QuestionVersion.question_id)
        .where(Attempt.state == State.OPEN, QuestionRow.slug.in_(slugs))
    )
    changed_modules = select(QuestionRow.module_id).where(QuestionRow.slug.in_(slugs), QuestionRow.use == Use.TEST)
    rows = session.execute(
        select(Assignment.title, Cohort.title)
        .join(Cohort, Cohort.id == Assignment.cohort_id)
        .where(
            Assignment.module_id.in_(changed_modules),
            Assignment.withdrawn_at.is_(None),
            or_(Assignment.due_at.is_(None), Assignment.due_at >= now),
        )
        .order_by(Assignment.due_at, Assignment.id)
    )
    return Touched(open_attempts or 0, tuple(f"{title} ({cohort})" for title, cohort in rows))


@dataclass(frozen=True, slots=True)
class Since:
    """What changed in the questions of an assignment's pool after it was set."""

    reworded: int
    retired: int


def since_set(session: Session, assignment: Assignment, module: ModuleRow) -> Since:
    """How many test questions of the module were changed, and withdrawn, since an assignment was set: one statement."""
    reworded = func.count(distinct(QuestionRow.id)).filter(
        QuestionVersion.superseded_at > assignment.created_at, QuestionRow.retired_at.is_(None)
    )
    retired = func.count(distinct(QuestionRow.id)).filter(QuestionRow.retired_at > assignment.created_at)
    row = session.execute(
        select(reworded, retired)
        .select_from(QuestionRow)
        .join(QuestionVersion, QuestionVersion.question_id == QuestionRow.id)
        .where(QuestionRow.module_id == module.id, QuestionRow.use == Use.TEST)
    ).one()
    return Since(*row)
