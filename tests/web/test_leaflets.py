"""Leaflets for patients: pages to print, listed where their content is taught."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.loader import load_course
from app.domain.content import Course
from app.models import LessonRow
from app.services.course import leaflets, publisher
from tests.conftest import ROOT


def read_course() -> Course:
    course = load_course([ROOT / "tests/course"]).course
    assert course is not None
    return course


@pytest.mark.parametrize("path", ["/leaflets", "/modules/safety", "/modules/safety/lessons/red-flags", "/red-flags"])
def test_it_is_listed_where_its_content_is_taught(client: FlaskClient, path: str) -> None:
    page = client.get(path).text

    assert 'href="/leaflets/animals"' in page
    assert "What to do when a card hurts." in page


def test_other_modules_and_lessons_do_not_list_it(client: FlaskClient) -> None:
    for path in ("/modules/evidence", "/modules/safety/lessons/before-the-needle"):
        assert "/leaflets/animals" not in client.get(path).text


def test_every_page_leads_to_the_list(client: FlaskClient) -> None:
    for path in ("/", "/modules/evidence", "/glossary"):
        assert 'href="/leaflets"' in client.get(path).text


def test_it_shows_the_text_with_its_sources_version_and_date(client: FlaskClient) -> None:
    page = client.get("/leaflets/animals").text

    assert "A card bends a" in page
    assert '<ul class="tick-list">' in page
    assert "Version 1, " in page
    assert re.findall(r'id="source-(\d)"', page) == ["1", "2"]
    assert 'href="#source-1" aria-label="Source 1: ' in page
    assert "No clinician has reviewed this text." in page
    assert '<button class="cite"' not in page


def test_it_has_a_place_for_the_name_and_phone_of_the_clinic(client: FlaskClient) -> None:
    clinic = client.get("/leaflets/animals").text.split("leaflet__clinic")[1].split("</ul>")[0]

    assert re.findall(r"<li>(.*?)</li>", clinic) == ["Clinic", "Phone"]


def test_it_names_the_emergency_number_of_the_installation(app: Flask, client: FlaskClient) -> None:
    assert "your local emergency number" in client.get("/leaflets/animals").text
    settings = app.config["PALPATE"]
    object.__setattr__(settings, "emergency_number", ("144",))
    try:
        page = client.get("/leaflets/animals").text
    finally:
        object.__setattr__(settings, "emergency_number", ())

    assert 'href="tel:144"' in page
    assert "your local emergency number" not in page


def test_without_script_a_hint_stands_in_for_the_button(client: FlaskClient) -> None:
    page = client.get("/leaflets/animals").text

    assert re.search(r"<button[^>]* data-prints hidden", page)
    assert "use the print command of your browser" in page


def test_a_card_is_printed_twice_with_each_id_once(client: FlaskClient) -> None:
    page = client.get("/leaflets/pocket").text

    assert page.count("It burns.") == 2
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    copy = page.split("leaflet-card--copy")[1].split("<footer")[0]
    assert 'href="#' not in copy


def test_an_unknown_leaflet_is_not_found(client: FlaskClient) -> None:
    assert client.get("/leaflets/none").status_code == 404


def test_a_course_published_before_there_were_leaflets_has_none(client: FlaskClient, session: Session) -> None:
    for row in session.scalars(select(LessonRow)):
        row.body = {name: value for name, value in row.body.items() if name != "leaflets"}
    session.commit()

    assert "no leaflets yet" in client.get("/leaflets").text
    assert client.get("/leaflets/animals").status_code == 404
    for path in ("/modules/safety", "/modules/safety/lessons/red-flags", "/red-flags"):
        assert "To print for patients" not in client.get(path).text


def test_it_takes_few_statements(client: FlaskClient, statements: Callable[[], list[str]]) -> None:
    for path, most in (("/leaflets", 1), ("/leaflets/animals", 2)):
        statements()
        client.get(path)
        assert len(statements()) <= most


def test_only_a_changed_leaflet_gets_a_new_version_and_date(session: Session) -> None:
    course = read_course()
    before = leaflets.get_leaflet(session, "animals")
    lesson = session.scalars(select(LessonRow).where(LessonRow.slug == "red-flags")).one()
    assert before is not None
    later = before.published_at + timedelta(days=1)
    revision = lesson.revision

    same = publisher.write_course(session, course, later)
    changed = publisher.write_course(
        session,
        replace(course, leaflets=tuple(replace(one, title=f"{one.title}!") for one in course.leaflets[:1])),
        later,
    )
    session.flush()

    assert not same
    assert changed.by_kind == {"leaflet changed": ["animals"], "leaflet removed": ["pocket"]}
    after = leaflets.get_leaflet(session, "animals")
    assert after is not None
    assert (after.revision, after.published_at) == (before.revision + 1, later)
    assert lesson.revision == revision
    assert leaflets.get_leaflet(session, "pocket") is None
