"""Markers who mark the same answers at one moment, on a database in a file and on PostgreSQL."""

from __future__ import annotations

from functools import partial

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db import db
from app.models import Attempt, CohortTrainer, Mark, MarkingRow, ScopeResult
from tests.conftest import Clock
from tests.support.at_once import at_once
from tests.support.factory import Factory
from tests.support.written_pool import assign_written, write_test
from tests.test_races import racing_app  # noqa: F401  the fixture


def test_an_answer_has_one_mark_whoever_is_faster(racing_app: Flask, clock: Clock) -> None:  # noqa: F811
    """Fails when two first markings are stored, or the total is written twice or before the last mark."""
    with racing_app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        make = Factory(racing_app, session, clock)
        markers, learner = [make.trainer() for _ in range(4)], make.person()
        assignment = assign_written(make, markers[0], learner)
        session.add_all(CohortTrainer(cohort_id=assignment.cohort_id, user_id=one.user.id) for one in markers[1:])
        session.commit()
        items = write_test(session, learner, assignment, clock())
        attempt_id = items[0].attempt_id
    paths = [f"/teach/assignments/{assignment.id}/marking/{item.version_id}/{attempt_id}" for item in items]

    replies = at_once([partial(marker.client.post, path, data={"total": "3"}) for marker in markers for path in paths])

    codes = sorted(reply.status_code for reply in replies)
    assert codes == [303] * 2 + [409] * 6
    with racing_app.app_context(), Session(db.engine) as session:
        assert session.scalar(select(func.count()).select_from(MarkingRow)) == 2
        assert session.scalar(select(func.count()).where(Mark.attempt_id == attempt_id)) == 10
        assert session.get_one(Attempt, attempt_id).points == 9.0
        assert session.scalars(select(ScopeResult.attempts)).all() == [1]


def test_two_markers_at_one_moment_are_first_and_second(racing_app: Flask, clock: Clock) -> None:  # noqa: F811
    with racing_app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        make = Factory(racing_app, session, clock)
        markers, learner = [make.trainer() for _ in range(2)], make.person()
        assignment = assign_written(make, markers[0], learner)
        assignment.needs_second_marker = True
        session.add(CohortTrainer(cohort_id=assignment.cohort_id, user_id=markers[1].user.id))
        session.commit()
        items = write_test(session, learner, assignment, clock())
        attempt_id = items[0].attempt_id
    path = f"/teach/assignments/{assignment.id}/marking/{items[0].version_id}/{attempt_id}"

    replies = at_once([partial(marker.client.post, path, data={"total": "3"}) for marker in markers])

    assert [reply.status_code for reply in replies] == [303, 303]
    with racing_app.app_context(), Session(db.engine) as session:
        roles = session.scalars(select(MarkingRow.role).order_by(MarkingRow.id))
        assert [role.value for role in roles] == ["first", "second"]
        marked = select(Mark.points).where(Mark.attempt_id == attempt_id, Mark.position == items[0].position)
        assert session.scalars(marked).all() == [0.5]
