"""Taking an attempt in the browser: practice, tests, their answers, and what is refused."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Answer, Mark
from tests.factory import Make
from tests.playing import JSON, Place, Play, start


@pytest.fixture
def exam(make: Make, session: Session) -> Play:
    """An open test of a learner."""
    return start(make.person().client, session)


@pytest.fixture
def practice(client: FlaskClient, session: Session) -> Play:
    """A visitor's open practice."""
    return start(client, session, "practice")


def several(make: Make, session: Session, mode: str = "test") -> tuple[Play, Place]:
    """An open attempt with a question where several options are right."""
    for module in ("safety", "trigger-points", "referred-pain", "treatment", "evidence"):
        play = start(make.person().client, session, mode, module)
        for one in play.questions():
            if one.kind == "several":
                return play, one
    raise AssertionError("no module drew a question with several right options; run it again")


# -- practice ---------------------------------------------------------------------------------------------------------


def test_practice_says_nothing_before_check_and_everything_after(practice: Play) -> None:
    before = practice.page(1).text

    checked = practice.answer(1, *practice.at(1).right)

    after = practice.page(1).text
    assert checked.location == f"{practice.path}/1#verdict"
    assert 'id="verdict"' not in before
    assert 'id="verdict"' in after
    assert ">Right</h2>" in after


def test_a_wrong_practice_answer_is_told_with_the_right_one(practice: Play) -> None:
    practice.answer(1, practice.at(1).wrong)

    assert "Not this time" in practice.page(1).text


def test_check_is_final(practice: Play, session: Session) -> None:
    """Fails when a checked answer can be replaced: its key was shown."""
    one = practice.at(1)
    practice.answer(1, one.wrong)

    replies = [
        practice.answer(1, *one.right),
        practice.answer(1, *one.right, headers=JSON),
        practice.answer(1, clear="1"),
        practice.answer(1, *one.right, revision=0, save_id="other"),
    ]

    assert [reply.status_code for reply in replies] == [409] * 4
    assert practice.at(1).chosen == (one.wrong,)
    assert practice.log() == session.scalar(select(func.count()).select_from(Mark)) == 1


def test_check_without_an_answer_goes_on_unmarked(practice: Play, session: Session) -> None:
    reply = practice.answer(1)

    assert reply.status_code == 303
    assert practice.log() == 0
    assert 'id="verdict"' not in practice.page(1).text


def test_practice_ends_with_a_result_by_objective(practice: Play) -> None:
    practice.answer_all(wrong=[1, 2, 3])

    assert practice.submit().location == f"{practice.path}/result"

    page = practice.result().text
    assert "7 of 10 right" in page
    assert "What you know, by objective" in page


def test_practice_can_be_left_and_taken_up_at_the_first_unanswered(practice: Play) -> None:
    practice.answer(1, *practice.at(1).right)
    practice.answer(2, *practice.at(2).right)

    assert practice.client.get(practice.path).location == f"{practice.path}/3"


# -- tests: answers ---------------------------------------------------------------------------------------------------


def test_a_test_needs_an_account(client: FlaskClient) -> None:
    reply = client.post("/modules/safety/attempts", data={"mode": "test"})

    assert reply.location.startswith("/login")


def test_an_answer_is_stored_and_leads_to_the_next_question(exam: Play) -> None:
    reply = exam.answer(1, 2)

    assert (reply.status_code, reply.location) == (303, f"{exam.path}/2")
    assert exam.at(1).chosen == (2,)
    assert 'value="2" checked' in exam.page(1).text


def test_the_last_answer_leads_to_the_summary(exam: Play) -> None:
    assert exam.answer(10, 0).location == f"{exam.path}/summary"


def test_an_answer_can_be_changed_until_it_is_handed_in(exam: Play) -> None:
    exam.answer(1, 0)
    exam.answer(1, 1)

    assert exam.at(1).chosen == (1,)
    assert exam.log() == 2


def test_an_answer_can_be_cleared(exam: Play) -> None:
    exam.answer(1, 0)

    exam.answer(1, 0, clear="1")

    assert exam.at(1).chosen == ()
    assert exam.log() == 2
    assert "10 questions not answered" in exam.summary().text


def test_a_blank_form_keeps_the_answer_of_radio_buttons(exam: Play) -> None:
    """Fails when a form without an option clears: radio buttons can't be unticked, so it says nothing."""
    n = next(one.n for one in exam.questions() if one.kind == "single")
    exam.answer(n, 0)

    exam.answer(n)

    assert exam.at(n).chosen == (0,)
    assert exam.log() == 1


