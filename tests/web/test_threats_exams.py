"""Threat 30: a second account learns nothing of an open examination, whose questions are kept for it."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.domain.content import Use
from app.models import Assignment, Attempt, AttemptItem, AuditEvent, LessonRow, QuestionRow, QuestionVersion
from app.services.course import catalogue
from tests.support.attempt_client import JSON, start, start_assigned
from tests.support.exam_pool import CANARY, add_exam_pool
from tests.support.factory import AFTER_CLOSING, Factory, Person


@pytest.fixture
def versions(session: Session) -> Iterator[list[int]]:
    yield add_exam_pool(session)
    catalogue.clear_cache(session)


class Examination:
    """One learner in the middle of an examination, and a trainer who set it."""

    def __init__(self, make: Factory, session: Session) -> None:
        self.make, self.session = make, session
        self.trainer, self.learner = make.trainer(), make.person()
        self.cohort = make.cohort(self.trainer, self.learner)
        due_at = make.now().replace(year=make.now().year + 1)
        self.assignment = make.assignment(
            self.trainer, self.cohort, question_use=Use.EXAM, policy=AFTER_CLOSING, due_at=due_at
        )
        self.play = start_assigned(self.learner.client, session, self.assignment.id)


@pytest.fixture
def exam(versions: list[int], make: Factory, session: Session) -> Examination:
    return Examination(make, session)


def _read(reply: TestResponse) -> str:
    """Everything of a reply, also of the files in an archive."""
    assert reply.status_code < 500, "a page that broke proves nothing"
    body = reply.data
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            body = b"\n".join(archive.read(name) for name in archive.namelist())
    return f"{reply.headers}\n{body.decode(errors='replace')}"


def _list_addresses(app: Flask, exam: Examination, version_id: int) -> Iterator[str]:
    """Every address that can be opened with GET, with the ids of the examination in it."""
    session, module = exam.session, exam.make.module()
    lesson = session.scalars(select(LessonRow.slug).where(LessonRow.module_id == module.id)).first()
    ids = {
        "assignment_id": exam.assignment.id,
        "attempt_id": exam.play.attempt_id,
        "cohort_id": exam.cohort.id,
        "learner_id": exam.learner.learner.id,
        "version_id": version_id,
        "slug": module.slug,
        "lesson_slug": lesson,
        "n": 1,
        "part": "questions",
        "which": "muscles",
        "table": "objectives",
    }
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.arguments & {"path", "filename"}:  # files, the same for everybody
            yield adapter.build(rule.endpoint, {name: ids.get(name, 1) for name in rule.arguments}, method="GET")


def _open_everything(app: Flask, client: FlaskClient, exam: Examination, version_id: int) -> Iterator[str]:
    for address in _list_addresses(app, exam, version_id):
        for headers in ({}, JSON):
            yield _read(client.get(address, headers=headers))
    for query in (f"q={CANARY[:-1]}", "use=exam", "former=1&module=safety", "order=newest", "page=2"):
        yield _read(client.get(f"/teach/questions?{query}"))
        yield _read(client.get(f"/teach/questions/{version_id}?key=1&{query}"))
    yield _read(client.get(f"/teach/assignments/{exam.assignment.id}/preview/1?seed=1&key=1"))
    yield _read(client.post("/account/data"))


def _learn_everything(client: FlaskClient, session: Session) -> Iterator[str]:
    """Take the module's own test again and again, practise, and review, until nothing is new."""
    for mode in ("test", "practice"):
        for _ in range(6):
            play = start(client, session, mode)
            for one in play.questions():
                yield _read(client.get(f"{play.path}/{one.n}"))
                yield _read(play.answer(one.n, one.wrong, check="1"))
            yield _read(play.submit())
            yield _read(play.result())
    yield _read(client.post("/review", data={"size": "20"}, follow_redirects=True))
    for address in ("/", "/progress", "/modules/safety", "/about-course", "/bibliography"):
        yield _read(client.get(address))


WHO = ["a visitor", "a second account", "a learner of another cohort", "a trainer of another cohort"]


def _get_client(who: str, exam: Examination) -> FlaskClient:
    make = exam.make
    if who == "a visitor":
        return make.app.test_client()
    person = make.trainer() if who == "a trainer of another cohort" else make.person()
    if who != "a second account":
        other = make.trainer() if person.user.role.value == "learner" else person
        make.assignment(other, make.cohort(other, *([person] if other is not person else [])))
    return person.client


@pytest.mark.parametrize("who", WHO)
def test_nothing_of_an_open_examination_is_shown_to_others(
    exam: Examination, versions: list[int], app: Flask, session: Session, who: str
) -> None:
    """Fails when a pool, the bank or a preview leaves out to ask what a question is used for."""
    client = _get_client(who, exam)

    seen = list(_open_everything(app, client, exam, versions[0]))
    if who not in ("a visitor", "a trainer of another cohort"):
        seen += _learn_everything(client, session)

    assert len(seen) > 150
    assert [text[:300] for text in seen if CANARY in text] == []


def test_the_examination_itself_shows_only_exam_questions(exam: Examination, session: Session) -> None:
    """The test above looks for something that can appear."""
    pages = [exam.learner.client.get(f"{exam.play.path}/{one.n}").text for one in exam.play.questions()]
    drawn = session.scalars(
        select(QuestionRow.use)
        .join(QuestionVersion)
        .join(AttemptItem, AttemptItem.version_id == QuestionVersion.id)
        .where(AttemptItem.attempt_id == exam.play.attempt_id)
    ).all()

    assert len(pages) == 10
    assert all(CANARY in page for page in pages)
    assert set(drawn) == {Use.EXAM}


