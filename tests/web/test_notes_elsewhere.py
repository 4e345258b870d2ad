"""Private notes on questions and muscles, in the search, and those of guests."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.models import MuscleRow, QuestionRow, QuestionVersion
from app.services.attempts import guests
from app.services.course import catalogue
from tests.conftest import Clock
from tests.support.attempt_client import start, start_assigned
from tests.support.factory import PASSWORD, Factory, Person
from tests.support.own_notes import LESSON, ON, QUOTE, keep, list_kept, list_rows

STEM = "qzstem"


# -- questions and muscles ---------------------------------------------------------------------------------------------


@pytest.fixture
def planted(session: Session) -> None:
    """Every question has the word in its stem."""
    session.execute(update(QuestionVersion).values(stem=f"{STEM} " + QuestionVersion.stem))
    session.commit()
    catalogue.clear_cache(session)


@pytest.mark.usefixtures("planted")
def test_a_question_has_notes_once_its_right_answer_was_shown(learner: Person, session: Session) -> None:
    play = start(learner.client, session, "practice")
    path = f"{play.path}/1/notes"
    assert learner.client.get(path).status_code == 404

    play.answer(1, *play.at(1).right)

    assert f'href="{path}"' in play.page(1).text
    page = learner.client.get(path, follow_redirects=True).text
    assert STEM in page
    slug = re.search(r'name="target" value="([^"]+)"', page)
    assert slug
    assert (
        learner.client.post("/notes/new", data={"on": "question", "target": slug[1], "body": "Why?"}).status_code == 303
    )
    assert list_rows(session)[0].title == ""
    listed = learner.client.get("/notes").text
    assert STEM in listed
    assert f'href="{play.path}/1"' in listed
    assert play.submit().status_code == 303
    assert f'href="{path}"' in play.result().text


def test_words_of_a_question_cannot_be_quoted(learner: Person, session: Session) -> None:
    """They would stay readable after the question was hidden again."""
    slug = _answer_check(learner.client)
    form = {"on": "question", "target": slug, "body": "x", "quote": "Which"}

    assert learner.client.post("/notes/new", data=form).status_code == 422
    assert list_rows(session) == []


@pytest.mark.usefixtures("planted")
def test_a_note_on_a_question_that_is_hidden_again_keeps_only_its_own_words(make: Factory, session: Session) -> None:
    """While the same questions may be asked in a running test, nothing of them is shown."""
    learner, trainer = make.person(), make.trainer()
    done = start(learner.client, session, "test")
    done.submit()
    slug = session.scalars(
        select(QuestionRow.slug)
        .join(QuestionVersion, QuestionVersion.question_id == QuestionRow.id)
        .where(QuestionVersion.id == done.at(1).version_id)
    ).one()
    form = {"on": "question", "target": slug, "body": "qwcanary"}
    assert learner.client.post("/notes/new", data=form).status_code == 303
    assert STEM in learner.client.get("/notes").text
    note_id = list_rows(session)[0].id

    assignment = make.assignment(trainer, make.cohort(trainer, learner))
    start_assigned(learner.client, session, assignment.id)

    assert learner.client.get("/notes/new", query_string=form).status_code == 404
    for path in ("/notes", f"/notes/{note_id}", f"/notes/{note_id}/delete", "/search?q=qwcanary"):
        page = learner.client.get(path).text
        assert "qwcanary" in page
        assert STEM not in page


def test_a_muscle_has_notes_and_a_bookmark(learner: Person, session: Session) -> None:
    muscle = session.scalars(select(MuscleRow.slug).order_by(MuscleRow.position)).first()
    form = {"on": "muscle", "target": muscle}

    reply = learner.client.post("/notes/new", data=form | {"body": "Check this first"})
    learner.client.post("/notes/bookmark", data=form)

    page = learner.client.get(f"/body-map?muscle={muscle}").text
    assert reply.location.startswith(f"/body-map?muscle={muscle}#own-note-")
    assert "Check this first" in page
    assert "Remove bookmark" in page
    assert len(list_kept(learner.client.get("/notes").text)) == 2


def _answer_check(client: FlaskClient) -> str:
    """Answer the first check of the lesson; return the question's slug."""
    found = re.search(rf'action="{LESSON}/checks/([\w-]+)"', client.get(LESSON).text)
    assert found
    assert client.post(f"{LESSON}/checks/{found[1]}", data={"option": "0", "number": "1"}).status_code == 303
    return found[1]


# -- search ------------------------------------------------------------------------------------------------------------


def test_the_search_finds_own_notes_in_one_more_statement(
    learner: Person, session: Session, statements: Callable[[], list[str]]
) -> None:
    keep(learner.client, "Ask about the nightshift", QUOTE)
    (row,) = list_rows(session)
    learner.client.get("/search?q=nightshift")
    statements()

    page = learner.client.get("/search?q=nightshift").text

    assert len(statements()) == 4
    assert f'href="/notes/{row.id}"' in page
    assert "<mark>nightshift</mark>" in page
    assert f'href="/notes/{row.id}"' in learner.client.get("/search?q=little+itself&in=notes").text


def test_the_search_finds_no_bookmark_and_nobody_elses_note(make: Factory, learner: Person) -> None:
    learner.client.post("/notes/bookmark", data=ON)
    assert "found-notes" not in learner.client.get("/search?q=flags").text

    keep(learner.client, "qwcanary")

    assert "found-notes" in learner.client.get("/search?q=qwcanary").text
    assert "<mark>" not in make.person().client.get("/search?q=qwcanary").text


# -- guests ------------------------------------------------------------------------------------------------------------


def test_a_guests_notes_move_to_the_account_and_a_bookmark_of_both_stays_one(
    make: Factory, client: FlaskClient, session: Session
) -> None:
    person = make.person(with_password=True)
    person.client.post("/notes/bookmark", data=ON)
    client.post("/notes/bookmark", data=ON)
    client.post("/notes/bookmark", data={"on": "lesson", "target": "knots"})
    keep(client, "Of a guest")

    client.post("/login", data={"email": person.user.email, "password": PASSWORD})
    assert "3 entries" in client.get("/").text
    client.post("/account/guest", data={"keep": "1"})

    assert {row.learner_id for row in list_rows(session)} == {person.learner.id}
    assert [(row.target, row.body) for row in list_rows(session)] == [
        ("red-flags", ""),
        ("knots", ""),
        ("red-flags", "Of a guest"),
    ]


def test_registering_keeps_a_guests_notes(client: FlaskClient, session: Session) -> None:
    keep(client, "Of a guest")

    form = {"name": "New Here", "email": "new@example.org", "password": PASSWORD}
    assert client.post("/register", data=form).status_code == 302

    assert "Of a guest" in client.get("/notes").text


def test_an_old_guests_notes_are_deleted(client: FlaskClient, session: Session, clock: Clock) -> None:
    keep(client, "Of a guest")

    guests.remove_some_old_guests(session, clock.advance(days=31))

    assert list_rows(session) == []
