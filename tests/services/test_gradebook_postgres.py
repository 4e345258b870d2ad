"""The gradebook on PostgreSQL, which is stricter about types than SQLite, and has no text in its JSON."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app import create_app
from app.db import db
from app.domain.assignment import AssignmentState, GradingMethod
from app.domain.attention import ReasonType
from app.domain.gradebook import GradebookFilter
from app.models import AssignmentException, AssignmentRecipient
from app.services.reporting import attempt_records, gradebook, gradebook_csv, learner_records, overviews
from app.services.reporting.gradebook import ATTENTION, GradebookQuery
from tests.conftest import Clock, settings_for
from tests.support.assigned_test import start_attempt, take_test
from tests.support.factory import Factory


@pytest.mark.postgres
def test_everything_is_read_on_postgresql(postgres_url: str, tmp_path: Path, clock: Clock) -> None:
    """Fails when a union has columns of unlike types, a response is compared as JSON, or an aggregate is SQLite's own."""
    app = create_app(settings_for(tmp_path, database_url=postgres_url))
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        make = Factory(app, session, clock)
        trainer, failed, under, excused = make.trainer(), *(make.person(name=name) for name in ("Ann", "Bea", "Cleo"))
        cohort = make.cohort(trainer, failed, under, excused)
        best, latest = (
            make.assignment(trainer, cohort, due_at=clock.now + timedelta(days=1)),
            make.assignment(trainer, cohort),
        )
        latest.counts, latest.is_for_all = GradingMethod.LATEST, False
        session.add(AssignmentRecipient(assignment_id=latest.id, learner_id=failed.learner.id))
        session.add(AssignmentException(assignment_id=best.id, learner_id=excused.learner.id, is_excused=True))
        session.commit()
        attempts = [
            take_test(session, failed, latest, clock.now + timedelta(hours=hours), is_right=False) for hours in range(3)
        ]
        open_one = start_attempt(session, under, best, clock.now)
        open_one.items[0].response = [0]
        session.commit()
        now = clock.now + timedelta(days=2)

        book, page = gradebook.get_page(session, cohort, GradebookQuery(sort=ATTENTION), now)
        _, overdue = gradebook.get_page(
            session, cohort, GradebookQuery(show=GradebookFilter.OVERDUE, only=best.id), now
        )
        text = "".join(gradebook_csv.stream_lines(session, book, now))
        overview = overviews.get_overview(session, cohort, now)
        member = learner_records.get_member(session, cohort, failed.learner.id)
        assert member is not None
        record = learner_records.get_record(session, cohort, member, now)
        examined = attempt_records.get_for(session, trainer.viewer, attempts[0].id)
        assert examined is not None
        answers = attempt_records.get_record(session, examined, now).answers

    with app.app_context():
        db.engine.dispose()
    assert [row.name for row in page.items] == ["Ann", "Bea", "Cleo"]
    assert [reason.why for reason in page.items[0].reasons] == [ReasonType.MISSED, ReasonType.FAILED, ReasonType.STUCK]
    assert [[it.state for it in row.cells] for row in page.items] == [
        [AssignmentState.NOT_STARTED, AssignmentState.NOT_PASSED],
        [AssignmentState.UNDER_WAY, AssignmentState.NOT_ASSIGNED],
        [AssignmentState.EXCUSED, AssignmentState.NOT_ASSIGNED],
    ]
    assert page.items[1].cells[0].begun is not None
    assert page.items[1].cells[0].begun.answered == 1
    assert [row.name for row in overdue.items] == ["Ann", "Bea"]
    assert text.count("\r\n") == 4
    assert [one.of for one in overview.progress] == [2, 1]
    assert len(record.attempts) == 3
    assert len(answers) == 10
