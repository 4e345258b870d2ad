"""One person's data: as a file, and erased."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db import Base
from app.domain.release import Policy, When
from app.models import AuditEvent, Learner, Mark, Standing, User
from app.services.insights import insight
from app.services.insights.answered import Counting
from app.services.people import erasure, personal, users
from app.services.people.person_texts import REMOVED
from app.services.teaching import overviews
from tests.conftest import Clock
from tests.everywhere import EARLIER, EMAIL, NAME, Everywhere, everywhere
from tests.factory import AFTER_CLOSING, AFTER_LAST_ATTEMPT, PASSWORD, Make, Person
from tests.playing import start, start_assigned


@pytest.fixture
def admin(make: Make) -> Person:
    return make.admin(name="Ada Min", with_password=True)


@pytest.fixture
def known(make: Make, session: Session, clock: Clock) -> Everywhere:
    return everywhere(make, session, clock())


def files(reply: Any) -> dict[str, str]:
    assert (reply.status_code, reply.mimetype) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(reply.data)) as file:
        return {name: file.read(name).decode() for name in file.namelist()}


def exported(admin: Person, person: Person) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        files(admin.client.post(f"/admin/users/{person.user.id}/export"))["everything.json"]
    )
    return document


def erase(admin: Person, user: User) -> Any:
    return admin.client.post(f"/admin/users/{user.id}/erase", data={"confirm": user.email})


def dump(session: Session) -> str:
    """Every value of every row, as JSON and text alike."""
    return "\n".join(
        str(value)
        for table in Base.metadata.sorted_tables
        for row in session.execute(select(*table.c))
        for value in row
        if isinstance(value, (str, dict, list))
    )


# -- the file ----------------------------------------------------------------------------------------------------------


def test_the_file_has_something_in_every_section(admin: Person, known: Everywhere) -> None:
    """R20. Fails when a table that holds something about this person is left out."""
    document = exported(admin, known.person)

    empty = [trace.column for trace in personal.TRACES if not document.get(trace.section)]
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


def test_the_file_holds_nothing_of_others_and_no_secret(admin: Person, known: Everywhere, session: Session) -> None:
    text = json.dumps(exported(admin, known.person), ensure_ascii=False)

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


def test_the_file_tells_of_what_was_granted(admin: Person, known: Everywhere) -> None:
    about = exported(admin, known.person)["log_of_what_was_changed_about_you"]

    assert [event["action"] for event in about].count("assignment.grant") == 2


def test_the_file_is_written_down(admin: Person, known: Everywhere, session: Session) -> None:
    exported(admin, known.person)

    event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert event is not None
    assert (event.action, event.subject, event.actor_id) == (
        "user.export",
        f"user:{known.person.user.id}",
        admin.user.id,
    )


def test_no_key_is_in_the_file(admin: Person, known: Everywhere, plant: Callable[[], str]) -> None:
    """Threat 1. Fails when the file is made from rows that hold the key."""
    canary = plant()

    assert canary not in json.dumps(exported(admin, known.person))


@pytest.mark.parametrize("policy", [AFTER_LAST_ATTEMPT, AFTER_CLOSING], ids=["last", "closing"])
def test_marks_that_wait_are_not_in_the_file(
    admin: Person, make: Make, session: Session, clock: Clock, policy: Any
) -> None:
    """Fails when the file tells which answers were right before the trainer releases it."""
    trainer, person = make.trainer(), make.person()
    due = clock() + timedelta(days=1)
    terms = {"due_at": due, "attempts_allowed": 2, "policy": policy}
    assignment = make.assignment(trainer, make.cohort(trainer, person), **terms)
    play = start_assigned(person.client, session, assignment.id)
    play.answer_all(wrong=[2])
    under_way = exported(admin, person)["attempts"][0]
    play.submit()

    before = exported(admin, person)["attempts"][0]
    clock.now = due + timedelta(minutes=1)
    start_assigned(person.client, session, assignment.id).submit() if policy is AFTER_LAST_ATTEMPT else None
    after = exported(admin, person)["attempts"][0]

    assert not [question for question in under_way["questions"] if "mark" in question]
    assert "points" not in under_way
    assert not [question for question in before["questions"] if "mark" in question]
    assert [question["mark"]["is_right"] for question in after["questions"]].count(False) == 1
    assert after["points"] == len(after["questions"]) - 1


def test_a_score_that_waits_is_in_no_part_of_the_file(
    admin: Person, make: Make, session: Session, clock: Clock
) -> None:
    """Fails when the standing, or a table for spreadsheets, tells what the attempt does not."""
    trainer, person = make.trainer(), make.person()
    policy = Policy(When.CLOSING, When.CLOSING, When.CLOSING, When.CLOSING)
    assignment = make.assignment(
        trainer, make.cohort(trainer, person), due_at=clock() + timedelta(days=1), policy=policy
    )
    play = start_assigned(person.client, session, assignment.id)
    play.answer_all(wrong=[1])
    play.submit()

    found = files(admin.client.post(f"/admin/users/{person.user.id}/export"))

    for word in ("percent", "is_passed", '"points"', "is_right", "certainty_points"):
        assert word not in found["everything.json"].replace("pass_mark_percent", "").replace("extra_time_percent", "")
    assert found["results.csv"].splitlines()[1].endswith(",submitted,,,")


def test_another_attempt_that_was_granted_is_waited_for(admin: Person, make: Make, session: Session) -> None:
    """Fails when the file is made without the exceptions: after the first of two attempts it would tell which answers were right."""
    trainer, person = make.trainer(), make.person()
    cohort = make.cohort(trainer, person)
    assignment = make.assignment(trainer, cohort, attempts_allowed=1, policy=AFTER_LAST_ATTEMPT)
    make.grant(trainer, assignment, person, more_attempts=1)
    start_assigned(person.client, session, assignment.id).submit()

    before = exported(admin, person)["attempts"][0]
    start_assigned(person.client, session, assignment.id).submit()
    after = exported(admin, person)["attempts"][0]

    assert not [question for question in before["questions"] if "mark" in question]
    assert all("mark" in question for question in after["questions"])


def test_why_a_question_was_corrected_waits_for_its_key(admin: Person, make: Make, session: Session) -> None:
    """Fails when the file tells the reason of a correction, which may name the right answer, before the page of the result does."""
    trainer, person = make.trainer(), make.person()
    policy = Policy(When.SUBMISSION, When.SUBMISSION, When.LAST_ATTEMPT, When.LAST_ATTEMPT)
    terms = {"attempts_allowed": 2, "policy": policy}
    assignment = make.assignment(trainer, make.cohort(trainer, person), **terms)
    play = start_assigned(person.client, session, assignment.id)
    play.submit()
    version_id = play.at(1).version_id
    correct = f"/teach/assignments/{assignment.id}/questions/{version_id}/correct"
    sent = trainer.client.post(correct, data={"remedy": "credit", "reason": "The key says ice.", "form_id": "a"})

    before = exported(admin, person)["attempts"][0]["questions"][0]["mark_changes"]
    start_assigned(person.client, session, assignment.id).submit()
    after = exported(admin, person)["attempts"][0]["questions"][0]["mark_changes"]

    assert sent.status_code == 303
    assert [change["reason"] for change in before] == [None]
    assert [change["reason"] for change in after] == ["The key says ice."]


def test_answers_are_told_as_they_were_shown(admin: Person, make: Make, session: Session) -> None:
    person = make.person()
    play = start(person.client, session)
    first = play.at(1)
    play.answer(1, *first.right)
    play.answer(1, first.wrong)

    question = exported(admin, person)["attempts"][0]["questions"][0]

    assert question["options"]
    assert len(question["log"]) == 2
    assert question["log"][-1]["answer"] == question["answer"]
    if first.is_choice and isinstance(first.wrong, int):
        assert question["answer"] == [question["options"][first.wrong]]


def test_no_table_of_the_file_holds_a_formula(admin: Person, make: Make, session: Session) -> None:
    """Threat 20."""
    trainer, person = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, person), title="=1+1")
    start_assigned(person.client, session, assignment.id).submit()

    found = files(admin.client.post(f"/admin/users/{person.user.id}/export"))

    assert ",'=1+1," in found["results.csv"]
    assert ",=1+1," not in found["results.csv"] + found["answers.csv"]


# -- erasing -----------------------------------------------------------------------------------------------------------


def test_what_goes_and_what_stays_is_shown_first(admin: Person, known: Everywhere, session: Session) -> None:
    known.cohort.title = f"The year of {NAME}"
    session.commit()

    page = admin.client.get(f"/admin/users/{known.person.user.id}/erase").text

    assert "1 attempt" in page
    assert "Nobody would teach Her own cohort" in page
    assert f"The year of {NAME}" in page


@pytest.mark.parametrize("typed", ["", "someone@example.org", NAME])
def test_nobody_is_erased_by_a_slip(admin: Person, known: Everywhere, session: Session, typed: str) -> None:
    page = admin.client.post(f"/admin/users/{known.person.user.id}/erase", data={"confirm": typed})

    assert page.status_code == 422
    assert session.scalar(select(func.count()).where(User.email == EMAIL)) == 1


def test_an_erased_person_leaves_no_trace_in_any_table(admin: Person, known: Everywhere, session: Session) -> None:
    """R20. Fails when one place where a name, an address or a text of theirs is kept is forgotten."""
    before = dump(session)
    for kept in (NAME, EMAIL, EARLIER, "had an operation", "Dear Zdeňka", "Asia/Tokyo"):
        assert kept in before

    assert erase(admin, known.person.user).status_code == 303

    session.expire_all()
    after = dump(session)
    traces = (
        NAME,
        EMAIL,
        EARLIER,
        EMAIL.upper(),
        "had an operation",
        "two right",
        "Zdeňka",
        "bedside",
        "Asia/Tokyo",
        "Přibylová",
    )
    assert [trace for trace in traces if trace in after] == []
    assert REMOVED in after
    assert "Ann Other" in after  # the other line of the roster
    assert "It is. Yours, (erased)" in after


def test_what_was_learned_stays_under_nobody(admin: Person, known: Everywhere, session: Session) -> None:
    learner = known.person.learner

    erase(admin, known.person.user)

    session.expire_all()
    assert (learner.user_id, learner.time_zone, learner.extra_time_percent) == (None, "UTC", 0)
    assert learner.calendar_number == 1
    assert session.scalar(select(func.count()).where(Mark.learner_id == learner.id)) == known.mine.max_points
    assert session.scalar(select(func.count()).where(Standing.learner_id == learner.id)) == 1


def test_the_statistics_of_the_cohort_add_up_as_before(admin: Person, known: Everywhere, session: Session) -> None:
    """Fails when an erased learner's marks, or their place in the cohort, go with the account."""

    def figures() -> Any:
        found = insight.insight(session, known.assignment, Counting.FIRST)
        items = [(line.version_id, line.figures, line.missed) for line in found.items]
        return found.members, found.figures, found.bands, items

    before = figures()
    erase(admin, known.person.user)
    session.expire_all()

    assert figures() == before
    assert before[0] == 14


