"""Reopening attempts: the warning, the confirmation, what the learner sees, and giving time back to a whole room."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.attempt import AttemptState
from app.models import Assignment, Attempt, AttemptReopening, Cohort
from app.services.attempts import reopening
from app.services.cohorts import cohorts
from tests.conftest import Clock
from tests.support.assigned_test import start_attempt
from tests.support.attempt_client import get_hidden_field
from tests.support.factory import AFTER_LAST_ATTEMPT, Factory, Person
from tests.support.mailbox import Mailbox, mail_server
from tests.support.submissions import AnswerKey, submit_test


@pytest.fixture
def trainer(make: Factory) -> Person:
    return make.trainer(name="Tilda Trainer")


@pytest.fixture
def learner(make: Factory) -> Person:
    return make.person(name="Ana Li", email="ana@example.org")


@pytest.fixture
def cohort(make: Factory, trainer: Person, learner: Person) -> Cohort:
    return make.cohort(trainer, learner)


@pytest.fixture
def assignment(make: Factory, trainer: Person, cohort: Cohort) -> Assignment:
    return make.assignment(trainer, cohort, attempts_allowed=1, time_limit_minutes=30, policy=AFTER_LAST_ATTEMPT)


@pytest.fixture
def submitted(session: Session, learner: Person, assignment: Assignment, clock: Clock) -> Attempt:
    return submit_test(session, learner, assignment, clock(), AnswerKey(session).all_right)


@pytest.fixture
def smtp(app: Flask) -> Iterator[Mailbox]:
    with mail_server(app) as box:
        yield box


def path(attempt: Attempt) -> str:
    return f"/teach/attempts/{attempt.id}/reopen"


def fill_form(trainer: Person, attempt: Attempt, **changes: str) -> dict[str, str]:
    page = trainer.client.get(path(attempt)).text
    filled = {name: get_hidden_field(page, name) for name in ("seen", "form_id")}
    return filled | {"minutes": "10", "reason": "The browser closed."} | changes


def test_it_works(
    session: Session, smtp: Mailbox, trainer: Person, learner: Person, submitted: Attempt, clock: Clock
) -> None:
    """The trainer reopens; the learner is told by mail and in the test, goes on, and submits again."""
    page = trainer.client.get(path(submitted)).text
    assert "This learner can already see the correct answers" in page
    assert "The result of 10 out of 10 points is withdrawn." in page

    done = trainer.client.post(path(submitted), data=fill_form(trainer, submitted))

    assert (done.status_code, done.location) == (303, f"/teach/attempts/{submitted.id}")
    page = trainer.client.get(done.location).text
    assert "Withdrawn result: 10 of 10 points" in page
    assert "The browser closed." in page
    (mail,) = smtp.mails
    assert (mail["To"], mail["Subject"]) == ("ana@example.org", "Your test was reopened: The test")
    assert f"http://localhost:8000/assignments/{submitted.assignment_id}" in mail.get_content()

    result = learner.client.get(f"/attempts/{submitted.id}/result")
    assert (result.status_code, result.location) == (302, f"/attempts/{submitted.id}")
    question = learner.client.get(f"/attempts/{submitted.id}/1").text
    assert "Your trainer reopened your test for 10 more minutes." in question
    assert "The browser closed." in question
    clock.advance(minutes=1)
    learner.client.post(f"/attempts/{submitted.id}/submit")
    session.refresh(submitted)
    assert (submitted.state, submitted.points) == (AttemptState.SUBMITTED, 10)
    assert learner.client.get(f"/attempts/{submitted.id}/result").status_code == 200


def test_the_notice_goes_when_the_learner_goes_on(
    session: Session, trainer: Person, learner: Person, submitted: Attempt, clock: Clock
) -> None:
    trainer.client.post(path(submitted), data=fill_form(trainer, submitted))
    clock.advance(minutes=1)
    first = learner.client.get(f"/attempts/{submitted.id}/1").text
    revision = get_hidden_field(first, "revision")

    learner.client.post(f"/attempts/{submitted.id}/1", data={"clear": "1", "revision": revision})

    assert "Your trainer reopened your test" not in learner.client.get(f"/attempts/{submitted.id}/2").text


def test_sending_the_form_twice_reopens_once(session: Session, trainer: Person, submitted: Attempt) -> None:
    form = fill_form(trainer, submitted)

    replies = [trainer.client.post(path(submitted), data=form) for _ in range(2)]

    assert [reply.status_code for reply in replies] == [303, 303]
    assert len(session.scalars(select(AttemptReopening)).all()) == 1


def test_what_another_trainer_did_meanwhile_is_shown(
    make: Factory, session: Session, trainer: Person, submitted: Attempt, clock: Clock
) -> None:
    """Fails when the second trainer gives ten minutes more without knowing that the first did."""
    form = fill_form(trainer, submitted)
    admin = make.admin()
    clock.advance(minutes=1)
    admin.client.post(path(submitted), data=fill_form(admin, submitted))

    reply = trainer.client.post(path(submitted), data=form)

    assert reply.status_code == 409
    assert "Nothing was changed yet" in reply.text
    assert "The browser closed." in reply.text
    assert len(session.scalars(select(AttemptReopening)).all()) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"minutes": "0"}, "from 1 to 600"),
        ({"minutes": "601"}, "from 1 to 600"),
        ({"minutes": "ten"}, "minutes"),
        ({"minutes": ""}, "Enter a number of minutes."),
        ({"reason": "  "}, "Enter a reason."),
    ],
)
def test_what_is_missing_is_said(
    session: Session, trainer: Person, submitted: Attempt, change: dict[str, str], message: str
) -> None:
    reply = trainer.client.post(path(submitted), data=fill_form(trainer, submitted, **change))

    assert reply.status_code == 422
    assert message in reply.text
    assert session.scalars(select(AttemptReopening)).all() == []


def test_an_archived_cohort_keeps_its_results(
    session: Session, trainer: Person, cohort: Cohort, submitted: Attempt, clock: Clock
) -> None:
    form = fill_form(trainer, submitted)
    cohorts.archive(session, trainer.user, cohort, clock())
    session.commit()

    assert trainer.client.post(path(submitted), data=form).status_code == 409
    assert "archived" in trainer.client.get(path(submitted)).text


def test_a_reply_to_a_report_waits_until_the_test_is_submitted_again(
    make: Factory, session: Session, trainer: Person, learner: Person, submitted: Attempt
) -> None:
    """A reply may name the right answer. Fails when a reopened test shows it beside the question."""
    learner.client.post(f"/attempts/{submitted.id}/1/report", data={"says": "Two answers are right."})
    report = re.search(r"/teach/reports/(\d+)", trainer.client.get("/teach/reports").text)
    assert report
    trainer.client.post(f"/teach/reports/{report[1]}", data={"reply": "No, only the second is."})
    trainer.client.post(path(submitted), data=fill_form(trainer, submitted))

    pages = [
        learner.client.get(address).text
        for address in ("/", f"/attempts/{submitted.id}/1", f"/attempts/{submitted.id}/1/report", "/progress")
    ]
    assert not any("only the second is" in page for page in pages)


def test_a_room_gets_its_time_back(
    make: Factory, session: Session, smtp: Mailbox, trainer: Person, learner: Person, clock: Clock
) -> None:
    """Those who are at it are chosen at first. Fails when somebody who was not chosen is changed."""
    ben, cem = make.person(name="Ben Mo"), make.person(name="Cem Nu")
    cohort = make.cohort(trainer, learner, ben, cem)
    assignment = make.assignment(trainer, cohort, time_limit_minutes=30, attempts_allowed=1)
    running = start_attempt(session, learner, assignment, clock())
    ended, left = (submit_test(session, one, assignment, clock(), AnswerKey(session).all_wrong) for one in (ben, cem))
    address = f"/teach/assignments/{assignment.id}/time"
    page = trainer.client.get(address).text
    offered = re.findall(r'name="attempts"\s+value="([^"]+)"(\s+checked)?', page)
    assert [(value.partition(":")[0], bool(checked)) for value, checked in offered] == [
        (str(running.id), True),
        (str(ended.id), False),
        (str(left.id), False),
    ]
    ends = running.deadline_at
    assert ends

    reply = trainer.client.post(
        address,
        data={"attempts": [offered[0][0], offered[1][0]], "minutes": "15", "reason": "Fire alarm"},
    )

    assert reply.status_code == 303
    session.expire_all()
    assert running.deadline_at == ends + timedelta(minutes=15)
    assert (ended.state, ended.deadline_at) == (AttemptState.OPEN, clock() + timedelta(minutes=15))
    assert left.state is AttemptState.SUBMITTED
    assert [mail["To"] for mail in smtp.mails] == [ben.user.email]
    assert "2 learners have more time now." in trainer.client.get(address).text


def test_tests_that_ended_long_ago_are_folded_away(
    session: Session, trainer: Person, assignment: Assignment, learner: Person, clock: Clock
) -> None:
    """Fails when a fire alarm's page begins with everybody who took the test last week."""
    submit_test(session, learner, assignment, clock(), AnswerKey(session).all_wrong)
    address = f"/teach/assignments/{assignment.id}/time"
    assert "Ended within the last day" in trainer.client.get(address).text

    clock.advance(days=2)

    page = trainer.client.get(address).text
    assert "Nobody is taking the test now, and no test ended within the last day." in page
    assert "1 learner whose test ended more than a day ago" in page
    folds = re.findall(r'<details\s+class="details-link"\s*(open)?', page)
    assert folds == [""]
    chosen = re.findall(r'name="attempts"\s+value="([^"]+)"', page)
    refused = trainer.client.post(address, data={"attempts": chosen, "minutes": "15", "reason": ""})
    assert re.findall(r'<details\s+class="details-link"\s*(open)?', refused.text) == ["open"]


