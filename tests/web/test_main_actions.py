"""Each page of trainers and administrators has at most one filled button: the action that the page is for."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.models import Assignment, Cohort
from tests.conftest import Clock
from tests.support.factory import Factory, Person
from tests.support.submissions import AnswerKey, submit_test

TRAINER_PAGES = (
    "/teach",
    "/teach/cohorts/{cohort}",
    "/teach/cohorts/{cohort}/gradebook",
    "/teach/cohorts/{cohort}/gradebook/totals",
    "/teach/cohorts/{cohort}/gradebook/names",
    "/teach/cohorts/{cohort}/insight",
    "/teach/cohorts/{cohort}/people",
    "/teach/cohorts/{cohort}/messages",
    "/teach/cohorts/{cohort}/messages/new",
    "/teach/cohorts/{cohort}/settings",
    "/teach/cohorts/{cohort}/roster",
    "/teach/cohorts/{cohort}/assignments/new",
    "/teach/cohorts/{cohort}/learners/{learner}",
    "/teach/cohorts/{cohort}/members/{learner}",
    "/teach/assignments/{assignment}",
    "/teach/assignments/{assignment}/settings",
    "/teach/assignments/{assignment}/exceptions",
    "/teach/assignments/{assignment}/exceptions/{learner}",
    "/teach/assignments/{assignment}/time",
    "/teach/attempts/{attempt}",
    "/teach/attempts/{attempt}/1/mark",
    "/teach/attempts/{attempt}/reopen",
    "/teach/questions",
    "/teach/reports",
)
ADMIN_PAGES = (
    "/admin/start",
    "/admin/users",
    "/admin/users/{user}",
    "/admin/invitations",
    "/admin/health",
    "/admin/audit",
)


@pytest.fixture
def learner(make: Factory) -> Person:
    return make.person(name="Ana Li")


@pytest.fixture
def cohort(make: Factory, trainer: Person, learner: Person) -> Cohort:
    return make.cohort(trainer, learner, make.person(name="Bo Ek"), joined_ago=timedelta(days=2))


@pytest.fixture
def assignment(make: Factory, trainer: Person, cohort: Cohort, clock: Clock) -> Assignment:
    return make.assignment(trainer, cohort, attempts_allowed=1, due_at=clock() - timedelta(hours=1))


def test_pages_of_trainers_have_one_main_action(
    session: Session, trainer: Person, learner: Person, cohort: Cohort, assignment: Assignment, clock: Clock
) -> None:
    """Fails when two filled buttons compete on a page."""
    attempt = submit_test(session, learner, assignment, clock(), AnswerKey(session).all_wrong)
    ids = {"cohort": cohort.id, "assignment": assignment.id, "attempt": attempt.id, "learner": learner.learner.id}

    found = {path: _count_filled(trainer, path.format_map(ids)) for path in TRAINER_PAGES}

    assert {path: count for path, count in found.items() if count > 1} == {}


def test_pages_of_administrators_have_one_main_action(make: Factory, learner: Person) -> None:
    admin = make.admin()

    found = {path: _count_filled(admin, path.format(user=learner.user.id)) for path in ADMIN_PAGES}

    assert {path: count for path, count in found.items() if count > 1} == {}
    assert found["/admin/start"] == 1, "the checklist has no next step"


def test_those_who_have_not_passed_are_listed_alone(
    session: Session, trainer: Person, learner: Person, assignment: Assignment, clock: Clock
) -> None:
    submit_test(session, learner, assignment, clock(), AnswerKey(session).all_right)

    everybody = trainer.client.get(f"/teach/assignments/{assignment.id}").text
    missing = trainer.client.get(f"/teach/assignments/{assignment.id}?show=missing").text

    assert [name in everybody for name in ("Ana Li", "Bo Ek")] == [True, True]
    assert [name in missing for name in ("Ana Li", "Bo Ek")] == [False, True]


def test_time_is_offered_to_everybody_at_once(
    session: Session, trainer: Person, learner: Person, assignment: Assignment, clock: Clock
) -> None:
    """Fails when a trainer has to tick each learner of a room whose tests have ended."""
    submit_test(session, learner, assignment, clock(), AnswerKey(session).all_right)

    address = f"/teach/assignments/{assignment.id}/time"
    chosen = [_count_checked(trainer, address), _count_checked(trainer, f"{address}?to=all")]

    assert chosen == [0, 1]


def _count_filled(person: Person, path: str) -> int:
    reply = person.client.get(path)
    assert reply.status_code == 200, path
    return len(re.findall(r'class="[^"]*\bbtn--main\b', reply.text))


def _count_checked(person: Person, path: str) -> int:
    return len(re.findall(r'name="attempts"[^>]*\bchecked\b', person.client.get(path).text))


def test_learners_are_chosen_in_the_order_of_the_gradebook(
    session: Session, make: Factory, trainer: Person, clock: Clock
) -> None:
    """Fails when a list to choose from goes by first names, so that nobody is where the gradebook has them."""
    people = [make.person(name=name) for name in ("Ana Young", "Bo Ek", "Cy Li")]
    cohort = make.cohort(trainer, *people)
    assignment = make.assignment(trainer, cohort, time_limit_minutes=30)
    for person in people:
        submit_test(session, person, assignment, clock(), AnswerKey(session).all_right)

    pages = (
        f"/teach/cohorts/{cohort.id}/gradebook",
        f"/teach/cohorts/{cohort.id}/messages/new",
        f"/teach/assignments/{assignment.id}/exceptions",
        f"/teach/assignments/{assignment.id}/time",
    )
    for path in pages:
        page = trainer.client.get(path).text
        assert sorted(("Ana Young", "Bo Ek", "Cy Li"), key=page.index) == ["Bo Ek", "Cy Li", "Ana Young"], path
