"""Insight on PostgreSQL, whose JSON is not SQLite's text."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app import create_app
from app.db import db
from app.services.reporting.analysis import confusions, insight, insight_csv, question_statistics
from app.services.reporting.analysis.responses import AttemptChoice
from tests.conftest import Clock, settings_for
from tests.support.factory import Factory
from tests.support.submissions import AnswerKey, join_with_the_same_paper, submit_test


@pytest.mark.postgres
@pytest.mark.parametrize("counting", list(AttemptChoice))
def test_a_crowd_is_analysed_on_postgresql(
    postgres_url: str, tmp_path: Path, clock: Clock, counting: AttemptChoice
) -> None:
    """Fails when a response is compared or grouped as JSON, which PostgreSQL can't do."""
    app = create_app(settings_for(tmp_path, database_url=postgres_url))
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        make, hand = Factory(app, session, clock), AnswerKey(session)
        trainer, learner = make.trainer(), make.person(name="Ann")
        cohort = make.cohort(trainer, learner)
        assignment = make.assignment(trainer, cohort, asks_certainty=True)
        first = submit_test(session, learner, assignment, clock.now, hand.all_wrong)
        join_with_the_same_paper(session, first, cohort, 19, hand.rising)

        found = insight.analyse(session, assignment, counting)
        view = question_statistics.view_item(session, assignment, counting, first.items[4].version_id)
        listed = insight.list_assignments(session, cohort)
        lines = list(insight_csv.stream_lines(session, assignment, counting))
        on_map = confusions.load_confusions(session, assignment, counting)

    with app.app_context():
        db.engine.dispose()
    assert (found.figures.learners, found.lengths, listed[0].learners) == (20, (10, 10), 20)
    assert {taker.name for row in found.beliefs.listed for taker in row.certain} == {"Ann"}
    assert {line.median_seconds for line in found.items} == {20.0}
    assert len(lines) > 40
    assert on_map.is_empty
    assert view is not None
    assert [group.name for group in view.chosen.groups] == ["lowest", "middle", "highest"]
