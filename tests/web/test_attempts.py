"""Taking an attempt in the browser: practice, tests, their answers, and what is refused."""

from __future__ import annotations

import html
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.models import AnswerRevision, Mark, QuestionVersion
from app.services.attempts.papers import OUTLINE_CASE_LENGTH
from tests.support.attempt_client import HTMX, JSON, AttemptClient, StoredQuestion, start
from tests.support.factory import Factory
from tests.support.question_kinds import SEVERAL, SINGLE


@pytest.fixture
def exam(make: Factory, session: Session) -> AttemptClient:
    """An open test of a learner."""
    return start(make.person().client, session)


@pytest.fixture
def practice(client: FlaskClient, session: Session) -> AttemptClient:
    """A visitor's open practice."""
    return start(client, session, "practice")


def several(make: Factory, session: Session, mode: str = "test") -> tuple[AttemptClient, StoredQuestion]:
    """An open attempt with a question where several options are right."""
    for module in ("safety", "trigger-points", "referred-pain", "evidence"):
        play = start(make.person().client, session, mode, module)
        for one in play.questions():
            if one.kind is SEVERAL:
                return play, one
    raise AssertionError("no module drew a question with several right options; run it again")


# -- practice ---------------------------------------------------------------------------------------------------------


def test_practice_says_nothing_before_check_and_everything_after(practice: AttemptClient) -> None:
    before = practice.page(1).text

    checked = practice.answer(1, *practice.at(1).right)

    after = practice.page(1).text
    assert checked.location == f"{practice.path}/1#verdict"
    assert 'id="verdict"' not in before
    assert 'id="verdict"' in after
    assert ">Correct</h2>" in after


def test_a_wrong_practice_answer_is_told_with_the_right_one(practice: AttemptClient) -> None:
    practice.answer(1, practice.at(1).wrong)

    assert ">Incorrect</h2>" in practice.page(1).text


def test_check_is_final(practice: AttemptClient, session: Session) -> None:
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


@pytest.mark.parametrize("n", [1, 10])
def test_check_without_an_answer_asks_for_one_and_stays(practice: AttemptClient, n: int) -> None:
    """Fails when pressing Check with nothing chosen silently goes to the next question."""
    for headers in ({}, HTMX):
        reply = practice.answer(n, headers=headers)

        assert reply.status_code == 422
        assert re.search(r"(Choose an answer|Type an? \w+) first\.", reply.text)
        assert f'<h1 class="question-head__number" id="where">Question {n} of 10' in reply.text
    assert practice.log() == 0
    assert 'id="verdict"' not in practice.page(n).text
    assert practice.answer(n, go="2").status_code == 303


def test_practice_ends_on_its_last_question_once_everything_is_checked(practice: AttemptClient) -> None:
    """Fails when a page to review stands between the last answer and the result."""
    for one in practice.questions()[:-1]:
        practice.answer(one.n, *one.right)
    last = practice.questions()[-1]

    assert practice.client.get(practice.path).location == f"{practice.path}/{last.n}"
    assert "/submit" not in practice.page(last.n).text
    practice.answer(last.n, *last.right)

    page = practice.page(last.n).text
    assert f'action="{practice.path}/submit"' in page
    assert "See your result" in page
    assert practice.client.get(practice.path).location == f"{practice.path}/{last.n}"


def test_practice_ends_with_a_result_by_objective(practice: AttemptClient) -> None:
    practice.answer_all(wrong=[1, 2, 3])

    assert practice.submit().location == f"{practice.path}/result"

    page = practice.result().text
    assert "7 of 10 correct" in page
    assert re.search(r"\d objectives? to work on", page)


def test_practice_can_be_left_and_taken_up_at_the_first_unanswered(practice: AttemptClient) -> None:
    practice.answer(1, *practice.at(1).right)
    practice.answer(2, *practice.at(2).right)

    assert practice.client.get(practice.path).location == f"{practice.path}/3"


# -- tests: answers ---------------------------------------------------------------------------------------------------


def test_a_test_needs_an_account(client: FlaskClient) -> None:
    reply = client.post("/modules/safety/attempts", data={"mode": "test"})

    assert reply.location.startswith("/login")


def test_an_answer_is_stored_and_leads_to_the_next_question(exam: AttemptClient) -> None:
    reply = exam.answer(1, 2)

    assert (reply.status_code, reply.location) == (303, f"{exam.path}/2")
    assert exam.at(1).chosen == (2,)
    assert 'value="2" checked' in exam.page(1).text


def test_the_last_answer_leads_to_the_summary(exam: AttemptClient) -> None:
    assert exam.answer(10, 0).location == f"{exam.path}/summary"


def test_an_answer_can_be_changed_until_it_is_handed_in(exam: AttemptClient) -> None:
    exam.answer(1, 0)
    exam.answer(1, 1)

    assert exam.at(1).chosen == (1,)
    assert exam.log() == 2


def test_an_answer_can_be_cleared(exam: AttemptClient) -> None:
    exam.answer(1, 0)

    exam.answer(1, 0, clear="1")

    assert exam.at(1).chosen == ()
    assert exam.log() == 2
    assert "10 questions are not answered" in exam.summary().text


def test_a_blank_form_keeps_the_answer_of_radio_buttons(exam: AttemptClient) -> None:
    """Fails when a form without an option clears: radio buttons can't be unticked, so it says nothing."""
    n = next(one.n for one in exam.questions() if one.kind is SINGLE)
    exam.answer(n, 0)

    exam.answer(n)

    assert exam.at(n).chosen == (0,)
    assert exam.log() == 1


