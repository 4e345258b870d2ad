"""What is due, and what is released, on PostgreSQL: the statements of one database are the statements of the other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app import create_app
from app.db import db
from app.domain.assignment import AssignmentState, GradingMethod
from app.services.assignments import assignments, availability
from app.services.attempts import attempts, releases
from app.services.course import catalogue
from tests.conftest import Clock, settings_for
from tests.support.assigned_test import take_test
from tests.support.factory import AFTER_CLOSING, Factory
from tests.support.progress_views import view_progress

DAY = timedelta(days=1)


@pytest.fixture
def there(postgres_url: str, tmp_path: Path, clock: Clock) -> Iterator[Factory]:
    app = create_app(settings_for(tmp_path, database_url=postgres_url))
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        yield Factory(app, session, clock)
        session.close()
        db.engine.dispose()


@pytest.mark.postgres
def test_what_is_due_is_the_same_on_postgresql(there: Factory) -> None:
    """Catches: strings put together, or booleans compared, in a way that one of the databases alone understands."""
    session, now = there.session, there.now()
    trainer, learner = there.trainer(), there.person()
    cohort = there.cohort(trainer, learner)
    first = there.assignment(trainer, cohort, title="First", due_at=now + DAY, counts=GradingMethod.LATEST)
    there.assignment(trainer, cohort, title="Then", required_ids=frozenset({first.id}), pretest_id=first.id)
    there.assignment(trainer, cohort, title="Read", lessons_first=True)
    some = {"is_for_all": False, "recipient_ids": frozenset({learner.learner.id})}
    excused = there.assignment(trainer, cohort, title="Excused", **some)
    there.exception(trainer, excused, learner, is_excused=True)
    there.assignment(trainer, cohort, title="Closed", due_at=now - DAY, policy=AFTER_CLOSING)
    take_test(session, learner, first, now, is_right=False)

    listed = {item.title: item for item in availability.list_due(session, learner.learner, now)}

    assert {title: item.state for title, item in listed.items()} == {
        "First": AssignmentState.NOT_PASSED,
        "Then": AssignmentState.WAITING,
        "Read": AssignmentState.LESSONS,
        "Excused": AssignmentState.EXCUSED,
        "Closed": AssignmentState.CLOSED,
    }
    assert listed["Then"].first == ("First",)
    every = [one.slug for one in catalogue.list_lessons(session, there.module().id)]
    assert [lesson.slug for lesson in listed["Read"].to_read] == every


@pytest.mark.postgres
def test_what_is_released_is_the_same_on_postgresql(there: Factory) -> None:
    session, now = there.session, there.now()
    trainer, learner, other = there.trainer(), there.person(), there.person()
    cohort = there.cohort(trainer, learner, other)
    before = there.assignment(trainer, cohort, attempts_allowed=1, policy=assignments.PRETEST_POLICY)
    there.assignment(trainer, cohort, due_at=now + DAY, policy=AFTER_CLOSING, pretest_id=before.id)
    attempt = take_test(session, learner, before, now, is_right=True)
    loaded = attempts.get_for(session, learner.viewer, attempt.id)
    assert loaded is not None

    while_it_waits = releases.get_release(session, loaded, now)
    after_it = releases.get_release(session, loaded, now + 2 * DAY)

    assert (while_it_waits.mark, while_it_waits.correctness) == (True, False)
    assert after_it.explanation
    assert view_progress(session, learner.learner, now).scores
