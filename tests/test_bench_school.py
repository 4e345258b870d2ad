"""The rows that the bench is filled with say what the services would have written."""

from __future__ import annotations

import io
import shutil
from contextlib import closing
from pathlib import Path
from sqlite3 import Connection, connect

import pytest
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from app.domain.attempt import compute_outcome
from app.domain.marking import mark_response
from app.domain.sections import MarkedItem
from app.models import AnswerRevision, Attempt, AttemptItem, Cohort, Mark, ScopeResult
from app.services.course import catalogue
from app.services.reporting import gradebook
from battery.findings import find_torn
from bench import school
from bench.filled import multiply
from bench.school import NOW, CohortPlan, School, plan_groups, plan_whole_year

PLAN = CohortPlan("Small", 0, 6, ((2, 7), (1, 5), (3, 4), (1, 4), (2, 4)))


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
    plans = (plan_whole_year(), *plan_groups())

    assert sum(plan.learners * sum(tries * of for tries, of in plan.papers) for plan in plans) == 1_000_000
    assert {len(plan.papers) for plan in plans} == {20}


def test_every_mark_is_what_marking_gives(filled: School, session: Session) -> None:
    rows = session.execute(
        select(Mark, AttemptItem).join(
            AttemptItem, (AttemptItem.attempt_id == Mark.attempt_id) & (AttemptItem.position == Mark.position)
        )
    ).all()
    ids = [item.version_id for _, item in rows]
    shown, keys = catalogue.get_texts(session, ids), catalogue.get_solutions(session, ids)

    for given, item in rows:
        result = mark_response(shown[item.version_id].kind, keys[item.version_id].key, item.response, item.certainty)
        assert (given.points, given.is_right, given.certainty_points) == (
            result.points,
            result.is_right,
            result.certainty_points,
        )
    assert len(rows) == 6 * (14 + 5 + 12 + 4 + 8)
    assert {given.is_right for given, _ in rows} == {True, False}


def test_attempts_and_standings_add_up(filled: School, session: Session) -> None:
    shown = catalogue.get_texts(session, session.scalars(select(Mark.version_id)).all())
    for attempt in session.scalars(select(Attempt)).all():
        marks = session.scalars(select(Mark).where(Mark.attempt_id == attempt.id)).all()
        total = compute_outcome(
            [MarkedItem(m.points, m.max_points, m.is_right, shown[m.version_id].is_critical) for m in marks], 80
        )
        assert (attempt.points, attempt.is_passed) == (total.points, total.is_passed)

    for standing in session.scalars(select(ScopeResult)).all():
        scope = session.scalars(
            select(Attempt)
            .where(Attempt.learner_id == standing.learner_id, Attempt.scope == standing.scope)
            .order_by(Attempt.number)
        ).all()
        best = session.get_one(Attempt, standing.best_attempt_id)
        assert standing.attempts == len(scope)
        assert standing.latest_attempt_id == scope[-1].id
        assert best.points is not None
        assert best.max_points
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

    _, found = gradebook.get_page(session, cohort, gradebook.GradebookQuery(), NOW)

    assert len(found.items) == 6
    assert all(it.is_handed_in for row in found.items for it in row.cells)
    assert session.scalar(select(func.count()).select_from(AnswerRevision))


def test_copies_of_the_school_are_as_complete_as_the_first(published: Path, tmp_path: Path) -> None:
    """Fails when a column with an id is left out of a copy, or a new table with learners' data is."""
    file = shutil.copy(published, tmp_path / "school.sqlite3")
    engine = create_engine(f"sqlite:///{file}")
    with pytest.MonkeyPatch.context() as patch, Session(engine) as session:
        patch.setattr(school, "LEARNERS", 6)
        _fill(session)
    engine.dispose()

    with closing(connect(file, isolation_level=None)) as database:
        before = _count_rows(database)
        multiply(database, 3)
        after = _count_rows(database)

        # The trainer is not copied, and answer logs are not.
        alone = {"user": 1, "learner": 1, "answer_revision": before["answer_revision"]}
        assert after == {table: rows + 2 * (rows - alone.get(table, 0)) for table, rows in before.items()}
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        assert [fault for fault in find_torn(database) if "log" not in fault] == []  # one attempt in ten has a log
        owners = "SELECT count(DISTINCT learner_id), count(DISTINCT assignment_id) FROM attempt"
        assert database.execute(owners).fetchone() == (18, 15)


def _count_rows(database: Connection) -> dict[str, int]:
    """Count the rows of every table of the school."""
    tables = [table.__tablename__ for table in school._ORDER]
    return {table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}