def test_the_gradebook_adds_up_as_before(admin: Person, known: Everywhere, session: Session, clock: Clock) -> None:
    """R20. Fails when the results of an erased learner leave the gradebook, its file or the overview of the cohort."""

    def figures() -> Any:
        found = overviews.read(session, known.cohort, clock())
        file = known.trainer.client.get(f"/teach/cohorts/{known.cohort.id}/gradebook.csv").text
        scores = sorted(line[3:] for line in csv.reader(io.StringIO(file)))
        return found.members, found.progress, scores

    before = figures()
    erase(admin, known.person.user)
    session.expire_all()

    assert figures() == before
    page = known.trainer.client.get(f"/teach/cohorts/{known.cohort.id}/gradebook").text
    assert "Erased account" in page
    assert f"/learners/{known.person.learner.id}" not in page


def test_who_was_erased_and_did_nothing_is_in_no_gradebook(
    admin: Person, make: Make, session: Session, clock: Clock
) -> None:
    trainer, person = make.trainer(), make.person()
    cohort = make.cohort(trainer, person)
    make.assignment(trainer, cohort)

    erase(admin, person.user)
    session.expire_all()

    assert overviews.read(session, cohort, clock()).members == 0


def test_an_erased_person_is_out_at_the_next_request(admin: Person, known: Everywhere) -> None:
    assert known.person.client.get("/account").status_code == 200

    erase(admin, known.person.user)

    assert known.person.client.get("/account").location == "/login?next=/account"


