from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.models import Attempt, Cohort, Standing
from app.services import cohorts, gradebook
from app.services.gradebook import Cell, CellState, Column, Gradebook, Row
from tests.factory import Make, Person
from tests.taking import begin, take


def _cells(session: Session, cohort: Cohort, make: Make, person: Person) -> tuple[Cell, ...]:
    book = gradebook.of_cohort(session, cohort)
    return next(row.cells for row in book.rows if row.learner_id == person.learner.id)


def test_every_state_has_its_cell(session: Session, make: Make) -> None:
    trainer = make.trainer()
    nothing, under, passed, failed = (make.person() for _ in range(4))
    cohort = make.cohort(trainer, nothing, under, passed, failed)
    assignment = make.assignment(trainer, cohort)

    begin(session, under, assignment, make.now())
    take(session, passed, assignment, make.now(), is_right=True)
    take(session, failed, assignment, make.now(), is_right=False)

    states = [_cells(session, cohort, make, person)[0].state for person in (nothing, under, passed, failed)]
    assert states == [CellState.NOT_STARTED, CellState.UNDER_WAY, CellState.PASSED, CellState.NOT_PASSED]
    assert _cells(session, cohort, make, passed)[0].percent == 100.0


def test_the_attempt_that_counts_decides_whether_it_was_late(session: Session, make: Make) -> None:
    """Catches: looking at the latest attempt, which here came late and is worse."""
    trainer, in_time, late = make.trainer(), make.person(), make.person()
    cohort = make.cohort(trainer, in_time, late)
    due_at = make.now() + timedelta(days=1)
    assignment = make.assignment(trainer, cohort, due_at=due_at)

    take(session, in_time, assignment, make.now(), is_right=True)
    take(session, in_time, assignment, due_at + timedelta(days=2), is_right=False)
    take(session, late, assignment, due_at + timedelta(days=2, hours=3), is_right=True)

    assert _cells(session, cohort, make, in_time)[0].late_by is None
    assert _cells(session, cohort, make, late)[0].late_by == timedelta(days=2, hours=3)


def test_a_missed_critical_question_is_told_from_too_few_points(session: Session, make: Make) -> None:
    trainer, learner = make.trainer(), make.person()
    cohort = make.cohort(trainer, learner)
    attempt = take(session, learner, make.assignment(trainer, cohort), make.now(), is_right=False)
    session.execute(update(Attempt).where(Attempt.id == attempt.id).values(is_critical_missed=True))
    session.execute(update(Standing).values(best_percent=95.0))
    session.commit()
    session.expire_all()

    (cell,) = _cells(session, cohort, make, learner)

    assert (cell.state, cell.is_critical_missed, cell.percent) == (CellState.NOT_PASSED, True, 95.0)


def test_only_current_members_of_this_cohort_are_shown(session: Session, make: Make) -> None:
    trainer, stays, leaves = make.trainer(), make.person(name="Stays"), make.person(name="Leaves")
    cohort = make.cohort(trainer, stays, leaves)
    make.cohort(trainer, make.person(name="Elsewhere"))
    take(session, leaves, make.assignment(trainer, cohort), make.now(), is_right=True)
    cohorts.remove(session, trainer.user, cohort, leaves.learner.id, make.now())
    session.commit()

    assert [row.name for row in gradebook.of_cohort(session, cohort).rows] == ["Stays"]


@pytest.mark.parametrize(("learners", "assignments"), [(1, 1), (6, 3)])
def test_the_gradebook_takes_four_statements_whatever_its_size(
    session: Session, make: Make, statements: Callable[[], list[str]], learners: int, assignments: int
) -> None:
    trainer = make.trainer()
    people = [make.person() for _ in range(learners)]
    cohort = make.cohort(trainer, *people)
    set_tests = [make.assignment(trainer, cohort) for _ in range(assignments)]
    for person in people:
        for assignment in set_tests:
            take(session, person, assignment, make.now(), is_right=False)
    statements()

    book = gradebook.of_cohort(session, cohort)

    assert len(statements()) == 4
    assert [len(row.cells) for row in book.rows] == [assignments] * learners


def test_columns_stand_by_due_date_those_without_last(session: Session, make: Make) -> None:
    trainer = make.trainer()
    cohort = make.cohort(trainer)
    for title, days in (("none", None), ("late", 9), ("soon", 1)):
        make.assignment(trainer, cohort, title=title, due_at=make.now() + timedelta(days=days) if days else None)

    columns = gradebook.of_cohort(session, cohort).columns

    assert [column.title for column in columns] == ["soon", "late", "none"]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\r=1", "\n=1", "＝1+1"])
def test_no_cell_of_the_csv_is_a_formula(name: str) -> None:
    book = Gradebook((Column(1, name, None),), (Row(1, name, "a@example.org", (Cell(CellState.NOT_STARTED),)),))

    text = "".join(gradebook.csv_lines(book, "UTC")).removeprefix("\ufeff")

    head, row = list(csv.reader(io.StringIO(text, newline="")))
    assert head[2].startswith("'")
    assert row[0] == f"'{name}"


def test_the_csv_begins_with_a_byte_order_mark_and_tells_times_in_the_cohorts_zone(
    session: Session, make: Make
) -> None:
    trainer, learner = make.trainer(), make.person(name="Łucja")
    cohort = make.cohort(trainer, learner, time_zone="Asia/Tokyo")
    assignment = make.assignment(trainer, cohort, title="Safety", due_at=make.now() - timedelta(days=1))
    take(session, learner, assignment, make.now(), is_right=True)

    text = "".join(gradebook.csv_lines(gradebook.of_cohort(session, cohort), cohort.time_zone))

    assert text.startswith("\ufeffLearner,E-mail,Safety: state,")
    assert f"Łucja,{learner.user.email},passed,100,2026-11-23 18:00,late" in text
