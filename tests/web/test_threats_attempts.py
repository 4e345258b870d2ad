"""Threats 7, 9, 11 and 14 against attempts: replayed, doubled, parallel and decorated posts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.db import db
from app.models import AnswerRevision, Attempt, LessonProgress, Mark, Membership, ScopeResult
from tests.conftest import Clock
from tests.support.at_once import at_once
from tests.support.attempt_client import JSON, AttemptClient, start, start_assigned
from tests.support.factory import Factory, Person

CHECK = "/modules/safety/lessons/needle-and-lung"


def count(session: Session, table: type) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


# -- 7: after submitting ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, JSON])
@pytest.mark.parametrize("form", [{}, {"save_id": "late"}, {"clear": "1"}, {"flag": "1"}, {"go": "2"}])
def test_an_answer_after_submitting_is_refused(
    make: Factory, session: Session, headers: dict[str, str], form: dict[str, Any]
) -> None:
    """Threat 7. Fails when ``record_answer`` does not ask whether the attempt is open."""
    play = start(make.person().client, session)
    play.answer(1, *play.at(1).right)
    play.submit()
    logged, stored = play.log(), play.questions()

    reply = play.answer(1, play.at(1).wrong, headers=headers, **form)

    assert reply.status_code == 409
    assert (play.log(), play.questions()) == (logged, stored)


def test_a_captured_post_replayed_after_submitting_is_refused(make: Factory, session: Session) -> None:
    """Threat 7. Fails when a known ``save_id`` is looked up before the state of the attempt."""
    play = start(make.person().client, session)
    captured: dict[str, Any] = {"revision": 0, "save_id": "abc123"}
    assert play.answer(1, *play.at(1).right, **captured).status_code == 303
    play.submit()
    logged = play.log()

    reply = play.answer(1, *play.at(1).right, **captured)

    assert reply.status_code == 409
    assert play.log() == logged == 1


# -- 9: parallel starts -----------------------------------------------------------------------------------------------


class Class:
    """A learner with an assigned test in an app whose database is a file."""

    def __init__(self, app: Flask, clock: Clock, **terms: object) -> None:
        self.app = app
        with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
            make = Factory(app, session, clock)
            trainer, self.learner = make.trainer(), make.person()
            assignment = make.assignment(trainer, make.cohort(trainer, self.learner), **terms)
            self.start_path = f"/assignments/{assignment.id}/attempts"
            self.devices = [make.signed_in(self.learner.user, self.learner.learner) for _ in range(50)]

    def attempts(self) -> list[Attempt]:
        with self.app.app_context(), Session(db.engine) as session:
            return list(session.scalars(select(Attempt)))


def test_fifty_parallel_starts_are_one_attempt(file_app: Callable[..., Flask], clock: Clock) -> None:
    """Threat 9. Fails when a start commits without the unique index on open attempts, or draws a deadline each time."""
    course = Class(file_app(), clock, time_limit_minutes=15)

    replies = at_once([partial(device.post, course.start_path) for device in course.devices])

    [attempt] = course.attempts()
    assert Counter(reply.status_code for reply in replies) == {303: 50}
    assert {reply.location for reply in replies} == {f"/attempts/{attempt.id}/1"}
    assert attempt.deadline_at == clock.now + timedelta(minutes=15)


def test_fifty_parallel_starts_do_not_pass_the_limit(file_app: Callable[..., Flask], clock: Clock) -> None:
    """Threat 9. Fails when the number of attempts is not checked within the transaction that takes the next one."""
    course = Class(file_app(), clock, attempts_allowed=3)

    def take_four(device: FlaskClient) -> TestResponse:
        # Whoever comes back from submitting finds a later attempt, or none: the fourth start is always one too many.
        for _ in range(4):
            reply = device.post(course.start_path)
            if reply.status_code == 303:
                device.post(reply.location.removesuffix("/1") + "/submit")
        return reply

    last = at_once([partial(take_four, device) for device in course.devices])

    assert sorted(attempt.number for attempt in course.attempts()) == [1, 2, 3]
    assert {attempt.state for attempt in course.attempts()} == {"submitted"}
    assert {reply.status_code for reply in last} == {409}


def test_a_second_device_goes_on_with_the_same_deadline(make: Factory, session: Session, clock: Clock) -> None:
    learner = make.person()
    first = start(learner.client, session)
    deadline = session.scalar(select(Attempt.deadline_at))
    clock.advance(minutes=5)

    second = start(make.signed_in(learner.user, learner.learner), session)

    assert second.attempt_id == first.attempt_id
    assert session.scalar(select(Attempt.deadline_at)) == deadline


# -- 11: double posts -------------------------------------------------------------------------------------------------


def assigned(make: Factory, **terms: object) -> tuple[Person, Person, int, int]:
    trainer, learner = make.trainer(), make.person()
    cohort = make.cohort(trainer, learner)
    return trainer, learner, cohort.id, make.assignment(trainer, cohort, **terms).id


def test_a_doubled_start_is_one_attempt(make: Factory, session: Session) -> None:
    _, learner, _, assignment_id = assigned(make, attempts_allowed=2)

    first, second = (start_assigned(learner.client, session, assignment_id) for _ in range(2))

    assert first.attempt_id == second.attempt_id
    assert count(session, Attempt) == 1


def test_a_doubled_answer_is_one_row(make: Factory, session: Session) -> None:
    """Threat 11. Fails when each post writes a row, or the second is told that another tab was faster."""
    play = start(make.person().client, session)
    form: dict[str, Any] = {"revision": 0, "save_id": "once"}

    replies = [play.answer(1, *play.at(1).right, **form) for _ in range(2)]

    assert [(reply.status_code, reply.location) for reply in replies] == [(303, f"{play.path}/2")] * 2
    assert play.log() == 1


def test_a_doubled_check_is_marked_once(client_play: AttemptClient, session: Session) -> None:
    one = client_play.at(1)

    replies = [client_play.answer(1, one.wrong, revision=0, save_id="once") for _ in range(2)]

    assert [reply.status_code for reply in replies] == [303, 303]
    assert count(session, Mark) == count(session, AnswerRevision) == 1


@pytest.fixture
def client_play(make: Factory, session: Session) -> AttemptClient:
    return start(make.app.test_client(), session, "practice")


def test_a_doubled_submit_is_one_result(make: Factory, session: Session) -> None:
    """Threat 11. Fails when the transition is not guarded by the state it starts from."""
    play = start(make.person().client, session)
    play.answer_all()

    replies = [play.submit() for _ in range(2)]

    assert [(reply.status_code, reply.location) for reply in replies] == [(303, f"{play.path}/result")] * 2
    assert count(session, Mark) == len(play.questions())
    assert session.scalar(select(ScopeResult.attempts)) == 1


def test_a_lesson_check_done_twice_is_one_answer(make: Factory, session: Session) -> None:
    learner = make.person()
    page = learner.client.get(CHECK).text
    action = page.partition('method="post" action="' + CHECK + "/checks/")[2].partition('"')[0]

    for _ in range(2):
        assert learner.client.post(f"{CHECK}/checks/{action}", data={"option": "0", "number": "1"}).status_code == 303

    assert count(session, Attempt) == count(session, AnswerRevision) == count(session, Mark) == 1


def test_finishing_a_lesson_twice_is_one_row(make: Factory, session: Session) -> None:
    learner = make.person()

    for _ in range(2):
        assert learner.client.post(f"{CHECK}/done").status_code == 303

    assert count(session, LessonProgress) == 1


def test_joining_twice_is_one_membership(make: Factory, session: Session) -> None:
    cohort, learner = make.cohort(make.trainer()), make.person()

    for _ in range(2):
        assert learner.client.post(f"/join/{cohort.join_code}").status_code == 303

    assert count(session, Membership) == 1


# -- 14: extra fields -------------------------------------------------------------------------------------------------

FORGED: dict[str, Any] = {
    "score": "100",
    "points": "10",
    "max_points": "1",
    "is_passed": "1",
    "is_right": "1",
    "state": "submitted",
    "learner_id": "1",
    "user_id": "1",
    "role": "admin",
    "deadline_at": "2099-01-01T00:00:00Z",
    "started_at": "2099-01-01T00:00:00Z",
    "submitted_at": "2020-01-01T00:00:00Z",
    "attempts_allowed": "100",
    "number": "1",
    "pass_mark_percent": "1",
    "extra_time_percent": "400",
    "seed": "1",
    "now": "2020-01-01T00:00:00Z",
}


def test_forged_fields_of_an_attempt_are_ignored(make: Factory, session: Session, clock: Clock) -> None:
    """Threats 14 and 8. Fails when a form is copied onto a row, or the time comes from the page."""
    _, learner, _, assignment_id = assigned(make, attempts_allowed=2, time_limit_minutes=10)
    started = learner.client.post(f"/assignments/{assignment_id}/attempts", data=FORGED)
    play = AttemptClient(learner.client, session, int(started.location.split("/")[2]))
    for one in play.questions():
        assert play.answer(one.n, one.wrong, **FORGED).status_code == 303
    clock.advance(minutes=5)

    learner.client.post(f"{play.path}/submit", data=FORGED)

    attempt = session.scalars(select(Attempt).execution_options(populate_existing=True)).one()
    assert (attempt.points, attempt.max_points, attempt.is_passed) == (0, 10, False)
    assert (attempt.started_at, attempt.submitted_at) == (clock.now - timedelta(minutes=5), clock.now)
    assert attempt.deadline_at == attempt.started_at + timedelta(minutes=10)
    assert (attempt.attempts_allowed, attempt.pass_mark_percent) == (2, 80)
    assert attempt.learner_id == learner.learner.id
    assert set(session.scalars(select(AnswerRevision.arrived_at))) == {attempt.started_at}


def test_forged_fields_of_an_account_are_ignored(make: Factory, session: Session) -> None:
    """Threat 14. Fails when a form is populated onto the user."""
    learner = make.person()
    form = {
        "name": "New Name",
        "time_zone": "UTC",
        "email": "else@example.org",
        "active": "",
        "fs_uniquifier": "x",
    } | FORGED

    assert learner.client.post("/account", data=form).status_code == 303

    session.refresh(learner.user)
    session.refresh(learner.learner)
    assert (learner.user.name, learner.user.role, learner.user.active) == ("New Name", "learner", True)
    assert learner.user.email != "else@example.org"
    assert learner.learner.extra_time_percent == 0


def test_a_registration_makes_a_learner_whatever_it_says(make: Factory, session: Session) -> None:
    form = {
        "name": "Eve",
        "email": "eve@example.org",
        "password": "long enough password",
        "roles": "admin",
        "active": "1",
    }

    make.app.test_client().post("/register", data=form | FORGED)

    user = session.execute(
        select(db.Model.metadata.tables["user"]).where(db.Model.metadata.tables["user"].c.email == form["email"])
    ).one()
    assert user.role == "learner"
