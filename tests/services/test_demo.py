"""The demo: one believable cohort, made once, through the services, by ``flask demo fill``."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from flask_security.utils import verify_password
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import create_app, demo
from app.db import db
from app.domain.attempt import Purpose, State
from app.domain.content import Kind
from app.domain.gradebook import Cell, CellState
from app.models import (
    Answer,
    Assignment,
    Attempt,
    AttemptItem,
    Cohort,
    Learner,
    LessonProgress,
    Mark,
    Membership,
    QuestionKey,
    QuestionVersion,
    Role,
    User,
)
from app.services.course import catalogue
from app.services.people import users
from app.services.teaching import gradebook
from tests.conftest import NOW, ROOT, settings_for


@dataclass(frozen=True, slots=True)
class Filled:
    app: Flask
    folder: Path
    first: Result

    def again(self) -> Result:
        return self.app.test_cli_runner().invoke(args=["demo", "fill"])


@pytest.fixture(scope="module")
def filled(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """A demo in a file of its own: filling takes seconds, so all tests here look at the same one."""
    folder = tmp_path_factory.mktemp("demo")
    shutil.copy(published, folder / "palpate.sqlite3")
    app = create_app(settings_for(folder))
    app.extensions["clock"] = lambda: NOW
    first = app.test_cli_runner().invoke(args=["demo", "fill"])
    assert first.exit_code == 0, first.output
    yield Filled(app, folder, first)
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def rows(filled: Filled) -> Iterator[Session]:
    with filled.app.app_context():
        engine = db.engine
    with Session(engine) as session:
        yield session


def test_there_are_an_administrator_a_trainer_and_thirty_learners_of_one_cohort(rows: Session) -> None:
    roles = Counter(rows.scalars(select(User.role)))
    cohort = rows.scalars(select(Cohort)).one()
    members = rows.scalar(select(func.count()).where(Membership.cohort_id == cohort.id))

    assert roles == {Role.ADMIN: 1, Role.TRAINER: 1, Role.LEARNER: 30}
    assert (cohort.title, members) == ("Physiotherapy, year 2", 30)


def test_four_assignments_are_set_of_which_one_is_due_soon(rows: Session) -> None:
    works = rows.scalars(select(Assignment).order_by(Assignment.due_at)).all()

    assert [work.due_at < NOW for work in works if work.due_at] == [True, True, True, False]
    assert all(work.attempts_allowed for work in works)
    assert sum(work.time_limit_minutes is not None for work in works) == 2


def _cells(rows: Session) -> dict[str, tuple[Cell, ...]]:
    cohort = rows.scalars(select(Cohort)).one()
    _book, found = gradebook.everybody(rows, cohort, NOW)
    return {row.name: row.cells for row in found}


def test_the_gradebook_shows_every_state(rows: Session) -> None:
    cells = [cell for of_learner in _cells(rows).values() for cell in of_learner]

    assert {cell.state for cell in cells} >= {
        CellState.NOT_STARTED,
        CellState.UNDER_WAY,
        CellState.PASSED,
        CellState.NOT_PASSED,
    }
    assert any(cell.is_late for cell in cells)
    assert any(cell.is_critical_missed for cell in cells)
    assert any(cell.attempts > 1 for cell in cells)


def test_one_advertised_learner_is_in_the_middle_and_one_has_not_begun(rows: Session) -> None:
    cells = _cells(rows)

    middle = [cell.state for cell in cells[demo.MID_COURSE]]
    assert middle == [CellState.PASSED, CellState.PASSED, CellState.NOT_PASSED, CellState.UNDER_WAY]
    assert cells[demo.MID_COURSE][2].is_critical_missed
    assert {cell.state for cell in cells[demo.NEW]} == {CellState.NOT_STARTED}
    new = rows.scalars(select(Learner.id).join(User).where(User.name == demo.NEW)).one()
    assert not rows.scalars(select(Attempt.id).where(Attempt.learner_id == new)).all()
    assert not rows.scalars(select(LessonProgress.lesson_id).where(LessonProgress.learner_id == new)).all()


def test_everything_lies_in_the_past_six_weeks_and_in_the_order_of_time(rows: Session) -> None:
    begun = NOW - demo.SPAN
    moments = [
        *rows.scalars(select(Attempt.started_at)),
        *rows.scalars(select(Attempt.submitted_at).where(Attempt.submitted_at.is_not(None))),
        *rows.scalars(select(Answer.arrived_at)),
        *rows.scalars(select(Mark.settled_at)),
        *rows.scalars(select(LessonProgress.read_at)),
    ]

    assert min(moments) > begun
    assert max(moments) <= NOW
    assert not rows.scalars(select(Attempt.id).where(Attempt.submitted_at < Attempt.started_at)).all()
    assert not rows.scalars(
        select(Attempt.id).join(Attempt.items).where(AttemptItem.saved_at < Attempt.started_at)
    ).all()


def test_lessons_checks_practice_and_tests_all_occur_and_some_are_under_way(rows: Session) -> None:
    attempts = Counter(tuple(row) for row in rows.execute(select(Attempt.purpose, Attempt.state)))

    assert attempts.keys() >= {
        (Purpose.CHECK, State.SUBMITTED),
        (Purpose.PRACTICE, State.SUBMITTED),
        (Purpose.TEST, State.SUBMITTED),
        (Purpose.TEST, State.OPEN),
    }
    assert rows.scalar(select(func.count()).where(LessonProgress.done_at.is_(None))) > 0
    assert rows.scalar(select(func.count()).where(LessonProgress.done_at.is_not(None))) > 100


def test_no_attempt_is_overdue_and_unmarked(rows: Session) -> None:
    """Fails when whoever ran out of time is left open: then the first page would have to close it."""
    overdue = rows.scalars(select(Attempt.id).where(Attempt.state == State.OPEN, Attempt.deadline_at < NOW)).all()

    assert not overdue
    assert rows.scalar(select(func.count()).where(Attempt.submitted_at == Attempt.deadline_at)) > 0


def test_those_who_are_wrong_are_mostly_wrong_alike(rows: Session) -> None:
    """Fails when wrong options are drawn evenly: a third each, where there are three of them."""
    wrong: dict[int, Counter[int]] = {}
    found = select(AttemptItem.version_id, AttemptItem.response, QuestionKey.correct)
    found = found.join(QuestionKey, QuestionKey.version_id == AttemptItem.version_id)
    found = found.join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
    of_four = (
        QuestionVersion.kind == Kind.SINGLE,
        QuestionVersion.option_count == 4,
        AttemptItem.response.is_not(None),
    )
    for version_id, response, correct in rows.execute(found.where(*of_four)):
        if response and response != correct:
            wrong.setdefault(version_id, Counter())[response[0]] += 1
    often = [counts for counts in wrong.values() if counts.total() >= 5]

    shares = [max(counts.values()) / counts.total() for counts in often]

    assert len(often) >= 10
    assert sum(shares) / len(shares) > 0.6


def test_certainty_is_given_where_it_is_asked(rows: Session) -> None:
    given = rows.execute(
        select(Attempt.asks_certainty, AttemptItem.certainty.is_not(None))
        .join(AttemptItem, AttemptItem.attempt_id == Attempt.id)
        .where(AttemptItem.response.is_not(None), Attempt.purpose == Purpose.TEST)
    ).all()

    assert {asked for asked, _ in given} == {True, False}
    assert all(asked == is_given for asked, is_given in given)


def test_the_command_prints_accounts_whose_passwords_fit(filled: Filled, rows: Session) -> None:
    lines = [line.split() for line in filled.first.output.splitlines() if "@example.org" in line]

    assert [role for _email, _password, role in lines] == ["admin", "trainer", "learner", "learner"]
    for email, password, role in lines:
        user = users.get_by_email(rows, email)
        assert user is not None
        assert user.role == role
        with filled.app.app_context():
            assert verify_password(password, user.password)


def test_the_passwords_are_of_this_installation_and_kept_for_its_owner_alone(filled: Filled) -> None:
    """Fails when a password is written in the code, or the file is readable by others."""
    kept = filled.folder / "accounts.txt"
    source = "".join(path.read_text() for path in (ROOT / "app" / "demo").glob("*.py"))
    assert source

    lines = kept.read_text().splitlines()

    assert len(lines) == 4
    assert all(line in filled.first.output for line in lines)
    assert not any(line.split()[1] in source for line in lines)
    assert kept.stat().st_mode & 0o077 == 0


def test_filling_again_changes_nothing_and_shows_the_same_accounts(filled: Filled, rows: Session) -> None:
    """Fails when the second run adds a row anywhere, or makes new passwords."""
    counted = {table.name: rows.scalar(select(func.count()).select_from(table)) for table in db.metadata.sorted_tables}
    rows.rollback()
    kept = (filled.folder / "accounts.txt").read_text()

    again = filled.again()

    assert again.exit_code == 0
    assert kept in again.output
    assert (filled.folder / "accounts.txt").read_text() == kept
    for table in db.metadata.sorted_tables:
        assert rows.scalar(select(func.count()).select_from(table)) == counted[table.name], table.name


def test_a_database_with_other_people_is_left_alone(published: Path, tmp_path: Path) -> None:
    """Fails when the demo mixes its cohort into somebody's real course."""
    shutil.copy(published, tmp_path / "palpate.sqlite3")
    app = create_app(settings_for(tmp_path))
    with app.app_context():
        users.create(db.session, name="Somebody", email="somebody@example.com", password_hash="!", now=NOW)
        db.session.commit()

    refused = app.test_cli_runner().invoke(args=["demo", "fill"])

    assert refused.exit_code == 1
    assert "PALPATE_DATA" in refused.output
    with app.app_context():
        assert list(db.session.scalars(select(User.email))) == ["somebody@example.com"]
        assert not (tmp_path / "accounts.txt").exists()
        catalogue.forget(db.session)
        db.session.remove()
        db.engine.dispose()
