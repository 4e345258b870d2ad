"""The demo: one believable cohort, made once, through the services, by ``flask demo fill``."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from click.testing import Result
from flask import Flask
from flask_security.utils import verify_password
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import create_app, demo
from app.db import db
from app.demo import cast
from app.demo.lookalikes import Lookalikes
from app.domain.assignment import AssignmentState
from app.domain.attempt import AttemptState, Purpose
from app.domain.correction import Remedy
from app.domain.gradebook import GradebookCell
from app.domain.kinds.region import RegionKey
from app.domain.question import QuestionText
from app.models import (
    AnswerRevision,
    Assignment,
    AssignmentException,
    Attempt,
    AttemptItem,
    AuditEvent,
    Cohort,
    Correction,
    Learner,
    LessonProgress,
    Mark,
    MarkChange,
    Membership,
    QuestionKey,
    QuestionVersion,
    Role,
    User,
)
from app.permissions import Viewer
from app.services.assignments import assignments
from app.services.cohorts import cohorts, invitations
from app.services.course import body_map, catalogue
from app.services.people import users
from app.services.reporting import gradebook, question_reports
from app.services.reporting.analysis import insight
from app.services.reporting.analysis.responses import AttemptChoice
from tests.conftest import NOW, ROOT, settings_for
from tests.support.question_kinds import REGION, SINGLE


@dataclass(frozen=True, slots=True)
class Filled:
    app: Flask
    folder: Path
    first: Result

    def again(self) -> Result:
        return self.app.test_cli_runner().invoke(args=["demo", "fill"])


@pytest.fixture(scope="module")
def filled(published_real_course: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """A demo in a file of its own: filling takes seconds, so all tests here look at the same one."""
    folder = tmp_path_factory.mktemp("demo")
    shutil.copy(published_real_course, folder / "palpate.sqlite3")
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


def _cohort(rows: Session) -> Cohort:
    return rows.scalars(select(Cohort).where(Cohort.archived_at.is_(None))).one()


def _work(rows: Session, title: str) -> Assignment:
    its = (Assignment.title == title, Assignment.cohort_id == _cohort(rows).id)
    return rows.scalars(select(Assignment).where(*its)).one()


def test_there_are_an_administrator_two_trainers_and_thirty_learners_of_one_cohort(rows: Session) -> None:
    """Fails when whoever left is still counted, or the cohort of last year is mixed into this one."""
    cohort = _cohort(rows)
    members = cohorts.list_members(rows, cohort)
    removed = rows.scalar(select(func.count()).where(Membership.removed_at.is_not(None)))

    assert Counter(rows.scalars(select(User.role)))[Role.ADMIN] == 1
    assert cohorts.list_trainers(rows, cohort) == ["Dr Ilse Brandt", "Marta Lindqvist"]
    assert (cohort.title, len(members), removed) == ("Physiotherapy, year 2", 30, 1)


def test_the_cohort_of_last_year_is_put_away_with_what_was_done_in_it(rows: Session) -> None:
    cohort = rows.scalars(select(Cohort).where(Cohort.archived_at.is_not(None))).one()
    _book, found = gradebook.all_members(rows, cohort, NOW)

    assert len(found) == 7
    assert sum(cell.state is AssignmentState.PASSED for row in found for cell in row.cells) >= 3


def test_what_is_set_is_past_current_and_to_come_and_one_was_withdrawn(rows: Session) -> None:
    works = assignments.list_for_cohort(rows, _cohort(rows))
    withdrawn = [work.title for work in works if work.withdrawn_at]
    set_now = [work for work in works if not work.withdrawn_at]

    assert withdrawn == ["Safety before you treat (copy)"]
    assert [work.due_at < NOW for work in set_now if work.due_at] == [True] * 4 + [False] * 3
    assert [work.title for work in set_now if work.opens_at and work.opens_at > NOW] == ["Reading a study"]
    assert sum(work.time_limit_minutes is not None for work in set_now) == 2
    assert sum(work.asks_certainty for work in set_now) == 3


def test_one_that_is_to_come_has_chosen_lessons_that_are_read_first_and_one_before_it(rows: Session) -> None:
    terms = assignments.get_terms(rows, _work(rows, "The body map, from head to foot"))

    assert terms.lessons_first
    assert len(terms.lesson_ids) == 2
    assert terms.required_ids == {_work(rows, "Trigger points: what is known").id}


def test_exceptions_of_every_sort_were_made_with_a_note(rows: Session) -> None:
    made = rows.scalars(select(AssignmentException)).all()

    assert all(one.note for one in made)
    assert any(one.extra_time_percent for one in made)
    assert any(one.due_at for one in made)
    assert any(one.more_attempts for one in made)
    assert any(one.is_excused for one in made)


def test_more_than_twenty_took_the_test_before_and_after_and_most_gained(rows: Session) -> None:
    """Fails when the test before is drawn with the same ability as the one after it."""
    found = insight.analyse(rows, _work(rows, "Trigger points: what is known"), AttemptChoice.FIRST)

    assert found.gains is not None
    gained = [line.pair.gain for line in found.gains.lines]
    assert len(gained) > 20
    assert sum(gain > 0 for gain in gained) > len(gained) * 2 / 3


def test_most_pass_what_was_due(rows: Session) -> None:
    """Fails when the class is so weak that its gradebook is mostly red."""
    cells = [cell for of_learner in _cells(rows).values() for cell in of_learner if cell.is_handed_in]

    assert sum(cell.state is AssignmentState.PASSED for cell in cells) > 0.7 * len(cells)


def test_on_the_body_map_neighbours_are_taken_for_one_another(rows: Session) -> None:
    """Fails when wrong muscles and places are drawn evenly."""
    lookalikes = Lookalikes(body_map.get_atlas(rows))
    muscles = _on_map(("Iliopsoas", "Masseter", "Quadratus lumborum", "Tibialis anterior"))
    places = _on_map(("Buttock", "Lower jaw and jaw joint", "Front of the thigh", "Outer hip"))

    of_muscles = lookalikes.of(muscles, RegionKey((0,)))
    of_places = lookalikes.of(places, RegionKey((0,), near=(3,)))
    drawn = Counter(
        str(REGION.wrong_response(muscles, RegionKey((0,)), Random(n), Random(0), of_muscles)[0]) for n in range(300)
    )

    assert of_muscles["Quadratus lumborum"] > of_muscles["Tibialis anterior"] >= of_muscles["Masseter"]
    assert of_places["Outer hip"] > of_places["Front of the thigh"] > of_places["Lower jaw and jaw joint"]
    assert drawn.most_common(1)[0][0] == "2"


def _on_map(options: tuple[str, ...]) -> QuestionText:
    return QuestionText(1, 1, 1, 1, REGION, False, None, "Where?", options, picture="<svg></svg>")


def test_a_question_was_credited_a_mark_changed_by_hand_and_both_are_on_record(rows: Session) -> None:
    by_hand = rows.scalars(select(MarkChange).where(MarkChange.correction_id.is_(None))).one()
    credited = rows.scalars(select(Correction)).one()
    changed = rows.scalar(select(func.count()).where(MarkChange.correction_id == credited.id))

    assert credited.remedy is Remedy.CREDIT
    assert changed
    assert credited.reason
    assert by_hand.reason
    assert by_hand.new_points > by_hand.old_points
    assert {"question.correct", "mark.change"} <= set(rows.scalars(select(AuditEvent.action)))


def test_two_are_invited_and_of_two_reports_one_waits(rows: Session) -> None:
    trainer = Viewer(rows.scalars(select(User).where(User.name == cast.TRAINER)).one())

    waiting = invitations.count_pending(rows, _cohort(rows))
    reports = question_reports.list_for(rows, trainer).items

    assert waiting == 2
    assert [report.is_answered for report in reports] == [False, True]


def _cells(rows: Session) -> dict[str, tuple[GradebookCell, ...]]:
    _book, found = gradebook.all_members(rows, _cohort(rows), NOW)
    return {row.name: row.cells for row in found}


def test_the_gradebook_shows_every_state(rows: Session) -> None:
    cells = [cell for of_learner in _cells(rows).values() for cell in of_learner]

    assert {cell.state for cell in cells} >= {
        AssignmentState.NOT_STARTED,
        AssignmentState.UNDER_WAY,
        AssignmentState.PASSED,
        AssignmentState.NOT_PASSED,
    }
    assert {cell.state for cell in cells} >= {AssignmentState.EXCUSED, AssignmentState.NOT_OPEN}
    assert any(cell.is_late for cell in cells)
    assert any(cell.is_critical_missed for cell in cells)
    assert any(cell.attempts > 1 for cell in cells)


def test_one_advertised_learner_is_in_the_middle_and_one_has_not_begun(rows: Session) -> None:
    cells = _cells(rows)

    middle = [cell.state for cell in cells[cast.MID_COURSE]]
    assert middle[1:5] == [
        AssignmentState.PASSED,
        AssignmentState.PASSED,
        AssignmentState.NOT_PASSED,
        AssignmentState.UNDER_WAY,
    ]
    assert cells[cast.MID_COURSE][3].is_critical_missed
    assert {cell.state for cell in cells[cast.NEW]} == {
        AssignmentState.EXCUSED,
        AssignmentState.NOT_STARTED,
        AssignmentState.NOT_OPEN,
    }
    assert not any(cell.is_overdue for cell in cells[cast.NEW])
    new = rows.scalars(select(Learner.id).join(User).where(User.name == cast.NEW)).one()
    assert not rows.scalars(select(Attempt.id).where(Attempt.learner_id == new)).all()
    assert not rows.scalars(select(LessonProgress.lesson_id).where(LessonProgress.learner_id == new)).all()


def test_everything_lies_in_the_past_and_in_the_order_of_time(rows: Session) -> None:
    begun = NOW - demo.LAST_YEAR_START
    this_year = rows.scalars(
        select(Attempt.started_at).join(Learner).where(Learner.created_at > NOW - demo.DURATION)
    ).all()
    moments = [
        *rows.scalars(select(Attempt.started_at)),
        *rows.scalars(select(Attempt.submitted_at).where(Attempt.submitted_at.is_not(None))),
        *rows.scalars(select(AnswerRevision.arrived_at)),
        *rows.scalars(select(Mark.marked_at)),
        *rows.scalars(select(LessonProgress.read_at)),
        *rows.scalars(select(AuditEvent.at)),
        *rows.scalars(select(MarkChange.changed_at)),
    ]

    assert min(moments) >= begun
    assert min(this_year) > NOW - demo.DURATION
    assert max(moments) <= NOW
    assert not rows.scalars(select(Attempt.id).where(Attempt.submitted_at < Attempt.started_at)).all()
    assert not rows.scalars(
        select(Attempt.id).join(Attempt.items).where(AttemptItem.saved_at < Attempt.started_at)
    ).all()


def test_lessons_checks_practice_and_tests_all_occur_and_some_are_under_way(rows: Session) -> None:
    attempts = Counter(tuple(row) for row in rows.execute(select(Attempt.purpose, Attempt.state)))

    assert attempts.keys() >= {
        (Purpose.CHECK, AttemptState.SUBMITTED),
        (Purpose.PRACTICE, AttemptState.SUBMITTED),
        (Purpose.TEST, AttemptState.SUBMITTED),
        (Purpose.TEST, AttemptState.OPEN),
    }
    assert rows.scalars(select(func.count()).where(LessonProgress.done_at.is_(None))).one() > 0
    assert rows.scalars(select(func.count()).where(LessonProgress.done_at.is_not(None))).one() > 100


def test_no_attempt_is_overdue_and_unmarked(rows: Session) -> None:
    """Fails when whoever ran out of time is left open: then the first page would have to close it."""
    overdue = rows.scalars(
        select(Attempt.id).where(Attempt.state == AttemptState.OPEN, Attempt.deadline_at < NOW)
    ).all()

    assert not overdue
    assert rows.scalars(select(func.count()).where(Attempt.submitted_at == Attempt.deadline_at)).one() > 0


def test_those_who_are_wrong_are_mostly_wrong_alike(rows: Session) -> None:
    """Fails when wrong options are drawn evenly: a third each, where there are three of them."""
    wrong: dict[int, Counter[int]] = {}
    found = select(AttemptItem.version_id, AttemptItem.response, QuestionKey.body)
    found = found.join(QuestionKey, QuestionKey.version_id == AttemptItem.version_id)
    found = found.join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
    of_four = (
        QuestionVersion.kind == SINGLE.name,
        QuestionVersion.option_count == 4,
        AttemptItem.response.is_not(None),
    )
    for version_id, response, body in rows.execute(found.where(*of_four)):
        if response and response != body["correct"]:
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
            assert user.password
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


def test_a_database_with_other_people_is_left_alone(published_real_course: Path, tmp_path: Path) -> None:
    """Fails when the demo mixes its cohort into somebody's real course."""
    shutil.copy(published_real_course, tmp_path / "palpate.sqlite3")
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
        catalogue.clear_cache(db.session)
        db.session.close()
        db.engine.dispose()