def test_unticking_all_boxes_clears(make: Make, session: Session) -> None:
    """Fails when several-answer questions are treated like radio buttons."""
    play, one = several(make, session)
    play.answer(one.n, 0, 1)
    play.answer(one.n, 0)
    assert play.at(one.n).chosen == (0,)

    play.answer(one.n)

    assert play.at(one.n).chosen == ()
    assert play.log() == 3


@pytest.mark.parametrize("go", ["3", "10", "summary", "1"])
def test_jumping_saves_first(exam: Play, go: str) -> None:
    reply = exam.answer(2, 1, go=go)

    assert reply.location == f"{exam.path}/{go}"
    assert exam.at(2).chosen == (1,)


def test_jumping_beyond_the_end_leads_to_the_summary(exam: Play) -> None:
    assert exam.answer(1, 1, go="99").location == f"{exam.path}/summary"


@pytest.mark.parametrize(("sent", "is_flagged"), [(["0", "1"], True), (["1"], True), (["0"], False)])
def test_a_flag_is_set_and_taken_away(exam: Play, sent: list[str], is_flagged: bool) -> None:
    exam.answer(1, flag="0" if is_flagged else "1")

    exam.answer(1, flag=sent)

    assert exam.at(1).is_flagged is is_flagged
    assert exam.log() == 0


def test_a_flag_and_an_answer_travel_in_one_form(exam: Play) -> None:
    exam.answer(1, 2, flag="1", certainty="3")

    assert (exam.at(1).chosen, exam.at(1).is_flagged) == ((2,), True)
    assert "1 flagged" in exam.page(1).text


def test_the_summary_names_what_is_unanswered(exam: Play) -> None:
    for n in (1, 2, 4):
        exam.answer(n, 0)

    page = exam.summary().text

    assert "7 questions not answered" in page
    assert page.count("Not answered") == 7
    assert "Answer question 3" in page


def test_json_says_what_was_stored(exam: Play) -> None:
    reply = exam.answer(1, 2, headers=JSON)

    assert (reply.status_code, reply.json) == (200, {"revision": 1, "saved": "10:00", "seconds_left": 900})


# -- revisions --------------------------------------------------------------------------------------------------------


def test_a_stale_tab_does_not_overwrite(exam: Play) -> None:
    """Threat 10. Fails when the revision of the page is not compared."""
    exam.answer(1, 0, revision=0, save_id="tab1")

    reply = exam.answer(1, 1, revision=0, save_id="tab2")

    assert reply.status_code == 409
    assert exam.at(1).chosen == (0,)
    assert exam.log() == 1


def test_a_conflict_shows_both_answers(exam: Play) -> None:
    exam.answer(1, 0, revision=0)

    page = exam.answer(1, 1, revision=0).text

    options = option_texts(page)
    assert 'value="0" checked' in page
    assert f"This page wanted to save: <b>{options[1]}</b>" in page
    assert 'name="revision" value="1"' in page


def option_texts(page: str) -> list[str]:
    """The options of a question page, in order."""
    return [
        re.sub(r"</?strong>", "", text)
        for text in re.findall(r'class="opt__key".*?</span><span>(.*?)</span></label>', page)
    ]


def test_a_conflict_in_json_says_what_is_stored(exam: Play) -> None:
    exam.answer(1, 0, revision=0)

    reply = exam.answer(1, 1, revision=0, headers=JSON)

    assert (reply.status_code, reply.json) == (409, {"error": "stale", "revision": 1, "fields": {"option": ["0"]}})


def test_after_a_conflict_the_answer_can_be_chosen_again(exam: Play) -> None:
    exam.answer(1, 0, revision=0)
    exam.answer(1, 1, revision=0)

    assert exam.answer(1, 1, revision=1).status_code == 303
    assert exam.at(1).chosen == (1,)


def test_two_tabs_with_the_same_answer_do_not_conflict(exam: Play) -> None:
    exam.answer(1, 0, revision=0, save_id="tab1")

    assert exam.answer(1, 0, revision=0, save_id="tab2").status_code == 303
    assert exam.log() == 1


