"""The published course is read once by each process, and shared among all readers. Nobody else's work gets into it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.db import db
from app.domain.content import Course, Use
from app.models import LessonRow, QuestionRow
from app.services.course import catalogue
from app.services.course.memory import get_memory
from app.services.course.publisher import write_course
from tests.conftest import NOW, Clock
from tests.support.attempt_client import mask_random
from tests.support.factory import Factory
from tests.support.published_course import load_small_course

LESSON = "/modules/safety/lessons/red-flags"
PAGES = ("/", "/modules/safety", LESSON, "/progress", "/glossary", "/body-map", "/bibliography", "/search?q=pain")


def rename(course: Course, name: str) -> Course:
    """Give every module and lesson a title with this name."""
    modules = tuple(
        replace(
            module,
            title=f"{module.title} {name}",
            lessons=tuple(replace(lesson, title=f"{lesson.title} {name}") for lesson in module.lessons),
        )
        for module in course.modules
    )
    return replace(course, modules=modules)


def read_pages(client: FlaskClient) -> list[str]:
    """Return the pages without their tokens."""
    texts = (mask_random(client.get(page).text) for page in PAGES)
    return [re.sub(r'data-csrf="[^"]*"', "", text) for text in texts]


def test_nothing_of_one_reader_gets_into_what_is_shared(make: Factory, session: Session) -> None:
    """The first reader of each page has read, answered and passed; the second, and a visitor, have done nothing."""
    first = make.person(name="Canary Alpha")
    row = session.scalars(select(LessonRow).where(LessonRow.slug == "red-flags")).one()
    check = next(part["check"] for part in row.body["parts"] if "check" in part)
    first.client.post(f"{LESSON}/place", data={"section": row.body["sections"][1]["id"]})
    first.client.post(f"{LESSON}/checks/{check}", data={"option": "0", "number": "1"})
    first.client.post(f"{LESSON}/done")
    strangers = (make.person(name="Beta").client, make.app.test_client())
    untouched = [read_pages(client) for client in strangers]
    catalogue.clear_cache(session)

    own = [first.client.get(page).text for page in PAGES]
    after = [read_pages(client) for client in strangers]

    assert "Canary Alpha" in own[0]
    assert 'class="verdict' in own[2]
    assert "Mark as re-read" in own[2]
    assert "1 of " in own[0]
    assert after == untouched
    for page in after[0] + after[1]:
        assert "Canary" not in page
        assert 'class="verdict' not in page
        assert "Mark as re-read" not in page


def test_each_form_of_a_shared_page_has_its_own_readers_token(checked_forms: Flask, make: Factory) -> None:
    first, second = make.person(), make.person()
    first.client.get(LESSON)

    def take_token(client: FlaskClient) -> str:
        return client.get(LESSON).text.partition('name="csrf_token" value="')[2].partition('"')[0]

    assert take_token(first.client) != take_token(second.client)


def test_every_process_shows_a_publication_with_its_next_request(file_app: Callable[..., Flask], clock: Clock) -> None:
    """Fails when a process goes on with what it read of an earlier publication, or of the one that another rolled back."""
    one = file_app()
    other = file_app(database_url=one.config["SQLALCHEMY_DATABASE_URI"])
    clients = [one.test_client(), other.test_client()]
    course = load_small_course()

    def show(name: str) -> list[bool]:
        return [name in client.get(page).text for client in clients for page in ("/", LESSON, "/search?q=flags")]

    assert show("Second") == [False] * 6
    with one.app_context():
        write_course(db.session, rename(course, "Second"), NOW)
        db.session.commit()
    assert show("Second") == [True] * 6
    with other.app_context():
        write_course(db.session, rename(course, "Third"), NOW)
        db.session.rollback()
    assert show("Third") == [False] * 6
    with other.app_context():
        write_course(db.session, course, NOW)
        db.session.commit()
    assert show("Second") == [False] * 6


def test_a_publication_keeps_nothing_of_the_one_before(session: Session, clock: Clock) -> None:
    before = get_memory(session)
    before.remember("what", lambda: "old")

    assert get_memory(session) is before
    write_course(session, rename(load_small_course(), "New"), clock.now)
    assert get_memory(session) is not before
    assert get_memory(session).remember("what", lambda: "new") == "new"


def test_a_lesson_asks_only_practice_questions_whatever_it_names(make: Factory, session: Session) -> None:
    """Fails when memory holds a check that has become a question of an examination, or is no longer published."""
    client = make.app.test_client()
    assert 'class="check"' in client.get(LESSON).text
    session.execute(update(QuestionRow).values(use=Use.EXAM))
    session.commit()
    catalogue.clear_cache(session)

    assert 'class="check"' not in client.get(LESSON).text
