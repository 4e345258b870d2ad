"""The language of what stands on a page: the course is marked as English on pages in other languages, for screen readers."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import LessonRow, ModuleRow, MuscleRow, ObjectiveRow, QuestionVersion, ZoneRow
from app.web.templating import initials, percent, plain
from app.web.translation import use_language
from tests.conftest import Clock
from tests.support.assigned_test import start_attempt, take_test
from tests.support.factory import Factory

GERMAN = {"Accept-Language": "de"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
PAGES = (
    "/",
    "/modules/trigger-points",
    "/modules/safety/lessons/red-flags",
    "/modules/safety/test",
    "/body-map",
    "/body-map?by=place",
    "/body-map?muscle=upper-trapezius",
    "/body-map?place=shoulder-front",
    "/red-flags",
    "/progress",
)


class _Texts(HTMLParser):
    """Collects the texts of a page with the language that they are marked with."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[tuple[str, str]] = []
        self._languages = ["?"]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self._languages.append(dict(attrs).get("lang") or self._languages[-1])
        if tag in ("title", "script", "style"):
            self._languages[-1] = "-"  # no text that is read as part of the page

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self._languages.pop()

    def handle_data(self, data: str) -> None:
        if text := re.sub(r"\s+", " ", data).strip():
            self.texts.append((text, self._languages[-1]))


def _list_texts(page: str) -> list[tuple[str, str]]:
    reader = _Texts()
    reader.feed(page)
    return reader.texts


@pytest.fixture
def course_texts(session: Session) -> set[str]:
    """Titles, summaries and questions of the course."""
    found: set[str] = set()
    columns = (ModuleRow.title, ModuleRow.summary, LessonRow.title, LessonRow.hook, ObjectiveRow.title)
    for column in columns:
        found |= set(session.scalars(select(column)))
    for row in (*session.scalars(select(MuscleRow)), *session.scalars(select(ZoneRow))):
        found.add(row.body["name"])
    found |= {plain(stem) for stem in session.scalars(select(QuestionVersion.stem))}
    return found


@pytest.mark.parametrize("path", PAGES)
def test_a_page_marks_the_course_as_english(client: FlaskClient, course_texts: set[str], path: str) -> None:
    texts = _list_texts(client.get(path, headers=GERMAN).text)

    assert [text for text, language in texts if text in course_texts and language not in ("en", "-")] == []
    assert ("Zum Inhalt springen", "de") in texts
    assert [language for text, language in texts if text in ("Körperkarte", "Quellen", "Prüfen")].count("en") == 0


def test_questions_and_results_are_marked(
    make: Factory, session: Session, clock: Clock, course_texts: set[str]
) -> None:
    trainer, person, other = make.trainer(), make.person(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, person, other))
    done = take_test(session, person, assignment, clock(), is_right=False)
    running = start_attempt(session, other, assignment, clock())
    version = session.scalars(select(QuestionVersion.id)).first()
    pages = [
        person.client.get(f"/attempts/{done.id}/result", headers=GERMAN).text,
        other.client.get(f"/attempts/{running.id}/1", headers=GERMAN).text,
        other.client.get(f"/attempts/{running.id}/summary", headers=GERMAN).text,
        trainer.client.get(f"/teach/attempts/{done.id}", headers=GERMAN).text,
        trainer.client.get("/teach/questions", headers=GERMAN).text,
        trainer.client.get(f"/teach/questions/{version}?key=1", headers=GERMAN).text,
    ]
    modules = set(session.scalars(select(ModuleRow.title)))

    for page in pages:
        # The title of an assignment is its trainer's, even if it is that of the module.
        marked = [(text, language) for text, language in _list_texts(page) if text in course_texts - modules]
        assert {language for _text, language in marked} <= {"en", "-"}
    assert any(language == "en" for _text, language in marked)


def test_an_english_page_marks_nothing_even_after_a_german_one(client: FlaskClient) -> None:
    """Catches: rendered texts that are kept for all languages."""
    client.get("/modules/safety/lessons/red-flags", headers=GERMAN)

    page = client.get("/modules/safety/lessons/red-flags", headers={"Accept-Language": "en"}).text

    assert 'lang="en" dir="ltr"' in page.partition("<head>")[0]
    assert 'dir="ltr"' not in page.partition("<main")[2].partition("</main>")[0]


@pytest.mark.parametrize(("language", "shown"), [("en", "80%"), ("de", "80\u00a0%"), ("ar", "\u200e80%\u200e")])
def test_a_per_cent_sign_stays_behind_its_number(app: Flask, language: str, shown: str) -> None:
    """Catches: “%80” where the line runs from right to left."""
    app.extensions["languages"] = (*app.extensions["languages"], "ar")
    with app.test_request_context(), use_language(language):
        assert percent(80) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ilse Brandt", "IB"),
        ("Dr Ilse Brandt", "IB"),
        ("Prof. Dr. Ilse van Brandt", "IB"),
        ("Dr", "D"),
        ("ada", "A"),
        ("(no name)", "N"),
        ("?", "?"),
    ],
)
def test_initials_leave_titles_out(name: str, shown: str) -> None:
    assert initials(name) == shown
