"""Visitors who did something: theirs when they register, asked about when they sign in, gone after 30 days."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import AnswerRevision, Attempt, Learner, LessonProgress, Mark, SignIn
from app.services.attempts import guests
from tests.conftest import Clock
from tests.support.attempt_client import AttemptClient, start
from tests.support.factory import PASSWORD, Factory, Person

LESSON = "/modules/safety/lessons/red-flags"


def count(session: Session, table: type) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def owners(session: Session) -> set[int]:
    """Whose attempts, marks and lessons there are."""
    columns = (Attempt.learner_id, Mark.learner_id, LessonProgress.learner_id)
    return {owner for column in columns for owner in session.scalars(select(column))}


def register(client: FlaskClient, **given: str) -> None:
    form = {"name": "New Here", "email": "new@example.org", "password": PASSWORD} | given
    assert client.post("/register", data=form).status_code == 302


def sign_in(client: FlaskClient, person: Person) -> None:
    assert client.post("/login", data={"email": person.user.email, "password": PASSWORD}).status_code == 302


def studied(client: FlaskClient, session: Session) -> AttemptClient:
    """Practice with two answers, one of them wrong, a lesson done, a check answered."""
    play = start(client, session, "practice")
    play.answer(1, *play.at(1).right)
    play.answer(2, play.at(2).wrong)
    client.post(f"{LESSON}/done")
    answer_check(client, "0", "1")
    return play


def answer_check(client: FlaskClient, option: str, number: str) -> str:
    """Answer the first check of the lesson; return its address."""
    path = first_check(client)
    assert client.post(path, data={"option": option, "number": number}).status_code == 303
    return path


def first_check(client: FlaskClient) -> str:
    found = re.search(rf"{LESSON}\?again=([\w-]+)|{LESSON}/checks/([\w-]+)", client.get(LESSON).text)
    assert found
    return f"{LESSON}/checks/{found[1] or found[2]}"


@pytest.mark.parametrize("page", ["/", "/progress", "/modules/safety", LESSON, "/login", "/register", "/join"])
def test_looking_makes_nobody_a_guest(client: FlaskClient, session: Session, page: str) -> None:
    client.get(page)

    assert count(session, Learner) == count(session, SignIn) == 0


def test_keeping_a_place_makes_nobody_a_guest(client: FlaskClient, session: Session) -> None:
    assert client.post(f"{LESSON}/place", data={"section": "x"}).status_code == 204

    assert count(session, Learner) == 0


def test_the_first_practice_makes_one_guest(client: FlaskClient, session: Session) -> None:
    start(client, session, "practice")
    start(client, session, "practice", "evidence")

    assert session.scalars(select(Learner.is_guest)).all() == [True]


def test_registering_keeps_everything_and_goes_on(client: FlaskClient, session: Session) -> None:
    """Fails when an account gets a learner of its own and the guest's is left behind."""
    play = studied(client, session)
    guest = session.scalars(select(Learner.id)).one()

    register(client, time_zone="Asia/Tokyo")

    learner = session.scalars(select(Learner).execution_options(populate_existing=True)).one()
    assert (learner.id, learner.is_guest, learner.time_zone) == (guest, False, "Asia/Tokyo")
    assert play.answer(3, *play.at(3).right).status_code == 303
    assert owners(session) == {guest}


def test_the_guests_cookie_is_no_way_into_the_account(app: Flask, client: FlaskClient, session: Session) -> None:
    """Fails when the guest's sign-in lives on and shows what the account does from then on."""
    play = studied(client, session)
    cookie = client.get_cookie("palpate")
    assert cookie
    other = app.test_client()
    other.set_cookie("palpate", cookie.value)

    register(client)

    assert other.get(f"{play.path}/3").status_code == 404


def test_signing_in_asks_and_takes_nothing_by_itself(client: FlaskClient, make: Factory, session: Session) -> None:
    studied(client, session)
    guest = session.scalars(select(Learner.id)).one()
    person = make.person(with_password=True)

    sign_in(client, person)

    assert "/account/guest" in client.get("/").text
    assert owners(session) == {guest}


def test_what_a_guest_did_becomes_closed_practice(client: FlaskClient, make: Factory, session: Session) -> None:
    """Fails when an attempt that was open is moved without its marks: its result would never come."""
    play = studied(client, session)
    person = make.person(with_password=True)
    sign_in(client, person)

    client.post("/account/guest", data={"keep": "1"})

    attempt = session.get(Attempt, play.attempt_id, populate_existing=True)
    assert attempt
    assert (attempt.learner_id, attempt.state, attempt.points, attempt.max_points) == (
        person.learner.id,
        "submitted",
        1,
        10,
    )
    assert owners(session) == {person.learner.id}
    assert "1 of 10 correct" in play.result().text
    assert play.answer(3, 0).status_code == 409
    assert "/account/guest" not in client.get("/").text


