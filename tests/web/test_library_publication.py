"""A library from its publication to the gradebook, and who sees what of it on the way."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.content import Use
from app.models import (
    Assignment,
    Attempt,
    Cohort,
    CohortTrainer,
    Library,
    LibraryPerson,
    LibraryRole,
    ModuleRow,
    QuestionVersion,
)
from app.services.assignments import copies
from tests.conftest import Clock
from tests.support.assigned_test import start_attempt, take_test
from tests.support.attempt_client import get_hidden_field
from tests.support.factory import AFTER_CLOSING, Factory, Person
from tests.support.personal_files import read_files
from tests.support.published_library import QUESTIONS, get_module, publish, replace_text, unpublish

MODULE, LESSON = "/modules/our-bank.first-module", "/modules/our-bank.first-module/lessons/our-bank.first-lesson"
EXAM_KEY, EXAM_WHY = "CANARY-EXAM-KEY", "CANARY-EXAM-WHY"
PRACTICE_WHY, STEM = "CANARY-PRACTICE-WHY", "CANARY-EXAM-STEM"


@pytest.fixture
def library(make: Factory, trainer: Person, session: Session, clock: Clock) -> Library:
    """A published library with texts that appear nowhere else."""
    library = make.library(trainer, "Our bank")
    for old, new in (
        ("text: In exams", f"text: {EXAM_KEY}"),
        ("why: A question of a library is kept for exams unless it says otherwise.", f"why: {EXAM_WHY}"),
        ("why: Nobody needs to wait.", f"why: {PRACTICE_WHY}"),
        ("stem: A question has no line “use”. Where is it asked?", f"stem: {STEM} where is it asked?"),
    ):
        replace_text(session, trainer.user, library, QUESTIONS, old, new, clock.now)
    publish(session, trainer.user, library, clock.now)
    return library


@pytest.fixture
def cohort(make: Factory, trainer: Person, learner: Person) -> Cohort:
    return make.cohort(trainer, learner)


@pytest.fixture
def assignment(make: Factory, trainer: Person, library: Library, cohort: Cohort) -> Assignment:
    due_at = make.now() + timedelta(days=1)
    return make.assignment(
        trainer,
        cohort,
        "our-bank.first-module",
        due_at=due_at,
        attempts_allowed=1,
        question_use=Use.EXAM,
        policy=AFTER_CLOSING,
    )


def test_from_the_preview_to_the_gradebook(
    make: Factory, session: Session, trainer: Person, learner: Person, cohort: Cohort, clock: Clock
) -> None:
    library = make.library(trainer, "Our bank")

    preview = trainer.client.get("/studio/our-bank/publication/preview").text
    assert "Modules added" in preview
    form = {name: get_hidden_field(preview, name) for name in ("files", "seen")}
    reply = trainer.client.post("/studio/our-bank/publication", data=form, follow_redirects=True)
    assert "Published. Now you can assign it." in reply.text
    module = get_module(session, library)

    page = trainer.client.get(f"/teach/cohorts/{cohort.id}/assignments/new?library={library.id}").text
    assert "Our bank: 1. A first module" in page
    assert f"Our bank: {trainer.user.name}" in page
    terms = {"module": module.id, "title": "Exam", "question_use": "exam_if_any", "release_mark": "submission"}
    terms |= {"release_correctness": "submission", "release_key": "submission", "release_explanation": "submission"}
    reply = trainer.client.post(f"/teach/cohorts/{cohort.id}/assignments/new", data=terms, follow_redirects=True)
    assert "Exam assigned." in reply.text
    assert "It asks exam questions" in reply.text

    assert "Exam" in learner.client.get("/").text
    assert "A first module" in learner.client.get(MODULE).text
    assert "What is in a library" in learner.client.get(LESSON).text
    assignment = session.scalars(select(Assignment).where(Assignment.module_id == module.id)).one()
    attempt = take_test(session, learner, assignment, clock.now, is_right=True)

    result = learner.client.get(f"/attempts/{attempt.id}/result").text
    assert "A question has no line “use”. Where is it asked?" in result
    assert "100" in trainer.client.get(f"/teach/cohorts/{cohort.id}/gradebook").text
    assert trainer.client.get(f"/teach/attempts/{attempt.id}").status_code == 200
    assert trainer.client.get(f"/teach/cohorts/{cohort.id}/insight").status_code == 200
    bank = trainer.client.get("/teach/questions?module=our-bank.first-module").text
    assert "The order of the lessons is the order of their numbers." in bank


READERS_PAGES = (MODULE, LESSON, f"{MODULE}/test")


def test_others_find_nothing(
    make: Factory, assignment: Assignment, client: FlaskClient, clock: Clock, session: Session
) -> None:
    """A visitor, a learner of no cohort, a trainer without a role, and the learner of another cohort."""
    stranger, other = make.person(), make.trainer()
    make.cohort(other, stranger, title="Other")
    version = session.scalars(select(QuestionVersion.id).order_by(QuestionVersion.id.desc()).limit(1)).one()

    for browser in (client, stranger.client, other.client):
        assert {browser.get(page).status_code for page in READERS_PAGES} == {404}
        for path in (
            f"{MODULE}/attempts",
            f"{LESSON}/done",
            f"{LESSON}/place",
            f"{LESSON}/checks/our-bank.first-practice-1",
        ):
            assert browser.post(path, data={"mode": "practice"}).status_code == 404, path
        for page in ("/", "/progress", "/glossary", "/bibliography", "/body-map", "/about-course", "/leaflets"):
            text = browser.get(page).text
            assert "first module" not in text
            assert "our-bank" not in text
    assert other.client.get("/studio/our-bank/publication").status_code == 404
    assert other.client.get("/studio/our-bank/publication/preview").status_code == 404
    assert "our-bank" not in other.client.get("/teach/questions").text
    assert other.client.get(f"/teach/questions/{version}").status_code == 404
    assert other.client.get("/teach/sources").text.count("CANARY") == 0


def test_trainers_without_a_role_cannot_assign_it(make: Factory, library: Library, session: Session) -> None:
    other = make.trainer()
    cohort = make.cohort(other, title="Other")
    module = get_module(session, library)

    page = other.client.get(f"/teach/cohorts/{cohort.id}/assignments/new").text
    reply = other.client.post(f"/teach/cohorts/{cohort.id}/assignments/new", data={"module": module.id})

    assert "first module" not in page
    assert reply.status_code == 422
    assert session.scalars(select(Assignment).where(Assignment.module_id == module.id)).all() == []


def test_the_key_appears_to_no_learner_before_its_release(
    assignment: Assignment, learner: Person, trainer: Person, session: Session, clock: Clock, cohort: Cohort
) -> None:
    attempt = start_attempt(session, learner, assignment, clock.now)
    pages = [
        *("/", "/progress", MODULE, LESSON, f"{MODULE}/test", f"/assignments/{assignment.id}"),
        *(f"/attempts/{attempt.id}/{n}" for n in (1, 2)),
        f"/attempts/{attempt.id}/summary",
    ]
    replies = [learner.client.get(page, follow_redirects=True) for page in pages]
    assert {reply.status_code for reply in replies} == {200}
    seen = "".join(reply.text for reply in replies)
    assert STEM in seen
    assert EXAM_WHY not in seen
    assert PRACTICE_WHY not in seen

    learner.client.post(f"/attempts/{attempt.id}/submit")
    assert EXAM_WHY not in learner.client.get(f"/attempts/{attempt.id}/result").text
    exported = "".join(read_files(learner.client.post("/account/data")).values())
    assert STEM in exported
    assert EXAM_WHY not in exported
    feed = re.search(r"/calendar/[\w.-]+\.ics", learner.client.get("/account").text)
    assert feed
    assert "CANARY" not in learner.client.get(feed[0]).text

    clock.advance(days=2)
    assert EXAM_WHY in learner.client.get(f"/attempts/{attempt.id}/result").text
    assert EXAM_WHY in trainer.client.get(f"/teach/attempts/{attempt.id}").text


def test_an_attempt_in_progress_survives_the_end_of_the_publication(
    assignment: Assignment, library: Library, learner: Person, trainer: Person, session: Session, clock: Clock
) -> None:
    attempt = start_attempt(session, learner, assignment, clock.now)

    question = trainer.client.get("/studio/our-bank/publication/end").text
    assert "1 attempt in progress keeps its questions" in question
    assert "The test (Year 2)" in question
    form = {"seen": get_hidden_field(question, "seen")}
    reply = trainer.client.post("/studio/our-bank/publication/end", data=form, follow_redirects=True)
    assert "no longer published" in reply.text

    assert learner.client.get(MODULE).status_code == 404
    assert learner.client.get(f"/attempts/{attempt.id}/1").status_code == 200
    assert learner.client.post(f"/attempts/{attempt.id}/submit").status_code == 303
    assert learner.client.get(f"/attempts/{attempt.id}/result").status_code == 200
    assert (
        "the library no longer publishes its module" in trainer.client.get(f"/teach/assignments/{assignment.id}").text
    )
    again = trainer.client.post("/studio/our-bank/publication/end", data=form, follow_redirects=True)
    assert "is not published" in again.text


def test_after_the_end_of_the_publication_nothing_starts_until_it_is_published_again(
    assignment: Assignment, library: Library, learner: Person, trainer: Person, session: Session, clock: Clock
) -> None:
    unpublish(session, trainer.user, library, clock.now)

    assert "The test" not in learner.client.get("/").text
    refused = learner.client.post(f"/assignments/{assignment.id}/attempts")
    assert refused.status_code == 409
    assert "Its module is not offered at present." in refused.text
    assert "No longer offered" in learner.client.get(f"/assignments/{assignment.id}").text

    publish(session, trainer.user, library, clock.now)

    assert "The test" in learner.client.get("/").text
    assert learner.client.post(f"/assignments/{assignment.id}/attempts").status_code == 303


def test_who_is_no_longer_assigned_it_loses_sight_of_it(
    make: Factory, assignment: Assignment, learner: Person, trainer: Person
) -> None:
    assert learner.client.get(MODULE).status_code == 200

    trainer.client.post(f"/teach/assignments/{assignment.id}/withdraw")

    assert {learner.client.get(page).status_code for page in READERS_PAGES} == {404}


def test_only_the_named_learners_see_it(
    make: Factory, session: Session, trainer: Person, library: Library, cohort: Cohort, learner: Person
) -> None:
    other = make.person()
    make.join(cohort, other)
    make.assignment(
        trainer, cohort, "our-bank.first-module", is_for_all=False, recipient_ids=frozenset({other.learner.id})
    )

    assert other.client.get(MODULE).status_code == 200
    assert learner.client.get(MODULE).status_code == 404


def test_a_trainer_who_has_a_test_on_it_sees_no_documents(
    make: Factory, assignment: Assignment, library: Library, cohort: Cohort, session: Session
) -> None:
    editor = make.trainer()
    session.add(LibraryPerson(library_id=library.id, user_id=editor.user.id, role=LibraryRole.OWNER))
    session.commit()
    assert STEM in editor.client.get(f"/studio/our-bank/text?path={QUESTIONS}").text
    make.join(cohort, editor)
    session.commit()

    for page in (
        *("", "/library.zip", "/upload", "/new", "/publication/preview", "/publication/end"),
        *(f"/{kind}?path={QUESTIONS}" for kind in ("text", "file", "history")),
    ):
        reply = editor.client.get(f"/studio/our-bank{page}")
        assert reply.status_code == 403, page
        assert "You have a test on this library" in reply.text
        assert "CANARY" not in reply.text
    assert (
        editor.client.post("/studio/our-bank/text", data={"path": QUESTIONS, "seen": "1", "text": ""}).status_code
        == 403
    )
    assert editor.client.get("/studio/our-bank/publication").status_code == 200
    assert editor.client.get("/studio/our-bank/people").status_code == 200
    assert STEM not in editor.client.get("/teach/questions").text


def test_owners_publish_and_others_are_told_who_does(make: Factory, session: Session, trainer: Person) -> None:
    editor = make.trainer()
    library = make.library(trainer, "Our bank", (editor, LibraryRole.EDITOR))

    page = editor.client.get("/studio/our-bank/publication").text

    assert f"The owner publishes it: {trainer.user.name}." in page
    assert editor.client.get("/studio/our-bank/publication/preview").status_code == 403
    assert editor.client.post("/studio/our-bank/publication").status_code == 403
    assert editor.client.post("/studio/our-bank/publication/end").status_code == 403
    assert session.scalars(select(ModuleRow).where(ModuleRow.library_id == library.id)).all() == []


def test_a_preview_of_older_documents_publishes_nothing(
    make: Factory, session: Session, trainer: Person, clock: Clock
) -> None:
    library = make.library(trainer, "Our bank")
    preview = trainer.client.get("/studio/our-bank/publication/preview").text
    form = {name: get_hidden_field(preview, name) for name in ("files", "seen")}
    replace_text(session, trainer.user, library, QUESTIONS, "After their answer", "At once", clock.now)

    reply = trainer.client.post("/studio/our-bank/publication", data=form)

    assert reply.status_code == 409
    assert "a document has changed" in reply.text
    assert session.scalars(select(ModuleRow).where(ModuleRow.library_id == library.id)).all() == []


def test_a_faulty_library_says_what_to_fix(make: Factory, trainer: Person, session: Session, clock: Clock) -> None:
    library = make.library(trainer, "Our bank")
    replace_text(session, trainer.user, library, "course.yaml", "[first-module]", "[nowhere]", clock.now)

    page = trainer.client.get("/studio/our-bank/publication/preview").text

    assert "Please fix" in page
    assert "nowhere" in page
    assert "course.yaml" in page
    assert trainer.client.post("/studio/our-bank/publication").status_code == 409


def test_a_check_and_practice_work_in_a_library(assignment: Assignment, learner: Person, session: Session) -> None:
    form = {"number": "1", "option": "0"}
    reply = learner.client.post(f"{LESSON}/checks/our-bank.first-practice-1", data=form)
    assert reply.status_code == 303

    reply = learner.client.post(f"{MODULE}/attempts", data={"mode": "practice"})
    assert reply.status_code == 303
    attempts = session.scalars(select(Attempt).where(Attempt.learner_id == learner.learner.id)).all()
    assert len(attempts) == 2
    assert learner.client.post(f"{LESSON}/done").location == MODULE
    assert f"{MODULE}/test" not in learner.client.get(MODULE).text


def test_a_copied_cohort_leaves_out_what_the_copying_trainer_may_not_assign(
    make: Factory, session: Session, assignment: Assignment, cohort: Cohort, trainer: Person
) -> None:
    other = make.trainer()
    session.add(CohortTrainer(cohort_id=cohort.id, user_id=other.user.id))
    session.commit()

    theirs = copies.copy_cohort(session, other.user, cohort, "Theirs", make.now())
    ours = copies.copy_cohort(session, trainer.user, cohort, "Ours", make.now())

    count = select(Assignment.cohort_id)
    assert session.scalars(count.where(Assignment.cohort_id.in_((theirs.id, ours.id)))).all() == [ours.id]


def test_a_trainer_of_the_cohort_sees_its_results_but_not_the_library(
    make: Factory, assignment: Assignment, cohort: Cohort, learner: Person, session: Session, clock: Clock
) -> None:
    """They answer for its marks, and the form of the assignment names them among those who see the keys."""
    other = make.trainer()
    session.add(CohortTrainer(cohort_id=cohort.id, user_id=other.user.id))
    session.commit()
    attempt = take_test(session, learner, assignment, clock.now, is_right=False)

    assert EXAM_WHY in other.client.get(f"/teach/attempts/{attempt.id}").text
    assert other.client.get(MODULE).status_code == 200
    assert other.client.get("/studio/our-bank").status_code == 404
    settings = other.client.get(f"/teach/assignments/{assignment.id}/settings").text
    assert other.user.name in settings.partition("Who can see the correct answers")[2]