def test_unticking_all_boxes_clears(make: Factory, session: Session) -> None:
    """Fails when several-answer questions are treated like radio buttons."""
    play, one = several(make, session)
    play.answer(one.n, 0, 1)
    play.answer(one.n, 0)
    assert play.at(one.n).chosen == (0,)

    play.answer(one.n)

    assert play.at(one.n).chosen == ()
    assert play.log() == 3


@pytest.mark.parametrize("go", ["3", "10", "summary", "1"])
def test_jumping_saves_first(exam: AttemptClient, go: str) -> None:
    reply = exam.answer(2, 1, go=go)

    assert reply.location == f"{exam.path}/{go}"
    assert exam.at(2).chosen == (1,)


def test_jumping_beyond_the_end_leads_to_the_summary(exam: AttemptClient) -> None:
    assert exam.answer(1, 1, go="99").location == f"{exam.path}/summary"


@pytest.mark.parametrize(("sent", "is_flagged"), [(["0", "1"], True), (["1"], True), (["0"], False)])
def test_a_flag_is_set_and_taken_away(exam: AttemptClient, sent: list[str], is_flagged: bool) -> None:
    exam.answer(1, flag="0" if is_flagged else "1")

    exam.answer(1, flag=sent)

    assert exam.at(1).is_flagged is is_flagged
    assert exam.log() == 0


def test_a_flag_and_an_answer_travel_in_one_form(exam: AttemptClient) -> None:
    exam.answer(1, 2, flag="1", certainty="3")

    assert (exam.at(1).chosen, exam.at(1).is_flagged) == ((2,), True)
    assert re.search(r'data-count="flagged"\s*>.*?<span>1</span>', exam.page(1).text)


def test_the_summary_names_what_is_unanswered(exam: AttemptClient) -> None:
    for n in (1, 2, 4):
        exam.answer(n, 0)

    page = exam.summary().text

    assert "7 questions are not answered" in page
    assert page.index(">Not answered</h2>") < page.index('review__number">3<') < page.index(">Without certainty</h2>")
    assert "Answer question 3" in page
    # Blanks come first.
    listed = re.findall(r'review__number">(\d+)<', page)
    assert listed == ["3", "5", "6", "7", "8", "9", "10", "1", "2", "4"]
    assert "Submit with 7 blanks" in page


def test_the_summary_shows_each_stem_whole_and_the_start_of_its_case(make: Factory, session: Session) -> None:
    """Fails when the case comes first and the stem, which tells what is asked, is cut."""
    session.execute(update(QuestionVersion).values(vignette="Her shoulder has hurt for a week. " * 9))
    exam = start(make.person().client, session)

    page = html.unescape(re.sub(r"\s+", " ", exam.summary().text))

    stems = re.findall(r'review__stem">(.*?)</span>', page)
    cases = re.findall(r'class="case-line">(.*?)</span>', page)

    assert len(stems) == len(cases) == 10
    assert not [stem for stem in stems if "…" in stem or "..." in stem]
    assert all(len(case) <= OUTLINE_CASE_LENGTH and case.endswith(" …") for case in cases)


def test_the_summary_folds_what_is_done_but_not_what_is_flagged(exam: AttemptClient) -> None:
    for n in (1, 2, 4):
        exam.answer(n, 0, certainty="3", flag="1" if n == 2 else "0")

    page = exam.summary().text
    folded = page[page.index("review__complete") :]

    assert re.findall(r'review__number">(\d+)<', folded) == ["1", "4"]
    assert page.index(">Flagged</h2>") < page.index('review__number">2<') < page.index("review__complete")


def test_json_says_what_was_stored(exam: AttemptClient) -> None:
    reply = exam.answer(1, 2, headers=JSON)

    assert (reply.status_code, reply.json) == (200, {"revision": 1, "saved": "10:00", "seconds_left": 900})


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
def test_what_the_page_can_not_send_is_refused(
    exam: AttemptClient, form: dict[str, object], headers: dict[str, str]
) -> None:
    """Fails when a place is used as an index unchecked (-1 is the last one), or radio buttons may be two."""
    single = next(one for one in exam.questions() if one.kind is SINGLE)

    reply = exam.client.post(f"{exam.path}/{single.n}", data={"revision": "0"} | form, headers=headers)

    assert reply.status_code == 400
    assert (exam.at(single.n).chosen, exam.log()) == ((), 0)


@pytest.mark.parametrize("n", ["0", "11", "2147483648", "99999999999", "9" * 30])
def test_a_question_that_is_not_in_the_paper_is_404(exam: AttemptClient, n: str) -> None:
    assert exam.client.get(f"{exam.path}/{n}").status_code == 404
    assert exam.client.post(f"{exam.path}/{n}", data={"option": "0"}).status_code == 404


@pytest.mark.parametrize(
    "form", [{}, {"mode": ""}, {"mode": "check"}, {"mode": "exam"}, {"mode": "practice", "missed": "x"}]
)
def test_a_start_must_say_what(client: FlaskClient, session: Session, form: dict[str, str]) -> None:
    assert client.post("/modules/safety/attempts", data=form).status_code == 400
    assert session.scalar(select(func.count()).select_from(AnswerRevision)) == 0
