"""Private notes, highlights and bookmarks: kept, found again, changed and deleted by their owner, and nobody else's."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain import learner_notes as limits
from app.models import LearnerNote, LessonRow
from app.services.attempts import learner_notes
from tests.conftest import Clock
from tests.support.edited_lesson import edit_lesson, remove_lesson
from tests.support.factory import Factory, Person
from tests.support.own_notes import LESSON, ON, QUOTE, keep, list_kept, list_rows


def test_a_note_is_on_its_lesson_and_in_the_list(learner: Person, session: Session) -> None:
    reply = learner.client.post("/notes/new", data=ON | {"body": "Ask about\r\nthe night"})

    (row,) = list_rows(session)
    assert reply.status_code == 303
    assert reply.location == f"{LESSON}#own-note-{row.id}"
    assert (row.body, row.quote, row.title) == ("Ask about\nthe night", "", "Red flags, and what to do")
    for page in (LESSON, "/notes"):
        assert "Ask about the night" in learner.client.get(page).text
    assert f'href="{LESSON}"' in learner.client.get("/notes").text


def test_a_quotation_is_kept_with_the_text_around_it(learner: Person, session: Session) -> None:
    assert keep(learner.client, "Remember", "One flag  says\nlittle by itself.") == 303

    (row,) = list_rows(session)
    page = learner.client.get(LESSON).text
    assert row.quote == QUOTE
    assert row.quote_before.endswith("A reason to look further. ")
    assert row.quote_after.strip().startswith("Whom to see")
    assert f'data-quote="{QUOTE}"' in page
    assert 'href="#:~:text=One%20flag%20says%20little%20by%20itself."' in page


def test_a_highlight_has_no_words_of_its_own(learner: Person, session: Session) -> None:
    assert keep(learner.client, quote=QUOTE) == 303

    assert learner.client.get("/notes?kind=highlight").text.count('class="own-note__quote"') == 1
    assert list_kept(learner.client.get("/notes?kind=note").text) == []


def test_words_that_are_not_in_the_lesson_are_refused_and_stay_in_the_form(learner: Person, session: Session) -> None:
    reply = learner.client.post("/notes/new", data=ON | {"body": "My own words", "quote": "Nobody wrote this"})

    assert reply.status_code == 422
    assert "These words are not in the lesson." in reply.text
    assert "My own words</textarea>" in reply.text
    assert "Nobody wrote this</textarea>" in reply.text
    assert list_rows(session) == []


def test_an_empty_note_is_refused(learner: Person, session: Session) -> None:
    assert keep(learner.client, " \u200b\n") == 422
    assert list_rows(session) == []


def test_a_note_of_50_000_characters_is_refused_and_nothing_of_it_is_lost(learner: Person, session: Session) -> None:
    words = "pain " * 10_000

    reply = learner.client.post("/notes/new", data=ON | {"body": words})

    assert reply.status_code == 422
    assert "Use at most 5000 characters; these are 49999." in reply.text
    assert words.strip() in reply.text
    assert list_rows(session) == []
    assert keep(learner.client, words[:5000]) == 303


@pytest.mark.parametrize(
    "form",
    [
        {"on": "lesson", "target": "none"},
        {"on": "lesson", "target": ""},
        {"on": "lesson", "target": "x" * 500},
        {"on": "nothing", "target": "red-flags"},
        {"on": "muscle", "target": "red-flags"},
        {"on": "question", "target": "sf-flags-check"},
        {},
    ],
)
def test_a_note_on_what_one_may_not_see_is_not_kept(learner: Person, session: Session, form: dict[str, str]) -> None:
    assert learner.client.post("/notes/new", data=form | {"body": "x"}).status_code == 404
    assert learner.client.post("/notes/bookmark", data=form).status_code == 404
    assert learner.client.get("/notes/new", query_string=form).status_code == 404
    assert list_rows(session) == []


def test_a_note_is_changed(learner: Person, session: Session, clock: Clock) -> None:
    keep(learner.client, "First", QUOTE)
    (row,) = list_rows(session)
    clock.advance(hours=1)

    assert "First</textarea>" in learner.client.get(f"/notes/{row.id}").text
    assert learner.client.post(f"/notes/{row.id}", data={"body": "Second"}).status_code == 303

    (row,) = list_rows(session)
    assert (row.body, row.quote, row.changed_at) == ("Second", QUOTE, clock.now)
    assert "Changed" in learner.client.get("/notes").text


def test_words_are_removed_from_a_highlight_but_a_note_must_have_some(learner: Person, session: Session) -> None:
    keep(learner.client, "Both", QUOTE)
    keep(learner.client, "Words alone")
    both, alone = list_rows(session)

    assert learner.client.post(f"/notes/{both.id}", data={"body": ""}).status_code == 303
    assert learner.client.post(f"/notes/{alone.id}", data={"body": ""}).status_code == 422

    assert [row.body for row in list_rows(session)] == ["", "Words alone"]


def test_a_highlight_with_invisible_words_has_none(learner: Person, session: Session) -> None:
    """Fails when it is listed as a note, without anything to see."""
    assert keep(learner.client, " \u200b\n", QUOTE) == 303
    [row] = list_rows(session)
    assert row.body == ""

    assert learner.client.post(f"/notes/{row.id}", data={"body": "\u200b"}).status_code == 303

    assert list_rows(session)[0].body == ""


def test_a_note_is_deleted_after_a_question(learner: Person, session: Session) -> None:
    keep(learner.client, "Not for long", QUOTE)
    (row,) = list_rows(session)

    asked = learner.client.get(f"/notes/{row.id}/delete").text

    assert "Not for long" in asked
    assert len(list_rows(session)) == 1
    assert learner.client.post(f"/notes/{row.id}/delete").status_code == 303
    assert list_rows(session) == []
    assert learner.client.get(f"/notes/{row.id}").status_code == 404


def test_a_lesson_is_bookmarked_once_and_the_bookmark_is_removed(learner: Person, session: Session) -> None:
    for _ in range(2):
        assert learner.client.post("/notes/bookmark", data=ON | {"keep": "1"}).location == LESSON

    assert len(list_rows(session)) == 1
    assert "Remove bookmark" in learner.client.get(LESSON).text
    assert "Remove bookmark" in learner.client.get("/notes?kind=bookmark").text
    assert learner.client.post("/notes/bookmark", data=ON | {"keep": "0", "list": "1"}).location == "/notes"
    assert list_rows(session) == []


def test_a_bookmark_is_no_note_that_could_be_edited(learner: Person, session: Session) -> None:
    learner.client.post("/notes/bookmark", data=ON)
    (row,) = list_rows(session)

    assert learner.client.get(f"/notes/{row.id}").status_code == 404


@pytest.mark.parametrize("role", ["trainer", "admin", "person"])
def test_nobody_else_sees_or_changes_a_note(make: Factory, learner: Person, session: Session, role: str) -> None:
    """Not even the trainer of the owner's cohort, and no administrator."""
    keep(learner.client, "qwcanary", QUOTE)
    (row,) = list_rows(session)
    other = getattr(make, role)()
    make.cohort(other if role == "trainer" else make.trainer(), learner)

    for path in (f"/notes/{row.id}", f"/notes/{row.id}/delete"):
        assert other.client.get(path).status_code == 404
        assert other.client.post(path, data={"body": "Mine"}).status_code == 404
    for path in ("/notes", LESSON, "/search?q=qwcanary", f"/teach/cohorts/1/learners/{learner.learner.id}"):
        assert "qwcanary</" not in other.client.get(path).text
    assert [kept.body for kept in list_rows(session)] == ["qwcanary"]


