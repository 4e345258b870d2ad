"""Insight on PostgreSQL, whose JSON is not SQLite's text."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app import create_app
from app.db import db
from app.services.insights import insight, insight_csv, mistaken, question_figures
from app.services.insights.answered import Counting
from tests.conftest import Clock, settings_for
from tests.crowd import Hand, hand_in, join_with_the_same_paper
from tests.factory import Make


@pytest.mark.postgres
@pytest.mark.parametrize("counting", list(Counting))
def test_a_crowd_is_analysed_on_postgresql(postgres_url: str, tmp_path: Path, clock: Clock, counting: Counting) -> None:
    """Fails when a response is compared or grouped as JSON, which PostgreSQL can't do."""
    app = create_app(settings_for(tmp_path, database_url=postgres_url))
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        make, hand = Make(app, session, clock), Hand(session)
        trainer, learner = make.trainer(), make.person(name="Ann")
        cohort = make.cohort(trainer, learner)
        assignment = make.assignment(trainer, cohort, asks_certainty=True)
        first = hand_in(session, learner, assignment, clock.now, hand.all_wrong)
        join_with_the_same_paper(session, first, cohort, 19, hand.rising)

        found = insight.insight(session, assignment, counting)
        view = question_figures.item(session, assignment, counting, first.items[4].version_id)
        listed = insight.list_assignments(session, cohort)
        lines = list(insight_csv.lines(session, assignment, counting))
        on_map = mistaken.read(session, assignment, counting)

    with app.app_context():
        db.engine.dispose()
    app.extensions["mail_queue"].shutdown()
    assert (found.figures.learners, found.lengths, listed[0].learners) == (20, (10, 10), 20)
    assert {taker.name for row in found.beliefs.lines for taker in row.certain} == {"Ann"}
    assert {line.median_seconds for line in found.items} == {20.0}
    assert len(lines) > 40
    assert on_map.is_empty
    assert view is not None
    assert [group.name for group in view.chosen.groups] == ["lowest", "middle", "highest"]
