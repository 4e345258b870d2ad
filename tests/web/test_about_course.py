"""How the course was made, and its bibliography: numbers that are counted, and what was not read."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.models import LessonRow, Publication, QuestionKey, QuestionRow, QuestionVersion, SourceRow
from app.services.course import about, catalogue


def get_facts(session: Session) -> about.CourseFacts:
    facts = about.get_facts(session)
    assert facts is not None
    return facts


def test_it_says_that_no_clinician_has_reviewed_the_course(client: FlaskClient) -> None:
    page = client.get("/about-course").text

    assert "No clinician has reviewed this course." in page
    assert "CC BY 4.0" in page
    assert "How to report an error" in page


def test_it_names_the_sources_that_were_not_opened(client: FlaskClient) -> None:
    page = re.sub(r"\s+", " ", client.get("/about-course").text)

    assert "Not opened: 1" in page
    assert "(Simons, Travell and Simons 1999)" in page
    assert "Only the abstract: 1" in page
    assert "Without a link, each with the reason: 1" in page
    assert "Not recorded" not in page


def test_its_numbers_are_those_of_the_published_course(client: FlaskClient, session: Session) -> None:
    facts = get_facts(session)
    questions = session.scalars(select(QuestionRow).where(QuestionRow.retired_at.is_(None))).all()

    assert (facts.modules, facts.lessons, facts.leaflets) == (4, 6, 2)
    assert facts.questions == len(questions)
    assert f"{facts.questions}: {facts.practice_questions} for practice" in client.get("/about-course").text


def test_what_is_retired_no_longer_counts(session: Session) -> None:
    before = get_facts(session)
    lesson = session.scalars(select(LessonRow).where(LessonRow.slug == "red-flags")).one()
    question = session.scalars(select(QuestionRow)).first()
    assert question is not None
    lesson.retired_at = question.retired_at = lesson.published_at
    session.flush()
    catalogue.clear_cache(session)

    after = get_facts(session)

    assert (after.lessons, after.leaflets, after.questions) == (5, 0, before.questions - 1)


def test_it_counts_the_questions_that_rest_on_general_knowledge_alone(session: Session) -> None:
    assert get_facts(session).assumed == 0
    version = session.scalars(select(QuestionVersion).where(QuestionVersion.superseded_at.is_(None))).first()
    assert version is not None
    session.get_one(QuestionKey, version.id).sources = ["TEXTBOOK"]
    session.flush()
    catalogue.clear_cache(session)

    facts = get_facts(session)

    assert facts.assumed == 1
    assert facts.assumed_percent == pytest.approx(100 / facts.questions)


def test_before_the_first_publication_it_has_no_numbers(client: FlaskClient, session: Session) -> None:
    session.execute(delete(Publication))
    session.commit()

    assert "No course is published yet" in client.get("/about-course").text


def test_the_bibliography_lists_what_is_cited_with_what_was_read(client: FlaskClient, session: Session) -> None:
    session.add(SourceRow(slug="OLD-1900", body={**session.scalars(select(SourceRow)).all()[0].body, "id": "OLD-1900"}))
    session.commit()

    page = client.get("/bibliography").text

    assert re.findall(r'<li class="source" id="(.*?)"', page) == ["lucas-2009", "ts-1999"]
    assert "Only the abstract was read." in page
    assert "It was not opened." in page
    assert "A printed book." in page


def test_a_source_published_before_this_was_recorded_is_shown_as_such(client: FlaskClient, session: Session) -> None:
    for row in session.scalars(select(SourceRow)):
        row.body = {name: value for name, value in row.body.items() if name not in ("seen", "unlinked")}
    session.commit()

    assert client.get("/bibliography").text.count("What was read is not recorded.") == 2
    assert "Not recorded: 2" in client.get("/about-course").text


def test_both_pages_take_few_statements(client: FlaskClient, statements: Callable[[], list[str]]) -> None:
    for path, most in (("/about-course", 6), ("/bibliography", 5)):
        statements()
        client.get(path)
        assert len(statements()) <= most
        client.get(path)
        assert len(statements()) == 1


def test_the_front_page_the_footer_and_the_bibliography_lead_there(client: FlaskClient) -> None:
    assert client.get("/").text.count('href="/about-course"') == 2
    assert client.get("/bibliography").text.count('href="/about-course"') == 2
    assert 'href="/bibliography"' in client.get("/login").text
