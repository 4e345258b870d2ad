"""The file of what is stored about a person: what it holds, and what it does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.release import ReleaseMoment, ReleasePolicy
from app.models import AuditEvent
from app.services.privacy import data_locations
from tests.conftest import Clock
from tests.support.attempt_client import start, start_assigned
from tests.support.factory import AFTER_CLOSING, AFTER_LAST_ATTEMPT, Factory, Person
from tests.support.person_with_all_data import EARLIER, EMAIL, NAME, PersonWithAllData, make_person_with_all_data
from tests.support.personal_files import export_person, read_files


@pytest.fixture
def admin(make: Factory) -> Person:
    return make.admin(name="Ada Min", with_password=True)


@pytest.fixture
def known(make: Factory, session: Session, clock: Clock) -> PersonWithAllData:
    return make_person_with_all_data(make, session, clock())


def test_the_file_has_something_in_every_section(admin: Person, known: PersonWithAllData) -> None:
    """R20. Fails when a table that holds something about this person is left out."""
    document = export_person(admin, known.person)

    empty = [trace.column for trace in data_locations.DATA_LOCATIONS if not document.get(trace.section)]
    assert empty == []
    text = json.dumps(document, ensure_ascii=False)
    for kept in (
        NAME,
        EMAIL,
        EARLIER,
        "had an operation",
        "two right answers",
        "Dear Zdeňka",
        "at the bedside",
        "Asia/Tokyo",
    ):
        assert kept in text


def test_the_file_holds_nothing_of_others_and_no_secret(
    admin: Person, known: PersonWithAllData, session: Session
) -> None:
    text = json.dumps(export_person(admin, known.person), ensure_ascii=False)

    for secret in (
        known.person.user.password,
        known.person.user.fs_uniquifier,
        "third@example.org",
        "ann@example.org",
        "Otto Other",
    ):
        assert str(secret) not in text
    for name in ("token_hash", "option_order", "seed", "response", "fs_uniquifier"):
        assert f'"{name}"' not in text


def test_the_file_tells_of_what_was_granted(admin: Person, known: PersonWithAllData) -> None:
    about = export_person(admin, known.person)["log_of_what_was_changed_about_you"]

    assert [event["action"] for event in about].count("assignment.grant") == 2


def test_the_file_is_written_down(admin: Person, known: PersonWithAllData, session: Session) -> None:
    export_person(admin, known.person)

    event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert event is not None
    assert (event.action, event.subject, event.actor_id) == (
        "user.export",
        f"user:{known.person.user.id}",
        admin.user.id,
    )


def test_no_key_is_in_the_file(admin: Person, known: PersonWithAllData, plant: Callable[[], str]) -> None:
    """Threat 1. Fails when the file is made from rows that hold the key."""
    canary = plant()

    assert canary not in json.dumps(export_person(admin, known.person))


@pytest.mark.parametrize("policy", [AFTER_LAST_ATTEMPT, AFTER_CLOSING], ids=["last", "closing"])
def test_marks_that_wait_are_not_in_the_file(
    admin: Person, make: Factory, session: Session, clock: Clock, policy: Any
) -> None:
    """Fails when the file tells which answers were right before the trainer releases it."""
    trainer, person = make.trainer(), make.person()
    due = clock() + timedelta(days=1)
    terms = {"due_at": due, "attempts_allowed": 2, "policy": policy}
    assignment = make.assignment(trainer, make.cohort(trainer, person), **terms)
    play = start_assigned(person.client, session, assignment.id)
    play.answer_all(wrong=[2])
    under_way = export_person(admin, person)["attempts"][0]
    play.submit()

    before = export_person(admin, person)["attempts"][0]
    clock.now = due + timedelta(minutes=1)
    start_assigned(person.client, session, assignment.id).submit() if policy is AFTER_LAST_ATTEMPT else None
    after = export_person(admin, person)["attempts"][0]

    assert not [question for question in under_way["questions"] if "mark" in question]
    assert "points" not in under_way
    assert not [question for question in before["questions"] if "mark" in question]
    assert [question["mark"]["is_right"] for question in after["questions"]].count(False) == 1
    assert after["points"] == len(after["questions"]) - 1


def test_a_score_that_waits_is_in_no_part_of_the_file(
    admin: Person, make: Factory, session: Session, clock: Clock
) -> None:
    """Fails when the standing, or a table for spreadsheets, tells what the attempt does not."""
    trainer, person = make.trainer(), make.person()
    policy = ReleasePolicy(ReleaseMoment.CLOSING, ReleaseMoment.CLOSING, ReleaseMoment.CLOSING, ReleaseMoment.CLOSING)
    assignment = make.assignment(
        trainer, make.cohort(trainer, person), due_at=clock() + timedelta(days=1), policy=policy
    )
    play = start_assigned(person.client, session, assignment.id)
    play.answer_all(wrong=[1])
    play.submit()

    found = read_files(admin.client.post(f"/admin/users/{person.user.id}/export"))

    for word in ("percent", "is_passed", '"points"', "is_right", "certainty_points"):
        assert word not in found["everything.json"].replace("pass_mark_percent", "").replace("extra_time_percent", "")
    assert found["results.csv"].splitlines()[1].endswith(",submitted,,,")


def test_another_attempt_that_was_granted_is_waited_for(admin: Person, make: Factory, session: Session) -> None:
    """Fails when the file is made without the exceptions: after the first of two attempts it would tell which answers were right."""
    trainer, person = make.trainer(), make.person()
    cohort = make.cohort(trainer, person)
    assignment = make.assignment(trainer, cohort, attempts_allowed=1, policy=AFTER_LAST_ATTEMPT)
    make.exception(trainer, assignment, person, more_attempts=1)
    start_assigned(person.client, session, assignment.id).submit()

    before = export_person(admin, person)["attempts"][0]
    start_assigned(person.client, session, assignment.id).submit()
    after = export_person(admin, person)["attempts"][0]

    assert not [question for question in before["questions"] if "mark" in question]
    assert all("mark" in question for question in after["questions"])


def test_why_a_question_was_corrected_waits_for_its_key(admin: Person, make: Factory, session: Session) -> None:
    """Fails when the file tells the reason of a correction, which may name the right answer, before the page of the result does."""
    trainer, person = make.trainer(), make.person()
    policy = ReleasePolicy(
        ReleaseMoment.SUBMISSION, ReleaseMoment.SUBMISSION, ReleaseMoment.LAST_ATTEMPT, ReleaseMoment.LAST_ATTEMPT
    )
    terms = {"attempts_allowed": 2, "policy": policy}
    assignment = make.assignment(trainer, make.cohort(trainer, person), **terms)
    play = start_assigned(person.client, session, assignment.id)
    play.submit()
    version_id = play.at(1).version_id
    correct = f"/teach/assignments/{assignment.id}/questions/{version_id}/correct"
    sent = trainer.client.post(correct, data={"remedy": "credit", "reason": "The key says ice.", "form_id": "a"})

    before = export_person(admin, person)["attempts"][0]["questions"][0]["mark_changes"]
    start_assigned(person.client, session, assignment.id).submit()
    after = export_person(admin, person)["attempts"][0]["questions"][0]["mark_changes"]

    assert sent.status_code == 303
    assert [change["reason"] for change in before] == [None]
    assert [change["reason"] for change in after] == ["The key says ice."]


def test_answers_are_told_as_they_were_shown(admin: Person, make: Factory, session: Session) -> None:
    person = make.person()
    play = start(person.client, session)
    first = play.at(1)
    play.answer(1, *first.right)
    play.answer(1, first.wrong)

    question = export_person(admin, person)["attempts"][0]["questions"][0]

    assert question["options"]
    assert len(question["log"]) == 2
    assert question["log"][-1]["answer"] == question["answer"]
    if first.is_choice and isinstance(first.wrong, int):
        assert question["answer"] == [question["options"][first.wrong]]


def test_no_table_of_the_file_holds_a_formula(admin: Person, make: Factory, session: Session) -> None:
    """Threat 20."""
    trainer, person = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, person), title="=1+1")
    start_assigned(person.client, session, assignment.id).submit()

    found = read_files(admin.client.post(f"/admin/users/{person.user.id}/export"))

    assert ",'=1+1," in found["results.csv"]
    assert ",=1+1," not in found["results.csv"] + found["answers.csv"]


# -- by oneself --------------------------------------------------------------------------------------------------------


def test_everybody_can_have_their_own_data(known: PersonWithAllData) -> None:
    document = json.loads(read_files(known.person.client.post("/account/data"))["everything.json"])

    assert document["account"]["email"] == EMAIL
    assert document["attempts"]
