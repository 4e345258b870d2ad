"""Answers from a stale page, from another tab, and sent again."""

from __future__ import annotations

import re

import pytest
from sqlalchemy.orm import Session

from tests.support.attempt_client import JSON, AttemptClient, start
from tests.support.factory import Factory


@pytest.fixture
def exam(make: Factory, session: Session) -> AttemptClient:
    """An open test of a learner."""
    return start(make.person().client, session)


def test_a_stale_tab_does_not_overwrite(exam: AttemptClient) -> None:
    """Threat 10. Fails when the revision of the page is not compared."""
    exam.answer(1, 0, revision=0, save_id="tab1")

    reply = exam.answer(1, 1, revision=0, save_id="tab2")

    assert reply.status_code == 409
    assert exam.at(1).chosen == (0,)
    assert exam.log() == 1


def test_a_conflict_shows_both_answers(exam: AttemptClient) -> None:
    exam.answer(1, 0, revision=0)

    page = exam.answer(1, 1, revision=0).text

    options = option_texts(page)
    assert 'value="0" checked' in page
    assert f"This page tried to save <b>{options[1]}</b>" in page
    assert 'name="revision" value="1"' in page


def option_texts(page: str) -> list[str]:
    """The options of a question page, in order."""
    return [
        re.sub(r"</?strong>", "", text)
        for text in re.findall(r'class="answer-option__letter".*?</span>\s*<span>(.*?)</span>\s*</label>', page)
    ]


def test_a_conflict_in_json_says_what_is_stored(exam: AttemptClient) -> None:
    exam.answer(1, 0, revision=0)

    reply = exam.answer(1, 1, revision=0, headers=JSON)

    assert (reply.status_code, reply.json) == (409, {"error": "stale", "revision": 1, "fields": {"option": ["0"]}})


def test_after_a_conflict_the_answer_can_be_chosen_again(exam: AttemptClient) -> None:
    exam.answer(1, 0, revision=0)
    exam.answer(1, 1, revision=0)

    assert exam.answer(1, 1, revision=1).status_code == 303
    assert exam.at(1).chosen == (1,)


def test_two_tabs_with_the_same_answer_do_not_conflict(exam: AttemptClient) -> None:
    exam.answer(1, 0, revision=0, save_id="tab1")

    assert exam.answer(1, 0, revision=0, save_id="tab2").status_code == 303
    assert exam.log() == 1


def test_a_save_whose_reply_was_lost_is_acknowledged_when_it_is_sent_again(exam: AttemptClient) -> None:
    """Fails when that is told as a conflict, or stored a second time."""
    exam.answer(1, 0, revision=0, save_id="first", headers=JSON)

    again = exam.answer(1, 0, revision=0, save_id="first", headers=JSON)

    assert (again.status_code, again.json and again.json["revision"]) == (200, 1)
    assert exam.log() == 1


def test_a_save_that_another_device_has_replaced_is_not_acknowledged_again(exam: AttemptClient) -> None:
    """The reply was lost, another device saw the answer and changed it, and then the page sends again.

    Fails when it is told "saved": the page would say so beside an answer that does not count any more.
    """
    exam.answer(1, 0, revision=0, save_id="first", headers=JSON)
    exam.answer(1, 1, revision=1, save_id="second", headers=JSON)

    again = exam.answer(1, 0, revision=0, save_id="first", headers=JSON)

    assert again.status_code == 409
    assert again.json == {"error": "stale", "revision": 2, "fields": {"option": ["1"]}}
    assert (exam.at(1).chosen, exam.log()) == ((1,), 2)


def test_another_answer_under_a_known_save_id_is_not_swallowed(exam: AttemptClient) -> None:
    """Fails when a known ``save_id`` alone counts as a repetition: the Back button brings a form back with its old id."""
    exam.answer(1, 0, revision=0, save_id="first")
    exam.answer(1, 1, revision=1, save_id="second")

    reply = exam.answer(1, 2, revision=0, save_id="first")

    assert reply.status_code == 409
    assert exam.at(1).chosen == (1,)


def test_a_known_save_id_on_a_fresh_page_is_refused_not_lost(exam: AttemptClient) -> None:
    exam.answer(1, 0, revision=0, save_id="first")

    reply = exam.answer(1, 1, revision=1, save_id="first")

    assert reply.status_code == 409
    assert (exam.at(1).chosen, exam.log()) == ((0,), 1)


@pytest.mark.parametrize("revision", [5, 10**8])
def test_a_revision_from_the_future_is_a_conflict(exam: AttemptClient, revision: int) -> None:
    assert exam.answer(1, 1, revision=revision).status_code == 409
    assert exam.log() == 0