def test_only_tests_of_the_last_day_are_chosen_together(
    session: Session, trainer: Person, make: Factory, clock: Clock
) -> None:
    """Fails when one link reopens the tests of everybody who took them weeks ago."""
    people = [make.person() for _ in range(4)]
    assignment = make.assignment(trainer, make.cohort(trainer, *people))
    address = f"/teach/assignments/{assignment.id}/time"
    for person in people[:2]:
        submit_test(session, person, assignment, clock(), AnswerKey(session).all_wrong)
    assert "Choose all 2" in trainer.client.get(address).text
    clock.advance(days=2)
    assert "Choose all" not in trainer.client.get(address).text

    for person in people[2:]:
        submit_test(session, person, assignment, clock(), AnswerKey(session).all_wrong)

    page = trainer.client.get(f"{address}?to=all").text
    assert len(re.findall(r'name="attempts"\s+value="[^"]+"\s+checked', page)) == 2


def test_a_link_to_a_mark_of_a_reopened_attempt_explains_itself(
    session: Session, trainer: Person, submitted: Attempt
) -> None:
    """Fails when the page that changes a mark is a bare 404 as soon as the attempt is open again."""
    address = f"/teach/attempts/{submitted.id}/1/mark"
    before = trainer.client.get(address)
    trainer.client.post(
        path(submitted), data={"minutes": "5", "reason": "Fire", "seen": _get_version(trainer, submitted)}
    )

    after = trainer.client.get(address)

    assert (before.status_code, after.status_code) == (200, 409)
    assert "This test is open again" in after.text


