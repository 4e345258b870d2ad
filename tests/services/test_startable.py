"""Every list, start page and start agree about what can be started."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.domain.assignment import AssignmentState, GradingMethod
from app.domain.attempt import (
    AssignmentClosed,
    AssignmentNotOpen,
    AssignmentWithdrawn,
    AttemptError,
    CohortArchived,
    LearnerExcused,
    LessonsUnfinished,
    ModuleRetired,
    NoAttemptsLeft,
    NoQuestions,
    PrerequisitesUnmet,
)
from app.models import Assignment, Cohort, ModuleRow, ObjectiveRow, QuestionRow
from app.services.assignments import availability
from app.services.assignments.learner_assignments import STATES
from app.services.course import catalogue
from tests.support.assigned_test import start_attempt, start_attempt_uncommitted, take_test
from tests.support.factory import AFTER_CLOSING, Factory, Person

DAY = timedelta(days=1)


@pytest.fixture
def cohort(make: Factory, trainer: Person, learner: Person) -> Cohort:
    return make.cohort(trainer, learner, joined_ago=30 * DAY)


def _lessons(session: Session, make: Factory, module: str = "safety") -> list[Any]:
    return list(catalogue.list_lessons(session, make.module(module).id))


def test_what_is_listed_as_to_be_started_can_be_and_nothing_else(
    session: Session, make: Factory, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    """Catches: a list and a start that disagree, for every pair of two dozen terms."""
    now = make.now()
    first = make.assignment(trainer, cohort, title="First")
    sorts: list[dict[str, object]] = [
        {},
        {"opens_at": now + DAY},
        {"due_at": now - DAY},
        {"due_at": now - DAY, "policy": AFTER_CLOSING},
        {"due_at": now + DAY, "policy": AFTER_CLOSING},
        {"lessons_first": True},
        {"required_ids": frozenset({first.id})},
        {"is_for_all": False},
        {"pretest_id": first.id},
    ]
    made: list[Assignment] = []
    for one, other in product(sorts, repeat=2):
        if "opens_at" in one | other and "due_at" in one | other and (one | other)["due_at"] <= now + DAY:  # type: ignore[operator]
            continue
        made.append(make.assignment(trainer, cohort, title=f"{one} {other}"[:200], **(one | other)))
    listed = {item.assignment_id: item.state for item in availability.list_due(session, learner.learner, now)}

    for assignment in made:
        granted = availability.get_available(session, learner.learner, assignment.id, now)
        hindrance = granted.find_hindrance(now, used=0, questions=1) if granted else None
        assert (granted is not None) == (assignment.id in listed), assignment.title
        if granted:
            is_startable = listed[assignment.id] is AssignmentState.NOT_STARTED
            assert is_startable == (hindrance is None), f"{assignment.title}: {hindrance!r}"


def _retire_questions(session: Session, *, lesson: str | None = None) -> None:
    """Withdraw the questions of a module, or those about one of its lessons."""
    about = select(ObjectiveRow.id).join(ModuleRow).where(ModuleRow.slug == "safety")
    if lesson is not None:
        about = about.where(or_(ObjectiveRow.read == lesson, ObjectiveRow.read.startswith(f"{lesson}#")))
    session.execute(update(QuestionRow).where(QuestionRow.objective_id.in_(about)).values(retired_at=datetime.now(UTC)))


def _make_every_kind(
    session: Session, make: Factory, trainer: Person, learner: Person, cohort: Cohort
) -> list[Assignment]:
    """Make an assignment for each pair of terms, each piece of work done in it, and what was granted."""
    now, [lesson, *_] = make.now(), _lessons(session, make)
    first = make.assignment(trainer, cohort, "evidence", title="First", attempts_allowed=1)
    terms: list[dict[str, Any]] = [
        {},
        {"opens_at": now + DAY},
        {"due_at": now - DAY, "policy": AFTER_CLOSING},
        {"due_at": now, "policy": AFTER_CLOSING},
        {"due_at": now + DAY, "policy": AFTER_CLOSING},
        {"lessons_first": True},
        {"lesson_ids": frozenset({lesson.id})},
        {"required_ids": frozenset({first.id})},
        {"counts": GradingMethod.LATEST},
    ]
    made = []
    for given, work, granted in product(
        terms, ["nothing", "failed", "passed", "timed out"], [{}, {"is_excused": True}, {"more_attempts": 1}]
    ):
        assignment = make.assignment(trainer, cohort, attempts_allowed=1, **given)
        if granted:
            make.exception(trainer, assignment, learner, **granted)
        made.append(assignment)
        if work == "nothing" or given.keys() & {"opens_at", "lessons_first", "required_ids"}:
            continue
        if granted.get("is_excused") or given.get("due_at", now) < now:
            continue
        if work == "timed out":
            start_attempt(session, learner, assignment, now - DAY).deadline_at = now - timedelta(hours=2)
        else:
            take_test(session, learner, assignment, now, is_right=work == "passed")
    return made


@pytest.mark.parametrize(
    "course", ["as it was", "without the module", "without questions", "without those of a lesson"]
)
def test_whatever_is_offered_can_be_started_and_nothing_else(
    session: Session, make: Factory, trainer: Person, learner: Person, cohort: Cohort, course: str
) -> None:
    """Fails when a list offers a test by another rule than the one that starts it."""
    made = _make_every_kind(session, make, trainer, learner, cohort)
    if course == "without the module":
        make.module().retired_at = make.now()
    elif course != "as it was":
        _retire_questions(session, lesson=_lessons(session, make)[0].slug if "lesson" in course else None)
    session.commit()
    offered: set[bool] = set()

    for at in (make.now(), make.now() + DAY + timedelta(minutes=1)):
        listed = {item.assignment_id: item for item in availability.list_due(session, learner.learner, at)}
        for assignment in made:
            page = availability.get_due(session, learner.learner, assignment.id, at)
            assert page is not None
            assert assignment.id in listed or not page.can_start
            offered.add(page.can_start)
            with session.begin_nested() as undo:
                try:
                    start_attempt_uncommitted(session, learner, assignment, at)
                    is_started = True
                except AttemptError:
                    is_started = False
                undo.rollback()
            assert page.can_start == is_started, (assignment.title, page)

    assert offered == ({False, True} if course in ("as it was", "without those of a lesson") else {False})


def test_the_start_page_is_one_of_the_list(
    session: Session, make: Factory, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    assignment = make.assignment(trainer, cohort, due_at=make.now() + DAY)

    (listed,) = availability.list_due(session, learner.learner, make.now())

    assert availability.get_due(session, learner.learner, assignment.id, make.now()) == listed


@pytest.mark.parametrize("error", [AssignmentClosed, AssignmentNotOpen, AssignmentWithdrawn, CohortArchived])
@pytest.mark.parametrize("other", [PrerequisitesUnmet, LessonsUnfinished, LearnerExcused, ModuleRetired, NoQuestions])
def test_every_hindrance_has_a_state(error: type[AttemptError], other: type[AttemptError]) -> None:
    assert {STATES[error], STATES[other], STATES[NoAttemptsLeft]} <= set(AssignmentState)
