"""The page of red flags: what the course says is an emergency comes first, with a number to call."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.content.loader import load_course
from app.models import LessonRow, Publication, SourceRow
from tests.conftest import ROOT


def test_it_shows_the_signs_of_the_course_without_signing_in(client: FlaskClient) -> None:
    page = client.get("/red-flags")

    assert page.status_code == 200
    assert "Emergency: call the emergency number now" in page.text
    assert "A card that burns." in page.text
    assert 'href="/modules/safety/lessons/red-flags"' in page.text
    assert "cite" not in page.text


def test_it_takes_few_statements(client: FlaskClient, statements: Callable[[], list[str]]) -> None:
    statements()

    client.get("/red-flags")
    assert len(statements()) <= 4
    client.get("/red-flags")
    assert len(statements()) == 1


@pytest.mark.parametrize(
    ("numbers", "links", "asks_for_local"),
    [((), ["112", "911"], True), (("144",), ["144"], False), (("112", "+49 116 117"), ["112", "+49116117"], False)],
)
def test_it_names_the_number_to_call(
    app: Flask, client: FlaskClient, numbers: tuple[str, ...], links: list[str], asks_for_local: bool
) -> None:
    settings = app.config["PALPATE"]
    object.__setattr__(settings, "emergency_number", numbers)
    try:
        page = client.get("/red-flags").text
    finally:
        object.__setattr__(settings, "emergency_number", ())

    assert re.findall(r'href="tel:([^"]+)"', page) == links
    assert ("your local emergency number" in page) is asks_for_local


def test_every_page_leads_there(client: FlaskClient) -> None:
    for path in ("/", "/body-map", "/login", "/modules/safety"):
        assert 'href="/red-flags"' in client.get(path).text


def test_every_card_names_its_sources(client: FlaskClient, session: Session) -> None:
    """Catches: a card that says when to see a doctor, without where that comes from."""
    row = session.scalars(select(LessonRow).where(LessonRow.slug == "red-flags")).one()
    cite = '<button class="cite" type="button" popovertarget="note-{0}" aria-label="Source {0}">{0}</button>'
    card = (
        '<section class="notice" aria-labelledby="flag-{0}"><h3 id="flag-{0}">{1}</h3><ul><li>A sign. {2}</li></ul>'
        "</section>"
    )
    cards = card.format(1, "Now", cite.format(1)) + card.format(2, "Today", cite.format(2))
    row.body = {**row.body, "parts": [{"html": cards}], "sources": ["TS-1999", "LUCAS-2009"]}
    session.commit()

    page = client.get("/red-flags").text

    assert page.index("Now") < page.index("Today")
    now, today = page[: page.index("Today")], page[page.index("Today") :]
    labels = [
        session.scalars(select(SourceRow).where(SourceRow.slug == slug)).one().body["label"]
        for slug in row.body["sources"]
    ]
    assert labels[0] in now
    assert labels[1] not in now
    assert labels[1] in today
    assert page.count("1 source") == 2


def test_a_lesson_without_a_flag_is_shown_itself(client: FlaskClient, session: Session) -> None:
    row = session.scalars(select(LessonRow).where(LessonRow.slug == "red-flags")).one()
    row.body = {**row.body, "parts": [{"html": "<p>Nothing here.</p>"}]}
    session.commit()

    assert client.get("/red-flags").headers["Location"] == "/modules/safety/lessons/red-flags"


def test_without_such_a_lesson_there_is_no_page(client: FlaskClient, session: Session) -> None:
    session.execute(update(Publication).values(red_flags="gone"))
    session.commit()

    assert client.get("/red-flags").status_code == 404


def test_the_flags_of_the_course_name_one_sign_in_each_item() -> None:
    """Fails when several signs share an item, or an item begins with words that are bold by accident."""
    course = load_course([ROOT / "questions"]).course
    assert course is not None
    lesson = next(one for module in course.modules for one in module.lessons if one.id == course.red_flags)
    flag = re.findall(r'aria-labelledby="flag-1">.*?</section>', str(lesson.parts[0]), re.S)[0]
    items = re.findall(r"<li>(.*?)</li>", flag, re.S)

    assert len(items) >= 8
    for item in items:
        bold = re.fullmatch(r"<strong>(.*?)</strong>(.*)", item.strip(), re.S)
        assert bold
        assert not re.search(r"\b(with|after|or|and|a|the)$", bold[1])
        assert ";" not in item
