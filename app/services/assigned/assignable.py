"""What can be chosen when something is set, and what of it can't be: the rules that need to know who and what there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import or_, select, union_all
from sqlalchemy.orm import Session

from app.domain.assignment import Unfit, is_circular, unfit
from app.domain.release import When
from app.models import Assignment, Cohort, ModuleRow, Prerequisite
from app.services.assigned.assignments import Terms
from app.services.course import catalogue
from app.services.course.catalogue import LessonLine
from app.services.taking import drawing
from app.services.teaching import cohorts
from app.services.teaching.cohorts import Member


class Misfit(StrEnum):
    """Why something can't be chosen."""

    OTHER_MODULES_LESSONS = "other_modules_lessons"
    NOTHING_TO_ASK = "nothing_to_ask"
    NOBODY = "nobody"
    CIRCLE = "circle"
    REQUIRED_TOO_LATE = "required_too_late"
    OTHER_MODULES_PRETEST = "other_modules_pretest"
    PRETEST_AFTER = "pretest_after"
    PRETEST_TWICE = "pretest_twice"


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to choose from. ``others`` are the assignments of the cohort but for the one that is changed.

    What was withdrawn is there only where it was chosen before.
    """

    modules: Sequence[ModuleRow]
    lessons: Sequence[LessonLine]
    members: Sequence[Member]
    others: Sequence[Assignment]


def choices(session: Session, cohort: Cohort, of: Assignment | None = None) -> Choices:
    """Four statements."""
    others = select(Assignment).where(Assignment.cohort_id == cohort.id)
    if of is None:
        others = others.where(Assignment.withdrawn_at.is_(None))
    else:
        required = select(Prerequisite.required_id).where(Prerequisite.assignment_id == of.id)
        is_chosen = or_(Assignment.id == of.pretest_id, Assignment.id.in_(required))
        others = others.where(Assignment.id != of.id, or_(Assignment.withdrawn_at.is_(None), is_chosen))
    return Choices(
        catalogue.list_modules(session),
        catalogue.list_lessons(session),
        cohorts.list_members(session, cohort),
        session.scalars(others.order_by(Assignment.due_at.is_(None), Assignment.due_at, Assignment.id)).all(),
    )


def faults(
    session: Session,
    choices: Choices,
    module: ModuleRow,
    terms: Terms,
    now: datetime,
    *,
    of: Assignment | None = None,
    with_pretest: bool = False,
) -> Iterator[tuple[str, Unfit | Misfit]]:
    """Yield what is wrong with terms, as the name of the field and why. ``of`` is the assignment that is changed, None for a new one."""
    yield from unfit(terms.for_all, is_new=of is None, now=now)
    yield from _lesson_faults(session, choices, module, terms)
    if not terms.is_for_all and not terms.recipient_ids:
        yield "recipients", Misfit.NOBODY
    if of is not None and _is_circular(session, of, terms):
        yield ("required", Misfit.CIRCLE) if terms.required_ids else ("pretest", Misfit.PRETEST_AFTER)
    if any(_is_passed_too_late(other, terms) for other in choices.others if other.id in terms.required_ids):
        yield "required", Misfit.REQUIRED_TOO_LATE
    yield from _pretest_faults(choices, module, terms, with_pretest=with_pretest)


def _lesson_faults(
    session: Session, choices: Choices, module: ModuleRow, terms: Terms
) -> Iterator[tuple[str, Unfit | Misfit]]:
    if not terms.lesson_ids:
        return
    chosen = [lesson for lesson in choices.lessons if lesson.id in terms.lesson_ids]
    if any(lesson.module_id != module.id for lesson in chosen):
        yield "lessons", Misfit.OTHER_MODULES_LESSONS
    elif not drawing.for_test(session, module, 0, {lesson.slug for lesson in chosen}):
        yield "lessons", Misfit.NOTHING_TO_ASK


def _is_circular(session: Session, of: Assignment, terms: Terms) -> bool:
    """Whether ``of`` would wait for itself. Whatever comes before something counts: what has to be passed, and the pre-test to be taken."""
    before = frozenset({terms.pretest_id} if terms.pretest_id is not None else ())
    wanted = terms.required_ids | before
    if not wanted:
        return False
    required = (
        select(Prerequisite.assignment_id, Prerequisite.required_id)
        .join(Assignment, Assignment.id == Prerequisite.assignment_id)
        .where(Assignment.cohort_id == of.cohort_id)
    )
    measured = select(Assignment.id, Assignment.pretest_id).where(
        Assignment.cohort_id == of.cohort_id, Assignment.pretest_id.is_not(None)
    )
    waits: dict[int, set[int]] = {}
    rows: Sequence[Any] = session.execute(union_all(required, measured)).all()
    for row in rows:
        waits.setdefault(row[0], set()).add(row[1])
    return is_circular({**waits, of.id: wanted}, of.id)


def _is_passed_too_late(required: Assignment, terms: Terms) -> bool:
    """Whether nobody can know that they passed ``required`` before this is due."""
    earliest = required.due_at if required.release_mark is When.CLOSING else required.opens_at
    return earliest is not None and terms.due_at is not None and earliest >= terms.due_at


def _pretest_faults(
    choices: Choices, module: ModuleRow, terms: Terms, *, with_pretest: bool
) -> Iterator[tuple[str, Unfit | Misfit]]:
    if terms.pretest_id is None:
        return
    if with_pretest:
        yield "pretest", Misfit.PRETEST_TWICE
    pretest = next(other for other in choices.others if other.id == terms.pretest_id)
    if pretest.module_id != module.id:
        yield "pretest", Misfit.OTHER_MODULES_PRETEST
    if pretest.opens_at is not None and (terms.opens_at is None or pretest.opens_at > terms.opens_at):
        yield "pretest", Misfit.PRETEST_AFTER
