"""Copies of cohorts: their assignments, without their people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session, aliased

from app.domain import wall_clock
from app.models import Assignment, AssignmentLesson, Cohort, ModuleRow, Prerequisite, User
from app.permissions import Viewer, assigns_module, draws_on
from app.services.cohorts import cohorts
from app.services.log import audit

_OWN_COLUMNS = frozenset(
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
"""The columns that are not copied: identity, dates, time zone, and references that are mapped to the copies."""


@dataclass(frozen=True, slots=True)
class DateShift:
    """How a copy gets its dates: ``days`` later than the original, or with the first date on the day ``start``."""

    days: int | None = None
    start: date | None = None


def copy_cohort(
    session: Session, actor: User, cohort: Cohort, title: str, now: datetime, shift: DateShift | None = None
) -> Cohort:
    """Copy a cohort's time zone and its assignments with their terms, lessons, prerequisites and pre-tests.

    The cohort may be archived. The copy has no learners, and dates only if ``shift`` gives them: the clock times stay
    the same, whatever the season. ``actor`` is its only trainer. Joining is closed, so that dates can be set first. An
    assignment for named learners has no recipients in the copy. Withdrawn assignments and those of retired modules are
    not copied, nor are those of libraries in which ``actor`` has no role.
    """
    made = cohorts.create(session, actor, title, cohort.time_zone, now)
    cohorts.extend_code(session, actor, made, now, timedelta(0))
    made.drop_lowest = cohort.drop_lowest
    copied = _copy_assignments(session, actor, cohort, made, now)
    if shift is not None:
        _shift_dates(session, copied, shift)
    _copy_links(session, copied)
    audit.record(
        session, actor, "cohort.copy", cohorts.get_subject(made), now, copied_from=cohort.id, assignments=len(copied)
    )
    return made


def _copy_assignments(
    session: Session, actor: User, cohort: Cohort, made: Cohort, now: datetime
) -> dict[int, Assignment]:
    """Copy the assignments, and return the copies by the id of the original."""
    found = (
        select(Assignment)
        .join(ModuleRow, ModuleRow.id == Assignment.module_id)
        .where(Assignment.cohort_id == cohort.id, Assignment.withdrawn_at.is_(None))
        .where(or_(ModuleRow.retired_at.is_(None), Assignment.test_id.is_not(None)))
        .where(~_draws_on_forbidden(Viewer(actor)))
        .order_by(Assignment.id)
    )
    names = [column.key for column in Assignment.__mapper__.column_attrs if column.key not in _OWN_COLUMNS]
    copied: dict[int, Assignment] = {}
    pretests: dict[int, int] = {}
    for old in session.scalars(found):
        terms = {name: getattr(old, name) for name in names}
        own = {"cohort_id": made.id, "time_zone": made.time_zone, "created_by_id": actor.id, "created_at": now}
        copied[old.id] = Assignment(**own, **terms)
        if old.pretest_id is not None:
            pretests[old.id] = old.pretest_id
    session.add_all(copied.values())
    session.flush()  # pre-tests, lessons and prerequisites need their ids
    for old_id, pretest_id in pretests.items():
        if pretest_id in copied:
            copied[old_id].pretest_id = copied[pretest_id].id
    return copied


def _draws_on_forbidden(viewer: Viewer) -> ColumnElement[bool]:
    """Build the condition that the statement's ``Assignment`` asks about a module that the viewer may not assign."""
    asked = aliased(ModuleRow)
    found = exists().where(draws_on(Assignment, asked.id), ~assigns_module(viewer, asked.library_id))
    return found.correlate(Assignment)


def _shift_dates(session: Session, copied: dict[int, Assignment], shift: DateShift) -> None:
    found = session.execute(
        select(Assignment.id, Assignment.opens_local, Assignment.due_local).where(Assignment.id.in_(copied))
    ).all()
    dates = [datetime.fromisoformat(local) for _id, *both in found for local in both if local]
    days = shift.days
    if shift.start is not None and dates:
        days = (shift.start - min(dates).date()).days
    if days is None:
        return
    for old_id, opens_local, due_local in found:
        new = copied[old_id]
        new.opens_local, new.opens_at = _move(opens_local, days, new.time_zone)
        new.due_local, new.due_at = _move(due_local, days, new.time_zone)


def _move(local: str | None, days: int, zone: str) -> tuple[str | None, datetime | None]:
    """Return a local time and its moment some days later. A time that clocks skip is moved by an hour."""
    if local is None:
        return None, None
    moved = datetime.fromisoformat(local) + timedelta(days=days)
    try:
        return f"{moved:%Y-%m-%dT%H:%M}", wall_clock.to_utc(moved, zone)
    except wall_clock.NoSuchTimeError:
        moved += timedelta(hours=1)
        return f"{moved:%Y-%m-%dT%H:%M}", wall_clock.to_utc(moved, zone)


def _copy_links(session: Session, copied: dict[int, Assignment]) -> None:
    lessons = select(AssignmentLesson).where(AssignmentLesson.assignment_id.in_(copied))
    for lesson in session.scalars(lessons):
        session.add(AssignmentLesson(assignment_id=copied[lesson.assignment_id].id, lesson_id=lesson.lesson_id))
    for rule in session.scalars(select(Prerequisite).where(Prerequisite.assignment_id.in_(copied))):
        if rule.required_id in copied:
            both = {"assignment_id": copied[rule.assignment_id].id, "required_id": copied[rule.required_id].id}
            session.add(Prerequisite(**both))