def test_what_a_guest_did_stands_beside_ones_own(client: FlaskClient, make: Factory, session: Session) -> None:
    """Fails when numbers collide: both have a first practice, and both may have one open."""
    person = make.person(with_password=True)
    mine = start(person.client, session, "practice")
    theirs = studied(client, session)
    sign_in(client, person)

    client.post("/account/guest", data={"keep": "1"})

    rows = session.execute(
        select(Attempt.id, Attempt.number, Attempt.state)
        .where(Attempt.scope.startswith("practice"))
        .order_by(Attempt.number)
    )
    assert [tuple(row) for row in rows] == [(mine.attempt_id, 1, "open"), (theirs.attempt_id, 2, "submitted")]


def test_a_check_can_be_tried_again_after_a_guests_answer_was_taken_over(
    client: FlaskClient, make: Factory, session: Session
) -> None:
    """Fails when the next number follows the latest row and not the highest number: the answer was silently dropped."""
    person = make.person(with_password=True)
    answer_check(client, "0", "1")
    answer_check(person.client, "0", "1")
    sign_in(client, person)
    client.post("/account/guest", data={"keep": "1"})
    path = first_check(client)
    slug = path.rpartition("/")[2]
    number = re.search(r'name="number" value="(\d+)"', client.get(f"{LESSON}?again={slug}").text)
    assert number
    before = count(session, AnswerRevision)

    client.post(path, data={"option": "1", "number": number[1]})

    assert (number[1], count(session, AnswerRevision) - before) == ("3", 1)


def test_a_lesson_that_a_guest_finished_is_finished_although_it_was_opened_before(
    client: FlaskClient, make: Factory, session: Session
) -> None:
    """Fails when the account's own unfinished reading hides what the guest read to the end."""
    person = make.person(with_password=True)
    person.client.post(f"{LESSON}/place", data={"section": "x"})
    client.post(f"{LESSON}/done")
    sign_in(client, person)

    client.post("/account/guest", data={"keep": "1"})

    progress = session.scalars(
        select(LessonProgress)
        .where(LessonProgress.learner_id == person.learner.id)
        .execution_options(populate_existing=True)
    ).one()
    assert (progress.done_at is not None, progress.done_revision) == (True, 1)


def test_what_a_guest_did_can_be_left(client: FlaskClient, make: Factory, session: Session) -> None:
    play = studied(client, session)
    person = make.person(with_password=True)
    sign_in(client, person)

    client.post("/account/guest", data={"keep": "0"})

    assert person.learner.id not in owners(session)
    assert play.page(3).status_code == 404
    assert "/account/guest" not in client.get("/").text


def test_a_guest_who_did_nothing_is_not_asked_about(client: FlaskClient, make: Factory, session: Session) -> None:
    sign_in(client, make.person(with_password=True))

    assert "/account/guest" not in client.get("/").text


def test_guests_go_after_thirty_days_with_all_they_did(
    app: Flask, client: FlaskClient, make: Factory, session: Session, clock: Clock
) -> None:
    """Fails when a row of theirs stays, or an account's goes."""
    studied(client, session)
    member = make.person()
    mine = studied(member.client, session)
    runner = app.test_cli_runner()
    clock.advance(days=29, hours=23)
    early = runner.invoke(args=["guests", "remove"]).output
    clock.advance(hours=2)

    late = runner.invoke(args=["guests", "remove"]).output

    assert (early, late) == ("0 removed.\n", "1 removed.\n")
    assert owners(session) == {member.learner.id}
    assert session.scalars(select(Learner.id)).all() == [member.learner.id]
    assert set(session.scalars(select(AnswerRevision.attempt_id))) <= set(session.scalars(select(Attempt.id)))
    assert make.signed_in(member.user, member.learner).get(f"{mine.path}/3").status_code == 200
    assert client.get("/").status_code == 200


def test_a_guest_who_came_back_is_kept(app: Flask, client: FlaskClient, session: Session, clock: Clock) -> None:
    studied(client, session)
    clock.advance(days=20)
    start(client, session, "practice", "evidence")
    clock.advance(days=20)

    assert app.test_cli_runner().invoke(args=["guests", "remove"]).output == "0 removed.\n"


def test_more_guests_than_one_statement_can_name_are_removed(app: Flask, session: Session, clock: Clock) -> None:
    """Fails when all of them are named at once: beyond what a statement can carry none was ever removed."""
    session.add_all(Learner(is_guest=True, created_at=clock.now) for _ in range(guests.ATTEMPTS_PER_STEP + 1))
    session.commit()
    clock.advance(days=31)

    assert (
        app.test_cli_runner().invoke(args=["guests", "remove"]).output == f"{guests.ATTEMPTS_PER_STEP + 1} removed.\n"
    )
    assert count(session, Learner) == 0
