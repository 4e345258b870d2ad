"""The gradebook on PostgreSQL, which is stricter about types than SQLite, and has no text in its JSON."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app import create_app
from app.db import db
from app.domain.assignment import Counts
from app.domain.attention import Why
from app.domain.gradebook import CellState, Show
from app.models import AssignmentException, AssignmentRecipient
from app.services.teaching import attempt_records, gradebook, gradebook_file, learner_records, overviews
from app.services.teaching.gradebook import ATTENTION, Asked
from tests.conftest import Clock, settings_for
from tests.factory import Make
from tests.taking import begin, take


@pytest.mark.postgres
def test_everything_is_read_on_postgresql(postgres_url: str, tmp_path: Path, clock: Clock) -> None:
    """Fails when a union has columns of unlike types, a response is compared as JSON, or an aggregate is SQLite's own."""
    app = create_app(settings_for(tmp_path, database_url=postgres_url))
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        make = Make(app, session, clock)
        trainer, failed, under, excused = make.trainer(), *(make.person(name=name) for name in ("Ann", "Bea", "Cleo"))
        cohort = make.cohort(trainer, failed, under, excused)
        best, latest = (
            make.assignment(trainer, cohort, due_at=clock.now + timedelta(days=1)),
            make.assignment(trainer, cohort),
        )
        latest.counts, latest.is_for_all = Counts.LATEST, False
        session.add(AssignmentRecipient(assignment_id=latest.id, learner_id=failed.learner.id))
        session.add(AssignmentException(assignment_id=best.id, learner_id=excused.learner.id, is_excused=True))
        session.commit()
        attempts = [
            take(session, failed, latest, clock.now + timedelta(hours=hours), is_right=False) for hours in range(3)
        ]
        open_one = begin(session, under, best, clock.now)
        open_one.items[0].response = [0]
        session.commit()
        now = clock.now + timedelta(days=2)

        page = gradebook.page(session, cohort, Asked(sort=ATTENTION), now)
        overdue = gradebook.page(session, cohort, Asked(show=Show.OVERDUE, only=best.id), now)
        text = "".join(gradebook_file.lines(session, page.book, now))
        overview = overviews.read(session, cohort, now)
        member = learner_records.get_member(session, cohort, failed.learner.id)
        assert member is not None
        record = learner_records.read(session, cohort, member, now)
        examined = attempt_records.get_for(session, trainer.viewer, attempts[0].id)
        assert examined is not None
        answers = attempt_records.read(session, examined, now).answers

    with app.app_context():
        db.engine.dispose()
    app.extensions["mail_queue"].shutdown()
    assert [row.name for row in page.rows] == ["Ann", "Bea", "Cleo"]
    assert [reason.why for reason in page.rows[0].reasons] == [Why.FAILED, Why.OVERDUE, Why.STUCK]
    assert [[it.state for it in row.cells] for row in page.rows] == [
        [CellState.NOT_STARTED, CellState.NOT_PASSED],
        [CellState.UNDER_WAY, CellState.NOT_FOR_THEM],
        [CellState.EXCUSED, CellState.NOT_FOR_THEM],
    ]
    assert page.rows[1].cells[0].begun is not None
    assert page.rows[1].cells[0].begun.answered == 1
    assert [row.name for row in overdue.rows] == ["Ann", "Bea"]
    assert text.count("\r\n") == 4
    assert [one.of for one in overview.progress] == [2, 1]
    assert len(record.attempts) == 3
    assert len(answers) == 10