def test_the_log_forgets_whom_and_keeps_that(admin: Person, known: Everywhere, session: Session) -> None:
    user_id = known.person.user.id
    count = session.scalar(select(func.count(AuditEvent.id)))

    erase(admin, known.person.user)

    events = session.scalars(select(AuditEvent).execution_options(populate_existing=True)).all()
    assert len(events) == (count or 0) + 1
    assert not [event for event in events if event.subject == f"user:{user_id}" or event.details.get("user") == user_id]
    granted = [event.details for event in events if event.action == "assignment.grant"]
    assert [details.get("extra_time_percent") for details in granted] == [
        None,
        42,
    ]  # the second is about somebody else, too
    assert (events[-1].action, events[-1].subject) == ("user.erase", f"learner:{known.person.learner.id}")


def test_a_new_account_inherits_nothing_of_an_erased_one(
    admin: Person, known: Everywhere, make: Make, session: Session
) -> None:
    """SQLite gives the number of the last account again. Fails when something still points to it."""
    gone = known.person.user.id
    last = session.scalar(select(func.max(User.id)))
    while last != gone:
        user = session.get(User, last)
        assert user is not None
        erasure.erase(session, None, user, make.now())
        session.commit()
        last = session.scalar(select(func.max(User.id)))
    erasure.erase(session, None, known.person.user, make.now())
    session.commit()

    fresh = make.person(name="Fresh Start")

    assert fresh.user.id == gone
    document = exported(make.admin(name="Another"), fresh)
    full = {name for name, part in document.items() if isinstance(part, list) and part}
    assert full <= {"sign_ins", "log_of_what_was_changed_about_you"}
    assert [event["action"] for event in document["log_of_what_was_changed_about_you"]] == ["user.export"]


