"""Questions of every kind over HTTP: what their forms may hold, what is refused, and that no page tells more than it should."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.domain.attempt import Purpose
from app.domain.kinds import QuestionKind
from tests.conftest import Clock
from tests.support import chosen_attempts
from tests.support.attempt_client import JSON, AttemptClient, get_json, start
from tests.support.factory import Factory
from tests.support.question_kinds import MARKED_BY_KEY, MATCH, NUMERIC, ORDER, REGION, SEVERAL, SINGLE, TEXT, N

OTHERS = [kind for kind in MARKED_BY_KEY if not kind.is_choice]
IN_ONE_STEP = [kind for kind in MARKED_BY_KEY if not kind.step_field]
CHANGEABLE = [kind for kind in OTHERS if not kind.step_field]


@pytest.fixture
def give(make: Factory, session: Session, clock: Clock) -> Callable[[Purpose], AttemptClient]:
    """An open attempt of a learner, with one question of each kind."""

    def given(purpose: Purpose) -> AttemptClient:
        person = make.person()
        attempt = chosen_attempts.start_with_every_kind(session, person.learner, purpose, clock.now)
        session.commit()
        return AttemptClient(person.client, session, attempt.id)

    return given


@pytest.fixture
def exam(give: Callable[[Purpose], AttemptClient]) -> AttemptClient:
    return give(Purpose.TEST)


@pytest.fixture
def practice(give: Callable[[Purpose], AttemptClient]) -> AttemptClient:
    return give(Purpose.PRACTICE)


def test_every_kind_is_saved_and_marked(exam: AttemptClient) -> None:
    exam.answer_all()
    exam.submit()

    page = exam.result().text
    assert f"{len(MARKED_BY_KEY)} of {len(MARKED_BY_KEY)} correct" in page


def test_every_kind_can_be_wrong(exam: AttemptClient) -> None:
    exam.answer_all(wrong=N.values())
    exam.submit()

    page = " ".join(exam.result().text.split())
    assert re.search(rf"> ?0 correct, \d partly correct: [\d.]+ of {len(MARKED_BY_KEY)} points ?<", page)


def test_each_line_of_a_match_earns_its_share(exam: AttemptClient, session: Session) -> None:
    place = exam.at(N[MATCH])
    [right] = place.right
    assert isinstance(right, dict)
    half = dict(list(right.items())[: len(right) // 2])

    exam.answer(place.n, half)
    exam.submit()

    page = " ".join(exam.result().text.split())
    assert re.search(r"Partly correct</span> 0\.5 of 1 point ?<", page)


@pytest.mark.parametrize("kind", CHANGEABLE, ids=str)
def test_an_answer_can_be_cleared(exam: AttemptClient, kind: QuestionKind[Any]) -> None:
    exam.answer(N[kind], *exam.at(N[kind]).right)

    exam.answer(N[kind], clear="1")

    assert f'>{N[kind]}<span class="visually-hidden">, not answered' in exam.page(N[kind]).text


@pytest.mark.parametrize("kind", OTHERS, ids=str)
def test_the_same_again_writes_nothing(exam: AttemptClient, kind: QuestionKind[Any]) -> None:
    for _ in range(2):
        assert exam.answer(N[kind], *exam.at(N[kind]).right).status_code == 303

    assert exam.log() == 1


@pytest.mark.parametrize("kind", CHANGEABLE, ids=str)
def test_a_stale_page_is_told_what_is_stored_in_the_fields_of_its_form(
    exam: AttemptClient, kind: QuestionKind[Any]
) -> None:
    place = exam.at(N[kind])
    exam.answer(place.n, *place.right)

    reply = exam.answer(place.n, place.wrong, revision=0, headers=JSON)

    [right] = place.right
    assert isinstance(right, dict)
    assert (reply.status_code, get_json(reply)["error"]) == (409, "stale")
    assert get_json(reply)["fields"] == {name: [value] for name, value in right.items()}


@pytest.mark.parametrize("kind", CHANGEABLE, ids=str)
def test_a_conflict_shows_both_answers(exam: AttemptClient, kind: QuestionKind[Any]) -> None:
    place = exam.at(N[kind])
    exam.answer(place.n, *place.right)

    reply = exam.answer(place.n, place.wrong, revision=0)

    assert reply.status_code == 409
    assert "This page tried to save <b>" in reply.text
    assert exam.log() == 1


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (MATCH, {"match-0": "99"}),
        (MATCH, {"match-9": "0"}),
        (MATCH, {"match-0": "x"}),
        (MATCH, {"match-x": "0"}),
        (MATCH, {"match-": "0"}),
        (MATCH, {"match--1": "0"}),
        (MATCH, {"option": "0"}),
        (MATCH, {"value": "1"}),
        (ORDER, {"order-0": "0"}),
        (ORDER, {"order-0": "6"}),
        (ORDER, {"order-7": "1"}),
        (ORDER, {"match-0": "1"}),
        (REGION, {"option": "4"}),
        (REGION, {"option": ["0", "1"]}),
        (REGION, {"option": "tendon"}),
        (SINGLE, {"match-0": "1"}),
        (SEVERAL, {"order-0": "1"}),
        (NUMERIC, {"value": "1" * 61}),
        (TEXT, {"value": "a" * 1001}),
        (TEXT, {"option": "0"}),
    ],
)
def test_what_is_not_on_the_page_is_refused(
    exam: AttemptClient, kind: QuestionKind[Any], fields: dict[str, Any]
) -> None:
    """Fails when a form's fields are taken for another kind's, or an index goes past the end."""
    for headers in ({}, JSON):
        reply = exam.answer(N[kind], headers=headers, **fields)

        assert reply.status_code == 400
    assert exam.log() == 0


@pytest.mark.parametrize("typed", ["seven", "1e5", "0x10", "NaN", "inf", "1,2,3", "--1", "1 000 000 000 0", "½"])
def test_what_is_no_number_is_told_beside_its_field_and_kept(exam: AttemptClient, typed: str) -> None:
    plain = exam.answer(N[NUMERIC], value=typed)
    script = exam.answer(N[NUMERIC], value=typed, headers=JSON)

    assert plain.status_code == script.status_code == 422
    assert "That is not a number." in plain.text
    assert f'value="{typed}"' in plain.text
    assert get_json(script)["error"] == "BadEntry"
    assert get_json(script)["message"].startswith("That is not a number.")
    assert exam.log() == 0


@pytest.mark.parametrize(
    "typed", ["7", " 7 ", "7,0", "+7", "007.0", "7 points", "\u22120,0", "\u0667", "7 Points", "\u200e7"]
)
def test_numbers_are_taken_as_people_write_them(exam: AttemptClient, typed: str) -> None:
    assert exam.answer(N[NUMERIC], value=typed).status_code == 303
    stored = re.search(r'name="value"[^>]*value="([^"]*)"', exam.page(N[NUMERIC]).text)
    assert stored
    assert stored[1] in ("7", "0")


@pytest.mark.parametrize("typed", ["1,000", "1.000", "\u0661,\u0660\u0660\u0660"])
def test_an_ambiguous_number_is_refused_in_words_and_kept(exam: AttemptClient, typed: str) -> None:
    """Fails when 1,000 is silently stored as 1."""
    reply = exam.answer(N[NUMERIC], value=typed)

    assert reply.status_code == 422
    assert "This could mean 1000 or 1.0." in reply.text
    assert f'value="{typed}"' in reply.text
    assert exam.log() == 0


def test_a_text_that_is_too_long_is_told_beside_its_field_and_kept(exam: AttemptClient) -> None:
    reply = exam.answer(N[TEXT], value="ab" * 60)

    assert reply.status_code == 422
    assert "That is too long: use 100 characters at most." in reply.text
    assert f'value="{"ab" * 60}"' in reply.text
    assert exam.log() == 0


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("  Jump   sign ", "Jump sign"),
        ("j\u00adump\u202e\x07sign", "jumpsign"),
        ("\uff4aump", "jump"),
        ("<b>jump</b>", "&lt;b&gt;jump&lt;/b&gt;"),
        ("`jump` sign", "`jump` sign"),
        ('"><script>', "&#34;&gt;&lt;script&gt;"),
    ],
)
def test_what_is_typed_is_shown_again_without_what_cannot_be_seen(exam: AttemptClient, typed: str, shown: str) -> None:
    assert exam.answer(N[TEXT], value=typed).status_code == 303

    stored = re.search(r'name="value"[^>]*value="([^"]*)"', exam.page(N[TEXT]).text)
    assert stored
    assert stored[1] == shown
    exam.submit()
    assert shown in exam.result().text
    assert "<script>" not in exam.result().text.replace('<script src="', "")


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        (MATCH, {"match-0": "1", "match-1": ""}, "Choose something for each line first."),
        (ORDER, {"order-0": "1"}, "Give each step a different place first."),
        (ORDER, {f"order-{place}": "1" for place in range(5)}, "Give each step a different place first."),
    ],
)
def test_an_unfinished_answer_is_not_checked(
    practice: AttemptClient, kind: QuestionKind[Any], fields: dict[str, Any], said: str
) -> None:
    """Fails when half an answer becomes final by a slip."""
    reply = practice.answer(N[kind], **fields)

    assert reply.status_code == 422
    assert said in reply.text
    assert practice.log() == 0
    name, value = next(iter(fields.items()))
    select = reply.text[reply.text.index(f'name="{name}"') :]
    assert f'<option value="{value}" selected>' in select[: select.index("</select>")]


def test_in_a_test_an_unfinished_answer_is_saved(exam: AttemptClient) -> None:
    assert exam.answer(N[ORDER], {"order-0": "1"}).status_code == 303
    assert exam.log() == 1


def test_no_page_of_a_test_tells_its_key(exam: AttemptClient, plant: Callable[[], str]) -> None:
    """Threat 1. Fails when a view of an attempt under way is made from an object that has a field for the key."""
    canary = plant()
    for n in N.values():
        exam.answer(n, exam.at(n).wrong)

    pages = [exam.page(n) for n in N.values()] + [exam.summary(), exam.answer(1, exam.at(1).wrong, headers=JSON)]

    assert all(canary not in page.text for page in pages)
    assert not any("data-region" in page.text or "data-is" in page.text for page in pages)


@pytest.mark.parametrize("kind", IN_ONE_STEP, ids=str)
def test_right_and_wrong_answers_get_the_same_reply(exam: AttemptClient, kind: QuestionKind[Any]) -> None:
    """Threat 2."""
    place = exam.at(N[kind])

    right = exam.answer(place.n, *place.right, headers=JSON, save_id="one")
    wrong = exam.answer(place.n, place.wrong, headers=JSON, save_id="two")

    assert right.status_code == wrong.status_code == 200
    assert right.data.replace(b":1,", b":2,") == wrong.data


def test_the_names_of_regions_are_places_that_chance_decides(
    client: FlaskClient, give: Callable[[Purpose], AttemptClient]
) -> None:
    """Threat 4. Fails when regions are named by the author's index: the key's would always be the same."""
    page = give(Purpose.TEST).page(N[REGION]).text
    names = re.findall(r'data-place="(\d+)"', page)
    letters = re.findall(r'<text class="region__letter"[^>]*>([A-Z])</text>', page)

    assert sorted(names) == ["0", "1", "2", "3"]
    assert sorted(letters) == ["A", "B", "C", "D"]


def test_certainty_is_asked_where_the_module_says_so(make: Factory, session: Session) -> None:
    asked = {
        module: 'name="certainty"' in start(make.person().client, session, "practice", module).page(1).text
        for module in ("safety", "evidence")
    }

    assert asked == {"safety": True, "evidence": False}


@pytest.mark.parametrize("kind", MARKED_BY_KEY, ids=str)
def test_feedback_names_the_answer_and_the_correct_one_as_on_the_paper(
    practice: AttemptClient, kind: QuestionKind[Any]
) -> None:
    """Fails when the letters of the page are lost, or the answer does not stand beside the correct one."""
    n = N[kind]
    asked = practice.page(n).text
    on_paper = dict(re.findall(r'answer-option__letter"[^>]*>([A-Z])</span>\s*<span>(.*?)</span>', asked, re.DOTALL))

    practice.answer(n, practice.at(n).wrong)

    after = unescape(practice.page(n).text)
    assert bool(on_paper) == kind.has_letters
    assert re.search(r">(Incorrect|Partly correct)</h2>", after)
    assert re.search(">Your answer</|>You put it at", after)
    if kind.is_choice and kind.has_letters:
        for letter, text in on_paper.items():
            assert re.search(rf'reasons__letter">{letter}</b>\s*{re.escape(unescape(text))}', after)
        assert re.search(r'class="comparison".*?[A-Z]\. .*?Correct.*?[A-Z]\. ', after, re.DOTALL)


def test_a_missed_option_looks_different_from_a_chosen_one(practice: AttemptClient) -> None:
    place = practice.at(N[SEVERAL])

    practice.answer(place.n, place.right[0])

    page = practice.page(place.n).text
    assert ">Partly correct</h2>" in page
    assert page.count("Correct, you missed it") == len(place.right) - 1
    assert page.count("outcome--missed") >= len(place.right) - 1
