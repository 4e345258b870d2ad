"""The glossary: the terms of all lessons in one place, and the links to it from the lessons."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.loader import load_course
from app.domain.content import Course, Term
from app.models import LessonRow
from app.services.course import publisher
from tests.conftest import ROOT


def read_course() -> Course:
    course = load_course([ROOT / "tests/course"]).course
    assert course is not None
    return course


def test_it_shows_each_term_with_its_lesson_and_sources(client: FlaskClient) -> None:
    page = client.get("/glossary").text

    entry = page.split('id="taut-band"')[1].split("glossary__entry")[0]
    assert "A strip that is harder than its" in entry
    assert 'href="/modules/trigger-points/lessons/knots#term-taut-band"' in entry
    assert "Simons" in entry
    assert '<button class="cite"' not in page


def test_terms_are_in_alphabetical_order_with_a_link_for_each_letter(client: FlaskClient) -> None:
    page = client.get("/glossary").text

    assert re.findall(r"<dfn>(.*?)</dfn>", page) == ["Red flag", "Taut band"]
    assert re.findall(r'href="(#letter-.)"', page) == ["#letter-R", "#letter-T"]
    assert all(f'id="letter-{letter}"' in page for letter in "RT")


@pytest.mark.parametrize(
    ("query", "found"),
    [("taut", ["Taut band"]), ("HARDER strip", ["Taut band"]), ("réason", ["Red flag"]), ("zebra", []), (" ", None)],
)
def test_it_finds_terms_by_any_word_of_theirs(client: FlaskClient, query: str, found: list[str] | None) -> None:
    page = client.get("/glossary", query_string={"q": query}).text

    assert re.findall(r"<dfn>(.*?)</dfn>", page) == (["Red flag", "Taut band"] if found is None else found)


def test_a_definition_leads_to_the_other_terms_that_it_uses(client: FlaskClient, session: Session) -> None:
    row = session.scalars(select(LessonRow).where(LessonRow.slug == "maps")).one()
    html = "Two taut bands, and a rope that is <em>not</em> a rope."
    row.body = {**row.body, "terms": [{"id": "rope", "name": "Rope", "html": html, "sources": []}]}
    session.commit()

    entry = client.get("/glossary").text.split('id="rope"')[1].split("</dd>")[0]

    assert 'Two <a class="term-link" href="/glossary#taut-band">taut bands</a>, and a rope' in entry
    assert "#rope" not in entry


def test_what_is_not_found_says_how_to_go_on(client: FlaskClient) -> None:
    page = client.get("/glossary?q=zebra").text

    assert "No term matches “zebra”" in page
    assert 'href="/body-map"' in page


def test_what_was_searched_for_is_escaped(client: FlaskClient) -> None:
    assert "<script>alert" not in client.get("/glossary", query_string={"q": "<script>alert(1)</script>"}).text


def test_a_term_that_two_lessons_define_has_both_definitions(client: FlaskClient, session: Session) -> None:
    row = session.scalars(select(LessonRow).where(LessonRow.slug == "maps")).one()
    row.body = {**row.body, "terms": [{"id": "taut-band", "name": "Taut band", "html": "A rope.", "sources": []}]}
    session.commit()

    page = client.get("/glossary").text

    assert page.count("<dfn>Taut band</dfn>") == 1
    assert page.index("A strip that is harder") < page.index("A rope.")


def test_a_lesson_published_before_there_was_a_glossary_adds_nothing(client: FlaskClient, session: Session) -> None:
    for row in session.scalars(select(LessonRow)):
        row.body = {name: value for name, value in row.body.items() if name != "terms"}
    session.commit()

    assert "explains no terms yet" in client.get("/glossary").text


def test_lessons_link_their_first_use_of_a_term(client: FlaskClient) -> None:
    page = client.get("/modules/referred-pain/lessons/maps").text

    assert '<a class="term-link" href="/glossary#taut-band">taut bands</a>' in re.sub(r'<span class="keep">', "", page)


def test_a_new_term_elsewhere_links_a_lesson_without_making_it_new_to_its_readers(session: Session) -> None:
    course = read_course()
    first, *others = course.modules
    lesson = replace(first.lessons[0], terms=(*first.lessons[0].terms, Term("charts", "Charts", "Drawings.")))
    changed = replace(course, modules=(replace(first, lessons=(lesson, *first.lessons[1:])), *others))
    row = session.scalars(select(LessonRow).where(LessonRow.slug == "maps")).one()
    revision, published_at = row.revision, row.published_at

    publisher.write_course(session, changed, published_at + timedelta(days=1))

    assert "/glossary#charts" in str(row.body["parts"])
    assert (row.revision, row.published_at) == (revision, published_at)


def test_it_takes_few_statements(client: FlaskClient, statements: Callable[[], list[str]]) -> None:
    statements()

    client.get("/glossary")
    assert len(statements()) <= 3
    client.get("/glossary")
    assert len(statements()) == 1


def test_every_page_leads_there(client: FlaskClient) -> None:
    for path in ("/", "/modules/safety", "/red-flags"):
        assert 'href="/glossary"' in client.get(path).text
