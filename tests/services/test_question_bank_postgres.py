"""The question bank on PostgreSQL: its statistics are one statement with a share for each assignment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app import create_app
from app.db import db
from app.services.reporting import question_bank
from app.services.reporting.question_bank import BankQuery
from tests.conftest import Clock, settings_for
from tests.support.assigned_test import take_test
from tests.support.factory import Factory

pytestmark = pytest.mark.postgres


@pytest.fixture
def app(postgres_url: str, tmp_path: Path, clock: Clock) -> Iterator[Flask]:
    app = create_app(settings_for(tmp_path, database_url=postgres_url))
    app.extensions["clock"] = clock
    with app.app_context():
        yield app
        db.engine.dispose()


def test_it_counts_the_latest_attempts_at_each_assignment(
    app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(question_bank, "MAX_ATTEMPTS", 2)
    monkeypatch.setattr(question_bank, "PER_PAGE", 10_000)
    with Session(db.engine, expire_on_commit=False) as session:
        make = Factory(app, session, clock)
        trainer, *learners = make.trainer(), make.person(), make.person()
        assert question_bank.list_page(session, trainer.viewer, BankQuery()).page.items
        for is_right in (False, True):
            assignment = make.assignment(trainer, make.cohort(trainer, *learners))
            for learner in learners:
                take_test(session, learner, assignment, clock(), is_right=is_right)

        lines = question_bank.list_page(session, trainer.viewer, BankQuery(with_former=True)).page.items
        attempts = sum(line.facility.answers for line in lines if line.facility)
        asked = next(line for line in lines if line.facility)
        found = question_bank.get_question(session, trainer.viewer, asked.version_id)

    assert attempts > 0
    assert found is not None
    assert found.uses