def test_the_last_administrator_can_not_be_erased(admin: Person, session: Session) -> None:
    page = erase(admin, admin.user)

    assert page.status_code == 409
    assert "last active administrator" in page.text
    assert session.scalar(select(func.count(User.id))) == 1


def test_an_administrator_who_erases_themself_is_signed_out(admin: Person, make: Make, session: Session) -> None:
    make.admin()

    reply = erase(admin, admin.user)

    assert reply.location == "/"
    assert admin.client.get("/").status_code == 200
    assert admin.client.get("/admin/users").location.startswith("/login")
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "user.erase")).one()
    assert (event.actor_id, event.details) == (None, {"by_themselves": True})


def test_whoever_is_erased_twice_is_404(admin: Person, make: Make) -> None:
    person = make.person()
    erase(admin, person.user)

    assert erase(admin, person.user).status_code == 404


def test_a_guest_learner_is_no_erased_person(admin: Person, make: Make, session: Session) -> None:
    """Upkeep removes guests with all they did; an erased learner is none, and stays."""
    person = make.person()
    start(person.client, session).submit()

    erase(admin, person.user)

    assert session.scalars(select(Learner.is_guest).where(Learner.id == person.learner.id)).one() is False
    assert users.count_guest_work(session, person.learner) == 1


# -- by oneself --------------------------------------------------------------------------------------------------------


def test_everybody_can_have_their_own_data(known: Everywhere) -> None:
    document = json.loads(files(known.person.client.post("/account/data"))["everything.json"])

    assert document["account"]["email"] == EMAIL
    assert document["attempts"]


def test_an_account_is_deleted_with_its_password(known: Everywhere, session: Session) -> None:
    page = known.person.client.get("/account/delete").text
    reply = known.person.client.post("/account/delete", data={"password": PASSWORD})

    assert "What goes" in page
    assert reply.location == "/"
    assert "Your account is deleted" in known.person.client.get("/").text
    assert known.person.client.get("/account").location.startswith("/login")
    assert traces_of(session) == []


def traces_of(session: Session) -> list[str]:
    session.expire_all()
    left = dump(session)
    return [trace for trace in (NAME, EMAIL, EARLIER) if trace in left]


@pytest.mark.parametrize("typed", ["", "not my password"])
def test_an_account_is_not_deleted_at_an_open_screen(known: Everywhere, session: Session, typed: str) -> None:
    page = known.person.client.post("/account/delete", data={"password": typed})

    assert page.status_code == 422
    assert session.scalar(select(func.count()).where(User.email == EMAIL)) == 1


def test_the_last_administrator_can_not_delete_their_account(admin: Person, session: Session) -> None:
    page = admin.client.post("/account/delete", data={"password": PASSWORD})

    assert page.status_code == 422
    assert "make another one first" in page.text
    assert session.scalar(select(func.count(User.id))) == 1