def test_a_visitor_becomes_a_guest_with_the_first_note(client: FlaskClient, session: Session) -> None:
    assert client.get("/notes").status_code == 200

    assert keep(client, "Of a guest") == 303

    assert "Of a guest" in client.get("/notes").text
    assert list_rows(session)[0].learner_id is not None


def test_there_are_at_most_as_many_as_the_limit(
    learner: Person, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learner_notes, "MAX_NOTES", 2)
    keep(learner.client, "One")
    learner.client.post("/notes/bookmark", data=ON)

    refused = learner.client.post("/notes/new", data=ON | {"body": "Three"})

    assert limits.MAX_NOTES == 1000
    assert refused.status_code == 422
    assert "which is the limit" in refused.text
    assert "Three</textarea>" in refused.text
    assert learner.client.post("/notes/bookmark", data={"on": "lesson", "target": "needle-and-lung"}).status_code == 409
    assert len(list_rows(session)) == 2


# -- an edited lesson --------------------------------------------------------------------------------------------------


def test_a_quotation_is_found_again_after_an_edit(learner: Person, session: Session, clock: Clock) -> None:
    keep(learner.client, "Still here", QUOTE)
    edit_lesson(session, "red-flags", "One flag says little", "One flag often says little", clock.now)

    page = learner.client.get(LESSON).text

    assert "The lesson has changed these words since" in page
    assert 'data-quote="One flag often says little by itself."' in page
    assert f">{QUOTE}</blockquote>" in page


