"""The body map: by muscle, by place, by a word; without JavaScript, with a fixed number of statements."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.services.course import body_map
from app.services.course.publisher import write_course
from tests.conftest import NOW
from tests.support.published_course import load_small_course


def test_it_works(client: FlaskClient) -> None:
    page = client.get("/body-map")

    assert page.status_code == 200
    assert page.text.count("<li data-words=") == len(load_small_course().muscles)
    assert "The maps record what experienced clinicians observed" in page.text


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

    assert "There is no simple yes or no." in page or "Mind the lung" in page
    assert "<dd>Yes." not in page
    assert "<dd>No.<" not in page


def test_what_was_not_checked_says_so(client: FlaskClient) -> None:
    assert "we have not checked this pattern" in client.get("/body-map?muscle=deltoid").text
    assert "we have not checked this pattern" not in client.get("/body-map?muscle=soleus").text


def test_a_place_names_the_muscles_that_refer_there(client: FlaskClient) -> None:
    page = client.get("/body-map?place=shoulder-front").text
    says = page.partition('id="says"')[2]

    main, _, spill = says.partition("Spill-over zone")
    assert "Infraspinatus" in main
    assert "Latissimus dorsi" in spill
    assert "Infraspinatus" not in spill


def test_the_crosses_of_a_place_have_the_numbers_of_its_list(client: FlaskClient) -> None:
    """Fails when a figure shows crosses without saying which muscle each belongs to."""
    page = client.get("/body-map?place=shoulder-front").text
    figures, _, says = page.partition('id="says"')

    listed = re.findall(r'map-number"[^>]*>(\d+)<', says)
    drawn = re.findall(r'class="tp-number"[^>]*>(\d+)<', figures)

    assert listed == [str(number) for number in range(1, len(listed) + 1)]
    assert len(listed) > 1
    assert set(drawn) == set(listed)
    assert figures.count('class="tp-number"') == figures.count('class="tp"')


@pytest.mark.parametrize("address", ["?muscle=soleus", "?place=calf", ""])
def test_a_single_muscle_needs_no_number(client: FlaskClient, address: str) -> None:
    page = client.get(f"/body-map{address}").text

    assert "tp-number" not in page
    assert "map-number" not in page


def test_places_that_are_close_together_answer_as_one(client: FlaskClient) -> None:
    page = client.get("/body-map?place=shoulder-front&place=calf").text
    says = page.partition('id="says"')[2]

    assert "What could refer here?" in says
    assert "Infraspinatus" in says
    assert "Soleus" in says
    assert 'href="/body-map?place=calf"' in says
    assert says.count(">Infraspinatus<") == 1


def test_the_nearest_place_is_not_passed_off_as_a_pattern(client: FlaskClient) -> None:
    says = client.get("/body-map?place=calf&near=1").text.partition('id="says"')[2]

    assert "No pattern described here" in says
    assert "nearest" in says


def test_the_figure_leads_somewhere_without_scripts(client: FlaskClient) -> None:
    page = client.get("/body-map").text

    links = set(re.findall(r'class="body-map-spot"\s+href="([^"]+)"', page))

    assert len(links) > 50
    assert all(client.get(html.unescape(link)).status_code == 200 for link in sorted(links)[::25])


@pytest.mark.parametrize(
    ("query", "found"),
    [("headache", "Temporalis"), ("TRAPEZIUS upper", "Trapezius, upper fibres"), ("big toe", "Tibialis anterior")],
)
def test_a_search_without_javascript(client: FlaskClient, query: str, found: str) -> None:
    page = client.get("/body-map", query_string={"q": query}).text

    assert found in page
    assert 0 < page.count("<li data-words=") < 20


def test_a_search_that_finds_nothing_says_so(client: FlaskClient) -> None:
    assert "Nothing matches that" in client.get("/body-map?q=xylophone").text


@pytest.mark.parametrize(
    "address", ["?muscle=none", "?place=none", "?muscle=none&place=calf", "?place=calf&place=none"]
)
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
    assert not write_course(session, load_small_course(), NOW)


def test_a_muscle_that_is_gone_from_the_files_is_gone_from_the_map(session: Session) -> None:
    course = load_small_course()
    first, *rest = course.muscles

    changes = write_course(session, replace(course, muscles=tuple(rest)), NOW)

    assert changes.by_kind["muscle removed"] == [first.id]
    assert list(body_map.get_atlas(session).muscles) == [muscle.id for muscle in rest]


def test_the_map_comes_back_as_it_was_published(session: Session) -> None:
    atlas = body_map.get_atlas(session)

    assert list(atlas.muscles.values()) == list(load_small_course().muscles)
    assert list(atlas.zones.values()) == list(load_small_course().zones)
