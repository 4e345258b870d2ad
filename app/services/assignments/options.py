"""The options for an assignment's terms, and the rules that need the database to check them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import or_, select, union_all
from sqlalchemy.orm import Session

from app.domain.assignment import TermsError, check_terms, is_circular
from app.domain.content import Use
from app.domain.release import ReleaseMoment
from app.models import Assignment, Cohort, ComposedTest, ModuleRow, Prerequisite
from app.permissions import Viewer
from app.services.assignments import composed_tests
from app.services.assignments.assignments import TaughtAssignment, Terms
from app.services.assignments.composed_tests import AssignableTest
from app.services.cohorts import cohorts
from app.services.cohorts.cohorts import Member
from app.services.course import catalogue, selection
from app.services.course.catalogue import LessonLine
from app.services.course.selection import PaperContent
from app.services.libraries import people
from app.services.libraries.people import LibraryKeepers


class OptionError(StrEnum):
    """Why an option cannot be chosen."""

    OTHER_MODULES_LESSONS = "other_modules_lessons"
    NOTHING_TO_ASK = "nothing_to_ask"
    NOBODY = "nobody"
    CIRCLE = "circle"
    REQUIRED_TOO_LATE = "required_too_late"
    OTHER_MODULES_PRETEST = "other_modules_pretest"
    PRETEST_AFTER = "pretest_after"
    PRETEST_TWICE = "pretest_twice"
    NO_EXAM_QUESTIONS = "no_exam_questions"
    LESSONS_OF_TEST = "lessons_of_test"


@dataclass(frozen=True, slots=True)
class AssignmentOptions:
    """The available options. ``others`` are the cohort's assignments, except the one being edited.

    Withdrawn assignments are offered only if already chosen. ``exam_sizes`` are the numbers of questions that a test of
    exam questions has, by the ids of the modules that have such questions. ``libraries`` are those of ``modules``, by
    id.
    """

    modules: Sequence[ModuleRow]
    lessons: Sequence[LessonLine]
    members: Sequence[Member]
    others: Sequence[Assignment]
    exam_sizes: Mapping[int, int]
    libraries: Mapping[int, LibraryKeepers]
    tests: Mapping[int, AssignableTest] = field(default_factory=dict)
    """The composed tests that can be assigned, by id; for an existing assignment, the one that it asks, if any."""


def load_options(
    session: Session, viewer: Viewer, cohort: Cohort, of: TaughtAssignment | None = None
) -> AssignmentOptions:
    """Load the options for a new assignment, or for the assignment ``of``, which keeps its module."""
    modules = catalogue.list_assignable_modules(session, viewer) if of is None else [of.module]
    sizes = selection.count_tests(session, [PaperContent(module, use=Use.EXAM) for module in modules])
    private = {module.library_id for module in modules if module.library_id is not None}
    return AssignmentOptions(
        modules,
        catalogue.list_lessons_of(session, modules),
        cohorts.list_members(session, cohort),
        _list_others(session, cohort, of.assignment if of else None),
        {module.id: size for module, size in zip(modules, sizes, strict=True) if size},
        people.list_keepers(session, private) if private else {},
        _list_tests(session, viewer, of),
    )


def _list_tests(session: Session, viewer: Viewer, of: TaughtAssignment | None) -> dict[int, AssignableTest]:
    if of is None:
        return {one.test.id: one for one in composed_tests.list_assignable(session, viewer)}
    if of.assignment.test_id is None:
        return {}
    test = session.get_one(ComposedTest, of.assignment.test_id)
    return {test.id: AssignableTest(test, of.module, 0)}


def _list_others(session: Session, cohort: Cohort, of: Assignment | None) -> Sequence[Assignment]:
    others = select(Assignment).where(Assignment.cohort_id == cohort.id)
    if of is None:
        others = others.where(Assignment.withdrawn_at.is_(None))
    else:
        required = select(Prerequisite.required_id).where(Prerequisite.assignment_id == of.id)
        is_chosen = or_(Assignment.id == of.pretest_id, Assignment.id.in_(required))
        others = others.where(Assignment.id != of.id, or_(Assignment.withdrawn_at.is_(None), is_chosen))
    return session.scalars(others.order_by(Assignment.due_at.is_(None), Assignment.due_at, Assignment.id)).all()


def find_faults(
    session: Session,
    choices: AssignmentOptions,
    module: ModuleRow,
    terms: Terms,
    now: datetime,
    *,
    of: Assignment | None = None,
    with_pretest: bool = False,
) -> Iterator[tuple[str, TermsError | OptionError]]:
    """Yield each fault in the terms as a field name and an error. ``of`` is the assignment being edited, if any."""
    yield from check_terms(terms.base_terms, is_new=of is None, now=now)
    was_exam = of is not None and of.question_use is Use.EXAM
    if terms.question_use is Use.EXAM and module.id not in choices.exam_sizes and not was_exam:
        yield "question_use", OptionError.NO_EXAM_QUESTIONS
    else:
        yield from _find_lesson_faults(session, choices, module, terms)
    if not terms.is_for_all and not terms.recipient_ids:
        yield "recipients", OptionError.NOBODY
    if of is not None and _is_circular(session, of, terms):
        yield ("required", OptionError.CIRCLE) if terms.required_ids else ("pretest", OptionError.PRETEST_AFTER)
    if any(_is_due_too_late(other, terms) for other in choices.others if other.id in terms.required_ids):
        yield "required", OptionError.REQUIRED_TOO_LATE
    yield from _find_pretest_faults(choices, module, terms, with_pretest=with_pretest)


def _find_lesson_faults(
    session: Session, choices: AssignmentOptions, module: ModuleRow, terms: Terms
) -> Iterator[tuple[str, TermsError | OptionError]]:
    if terms.test_id is not None:
        if terms.lesson_ids:
            yield "lessons", OptionError.LESSONS_OF_TEST
        if terms.lessons_first:
            yield "lessons_first", OptionError.LESSONS_OF_TEST
        return
    if not terms.lesson_ids:
        return
    chosen = [lesson for lesson in choices.lessons if lesson.id in terms.lesson_ids]
    if any(lesson.module_id != module.id for lesson in chosen):
        yield "lessons", OptionError.OTHER_MODULES_LESSONS
    elif not _count_questions(session, module, chosen, terms):
        yield "lessons", OptionError.NOTHING_TO_ASK


def _count_questions(session: Session, module: ModuleRow, chosen: Sequence[LessonLine], terms: Terms) -> int:
    content = PaperContent(module, frozenset(lesson.slug for lesson in chosen), terms.question_use)
    return selection.count_tests(session, [content])[0]


def _is_circular(session: Session, of: Assignment, terms: Terms) -> bool:
    """Whether ``of`` would wait for itself, through prerequisites or pre-tests."""
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


def _is_due_too_late(required: Assignment, terms: Terms) -> bool:
    """Whether no learner can learn that they passed ``required`` before these terms are due."""
    earliest = required.due_at if required.release_mark is ReleaseMoment.CLOSING else required.opens_at
    return earliest is not None and terms.due_at is not None and earliest >= terms.due_at


def _find_pretest_faults(
    choices: AssignmentOptions, module: ModuleRow, terms: Terms, *, with_pretest: bool
) -> Iterator[tuple[str, TermsError | OptionError]]:
    if terms.pretest_id is None:
        return
    if with_pretest:
        yield "pretest", OptionError.PRETEST_TWICE
    pretest = next(other for other in choices.others if other.id == terms.pretest_id)
    if (pretest.module_id, pretest.test_id) != (module.id, terms.test_id):
        yield "pretest", OptionError.OTHER_MODULES_PRETEST
    if pretest.opens_at is not None and (terms.opens_at is None or pretest.opens_at > terms.opens_at):
        yield "pretest", OptionError.PRETEST_AFTER
