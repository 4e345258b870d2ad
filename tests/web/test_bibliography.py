"""The bibliography: search, filters, letters and pages, all without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import LessonRow, SourceRow
from app.services.course import catalogue

MANUAL, REVIEW = "ts-1999", "lucas-2009"


def list_ids(page: str) -> list[str]:
    return re.findall(r'<li class="source" id="(.*?)"', page)


def cite_many(session: Session, count: int) -> None:
    """Make a lesson cite ``count`` more sources, named *A 0*, *A 1*, … and one named *Émile*."""
    body = session.scalars(select(SourceRow)).all()[0].body
    names = {f"MANY-{n}": f"A {n:03}" for n in range(count)} | {"EMILE": "Émile 1900"}
    for slug, label in names.items():
        session.add(SourceRow(slug=slug, body={**body, "id": slug, "label": label, "year": 1900}))
    lesson = session.scalars(select(LessonRow).where(LessonRow.slug == "maps")).one()
    lesson.body = {**lesson.body, "sources": [*lesson.body["sources"], *names]}
    session.commit()
    catalogue.clear_cache(session)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "LUCAS"}, [REVIEW]),
        ({"q": "clinicians manual"}, [MANUAL]),
        ({"q": "Lúcas"}, [REVIEW]),
        ({"q": "zebra"}, []),
        ({"q": " "}, [REVIEW, MANUAL]),
        ({"type": "systematic-review"}, [REVIEW]),
        ({"type": "other"}, [MANUAL]),
        ({"type": "trial"}, []),
        ({"type": "nonsense"}, [REVIEW, MANUAL]),
        ({"decade": "2000"}, [REVIEW]),
        ({"decade": "0"}, [MANUAL]),
        ({"decade": "20x0"}, [REVIEW, MANUAL]),
        ({"strength": "3"}, [REVIEW]),
        ({"strength": "3", "decade": "0"}, []),
        ({"page": "9999"}, [REVIEW, MANUAL]),
        ({"page": "-1"}, [REVIEW, MANUAL]),
    ],
)
def test_it_finds_sources_by_words_type_year_and_strength(
    client: FlaskClient, query: dict[str, str], found: list[str]
) -> None:
    page = client.get("/bibliography", query_string=query).text

    assert list_ids(page) == found
    assert ("No source matches" in page) is (not found)


def test_choices_say_how_many_sources_they_select_beside_the_other_filters(client: FlaskClient) -> None:
    page = client.get("/bibliography?strength=3").text
    choices = [" ".join(unescape(words).split()) for words in re.findall(r"<option[^>]*>(.*?)</option>", page, re.S)]

    assert "Systematic reviews (1)" in choices
    assert not any(words.startswith("Textbooks") for words in choices)
    assert {"1 bar of 4 (1)", "3 bars of 4 (1)"} <= set(choices)


def test_the_chosen_filters_stay_chosen(client: FlaskClient) -> None:
    page = client.get("/bibliography?q=zebra&type=trial&decade=1980").text

    assert 'value="zebra"' in page
    chosen = re.findall(r'<option\s+value="([^"]*)"\s+selected', page)
    assert chosen[:2] == ["trial", "1980"]


@pytest.mark.parametrize("asked", ["strength=9999", "strength=0", "decade=1234", "type=novel", "page=x"])
def test_a_choice_that_does_not_exist_is_ignored(client: FlaskClient, asked: str) -> None:
    page = client.get(f"/bibliography?{asked}").text

    assert list_ids(page) == list_ids(client.get("/bibliography").text)
    assert "9999" not in page


def test_what_was_searched_for_is_escaped(client: FlaskClient) -> None:
    assert "<script>alert" not in client.get("/bibliography", query_string={"q": '"><script>alert(1)</script>'}).text


def test_it_comes_in_pages_and_letters_lead_to_theirs(client: FlaskClient, session: Session) -> None:
    cite_many(session, 35)

    first = unescape(client.get("/bibliography").text)
    last = unescape(client.get("/bibliography?page=2").text)

    assert len(list_ids(first)) == 25
    assert list_ids(last)[-3:] == ["emile", REVIEW, MANUAL]
    assert re.findall(r'href="(/bibliography[^"]*#letter-.)"', first) == [
        "/bibliography#letter-A",
        "/bibliography?page=2#letter-E",
        "/bibliography?page=2#letter-L",
        "/bibliography?page=2#letter-S",
    ]
    assert all(f'id="letter-{letter}"' in last for letter in "AELS")


def test_links_to_pages_and_letters_keep_the_filters(client: FlaskClient, session: Session) -> None:
    cite_many(session, 35)

    page = unescape(client.get("/bibliography?decade=1900&q=a").text)

    assert "/bibliography?page=2&q=a&decade=1900" in page


def test_an_entry_has_an_address_that_opens_its_page(client: FlaskClient, session: Session) -> None:
    cite_many(session, 35)

    address = f"/bibliography?source={MANUAL}"

    assert f'href="{address}#{MANUAL}"' in client.get("/bibliography?page=2").text
    assert MANUAL in list_ids(client.get(address).text)
    assert "many-0" in list_ids(client.get("/bibliography?source=gone").text)


def test_an_entry_leads_to_the_lessons_that_cite_it(client: FlaskClient, session: Session) -> None:
    def get_lessons() -> list[str]:
        entry = client.get("/bibliography").text.split(f'id="{MANUAL}"')[1].split("</li>")[0]
        return re.findall(r'href="(/modules/[^"]*)"', entry)

    cited_in = get_lessons()
    lesson = session.scalars(select(LessonRow).where(LessonRow.slug == "knots")).one()
    lesson.retired_at = lesson.published_at
    session.commit()
    catalogue.clear_cache(session)

    assert "/modules/trigger-points/lessons/knots#sources" in cited_in
    assert get_lessons() == [address for address in cited_in if "knots" not in address]


def test_it_takes_few_statements_however_many_sources_there_are(
    client: FlaskClient, session: Session, statements: Callable[[], list[str]]
) -> None:
    cite_many(session, 120)
    statements()

    client.get("/bibliography?page=2&q=a")
    assert len(statements()) <= 5
    client.get("/bibliography?page=3&q=a")
    assert len(statements()) == 1


def test_an_entry_names_its_type_and_leads_to_the_others_of_it(client: FlaskClient) -> None:
    page = client.get("/bibliography").text
    review = page[page.index(f'id="{REVIEW}"') :].split("</li>")[0]

    found = re.search(r'href="(/bibliography\?type=[\w-]+)">Systematic reviews</a>', review)

    assert found
    assert list_ids(client.get(found[1]).text) == [REVIEW]