def _get_version(trainer: Person, attempt: Attempt) -> str:
    return get_hidden_field(trainer.client.get(path(attempt)).text, "seen")


def test_who_submitted_meanwhile_is_left_out_and_counted(
    session: Session, trainer: Person, learner: Person, assignment: Assignment, clock: Clock
) -> None:
    attempt = start_attempt(session, learner, assignment, clock())
    found = reopening.get_for(session, trainer.viewer, attempt.id, clock())
    assert found
    learner.client.post(f"/attempts/{attempt.id}/submit")

    form = {"attempts": f"{attempt.id}:{found.version}", "minutes": "5", "reason": "Fire alarm"}
    page = trainer.client.post(f"/teach/assignments/{assignment.id}/time", data=form, follow_redirects=True)

    assert "1 test has ended or was reopened in the meantime" in page.text
    session.refresh(attempt)
    assert attempt.state is AttemptState.SUBMITTED


@pytest.mark.parametrize("attempts", [[], ["x:y"], ["1" * 30]])
def test_nobody_chosen_is_said(
    trainer: Person, assignment: Assignment, submitted: Attempt, attempts: list[str]
) -> None:
    form = {"attempts": attempts, "minutes": "5", "reason": "Fire alarm"}
    reply = trainer.client.post(f"/teach/assignments/{assignment.id}/time", data=form)

    assert reply.status_code == 422
    assert "Choose at least one learner." in reply.text
    assert "Fire alarm" in reply.text


def test_attempts_of_other_cohorts_are_not_touched(
    make: Factory, session: Session, trainer: Person, assignment: Assignment, submitted: Attempt, clock: Clock
) -> None:
    other = make.trainer()
    theirs = make.assignment(other, make.cohort(other))
    found = reopening.get_for(session, trainer.viewer, submitted.id, clock())
    assert found

    form = {"attempts": f"{submitted.id}:{found.version}", "minutes": "5", "reason": "Fire alarm"}
    other.client.post(f"/teach/assignments/{theirs.id}/time", data=form)

    session.refresh(submitted)
    assert submitted.state is AttemptState.SUBMITTED
