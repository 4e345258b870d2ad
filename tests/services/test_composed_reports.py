"""Composed tests where reports once knew only one module per assignment."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain import recall
from app.domain.content import Use
from app.models import Assignment, Cohort, LessonRow, ModuleRow, PictureRow, QuestionVersion
from app.services.assignments import assignments, composed_tests
from app.services.attempts import attempts, certificates, cpd, progress, results, transcripts
from app.services.course import catalogue, pictures
from app.services.libraries import publication
from app.services.marking import marking_queue
from app.services.reporting import cohort_recall, learner_records, question_reports
from tests.conftest import Clock
from tests.support import composed, written_pool
from tests.support.assigned_test import start_attempt, take_test
from tests.support.factory import Factory, Person
from tests.support.published_library import get_module, publish


@pytest.fixture
def ilse(make: Factory) -> Person:
    return make.trainer(name="Ilse")


@pytest.fixture
def mia(make: Factory) -> Person:
    return make.person(name="Mia")


@pytest.fixture
def cohort(make: Factory, ilse: Person, mia: Person) -> Cohort:
    return make.cohort(ilse, mia)


@pytest.fixture
def assignment(make: Factory, ilse: Person, cohort: Cohort) -> Assignment:
    """A composed test on the modules safety and evidence."""
    return composed.assign(make, ilse, cohort, composed.compose(make, ilse, title="Final"))


def test_a_composed_test_counts_no_reading_time(
    session: Session, mia: Person, assignment: Assignment, clock: Clock
) -> None:
    """Fails when the lessons of the first module, which were not set, count as learning time."""
    attempt = take_test(session, mia, assignment, clock(), is_right=True)

    loaded = attempts.get_for(session, mia.viewer, attempt.id)
    assert loaded is not None
    assert certificates.issue(session, mia.viewer, loaded, clock()).minutes == 0
    assert [line.minutes for line in cpd.list_tests(session, mia.learner, clock())] == [1]


def test_a_composed_test_is_not_the_result_of_its_first_module(
    session: Session, mia: Person, assignment: Assignment, clock: Clock
) -> None:
    take_test(session, mia, assignment, clock(), is_right=True)

    states, _following = progress.view_modules(session, mia.learner, clock())

    assert {state.slug for state in states if state.is_passed or state.best_percent is not None} == set()


def test_a_transcript_does_not_name_the_first_module(
    session: Session, mia: Person, assignment: Assignment, clock: Clock
) -> None:
    take_test(session, mia, assignment, clock(), is_right=True)

    [line] = transcripts.list_lines(session, [mia.learner.id], clock())[mia.learner.id]

    assert (line.title, line.module_title) == ("Final", "Final")


@pytest.mark.parametrize(("slug", "changes"), [("safety", True), ("evidence", True), ("trigger-points", False)])
def test_a_certificate_says_whether_any_of_the_modules_changed(
    session: Session, make: Factory, mia: Person, assignment: Assignment, clock: Clock, slug: str, changes: bool
) -> None:
    attempt = take_test(session, mia, assignment, clock(), is_right=True)
    before = certificates.compute_content_digest(session, attempt)

    lesson = session.scalars(select(LessonRow).where(LessonRow.module_id == make.module(slug).id)).first()
    assert lesson is not None
    lesson.digest = "0" * 64
    session.flush()

    assert (certificates.compute_content_digest(session, attempt) != before) is changes
    session.rollback()


def test_trainers_see_the_objectives_of_all_modules(
    session: Session, make: Factory, mia: Person, cohort: Cohort, assignment: Assignment, clock: Clock
) -> None:
    member = learner_records.get_member(session, cohort, mia.learner.id)
    assert member is not None
    record = learner_records.get_record(session, cohort, member, clock())
    remembered = cohort_recall.view_recall(session, cohort, recall.choose_moment(date(2027, 1, 1), clock(), "UTC"))

    titles = {make.module(slug).title for slug in ("safety", "evidence")}
    assert {title for title, _lines in record.goals} == titles
    assert {module.title for module in remembered.modules} == titles


def start_on_library(make: Factory, ilse: Person, mia: Person, cohort: Cohort) -> tuple[Assignment, ModuleRow]:
    """An attempt at a composed test whose second module is of a library."""
    session = make.session
    library = make.library(ilse)
    publish(session, ilse.user, library, make.now())
    module = get_module(session, library)
    pools = (("safety", Use.TEST), (module.slug, Use.EXAM))
    sections = (composed.section(slug, composed.draw(make, slug, use=use)) for slug, use in pools)
    assignment = composed.assign(make, ilse, cohort, composed.compose(make, ilse, *sections))
    start_attempt(session, mia, assignment, make.now())
    assert publication.preview_withdrawal(session, library, make.now()).open_attempts == 1
    return assignment, module


def test_pictures_stay_with_those_who_were_asked_about_the_module(
    session: Session, make: Factory, ilse: Person, mia: Person, cohort: Cohort, clock: Clock
) -> None:
    """Fails when the pictures of a question vanish from a paper once its test is withdrawn or changed."""
    assignment, module = start_on_library(make, ilse, mia, cohort)
    session.add(PictureRow(module_id=module.id, digest="a" * 64, media_type="image/png", body=b"x"))
    assignment.withdrawn_at = clock()
    session.commit()

    assert pictures.get_picture_for(session, mia.viewer, "a" * 64) is not None
    assert pictures.get_picture_for(session, make.person().viewer, "a" * 64) is None


def test_a_result_covers_questions_of_the_course_and_of_a_library(
    session: Session, make: Factory, ilse: Person, mia: Person, cohort: Cohort, clock: Clock
) -> None:
    """Fails when objectives and sources are looked up where the first module is from."""
    assignment, module = start_on_library(make, ilse, mia, cohort)
    attempt = take_test(session, mia, assignment, clock(), is_right=False)

    loaded = attempts.get_for(session, mia.viewer, attempt.id)
    assert loaded is not None
    found = results.view_result(session, loaded, clock())

    assert {score.module_slug for score in found.objectives} == {"safety", module.slug}
    cited = catalogue.get_solutions(session, [item.version_id for item in loaded.items])
    shown = [answer.feedback.sources for answer in found.answers if answer.feedback]
    assert [len(one) for one in shown] == [len(cited[item.version_id].sources) for item in loaded.items]
    assert all(shown)
    assert mia.client.get(f"/attempts/{attempt.id}/result").status_code == 200


def test_a_report_is_filed_under_the_module_of_its_question(
    session: Session, make: Factory, ilse: Person, mia: Person, assignment: Assignment, clock: Clock
) -> None:
    attempt = start_attempt(session, mia, assignment, clock())
    assert mia.client.post(f"/attempts/{attempt.id}/4/report", data={"says": "Unclear."}).status_code == 303

    [line] = question_reports.list_for(session, ilse.viewer).items
    filters = question_reports.list_filters(session, ilse.viewer)

    assert line.module_title == make.module("evidence").title
    assert list(filters.modules) == ["evidence"]


def test_written_answers_can_be_marked_after_their_lines_left_the_test(
    session: Session, make: Factory, ilse: Person, mia: Person, cohort: Cohort, clock: Clock
) -> None:
    """Fails when the way to the answers that wait vanishes from the pages of the assignment."""
    versions = written_pool.add_written_pool(session)
    asked = session.scalars(select(QuestionVersion.question_id).where(QuestionVersion.id.in_(versions))).all()
    evidence = composed.section("Evidence", composed.draw(make, "evidence"))
    written = composed.section(
        "Written", *(composed.draw(make, "safety", use=Use.EXAM, question_id=one) for one in asked)
    )
    test = composed.compose(make, ilse, evidence, written)
    assignment = composed.assign(make, ilse, cohort, test)
    assert written_pool.write_test(session, mia, assignment, clock())

    composed_tests.save_sections(session, ilse.user, test, [evidence], clock())
    session.commit()

    assert marking_queue.list_waiting(session, cohort)[assignment.id] == 2
    taught = assignments.get_for(session, ilse.viewer, assignment.id)
    assert taught is not None
    assert taught.has_marking
    assert ilse.client.get(f"/teach/assignments/{assignment.id}/marking").status_code == 200