def test_an_orphaned_note_is_shown_with_its_words(learner: Person, session: Session, clock: Clock) -> None:
    keep(learner.client, "Still here", QUOTE)
    edit_lesson(session, "red-flags", "One flag says little by", "Nothing about cards can be known for", clock.now)

    page = learner.client.get(LESSON).text

    assert "These words are no longer in the lesson" in page
    assert f">{QUOTE}</blockquote>" in page
    assert "Still here" in page
    assert "data-quote" not in page


def test_notes_on_a_lesson_that_is_gone_stay_in_the_list(learner: Person, session: Session, clock: Clock) -> None:
    keep(learner.client, "Still here", QUOTE)
    learner.client.post("/notes/bookmark", data=ON)
    remove_lesson(session, "red-flags", clock.now)

    page = learner.client.get("/notes").text

    assert learner.client.get(LESSON).status_code == 404
    assert "No longer available" in page
    assert page.count("Red flags, and what to do") >= 2
    assert "Still here" in page
    assert LESSON not in page
    assert learner.client.post("/notes/bookmark", data=ON | {"keep": "0"}).location == "/notes"
    assert len(list_rows(session)) == 1


# -- the list ----------------------------------------------------------------------------------------------------------


def test_the_list_is_by_module_and_the_newest_comes_first(learner: Person) -> None:
    for target in ("red-flags", "knots", "needle-and-lung"):
        assert keep(learner.client, f"On {target}", target=target) == 303
    page = learner.client.get("/notes").text

    assert re.findall(r"On ([a-z-]+)</p>", page) == ["knots", "needle-and-lung", "red-flags"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("q=NIGHT", 1),
        ("q=nig", 1),
        ("q=flag+little", 1),
        ("q=what+to+do", 2),
        ("q=nowhere", 0),
        ("kind=note", 2),
        ("kind=bookmark", 1),
        ("kind=none", 3),
        ("page=99", 3),
        ("page=x", 3),
    ],
)
def test_the_list_is_filtered(learner: Person, query: str, count: int) -> None:
    keep(learner.client, "Ask about the night")
    keep(learner.client, "A short one", QUOTE)
    learner.client.post("/notes/bookmark", data={"on": "lesson", "target": "needle-and-lung"})

    assert len(list_kept(learner.client.get(f"/notes?{query}").text)) == count


def test_an_empty_list_says_how_to_begin(client: FlaskClient) -> None:
    page = client.get("/notes").text

    assert "No notes yet" in page
    assert "select words to highlight them" in page


def test_many_notes_cost_no_more_statements(
    learner: Person, session: Session, clock: Clock, statements: Callable[[], list[str]]
) -> None:
    """Fails when a page reads something for each note."""

    def count(path: str) -> int:
        learner.client.get(path)
        statements()
        assert learner.client.get(path).status_code == 200
        return len(statements())

    keep(learner.client, "One", QUOTE)
    few = [count("/notes"), count(LESSON)]
    lessons = session.scalars(select(LessonRow.slug).where(LessonRow.retired_at.is_(None))).all()
    for number in range(30):
        keep(learner.client, f"Note {number}", QUOTE)
        keep(learner.client, f"Note {number}", target=lessons[number % len(lessons)])

    assert session.scalar(select(func.count(LearnerNote.id))) == 61
    assert [count("/notes"), count(LESSON)] == few