def test_a_save_whose_reply_was_lost_is_acknowledged_when_it_is_sent_again(exam: Play) -> None:
    """Fails when that is told as a conflict, or stored a second time."""
    exam.answer(1, 0, revision=0, save_id="first", headers=JSON)

    again = exam.answer(1, 0, revision=0, save_id="first", headers=JSON)

    assert (again.status_code, again.json and again.json["revision"]) == (200, 1)
    assert exam.log() == 1


def test_a_save_that_another_device_has_replaced_is_not_acknowledged_again(exam: Play) -> None:
    """The reply was lost, another device saw the answer and changed it, and then the page sends again.

    Fails when it is told "saved": the page would say so beside an answer that does not count any more.
    """
    exam.answer(1, 0, revision=0, save_id="first", headers=JSON)
    exam.answer(1, 1, revision=1, save_id="second", headers=JSON)

    again = exam.answer(1, 0, revision=0, save_id="first", headers=JSON)

    assert again.status_code == 409
    assert again.json == {"error": "stale", "revision": 2, "fields": {"option": ["1"]}}
    assert (exam.at(1).chosen, exam.log()) == ((1,), 2)


def test_another_answer_under_a_known_save_id_is_not_swallowed(exam: Play) -> None:
    """Fails when a known ``save_id`` alone counts as a repetition: the Back button brings a form back with its old id."""
    exam.answer(1, 0, revision=0, save_id="first")
    exam.answer(1, 1, revision=1, save_id="second")

    reply = exam.answer(1, 2, revision=0, save_id="first")

    assert reply.status_code == 409
    assert exam.at(1).chosen == (1,)


def test_a_known_save_id_on_a_fresh_page_is_refused_not_lost(exam: Play) -> None:
    exam.answer(1, 0, revision=0, save_id="first")

    reply = exam.answer(1, 1, revision=1, save_id="first")

    assert reply.status_code == 409
    assert (exam.at(1).chosen, exam.log()) == ((0,), 1)


@pytest.mark.parametrize("revision", [5, 10**8])
def test_a_revision_from_the_future_is_a_conflict(exam: Play, revision: int) -> None:
    assert exam.answer(1, 1, revision=revision).status_code == 409
    assert exam.log() == 0


# -- impossible answers -----------------------------------------------------------------------------------------------

IMPOSSIBLE = [
    {"option": "99"},
    {"option": "-1"},
    {"option": "x"},
    {"option": ""},
    {"option": "0.5"},
    {"option": "²"},
    {"option": ["0", "99"]},
    {"option": ["0", "1"]},
    {"option": "0", "revision": "-1"},
    {"option": "0", "revision": "x"},
    {"option": "0", "certainty": "0"},
    {"option": "0", "certainty": "4"},
    {"option": "0", "clear": "2"},
    {"option": "0", "flag": "yes"},
    {"option": "0", "go": "0"},
    {"option": "0", "go": "//evil.example"},
    {"option": "0", "go": "result"},
    {"option": "0", "save_id": "a" * 65},
    {"option": "0", "save_id": "<script>"},
    {"option": "0", "save_id": "a\x00b"},
]


@pytest.mark.parametrize("form", IMPOSSIBLE, ids=str)
@pytest.mark.parametrize("headers", [{}, JSON], ids=["page", "json"])
def test_what_the_page_can_not_send_is_refused(exam: Play, form: dict[str, object], headers: dict[str, str]) -> None:
    """Fails when a place is used as an index unchecked (-1 is the last one), or radio buttons may be two."""
    single = next(one for one in exam.questions() if one.kind == "single")

    reply = exam.client.post(f"{exam.path}/{single.n}", data={"revision": "0"} | form, headers=headers)

    assert reply.status_code == 400
    assert (exam.at(single.n).chosen, exam.log()) == ((), 0)


@pytest.mark.parametrize("n", ["0", "11", "99999999999"])
def test_a_question_that_is_not_in_the_paper_is_404(exam: Play, n: str) -> None:
    assert exam.client.get(f"{exam.path}/{n}").status_code == 404
    assert exam.client.post(f"{exam.path}/{n}", data={"option": "0"}).status_code == 404


@pytest.mark.parametrize(
    "form", [{}, {"mode": ""}, {"mode": "check"}, {"mode": "exam"}, {"mode": "practice", "missed": "x"}]
)
def test_a_start_must_say_what(client: FlaskClient, session: Session, form: dict[str, str]) -> None:
    assert client.post("/modules/safety/attempts", data=form).status_code == 400
    assert session.scalar(select(func.count()).select_from(Answer)) == 0
