"""Who reads and marks written answers, and when their keys leave the server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.models import CohortTrainer, MarkingRow
from app.services.cohorts import cohorts
from tests.conftest import Clock
from tests.support.attempt_client import JSON, start_assigned
from tests.support.factory import AFTER_CLOSING, Factory
from tests.support.written_examination import CANARIES, Examination, sit_examination
from tests.support.written_pool import (
    WRITTEN,
    assign_written,
    list_written,
    write_test,
)


@pytest.fixture
def exam(session: Session, make: Factory, clock: Clock) -> Examination:
    return sit_examination(session, make, clock)


def read_everything(client: FlaskClient, exam: Examination) -> Iterator[str]:
    item = exam.items[0]
    pages = [exam.result, f"{exam.result}?open={item.position}", "/", "/progress", "/modules/safety", "/account"]
    for page in pages:
        for headers in ({}, JSON):
            yield client.get(page, headers=headers, follow_redirects=True).text
    yield client.post("/account/data").data.decode(errors="replace")


def test_neither_rubric_nor_model_answer_leaves_the_server_early(session: Session, make: Factory, clock: Clock) -> None:
    """Threat 1: while the answer is written, being marked, partly marked, and marked with the key kept until closing."""
    trainer, learner = make.trainer(), make.person()
    due_at = clock.now.replace(day=clock.now.day + 1)
    assignment = assign_written(make, trainer, learner, policy=AFTER_CLOSING, due_at=due_at)
    play = start_assigned(learner.client, session, assignment.id)
    seen = []
    for one in play.questions():
        parts = ({"text": "It may reach the lung."},) if one.kind is WRITTEN else one.right
        seen += [play.page(one.n).text, play.answer(one.n, *parts).text]
    play.submit()
    exam = Examination(trainer, learner, assignment, list_written(session, play.attempt_id))
    trainer.client.post(exam.overview, data={"releases_unfinished": "y"})

    for n in range(2):
        seen += read_everything(learner.client, exam)
        assert exam.mark(n, data={"criterion-0": "1", "criterion-1": "1", "comment": "Good."}) == 303
    seen += read_everything(learner.client, exam)

    assert not [text for text in seen if any(canary in text for canary in CANARIES)]


def test_the_canaries_would_be_seen(exam: Examination) -> None:
    """The test above looks for something that can appear."""
    for n in range(2):
        exam.mark(n, data={"criterion-0": "1", "criterion-1": "1"})

    page = exam.learner.client.get(exam.result).text

    assert all(canary in page for canary in CANARIES)


def test_nobody_else_reads_or_marks_an_answer(session: Session, make: Factory, exam: Examination) -> None:
    """Threat 18. Fails when an answer is found by its attempt alone, or under another assignment."""
    stranger = make.trainer()
    own = make.assignment(stranger, make.cohort(stranger))
    item = exam.items[0]
    foreign = f"/teach/assignments/{own.id}/marking/{item.version_id}/{item.attempt_id}"

    for path in (exam.overview, f"{exam.overview}/{item.version_id}", exam.path(), foreign):
        assert stranger.client.get(path).status_code == 404
        assert exam.learner.client.get(path).status_code == 403
    assert stranger.client.post(exam.path(), data={"total": "6"}).status_code == 404
    assert stranger.client.post(foreign, data={"total": "6"}).status_code == 404
    assert session.scalars(select(MarkingRow)).all() == []


def test_a_marker_who_no_longer_teaches_the_cohort_marks_nothing(
    session: Session, make: Factory, exam: Examination
) -> None:
    """Threat 13. Fails when the right was checked as the page was opened."""
    marker = make.trainer()
    session.add(CohortTrainer(cohort_id=exam.assignment.cohort_id, user_id=marker.user.id))
    session.commit()
    assert marker.client.get(exam.path()).status_code == 200

    session.execute(delete(CohortTrainer).where(CohortTrainer.user_id == marker.user.id))
    session.commit()

    assert exam.mark(0, marker) == 404
    assert session.scalars(select(MarkingRow)).all() == []


def test_an_archived_cohort_is_not_marked(session: Session, exam: Examination, clock: Clock) -> None:
    cohort = cohorts.get_for(session, exam.trainer.viewer, exam.assignment.cohort_id)
    assert cohort is not None
    cohorts.archive(session, exam.trainer.user, cohort, clock())
    session.commit()

    assert exam.trainer.client.get(exam.path()).status_code == 200
    assert exam.mark(0) == 409


def test_pages_of_an_own_answer_offer_no_mark(session: Session, make: Factory, clock: Clock) -> None:
    trainer, other = make.trainer(), make.admin()
    assignment = assign_written(make, trainer, trainer)
    own = Examination(trainer, trainer, assignment, write_test(session, trainer, assignment, clock()))

    page = trainer.client.get(own.path()).text
    refused = own.mark(0)
    own.mark(0, other)
    own.mark(1, other)
    item = own.items[0]
    change = f"/teach/attempts/{item.attempt_id}/{item.position}/mark"
    marked, changed = trainer.client.get(own.path()).text, trainer.client.get(change).text
    reply = trainer.client.post(change, data={"points": "1", "reason": "Mine."})

    assert "This is your own answer. Somebody else has to mark it." in page
    assert 'name="total"' not in page
    assert refused == 409
    assert change not in marked
    assert "Ask another trainer to change the mark." in changed
    assert 'name="points"' not in changed
    assert reply.status_code == 409
    assert other.client.post(change, data={"points": "0.5", "reason": "Read again."}).status_code == 303
