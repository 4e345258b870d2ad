"""Transcripts: what is in them, who gets them, and their files."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.domain.assignment import GradingMethod
from app.domain.release import ReleaseMoment, ReleasePolicy
from app.models import Certificate, Cohort, Membership, Publication
from app.services.attempts import transcripts
from app.services.cohorts import cohorts
from app.web import transcript_file
from app.web.transcript_file import Transcript
from tests.conftest import Clock
from tests.support import composed
from tests.support.assigned_test import take_test
from tests.support.attempt_client import start
from tests.support.factory import Factory, Person


@pytest.fixture
def cohort(make: Factory, learner: Person, trainer: Person) -> Cohort:
    return make.cohort(trainer, learner)


def read_csv(trainer: Person, cohort: Cohort) -> list[list[str]]:
    reply = trainer.client.get(f"/teach/cohorts/{cohort.id}/transcripts.csv")
    assert reply.mimetype == "text/csv"
    return list(csv.reader(io.StringIO(reply.get_data(as_text=True).removeprefix("\ufeff"))))[1:]


def list_own(session: Session, learner: Person, clock: Clock) -> list[tuple[str, int, bool]]:
    lines = transcripts.list_lines(session, [learner.learner.id], clock.now).get(learner.learner.id, ())
    return [(line.title, line.percent, line.is_passed) for line in lines]


def test_a_transcript_has_results_with_version_and_certificate(
    make: Factory, session: Session, learner: Person, trainer: Person, cohort: Cohort, clock: Clock
) -> None:
    assert "No released results yet" in learner.client.get("/transcript").text
    passed = take_test(session, learner, make.assignment(trainer, cohort), clock.now, is_right=True)
    learner.client.post(f"/attempts/{passed.id}/certificate")
    code = session.scalars(select(Certificate.code)).one()
    clock.advance(days=1)
    take_test(session, learner, make.assignment(trainer, cohort, title="Second test"), clock.now, is_right=False)

    page = learner.client.get("/transcript").text
    [first, second] = read_csv(trainer, cohort)

    version = str(session.scalars(select(Publication.id)).one())
    assert first[:2] == [learner.user.name, learner.user.email]
    assert first[3:] == [
        "The test",
        passed_module(session, first),
        "2026-11-23 09:00",
        "100",
        "passed",
        "1",
        version,
        code,
    ]
    assert second[3] == "Second test"
    assert second[7] == "not passed"
    assert page.index("The test") < page.index("Second test")
    assert f"/verify/{code}" in page


def passed_module(session: Session, row: list[str]) -> str:
    return session.scalars(select(Certificate.module_title)).one()


@pytest.mark.parametrize("why", ["not released", "practice", "in progress"])
def test_what_has_no_released_result_is_left_out_for_trainers_too(
    make: Factory, session: Session, learner: Person, trainer: Person, cohort: Cohort, clock: Clock, why: str
) -> None:
    """Fails when a transcript tells a learner a score before it is released."""
    if why == "not released":
        closing = ReleasePolicy(*[ReleaseMoment.CLOSING] * 4)
        assignment = make.assignment(trainer, cohort, policy=closing, due_at=clock.now + timedelta(days=1))
        take_test(session, learner, assignment, clock.now, is_right=True)
    else:
        done = start(learner.client, session, "practice" if why == "practice" else "test")
        if why == "practice":
            done.answer_all()
            done.submit()

    assert list_own(session, learner, clock) == []
    assert read_csv(trainer, cohort) == []
    clock.advance(days=2)
    assert len(read_csv(trainer, cohort)) == (1 if why == "not released" else 0)


def test_the_attempt_that_counts_is_listed(
    make: Factory, session: Session, learner: Person, trainer: Person, cohort: Cohort, clock: Clock
) -> None:
    for counts in GradingMethod:
        assignment = make.assignment(trainer, cohort, title=counts.value, counts=counts, attempts_allowed=None)
        for is_right in (True, False):
            clock.advance(hours=1)
            take_test(session, learner, assignment, clock.now, is_right=is_right)

    found = {title: is_passed for title, _percent, is_passed in list_own(session, learner, clock)}

    assert found == {GradingMethod.BEST.value: True, GradingMethod.LATEST.value: False}


def test_a_composed_test_is_not_ascribed_to_its_first_module(
    make: Factory, session: Session, learner: Person, trainer: Person, cohort: Cohort, clock: Clock
) -> None:
    assignment = composed.assign(make, trainer, cohort, composed.compose(make, trainer, title="Final"))
    take_test(session, learner, assignment, clock.now, is_right=True)

    [row] = read_csv(trainer, cohort)

    assert row[3:5] == ["Final", "Final"]


def test_a_trainer_sees_only_the_tests_of_the_cohort(
    make: Factory, session: Session, learner: Person, trainer: Person, cohort: Cohort, clock: Clock
) -> None:
    elsewhere = make.cohort(trainer, learner, title="Another cohort")
    take_test(session, learner, make.assignment(trainer, elsewhere, title="Elsewhere"), clock.now, is_right=True)
    withdrawn = make.assignment(trainer, cohort, title="Withdrawn")
    take_test(session, learner, withdrawn, clock.now, is_right=True)
    withdrawn.withdrawn_at = clock.now
    own = start(learner.client, session, "test")
    own.answer_all()
    own.submit()
    session.commit()

    assert read_csv(trainer, cohort) == []
    assert len(list_own(session, learner, clock)) == 3


def test_former_members_are_left_out_and_names_cannot_be_formulas(
    make: Factory, session: Session, learner: Person, trainer: Person, cohort: Cohort, clock: Clock
) -> None:
    former = make.person()
    make.join(cohort, former)
    assignment = make.assignment(trainer, cohort)
    for person in (learner, former):
        take_test(session, person, assignment, clock.now, is_right=True)
    cohorts.remove_member(session, trainer.user, cohort, former.learner.id, clock.now)
    learner.user.name = "=cmd"
    session.execute(update(Membership).where(Membership.learner_id == learner.learner.id).values(student_number="+7"))
    session.commit()

    [row] = read_csv(trainer, cohort)

    assert (row[0], row[2]) == ("'=cmd", "'+7")


def test_files_are_pdf_for_a_learner_and_for_a_cohort(
    make: Factory, session: Session, learner: Person, trainer: Person, cohort: Cohort, clock: Clock
) -> None:
    make.join(cohort, make.person())
    take_test(session, learner, make.assignment(trainer, cohort), clock.now, is_right=True)
    of_learner = f"/teach/cohorts/{cohort.id}/learners/{learner.learner.id}/transcript.pdf"
    for person, address in (
        (learner, "/transcript.pdf"),
        (learner, "/transcript.pdf?paper=us-letter"),
        (trainer, of_learner),
        (trainer, f"/teach/cohorts/{cohort.id}/transcripts.pdf"),
    ):
        reply = person.client.get(address)
        assert reply.data.startswith(b"%PDF-")
        assert reply.mimetype == "application/pdf"
    other = make.trainer()
    assert other.client.get(of_learner).status_code == 404
    assert learner.client.get(of_learner).status_code == 403


def test_the_document_of_a_cohort_has_a_part_for_each_learner(
    make: Factory, app: Flask, session: Session, learner: Person, trainer: Person, cohort: Cohort, clock: Clock
) -> None:
    take_test(session, learner, make.assignment(trainer, cohort), clock.now, is_right=True)
    lines = transcripts.list_lines(session, [learner.learner.id], clock.now, cohort)[learner.learner.id]
    with app.test_request_context():
        document = transcript_file.build_cohort(
            "Year 3", [Transcript("Ada", "7", lines), Transcript("Bo", "", ())], "UTC", clock.now
        )

    assert [part.title for part in document.parts] == ["Ada", "Bo"]
    assert [part.lines for part in document.parts] == [["Student number: 7"], ["No released results."]]
    assert [cell.text for cell in document.parts[0].rows[0]] == ["The test", "23 November 2026", "Passed", "100%"]


def test_transcripts_of_a_cohort_take_few_statements(
    make: Factory,
    session: Session,
    trainer: Person,
    cohort: Cohort,
    clock: Clock,
    statements: Callable[[], list[str]],
) -> None:
    """Fails when a cohort is read learner by learner."""
    assignment = make.assignment(trainer, cohort)
    for _ in range(4):
        person = make.person()
        make.join(cohort, person)
        take_test(session, person, assignment, clock.now, is_right=True)
    statements()
    trainer.client.get(f"/teach/cohorts/{cohort.id}/transcripts.csv")

    assert len(statements()) <= 8
