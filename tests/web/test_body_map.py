"""The body map: by muscle, by place, by a word; without JavaScript, with a fixed number of statements."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.content.publisher import publish
from app.services.course import body_map
from tests.conftest import NOW
from tests.course import steady


def test_it_works(client: FlaskClient) -> None:
    page = client.get("/body-map")

    assert page.status_code == 200
    assert page.text.count("<li data-words=") == 52
    assert "Maps are observation, not law" in page.text


def test_a_muscle_says_all_that_the_charts_say(client: FlaskClient) -> None:
    page = client.get("/body-map?muscle=upper-trapezius").text

    for words in (
        "Temple",
        "Round or behind the eye",
        "Tension headache · Stiff neck",
        "Lung beneath",
        "Simons, Travell and Simons 1999",
    ):
        assert words in page
    assert '<use class="zone--main" href="#back-neck-side"/>' in page
    assert '<use class="zone--spill" href="#front-face-jaw"/>' in page
    assert re.search(r'<a href="/body-map\?muscle=upper-trapezius" aria-current="true">', page)


def test_a_muscle_away_from_the_lung_gives_no_warning(client: FlaskClient) -> None:
    page = client.get("/body-map?muscle=soleus").text

    assert "Lung beneath" not in page
    assert "<dd>No.</dd>" in page


@pytest.mark.parametrize("muscle", ["infraspinatus", "sternocleidomastoid", "quadratus-lumborum"])
def test_where_experts_differ_about_the_lung_the_page_gives_no_plain_answer(client: FlaskClient, muscle: str) -> None:
    """Fails when a muscle that a yes or no would be wrong about gets one."""
    page = client.get(f"/body-map?muscle={muscle}").text

    assert "No plain yes or no." in page
    assert "<dd>Yes." not in page
    assert "<dd>No.<" not in page


def test_what_was_not_checked_says_so(client: FlaskClient) -> None:
    assert "we have not checked this pattern" in client.get("/body-map?muscle=deltoid").text
    assert "we have not checked this pattern" not in client.get("/body-map?muscle=soleus").text


def test_a_place_names_the_muscles_that_refer_there(client: FlaskClient) -> None:
    page = client.get("/body-map?place=shoulder-front").text
    says = page.partition('id="says"')[2]

    main, _, spill = says.partition("Spill-over of")
    assert "Infraspinatus" in main
    assert "Latissimus dorsi" in spill
    assert "Infraspinatus" not in spill


@pytest.mark.parametrize(
    ("query", "found"),
    [("headache", "Temporalis"), ("TRAPEZIUS upper", "Trapezius, upper fibres"), ("big toe", "Tibialis anterior")],
)
def test_a_search_without_javascript(client: FlaskClient, query: str, found: str) -> None:
    page = client.get("/body-map", query_string={"q": query}).text

    assert found in page
    assert 0 < page.count("<li data-words=") < 20


def test_a_search_that_finds_nothing_says_so(client: FlaskClient) -> None:
    assert "Nothing is called that here" in client.get("/body-map?q=xylophone").text


@pytest.mark.parametrize("address", ["?muscle=none", "?place=none", "?muscle=none&place=calf"])
def test_what_is_not_on_the_map_is_not_found(client: FlaskClient, address: str) -> None:
    assert client.get(f"/body-map{address}").status_code == 404


def test_the_page_keeps_to_the_policy(client: FlaskClient) -> None:
    """Fails when a style attribute or an inline script creeps in: the policy would drop it."""
    page = client.get("/body-map?muscle=soleus").text

    assert " style=" not in page
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)


def test_every_id_of_the_page_is_its_own(client: FlaskClient) -> None:
    ids = re.findall(r'\bid="([^"]+)"', client.get("/body-map?muscle=soleus").text)

    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("address", "most"), [("", 3), ("?muscle=upper-trapezius", 4), ("?place=buttock", 3), ("?q=pain", 3)]
)
def test_a_page_takes_few_statements(
    client: FlaskClient, statements: Callable[[], list[str]], address: str, most: int
) -> None:
    statements()

    client.get(f"/body-map{address}")

    assert len(statements()) <= most


def test_publishing_twice_changes_nothing(session: Session) -> None:
    assert not publish(session, steady(), NOW)


def test_a_muscle_that_is_gone_from_the_files_is_gone_from_the_map(session: Session) -> None:
    course = steady()
    first, *rest = course.muscles

    changes = publish(session, replace(course, muscles=tuple(rest)), NOW)

    assert changes.by_kind["muscle removed"] == [first.id]
    assert list(body_map.get(session).muscles) == [muscle.id for muscle in rest]


def test_the_map_comes_back_as_it_was_published(session: Session) -> None:
    atlas = body_map.get(session)

    assert list(atlas.muscles.values()) == list(steady().muscles)
    assert list(atlas.zones.values()) == list(steady().zones)
