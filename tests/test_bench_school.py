"""The rows that the bench is filled with say what the services would have written."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.attempt import MarkedItem, outcome
from app.domain.marking import mark
from app.models import Answer, Attempt, AttemptItem, Cohort, Mark, Standing
from app.services.course import catalogue
from app.services.teaching import gradebook
from bench import school
from bench.school import NOW, Plan, School, groups, year

PLAN = Plan("Small", 0, 6, ((2, 7), (1, 5), (3, 4), (1, 4), (2, 4)))


@pytest.fixture
def filled(session: Session, monkeypatch: pytest.MonkeyPatch) -> School:
    monkeypatch.setattr(school, "LEARNERS", 6)
    return _fill(session)


def _fill(session: Session, seed: int = 1) -> School:
    made = School(session, seed, io.StringIO())
    made.people()
    made.fill(PLAN)
    made.commit()
    return made


def test_the_whole_is_a_million_marks() -> None:
    plans = (year(), *groups())

    assert sum(plan.learners * sum(tries * of for tries, of in plan.papers) for plan in plans) == 1_000_000
    assert {len(plan.papers) for plan in plans} == {20}


def test_every_mark_is_what_marking_gives(filled: School, session: Session) -> None:
    rows = session.execute(
        select(Mark, AttemptItem).join(
            AttemptItem, (AttemptItem.attempt_id == Mark.attempt_id) & (AttemptItem.position == Mark.position)
        )
    ).all()
    ids = [item.version_id for _, item in rows]
    shown, keys = catalogue.shown(session, ids), catalogue.keys(session, ids)

    for given, item in rows:
        result = mark(shown[item.version_id].kind, keys[item.version_id].key, item.response, item.certainty)
        assert (given.points, given.is_right, given.certainty_points) == (
            result.points,
            result.is_right,
            result.certainty_points,
        )
    assert len(rows) == 6 * (14 + 5 + 12 + 4 + 8)
    assert {given.is_right for given, _ in rows} == {True, False}


def test_attempts_and_standings_add_up(filled: School, session: Session) -> None:
    shown = catalogue.shown(session, session.scalars(select(Mark.version_id)).all())
    for attempt in session.scalars(select(Attempt)).all():
        marks = session.scalars(select(Mark).where(Mark.attempt_id == attempt.id)).all()
        total = outcome(
            [MarkedItem(m.points, m.max_points, m.is_right, shown[m.version_id].is_critical) for m in marks], 80
        )
        assert (attempt.points, attempt.is_passed) == (total.points, total.is_passed)

    for standing in session.scalars(select(Standing)).all():
        scope = session.scalars(
            select(Attempt)
            .where(Attempt.learner_id == standing.learner_id, Attempt.scope == standing.scope)
            .order_by(Attempt.number)
        ).all()
        best = session.get_one(Attempt, standing.best_attempt_id)
        assert standing.attempts == len(scope)
        assert standing.latest_attempt_id == scope[-1].id
        assert standing.best_percent == 100 * best.points / best.max_points
        assert (standing.passed_at is not None) is bool(best.is_passed) is any(one.is_passed for one in scope)


def test_the_same_seed_gives_the_same_school(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(school, "LEARNERS", 6)

    def rows(seed: int) -> list[tuple[object, ...]]:
        with session.begin_nested() as before:
            made = School(session, seed, io.StringIO())
            made.people()
            made.fill(PLAN)
            made.writer.flush()
            found = session.execute(select(Attempt.id, Attempt.points, Attempt.started_at)).all()
            before.rollback()
        return [tuple(row) for row in found]

    assert rows(3) == rows(3)
    assert rows(3) != rows(4)


def test_the_gradebook_reads_it(filled: School, session: Session) -> None:
    cohort = session.scalars(select(Cohort)).one()

    found = gradebook.page(session, cohort, gradebook.Asked(), NOW)

    assert len(found.rows) == 6
    assert all(it.is_handed_in for row in found.rows for it in row.cells)
    assert session.scalar(select(func.count()).select_from(Answer))
