"""Marking written answers as trainers do, and correcting written questions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Assignment, Attempt, AttemptItem, Cohort, Mark, ScopeResult
from app.services.assignments import assignments
from app.services.marking import corrections, markings, regrading
from app.services.marking.corrections import CorrectionDecision
from app.services.marking.markings import GivenMarking, MarkingSettings
from tests.conftest import Clock
from tests.support.factory import Person


def mark(
    session: Session,
    trainer: Person,
    assignment: Assignment,
    item: AttemptItem,
    points: float,
    clock: Clock,
    **more: Any,
) -> bool:
    answer = markings.get_for(session, trainer.viewer, assignment.id, item.version_id, item.attempt_id, for_update=True)
    assert answer is not None
    done = markings.give(session, trainer.user, answer, GivenMarking(points, **more), clock())
    session.commit()
    return done


def set_marking(session: Session, trainer: Person, assignment: Assignment, clock: Clock, **changes: bool) -> None:
    taught = assignments.get_for(session, trainer.viewer, assignment.id, for_update=True)
    assert taught is not None
    settings = {"marks_anonymously": False, "needs_second_marker": False, "releases_unfinished": False} | changes
    markings.change_settings(session, trainer.user, taught, MarkingSettings(**settings), clock())
    session.commit()


def correct(session: Session, trainer: Person, item: AttemptItem, clock: Clock, **decision: Any) -> int:
    assignment_id = session.get_one(Attempt, item.attempt_id).assignment_id
    taught = assignments.get_for(session, trainer.viewer, assignment_id or 0)
    assert taught is not None
    asked = corrections.get_for_assignment(session, taught, item.version_id)
    assert asked is not None
    made = corrections.apply(
        session, trainer.user, asked, CorrectionDecision(**decision), "Unclear.", clock(), passes_to_lower=9
    )
    regrading.run_all_steps(session, made.correction_id, clock())
    session.commit()
    return made.correction_id


def get_attempt(session: Session, item: AttemptItem) -> Attempt:
    return session.get_one(Attempt, item.attempt_id, populate_existing=True)


def get_cohort(session: Session, assignment: Assignment) -> Cohort:
    return session.get_one(Cohort, assignment.cohort_id)


def count_marks(session: Session, item: AttemptItem) -> int:
    return session.scalar(select(func.count()).where(Mark.attempt_id == item.attempt_id)) or 0


def get_result(session: Session) -> ScopeResult | None:
    return session.scalars(select(ScopeResult).execution_options(populate_existing=True)).one_or_none()
