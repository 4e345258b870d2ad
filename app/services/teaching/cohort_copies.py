"""Copies of cohorts: what was set up, for the next people, without those of the last ones."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Assignment, AssignmentLesson, Cohort, ModuleRow, Prerequisite, User
from app.services import audit
from app.services.teaching import cohorts

_OWN = frozenset(
    {
        "id",
        "cohort_id",
        "time_zone",
        "opens_local",
        "opens_at",
        "due_local",
        "due_at",
        "extended_until",
        "pretest_id",
        "revision",
        "created_by_id",
        "created_at",
    }
)
"""The columns of an assignment that belong to it alone: who it is, its dates and their clocks, and what is mapped anew."""


def copy(session: Session, actor: User, cohort: Cohort, title: str, now: datetime) -> Cohort:
    """Make a cohort like this one, archived or not: its time zone and its assignments with their terms, lessons, prerequisites and pre-tests.

    Dates are left open, and there are no people: ``actor`` teaches it alone. Nobody can join until joining is opened, so that the dates
    can be set first. An assignment that was for some is for nobody yet.
    """
    made = cohorts.create(session, actor, title, cohort.time_zone, now)
    cohorts.keep_open(session, actor, made, now, timedelta(0))
    copied = _assignments(session, actor, cohort, made, now)
    _what_belongs_to(session, copied)
    audit.record(
        session, actor, "cohort.copy", cohorts.subject_of(made), now, copied_from=cohort.id, assignments=len(copied)
    )
    return made


def _assignments(session: Session, actor: User, cohort: Cohort, made: Cohort, now: datetime) -> dict[int, Assignment]:
    """The copies, by the id of what each is copied from."""
    found = (
        select(Assignment)
        .join(ModuleRow, ModuleRow.id == Assignment.module_id)
        .where(Assignment.cohort_id == cohort.id, Assignment.withdrawn_at.is_(None), ModuleRow.retired_at.is_(None))
        .order_by(Assignment.id)
    )
    names = [column.key for column in Assignment.__mapper__.column_attrs if column.key not in _OWN]
    copied: dict[int, Assignment] = {}
    pretests: dict[int, int] = {}
    for old in session.scalars(found):
        terms = {name: getattr(old, name) for name in names}
        own = {"cohort_id": made.id, "time_zone": made.time_zone, "created_by_id": actor.id, "created_at": now}
        copied[old.id] = Assignment(**own, **terms)
        if old.pretest_id is not None:
            pretests[old.id] = old.pretest_id
    session.add_all(copied.values())
    session.flush()  # what belongs to them names them by their ids
    for old_id, pretest_id in pretests.items():
        if pretest_id in copied:
            copied[old_id].pretest_id = copied[pretest_id].id
    return copied


def _what_belongs_to(session: Session, copied: dict[int, Assignment]) -> None:
    lessons = select(AssignmentLesson).where(AssignmentLesson.assignment_id.in_(copied))
    for lesson in session.scalars(lessons):
        session.add(AssignmentLesson(assignment_id=copied[lesson.assignment_id].id, lesson_id=lesson.lesson_id))
    for rule in session.scalars(select(Prerequisite).where(Prerequisite.assignment_id.in_(copied))):
        if rule.required_id in copied:
            both = {"assignment_id": copied[rule.assignment_id].id, "required_id": copied[rule.required_id].id}
            session.add(Prerequisite(**both))
