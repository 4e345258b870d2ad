"""Questions of every kind over HTTP: what their forms may hold, what is refused, and that no page tells more than it should."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.domain.attempt import Purpose
from app.domain.content import Kind
from app.domain.response import CHOICES
from tests import papers
from tests.conftest import Clock
from tests.factory import Make
from tests.playing import JSON, Play, start

N = {kind: n for n, kind in enumerate(Kind, start=1)}
OTHERS = [kind for kind in Kind if kind not in CHOICES]


@pytest.fixture
def give(make: Make, session: Session, clock: Clock) -> Callable[[Purpose], Play]:
    """An open attempt of a learner, with one question of each kind."""

    def given(purpose: Purpose) -> Play:
        person = make.person()
        attempt = papers.of_every_kind(session, person.learner, purpose, clock.now)
        session.commit()
        return Play(person.client, session, attempt.id)

    return given


@pytest.fixture
def exam(give: Callable[[Purpose], Play]) -> Play:
    return give(Purpose.TEST)


@pytest.fixture
def practice(give: Callable[[Purpose], Play]) -> Play:
    return give(Purpose.PRACTICE)


def test_every_kind_is_saved_and_marked(exam: Play) -> None:
    exam.answer_all()
    exam.submit()

    page = exam.result().text
    assert f"{len(Kind)} of {len(Kind)} right" in page


def test_every_kind_can_be_wrong(exam: Play) -> None:
    exam.answer_all(wrong=N.values())
    exam.submit()

    assert f"0 of {len(Kind)}" in exam.result().text


def test_each_line_of_a_match_earns_its_share(exam: Play, session: Session) -> None:
    place = exam.at(N[Kind.MATCH])
    [right] = place.right
    assert isinstance(right, dict)
    half = dict(list(right.items())[: len(right) // 2])

    exam.answer(place.n, half)
    exam.submit()

    assert "0.50 of 1: part of it was right" in exam.result().text


@pytest.mark.parametrize("kind", OTHERS)
def test_an_answer_can_be_cleared(exam: Play, kind: Kind) -> None:
    exam.answer(N[kind], *exam.at(N[kind]).right)

    exam.answer(N[kind], clear="1")

    assert f'>{N[kind]}<span class="sr">, not answered' in exam.page(N[kind]).text


@pytest.mark.parametrize("kind", OTHERS)
def test_the_same_again_writes_nothing(exam: Play, kind: Kind) -> None:
    for _ in range(2):
        assert exam.answer(N[kind], *exam.at(N[kind]).right).status_code == 303

    assert exam.log() == 1


@pytest.mark.parametrize("kind", OTHERS)
def test_a_stale_page_is_told_what_is_stored_in_the_fields_of_its_form(exam: Play, kind: Kind) -> None:
    place = exam.at(N[kind])
    exam.answer(place.n, *place.right)

    reply = exam.answer(place.n, place.wrong, revision=0, headers=JSON)

    [right] = place.right
    assert isinstance(right, dict)
    assert (reply.status_code, reply.json["error"]) == (409, "stale")
    assert reply.json["fields"] == {name: [value] for name, value in right.items()}


@pytest.mark.parametrize("kind", OTHERS)
def test_a_conflict_shows_both_answers(exam: Play, kind: Kind) -> None:
    place = exam.at(N[kind])
    exam.answer(place.n, *place.right)

    reply = exam.answer(place.n, place.wrong, revision=0)

    assert reply.status_code == 409
    assert "This page wanted to save: <b>" in reply.text
    assert exam.log() == 1


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (Kind.MATCH, {"match-0": "99"}),
        (Kind.MATCH, {"match-9": "0"}),
        (Kind.MATCH, {"match-0": "x"}),
        (Kind.MATCH, {"match-x": "0"}),
        (Kind.MATCH, {"match-": "0"}),
        (Kind.MATCH, {"match--1": "0"}),
        (Kind.MATCH, {"option": "0"}),
        (Kind.MATCH, {"value": "1"}),
        (Kind.ORDER, {"order-0": "0"}),
        (Kind.ORDER, {"order-0": "6"}),
        (Kind.ORDER, {"order-7": "1"}),
        (Kind.ORDER, {"match-0": "1"}),
        (Kind.REGION, {"option": "4"}),
        (Kind.REGION, {"option": ["0", "1"]}),
        (Kind.REGION, {"option": "tendon"}),
        (Kind.SINGLE, {"match-0": "1"}),
        (Kind.SEVERAL, {"order-0": "1"}),
        (Kind.NUMERIC, {"value": "1" * 61}),
    ],
)
def test_what_is_not_on_the_page_is_refused(exam: Play, kind: Kind, fields: dict[str, str]) -> None:
    """Fails when a form's fields are taken for another kind's, or an index goes past the end."""
    for headers in ({}, JSON):
        reply = exam.answer(N[kind], headers=headers, **fields)

        assert reply.status_code == 400
    assert exam.log() == 0


@pytest.mark.parametrize("typed", ["seven", "1e5", "0x10", "NaN", "inf", "1,2,3", "--1", "1 000 000 000 0", "½"])
def test_what_is_no_number_is_told_beside_its_field_and_kept(exam: Play, typed: str) -> None:
    plain = exam.answer(N[Kind.NUMERIC], value=typed)
    script = exam.answer(N[Kind.NUMERIC], value=typed, headers=JSON)

    assert plain.status_code == script.status_code == 422
    assert "That is not a number." in plain.text
    assert f'value="{typed}"' in plain.text
    assert script.json == {"error": "BadNumber"}
    assert exam.log() == 0


@pytest.mark.parametrize("typed", ["7", " 7 ", "7,0", "+7", "007.000", "7 points", "\u22120,0"])
def test_numbers_are_taken_as_people_write_them(exam: Play, typed: str) -> None:
    assert exam.answer(N[Kind.NUMERIC], value=typed).status_code == 303
    stored = re.search(r'name="value"[^>]*value="([^"]*)"', exam.page(N[Kind.NUMERIC]).text)
    assert stored
    assert stored[1] in ("7", "0")


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        (Kind.MATCH, {"match-0": "1", "match-1": ""}, "Choose something for each line first."),
        (Kind.ORDER, {"order-0": "1"}, "Give each step a place of its own first."),
        (Kind.ORDER, {f"order-{place}": "1" for place in range(5)}, "Give each step a place of its own first."),
    ],
)
def test_an_unfinished_answer_is_not_checked(practice: Play, kind: Kind, fields: dict[str, str], said: str) -> None:
    """Fails when half an answer becomes final by a slip."""
    reply = practice.answer(N[kind], **fields)

    assert reply.status_code == 422
    assert said in reply.text
    assert practice.log() == 0
    name, value = next(iter(fields.items()))
    select = reply.text[reply.text.index(f'name="{name}"') :]
    assert f'<option value="{value}" selected>' in select[: select.index("</select>")]


def test_in_a_test_an_unfinished_answer_is_saved(exam: Play) -> None:
    assert exam.answer(N[Kind.ORDER], **{"order-0": "1"}).status_code == 303
    assert exam.log() == 1


def test_no_page_of_a_test_tells_its_key(exam: Play, plant: Callable[[], str]) -> None:
    """Threat 1. Fails when a view of an attempt under way is made from an object that has a field for the key."""
    canary = plant()
    for n in N.values():
        exam.answer(n, exam.at(n).wrong)

    pages = [exam.page(n) for n in N.values()] + [exam.summary(), exam.answer(1, exam.at(1).wrong, headers=JSON)]

    assert all(canary not in page.text for page in pages)
    assert not any("data-region" in page.text or "data-is" in page.text for page in pages)


@pytest.mark.parametrize("kind", Kind)
def test_right_and_wrong_answers_get_the_same_reply(exam: Play, kind: Kind) -> None:
    """Threat 2."""
    place = exam.at(N[kind])

    right = exam.answer(place.n, *place.right, headers=JSON, save_id="one")
    wrong = exam.answer(place.n, place.wrong, headers=JSON, save_id="two")

    assert right.status_code == wrong.status_code == 200
    assert right.data.replace(b":1,", b":2,") == wrong.data


def test_the_names_of_regions_are_places_that_chance_decides(
    client: FlaskClient, give: Callable[[Purpose], Play]
) -> None:
    """Threat 4. Fails when regions are named by the author's index: the key's would always be the same."""
    page = give(Purpose.TEST).page(N[Kind.REGION]).text
    names = re.findall(r'data-place="(\d+)"', page)
    letters = re.findall(r'<text class="region__letter"[^>]*>([A-Z])</text>', page)

    assert sorted(names) == ["0", "1", "2", "3"]
    assert sorted(letters) == ["A", "B", "C", "D"]


def test_certainty_is_asked_where_the_module_says_so(make: Make, session: Session) -> None:
    asked = {
        module: 'name="certainty"' in start(make.person().client, session, "practice", module).page(1).text
        for module in ("safety", "evidence")
    }

    assert asked == {"safety": True, "evidence": False}
