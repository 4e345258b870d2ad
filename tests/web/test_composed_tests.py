"""Composing a test on its pages, assigning it, and taking it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.domain.content import Use
from app.domain.release import ReleaseMoment, ReleasePolicy
from app.models import Assignment, Attempt, ComposedTest, QuestionKey
from app.services.course import compositions
from tests.support import composed
from tests.support.attempt_client import JSON, AttemptClient, start_assigned
from tests.support.exam_pool import CANARY, add_exam_pool
from tests.support.factory import Factory, Person


@pytest.fixture
def ilse(make: Factory) -> Person:
    return make.trainer(name="Ilse")


@pytest.fixture
def mia(make: Factory) -> Person:
    return make.person(name="Mia")


def read(client: FlaskClient, path: str) -> str:
    """The words of a page."""
    reply = client.get(path)
    assert reply.status_code == 200, (path, reply.status_code)
    return " ".join(re.sub(r"<[^>]+>", " ", reply.get_data(as_text=True)).split())


def fill_section(make: Factory, title: str, *lines: dict[str, Any], revision: int = 1, **rule: Any) -> dict[str, Any]:
    """The form of a section as a browser sends it."""
    data: dict[str, Any] = {"title": title, "revision": str(revision), "needs_critical_right": "y"} | rule
    for number, line in enumerate(lines):
        module, use = make.module(line.get("module", "safety")), line.get("use", "test")
        data[f"draws-{number}-pool"] = f"{module.id}-{use}"
        data[f"draws-{number}-questions"] = str(line.get("questions", 1))
        data[f"draws-{number}-objective"] = str(line.get("objective", 0))
        data[f"draws-{number}-level"] = line.get("level", "")
    return data


def test_a_trainer_composes_assigns_and_a_learner_takes_the_test(
    session: Session, make: Factory, ilse: Person, mia: Person
) -> None:
    cohort = make.cohort(ilse, mia)
    made = ilse.client.post("/teach/tests/new", data={"title": "Final", "shuffles": "y"})
    test = session.scalars(select(ComposedTest)).one()
    assert made.location == f"/teach/tests/{test.id}/sections/new"
    safety = fill_section(make, "Safety first", {"questions": 2}, pass_mark_percent="50")
    ilse.client.post(f"/teach/tests/{test.id}/sections/new", data=safety)
    evidence = fill_section(make, "The evidence", {"module": "evidence", "questions": 3}, revision=2)
    ilse.client.post(f"/teach/tests/{test.id}/sections/new", data=evidence)

    page = read(ilse.client, f"/teach/tests/{test.id}")
    assert "1. Safety first" in page
    assert "3 questions at random" in page
    assert "Own pass mark: 50%" in page

    new = f"/teach/cohorts/{cohort.id}/assignments/new"
    assert f'<option selected value="{test.id}">Final</option>' in ilse.client.get(f"{new}?test={test.id}").text
    sent = ilse.client.post(new, data={"module": make.module("trigger-points").id, "test": test.id, "counts": "best"})
    assert sent.status_code == 303
    assignment = session.scalars(select(Assignment)).one()
    assert (assignment.title, assignment.test_id, assignment.module_id) == ("Final", test.id, make.module("safety").id)

    start = read(mia.client, f"/assignments/{assignment.id}")
    assert "Safety first 2 questions · own pass mark 50%" in start
    assert "The evidence 3 questions" in start
    mia.client.post(f"/assignments/{assignment.id}/attempts")
    attempt = session.scalars(select(Attempt)).one()
    assert "Section 1 of 2: Safety first" in read(mia.client, f"/attempts/{attempt.id}/1")
    assert "Section 2 of 2: The evidence" in read(mia.client, f"/attempts/{attempt.id}/3")
    mia.client.post(f"/attempts/{attempt.id}/submit")
    result = read(mia.client, f"/attempts/{attempt.id}/result")
    assert "Safety first 0 of 2 points, 0%" in result
    assert "Below its pass mark" in result
    assert "Final" in read(ilse.client, f"/teach/cohorts/{cohort.id}/gradebook")


def test_the_page_says_what_its_pools_lack(make: Factory, ilse: Person) -> None:
    test = composed.compose(make, ilse, composed.section("Long", composed.draw(make, "evidence", 90)))

    page = read(ilse.client, f"/teach/tests/{test.id}")

    assert "of 90 questions can be drawn at present" in page
    assert "Finds only" in page
    assert "questions can be drawn at present" in read(ilse.client, "/teach/tests")


def test_faults_of_a_section_are_shown_and_nothing_is_saved(session: Session, make: Factory, ilse: Person) -> None:
    from app.models import ObjectiveRow

    test = composed.compose(make, ilse)
    other = session.scalars(select(ObjectiveRow).where(ObjectiveRow.module_id == make.module("evidence").id)).first()
    assert other is not None
    data = fill_section(make, "", {"questions": 101, "objective": other.id}, revision=test.revision)

    sent = ilse.client.post(f"/teach/tests/{test.id}/sections/1", data=data)

    assert sent.status_code == 422
    assert "Enter a title for the section." in sent.text
    assert "Enter a whole number from 1 to 100." in sent.text
    assert "This objective belongs to another module." in sent.text
    assert compositions.load_one(session, test.id).sections[0].rule.title == "Safety first"


def test_a_section_changed_in_another_window_is_not_overwritten(session: Session, make: Factory, ilse: Person) -> None:
    test = composed.compose(make, ilse)

    sent = ilse.client.post(f"/teach/tests/{test.id}/sections/1", data=fill_section(make, "Mine", {}, revision=1))

    assert sent.status_code == 409
    assert "Nothing was saved" in sent.text
    assert compositions.load_one(session, test.id).sections[0].rule.title == "Safety first"


def test_sections_move_and_go(session: Session, make: Factory, ilse: Person) -> None:
    test = composed.compose(make, ilse)

    ilse.client.post(f"/teach/tests/{test.id}/sections/2/earlier")
    assert [one.rule.title for one in compositions.load_one(session, test.id).sections] == [
        "The evidence",
        "Safety first",
    ]
    ilse.client.post(f"/teach/tests/{test.id}/sections/1/delete")
    assert [one.rule.title for one in compositions.load_one(session, test.id).sections] == ["Safety first"]


def test_an_archived_test_is_offered_no_more(make: Factory, ilse: Person) -> None:
    test, cohort = composed.compose(make, ilse, title="Old one"), make.cohort(ilse)
    assert "Old one" in read(ilse.client, f"/teach/cohorts/{cohort.id}/assignments/new")

    ilse.client.post(f"/teach/tests/{test.id}/archive")

    ilse.client.get("/teach/tests")  # shows the message that names it
    assert "Old one" not in read(ilse.client, "/teach/tests")
    assert "Old one" in read(ilse.client, "/teach/tests?archived=1")
    assert "Old one" not in read(ilse.client, f"/teach/cohorts/{cohort.id}/assignments/new")


def test_nobody_assigns_the_test_of_another_trainer(session: Session, make: Factory, ilse: Person) -> None:
    test, other = composed.compose(make, ilse), make.trainer()
    cohort = make.cohort(other)

    sent = other.client.post(
        f"/teach/cohorts/{cohort.id}/assignments/new",
        data={"module": make.module().id, "test": test.id, "counts": "best"},
    )

    assert sent.status_code == 422
    assert session.scalars(select(Assignment)).all() == []


def test_composing_pages_give_no_key_away(session: Session, make: Factory, ilse: Person) -> None:
    """Every explanation is replaced by a word that no page of composing may show."""
    for key in session.scalars(select(QuestionKey)):
        key.explanation = "zzcanary"
    session.commit()
    test = composed.compose(make, ilse)

    for path in ("", "/sections/1", "/sections/new", "/settings"):
        assert "zzcanary" not in ilse.client.get(f"/teach/tests/{test.id}{path}").text


def test_terms_of_an_assigned_test_keep_it(session: Session, make: Factory, ilse: Person) -> None:
    test = composed.compose(make, ilse)
    assignment = composed.assign(make, ilse, make.cohort(ilse), test)

    page = read(ilse.client, f"/teach/assignments/{assignment.id}/settings")
    assert "It asks your test Mixed test" in page
    sent = ilse.client.post(
        f"/teach/assignments/{assignment.id}/settings",
        data={"module": assignment.module_id, "title": "Renamed", "revision": "1", "counts": "best"},
    )

    assert sent.status_code == 303
    session.refresh(assignment)
    assert (assignment.title, assignment.test_id) == ("Renamed", test.id)
    assert assignment.question_use is Use.TEST


# -- forward only ------------------------------------------------------------------------------------------------------


@pytest.fixture
def forward(session: Session, make: Factory, ilse: Person, mia: Person) -> AttemptClient:
    """An attempt at a test of four questions that goes forward only."""
    assignment = composed.assign(make, ilse, make.cohort(ilse, mia), compose_forward(make, ilse))
    assert "Forward only" in read(mia.client, f"/assignments/{assignment.id}")
    return start_assigned(mia.client, session, assignment.id)


def compose_forward(make: Factory, owner: Person) -> ComposedTest:
    """A test of two fixed questions on safety and two on evidence, in this order, that goes forward only."""
    sections = (composed.section(name, *composed.pick(make, name, 2)) for name in ("safety", "evidence"))
    return composed.compose(make, owner, *sections, shuffles=False, is_forward_only=True)


def choose(attempt: AttemptClient, n: int) -> dict[str, str]:
    """The right answer to a question as a browser sends it."""
    return {"option": str(attempt.at(n).right_place), "revision": str(attempt.at(n).revision)}


def go_on(attempt: AttemptClient, n: int, **data: Any) -> TestResponse:
    return attempt.client.post(f"{attempt.path}/{n}", data={"revision": "0", "go": str(n + 1)} | data)


def test_a_question_that_was_left_can_be_neither_opened_nor_answered(session: Session, forward: AttemptClient) -> None:
    assert go_on(forward, 1).location == f"{forward.path}/2"

    shown, saved = forward.page(1), forward.answer(1, *forward.at(1).right)
    by_script = forward.client.post(f"{forward.path}/1", data=choose(forward, 1), headers=JSON)

    for refused in (shown, saved):
        assert refused.status_code == 409
        assert "This test goes forward only" in refused.text
        assert f'href="{forward.path}"' in refused.text
    assert (by_script.status_code, by_script.get_json()) == (409, {"error": "QuestionPassed"})
    assert forward.at(1).chosen == ()
    assert forward.client.get(forward.path).location == f"{forward.path}/2"


def test_a_question_ahead_is_not_shown_before_it_is_reached(forward: AttemptClient) -> None:
    assert forward.page(3).location == f"{forward.path}/1"
    assert forward.answer(3, *forward.at(3).right).status_code == 400
    assert forward.client.get(f"{forward.path}/3/report").status_code == 409
    assert go_on(forward, 1, go="4").location == f"{forward.path}/2"
    assert go_on(forward, 4).location == f"{forward.path}/2"


def test_pressing_next_twice_moves_once_and_loses_nothing(forward: AttemptClient) -> None:
    fields = choose(forward, 1)

    first, second = go_on(forward, 1, **fields), go_on(forward, 1, **fields)

    assert (first.location, second.location) == (f"{forward.path}/2", f"{forward.path}/2")
    assert forward.at(1).chosen != ()


def test_saving_and_clearing_do_not_leave_the_question(forward: AttemptClient) -> None:
    saved = forward.client.post(f"{forward.path}/1", data=choose(forward, 1), headers=JSON)
    cleared = forward.client.post(f"{forward.path}/1", data={"revision": "1", "clear": "1"})

    assert saved.status_code == 200
    assert cleared.location == f"{forward.path}/1"
    assert forward.page(1).status_code == 200


def test_the_last_question_stays_open_and_the_summary_has_no_way_back(forward: AttemptClient) -> None:
    for n in (1, 2, 3):
        go_on(forward, n)

    assert go_on(forward, 4, go="summary").location == f"{forward.path}/summary"
    summary = forward.summary().text
    assert f'href="{forward.path}/4"' in summary
    assert f'href="{forward.path}/1"' not in summary
    assert forward.page(4).status_code == 200
    page = forward.page(4).text
    assert "Forward only: you can’t go back" in page
    assert forward.submit().location == f"{forward.path}/result"


def test_with_feedback_after_each_answer_checked_questions_stay_readable(
    session: Session, make: Factory, ilse: Person, mia: Person
) -> None:
    test = compose_forward(make, ilse)
    policy = ReleasePolicy(ReleaseMoment.SUBMISSION, *[ReleaseMoment.EACH_ANSWER] * 3)
    assignment = composed.assign(make, ilse, make.cohort(ilse, mia), test, policy=policy)
    attempt = start_assigned(mia.client, session, assignment.id)

    checked = attempt.client.post(f"{attempt.path}/1", data=choose(attempt, 1))
    skipped = go_on(attempt, 2)

    assert checked.location == f"{attempt.path}/1#verdict"
    assert attempt.page(1).status_code == 200
    assert skipped.location == f"{attempt.path}/3"
    assert attempt.page(2).status_code == 409


# -- what to expect ----------------------------------------------------------------------------------------------------


def test_the_page_says_how_long_the_test_takes_and_how_easily_it_is_guessed(make: Factory, ilse: Person) -> None:
    easy = composed.compose(make, ilse, composed.section("One", *composed.pick(make, "evidence", 1)))
    hard = composed.compose(
        make, ilse, composed.section("Many", composed.draw(make, "evidence", 9), pass_mark_percent=100)
    )

    assert re.search(r"pass mark 50%: \d", read(ilse.client, f"/teach/tests/{easy.id}"))
    page = read(ilse.client, f"/teach/tests/{hard.id}")
    assert "pass mark 50%: below 0.1%" in page
    assert re.search(r"about \d+ minutes? from the time limits", page)


def test_a_sample_shows_a_paper_without_answers(session: Session, make: Factory, ilse: Person) -> None:
    for key in session.scalars(select(QuestionKey)):
        key.explanation = "zzcanary"
    session.commit()
    test = composed.compose(make, ilse)

    drawn = ilse.client.get(f"/teach/tests/{test.id}/sample")
    one, again = (ilse.client.get(f"/teach/tests/{test.id}/sample?seed=5").text for _ in range(2))

    assert drawn.status_code == 302
    assert re.findall(r"/teach/questions/\d+", one) == re.findall(r"/teach/questions/\d+", again)
    assert len(re.findall(r"/teach/questions/\d+", one)) == 4
    assert "zzcanary" not in one


def test_a_sample_hides_exam_questions_that_the_trainer_may_not_see_yet(
    session: Session, make: Factory, ilse: Person
) -> None:
    add_exam_pool(session)
    test = composed.compose(make, ilse, composed.section("Exam", composed.draw(make, "safety", 2, Use.EXAM)))

    before = ilse.client.get(f"/teach/tests/{test.id}/sample?seed=5").text
    composed.assign(make, ilse, make.cohort(ilse), test)
    after = ilse.client.get(f"/teach/tests/{test.id}/sample?seed=5").text

    assert CANARY not in before
    assert before.count("An exam question. You can see it once") == 2
    assert CANARY in after
