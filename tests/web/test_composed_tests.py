"""Composing a test on its pages, assigning it, and taking it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.domain.content import Use
from app.models import Assignment, Attempt, ComposedTest, QuestionKey, QuestionVersion
from app.services.course import compositions
from tests.support import composed
from tests.support.attempt_client import get_hidden_field
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
    assert "Safety first 0 of 2 points, 0%" in read(ilse.client, f"/teach/attempts/{attempt.id}")


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

    seen = {"revision": str(test.revision)}

    # Pressing a button twice, or in two windows, must not reach another section.
    for _press in range(2):
        ilse.client.post(f"/teach/tests/{test.id}/sections/2/earlier", data=seen)
        assert list_titles(session, test) == ["The evidence", "Safety first"]
    seen = {"revision": get_hidden_field(ilse.client.get(f"/teach/tests/{test.id}").text, "revision")}
    for _press in range(2):
        ilse.client.post(f"/teach/tests/{test.id}/sections/1/delete", data=seen)
        assert list_titles(session, test) == ["Safety first"]
    assert "Nothing was saved" in read(ilse.client, f"/teach/tests/{test.id}")


def list_titles(session: Session, test: ComposedTest) -> list[str]:
    return [one.rule.title for one in compositions.load_one(session, test.id).sections]


@pytest.mark.parametrize("question", ["999999", "9" * 5000, "x", "another"])
def test_a_fixed_question_cannot_be_smuggled_into_a_section(
    session: Session, make: Factory, ilse: Person, question: str
) -> None:
    test = composed.compose(make, ilse)
    data = fill_section(make, "Safety first", {"questions": 2}, {}, revision=test.revision)
    data["draws-1-question"] = (
        str(composed.pick(make, "safety", 1)[0].question_id) if question == "another" else question
    )

    assert ilse.client.post(f"/teach/tests/{test.id}/sections/1", data=data).status_code == 303

    assert [draw.question_id for draw in compositions.load_one(session, test.id).sections[0].draws] == [None]


def test_a_line_whose_pool_is_gone_stays_until_it_is_removed(session: Session, make: Factory, ilse: Person) -> None:
    """Fails when a browser sends "Nothing" for a pool that is not offered, which removes the line."""
    test = composed.compose(make, ilse)
    module = make.module("safety")
    module.retired_at = make.now()
    session.commit()

    page = ilse.client.get(f"/teach/tests/{test.id}/sections/1").text
    refused = ilse.client.post(
        f"/teach/tests/{test.id}/sections/1",
        data=fill_section(make, "Safety first", {"questions": 2}, revision=test.revision),
    )

    assert f'<option selected value="{module.id}-test">No longer offered</option>' in page
    assert refused.status_code == 422
    assert "You can’t draw from here any more." in refused.text


def test_a_fixed_question_of_a_library_that_was_left_cannot_be_kept_under_another_name(
    session: Session, make: Factory, ilse: Person
) -> None:
    test = composed.compose(make, ilse, composed.section("Fixed", *composed.pick(make, "safety", 1)))
    data = fill_section(make, "Fixed", {"module": "evidence"}, revision=test.revision)
    data["draws-0-question"] = str(composed.pick(make, "safety", 1)[0].question_id)

    assert ilse.client.post(f"/teach/tests/{test.id}/sections/1", data=data).status_code == 303

    assert compositions.load_one(session, test.id).sections[0].draws == ()


def test_a_seed_that_is_no_number_is_replaced(make: Factory, ilse: Person) -> None:
    test = composed.compose(make, ilse)

    for seed in ("9" * 5000, "-1", "x", "2147483648"):
        assert ilse.client.get(f"/teach/tests/{test.id}/sample?seed={seed}").status_code == 302


def test_an_objective_that_is_no_number_is_none(session: Session, make: Factory, ilse: Person) -> None:
    test = composed.compose(make, ilse)
    data = fill_section(make, "Safety first", {"objective": "9" * 5000}, revision=test.revision)

    assert ilse.client.post(f"/teach/tests/{test.id}/sections/1", data=data).status_code == 303


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

    for path in ("", "/sections/1", "/sections/new", "/settings", "/sections/1/questions"):
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


# -- what to expect ----------------------------------------------------------------------------------------------------


def test_the_page_says_how_long_the_test_takes_and_how_easily_it_is_guessed(make: Factory, ilse: Person) -> None:
    easy = composed.compose(make, ilse, composed.section("One", *composed.pick(make, "evidence", 1)))
    hard = composed.compose(
        make, ilse, composed.section("Many", composed.draw(make, "evidence", 9), pass_mark_percent=100)
    )

    assert re.search(r"Pass mark Chance 50% \d", read(ilse.client, f"/teach/tests/{easy.id}"))
    page = read(ilse.client, f"/teach/tests/{hard.id}")
    assert "50% below 0.1%" in page
    assert re.search(r"About \d+ minutes? from the time limits", page)


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


# -- fixed questions ---------------------------------------------------------------------------------------------------


def list_versions(page: str) -> list[str]:
    return re.findall(r'name="version"\s+value="(\d+)"', page)


def test_questions_are_chosen_from_the_bank_once_each(session: Session, make: Factory, ilse: Person) -> None:
    test = composed.compose(make, ilse, composed.section("Fixed"), shuffles=False)
    path = f"/teach/tests/{test.id}/sections/1/questions"
    chosen = list_versions(ilse.client.get(f"{path}?module=evidence").text)[:2]

    def add() -> TestResponse:
        revision = get_hidden_field(ilse.client.get(path).text, "revision")
        return ilse.client.post(path, data={"version": chosen, "revision": revision})

    first, again = add(), add()
    stale = ilse.client.post(path, data={"version": chosen, "revision": "1"})

    assert first.location == f"/teach/tests/{test.id}/sections/1#lines"
    assert again.location.startswith(path)
    assert stale.location == f"/teach/tests/{test.id}"
    draws = compositions.load_one(session, test.id).sections[0].draws
    asked = session.scalars(select(QuestionVersion.question_id).where(QuestionVersion.id.in_(map(int, chosen)))).all()
    assert {draw.question_id for draw in draws} == set(asked)
    page = read(ilse.client, f"/teach/tests/{test.id}/sections/1")
    assert page.count("Fixed question") == 2


def test_a_fixed_question_is_removed_and_the_others_stay(session: Session, make: Factory, ilse: Person) -> None:
    draws = composed.pick(make, "safety", 2)
    test = composed.compose(make, ilse, composed.section("Fixed", *draws))
    data = {"title": "Fixed", "revision": str(test.revision)}
    for number, draw in enumerate(draws):
        data[f"draws-{number}-pool"] = f"{draw.pool.module_id}-test"
        data[f"draws-{number}-question"] = str(draw.question_id)
    data["draws-0-remove"] = "y"

    assert ilse.client.post(f"/teach/tests/{test.id}/sections/1", data=data).status_code == 303

    assert compositions.load_one(session, test.id).sections[0].draws == (draws[1],)


def test_exam_questions_that_one_may_not_see_cannot_be_chosen(session: Session, make: Factory, ilse: Person) -> None:
    versions = add_exam_pool(session)
    test = composed.compose(make, ilse, composed.section("Fixed"))
    path = f"/teach/tests/{test.id}/sections/1/questions"

    assert list_versions(ilse.client.get(f"{path}?use=exam").text) == []
    ilse.client.post(path, data={"version": versions[0]})
    assert compositions.load_one(session, test.id).sections[0].draws == ()


def test_pages_cost_the_same_with_more_tests_and_more_lines(
    make: Factory, ilse: Person, statements: Callable[[], list[str]]
) -> None:
    """Fails when a list asks for each test, or a test for each of its lines."""

    def count(path: str) -> int:
        ilse.client.get(path)  # fills the caches
        statements()
        ilse.client.get(path)
        return len(statements())

    short = composed.compose(make, ilse)
    one, few = count("/teach/tests"), count(f"/teach/tests/{short.id}")
    lines = [composed.draw(make, slug, 1) for slug in ("safety", "evidence", "trigger-points", "referred-pain")]
    long = composed.compose(make, ilse, composed.section("A", *lines), composed.section("B", *lines))
    composed.compose(make, ilse)

    assert count("/teach/tests") == one
    assert count(f"/teach/tests/{long.id}") == few
