"""What is set for a learner: the list on the course page, the page of one, and why a start is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Assignment, Attempt, Cohort
from app.services.assignments import assignments
from tests.support.assigned_test import take_test
from tests.support.factory import AFTER_CLOSING, Factory, Person
from tests.support.written_pool import assign_written

DAY = timedelta(days=1)


@pytest.fixture
def cohort(make: Factory, trainer: Person, learner: Person) -> Cohort:
    return make.cohort(trainer, learner, title="Year 2")


def _set(make: Factory, trainer: Person, learner: Person, cohort: Cohort, why: str) -> Assignment:
    """An assignment that can't be started, and why."""
    now = make.now()
    terms: dict[str, dict[str, Any]] = {
        "opens later": {"opens_at": now + DAY, "due_at": now + 2 * DAY},
        "closed": {"due_at": now - DAY, "policy": AFTER_CLOSING},
        "lessons": {"lessons_first": True},
        "for others": {"is_for_all": False},
        "used up": {"attempts_allowed": 1},
    }
    if why == "prerequisite":
        first = make.assignment(trainer, cohort, title="The one before")
        terms[why] = {"required_ids": frozenset({first.id})}
    assignment = make.assignment(trainer, cohort, title="It", **terms.get(why, {}))
    if why == "excused":
        make.exception(trainer, assignment, learner, is_excused=True)
    if why == "used up":
        take_test(make.session, learner, assignment, now, is_right=False)
    if why == "withdrawn":
        taught = assignments.get_for(make.session, trainer.viewer, assignment.id)
        assert taught
        assignments.withdraw(make.session, trainer.user, taught, now)
    if why == "archived":
        cohort.archived_at = now
    make.session.commit()
    return assignment


REFUSED = [
    ("opens later", 409, "This test is not open yet", "Opens Tue 24 Nov, 10:00"),
    ("closed", 409, "This test is closed", "It closed before you joined."),
    ("excused", 409, "You are excused from this test", "You don’t have to do anything."),
    ("lessons", 409, "Red flags, and what to do", "Finish these lessons first:"),
    ("prerequisite", 409, "Pass this first: The one before.", "Pass this first: The one before."),
    ("withdrawn", 409, "This test was withdrawn", None),
    ("archived", 409, "This cohort has ended", None),
    ("used up", 409, "No attempts left", "You have used all attempts"),
    ("for others", 404, "There is no page", None),
]


@pytest.mark.parametrize(("why", "status", "said", "listed"), REFUSED)
def test_a_start_that_cannot_be_is_refused_in_words_and_not_offered(
    make: Factory,
    session: Session,
    trainer: Person,
    learner: Person,
    cohort: Cohort,
    why: str,
    status: int,
    said: str,
    listed: str | None,
) -> None:
    """Catches: a term that the list respects and the start forgets, or the other way round."""
    assignment = _set(make, trainer, learner, cohort, why)
    count = select(func.count(Attempt.id)).where(Attempt.assignment_id == assignment.id)
    before = session.scalar(count)

    answer = learner.client.post(f"/assignments/{assignment.id}/attempts")
    course = learner.client.get("/").text
    page = learner.client.get(f"/assignments/{assignment.id}")

    assert answer.status_code == status
    assert said in answer.text or status == 404
    assert session.scalar(count) == before
    assert f'action="/assignments/{assignment.id}/attempts"' not in course + page.text
    if listed is None:
        assert ">It<" not in course
        assert page.status_code == 404
    else:
        assert listed in course
        assert page.status_code == 200


def test_the_page_says_that_people_mark_written_answers_only_if_the_test_can_ask_for_them(
    make: Factory, trainer: Person, learner: Person
) -> None:
    written = assign_written(make, trainer, learner)
    chosen = make.assignment(trainer, make.session.get_one(Cohort, written.cohort_id))

    words = "Your trainer marks written answers"
    assert words in learner.client.get(f"/assignments/{written.id}").text
    assert words not in learner.client.get(f"/assignments/{chosen.id}").text


def test_the_page_of_what_is_set_says_how_it_goes(
    make: Factory, trainer: Person, learner: Person, cohort: Cohort
) -> None:
    given = {"due_at": make.now() + DAY, "time_limit_minutes": 20, "attempts_allowed": 2, "counts": "latest"}
    assignment = make.assignment(trainer, cohort, title="It", policy=AFTER_CLOSING, **given)
    make.exception(trainer, assignment, learner, extra_time_percent=50)

    page = learner.client.get(f"/assignments/{assignment.id}").text

    for shown in (
        "<dt>Closes</dt><dd>Tue 24 Nov, 10:00</dd>",
        "30 min",
        "<dt>Attempt</dt><dd>1 of 2</dd>",
        "Your latest attempt counts.",
        "<dt>Your score</dt><dd>as soon as you submit</dd>",
        "<dd>when the test has closed for everyone (Tue 24 Nov, 10:00)</dd>",
        "Start: 10 questions, 30 minutes",
    ):
        assert shown in page


def test_a_visitor_is_asked_to_sign_in_and_brought_back(make: Factory, trainer: Person, cohort: Cohort) -> None:
    assignment = make.assignment(trainer, cohort)

    answer = make.app.test_client().get(f"/assignments/{assignment.id}")

    assert answer.location == f"/login?next=/assignments/{assignment.id}"


def test_the_list_and_the_page_cost_the_same_however_much_is_set(
    make: Factory, trainer: Person, learner: Person, cohort: Cohort, statements: Callable[[], list[str]]
) -> None:
    """Fails when a state, a lesson or a prerequisite of the list is a query."""
    first = make.assignment(trainer, cohort)

    def costs() -> list[int]:
        found = []
        for path in ("/", f"/assignments/{first.id}"):
            learner.client.get(path)
            statements()
            assert learner.client.get(path).status_code == 200
            found.append(len(statements()))
        return found

    one = costs()
    for _ in range(5):
        make.assignment(trainer, cohort, lessons_first=True, required_ids=frozenset({first.id}))

    assert costs() == one
    assert one[1] <= 7