def test_a_test_that_asks_for_test_questions_draws_no_exam_questions(
    versions: list[int], make: Factory, session: Session
) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner))

    play = start_assigned(learner.client, session, assignment.id)

    assert all(CANARY not in learner.client.get(f"{play.path}/{one.n}").text for one in play.questions())


def test_the_bank_shows_exam_questions_to_those_who_examine_by_them(
    exam: Examination, versions: list[int], make: Factory, session: Session
) -> None:
    """And to nobody who has a test on the module as a learner, or whose examination was withdrawn."""

    def sees(person: Person) -> bool:
        pages = [person.client.get("/teach/questions?use=exam"), person.client.get(f"/teach/questions/{versions[0]}")]
        found = {CANARY in page.text for page in pages}
        assert len(found) == 1
        return found.pop()

    admin = make.admin()
    assert sees(exam.trainer)
    assert sees(admin)

    make.cohort(exam.trainer, admin)
    session.execute(delete(AttemptItem).where(AttemptItem.attempt_id == exam.play.attempt_id))
    make.assignment(exam.trainer, make.cohort(exam.trainer, admin))
    assert not sees(admin)

    session.execute(update(Assignment).where(Assignment.id == exam.assignment.id).values(withdrawn_at=make.now()))
    session.commit()
    assert not sees(exam.trainer)


def test_a_pretest_leaves_the_exam_questions_alone(versions: list[int], make: Factory, session: Session) -> None:
    trainer = make.trainer()
    cohort = make.cohort(trainer)

    trainer.client.post(
        f"/teach/cohorts/{cohort.id}/assignments/new",
        data={"module": make.module().id, "question_use": "exam", "also_pretest": "y"},
    )

    made = session.execute(select(Assignment.pretest_id, Assignment.question_use).order_by(Assignment.id)).all()
    assert [(pretest is None, use) for pretest, use in made] == [(True, Use.TEST), (False, Use.EXAM)]


# -- the form ----------------------------------------------------------------------------------------------------------


def test_the_form_says_that_everybody_can_see_the_questions(make: Factory) -> None:
    trainer = make.trainer()
    cohort = make.cohort(trainer)

    page = trainer.client.get(f"/teach/cohorts/{cohort.id}/assignments/new").text

    assert "which everybody can repeat" in page
    assert "question_use" not in page


def test_the_form_offers_exam_questions_if_there_are_any(versions: list[int], make: Factory, session: Session) -> None:
    trainer = make.trainer()
    address = f"/teach/cohorts/{make.cohort(trainer).id}/assignments/new"
    module = make.module().id

    page = trainer.client.get(address).text
    made = trainer.client.post(address, data={"module": module, "question_use": "exam"})
    other = trainer.client.post(address, data={"module": make.module("evidence").id, "question_use": "exam"})

    assert len(re.findall(r'<input checked[^>]* name="question_use"', page)) == 1
    assert "10 exam questions in a test" in page
    assert made.status_code == 303
    assert session.scalars(select(Assignment.question_use)).all() == [Use.EXAM]
    assert (
        session.scalars(select(AuditEvent.details).where(AuditEvent.action == "assignment.create")).one()[
            "question_use"
        ]
        == Use.EXAM
    )
    assert other.status_code == 422
    assert "This module has no exam questions. Choose the module’s test questions" in other.text


@pytest.mark.parametrize(
    ("module", "use", "words"),
    [("safety", Use.EXAM, "It asks exam questions"), ("evidence", Use.TEST, "The module has no exam questions")],
)
def test_what_the_form_proposes_suits_each_module(
    versions: list[int], make: Factory, session: Session, module: str, use: Use, words: str
) -> None:
    """Fails when one module's exam questions make the form as it comes unusable for the other modules."""
    trainer = make.trainer()
    address = f"/teach/cohorts/{make.cohort(trainer).id}/assignments/new"
    proposed = re.findall(
        r'<input checked[^>]* name="question_use"[^>]* value="(\w+)"', trainer.client.get(address).text
    )

    made = trainer.client.post(address, data={"module": make.module(module).id, "question_use": proposed})

    assert made.status_code == 303
    assert session.scalars(select(Assignment.question_use)).all() == [use]
    assert words in trainer.client.get(made.location).text


def test_an_assignment_keeps_its_questions_unless_others_are_chosen(exam: Examination, versions: list[int]) -> None:
    page = exam.trainer.client.get(f"/teach/assignments/{exam.assignment.id}/settings").text

    assert re.findall(r'name="question_use"[^>]* value="(\w+)"', page) == ["exam", "test"]


def test_the_pool_of_an_assignment_can_be_changed_and_the_change_is_told(
    exam: Examination, versions: list[int], session: Session
) -> None:
    client, address = exam.trainer.client, f"/teach/assignments/{exam.assignment.id}/settings"
    module = exam.make.module().id

    changed = client.post(address, data={"module": module, "revision": "1", "question_use": "test"})
    stale = client.post(address, data={"module": module, "revision": "1", "question_use": "exam"})

    assert changed.status_code == 303
    assert session.scalar(select(Assignment.question_use)) is Use.TEST
    assert stale.status_code == 409
    assert "Exam questions, which are shown nowhere else" in stale.text


def test_an_examination_whose_questions_are_gone_cannot_be_started(
    versions: list[int], make: Factory, session: Session
) -> None:
    """Fails when it falls back on the questions that everybody can see."""
    trainer, learner = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner), question_use=Use.EXAM)
    session.execute(update(QuestionRow).where(QuestionRow.use == Use.EXAM).values(retired_at=make.now()))
    session.commit()

    reply = learner.client.post(f"/assignments/{assignment.id}/attempts")

    assert reply.status_code in (409, 422)
    assert session.scalar(select(func.count(Attempt.id))) == 0
