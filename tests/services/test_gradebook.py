from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.domain.assignment import AssignmentState, GradingMethod
from app.domain.gradebook import GradebookCell
from app.models import (
    Assignment,
    AssignmentException,
    AssignmentRecipient,
    Attempt,
    Cohort,
    ScopeResult,
)
from app.services.reporting import gradebook
from app.services.reporting.gradebook import (
    Averages,
    GradebookQuery,
    GradebookRow,
)
from tests.support.assigned_test import start_attempt, take_test
from tests.support.factory import Factory, Person


def _row(session: Session, cohort: Cohort, person: Person, now: datetime) -> GradebookRow:
    _book, rows = gradebook.all_members(session, cohort, now)
    return next(row for row in rows if row.member.learner_id == person.learner.id)


def _cells(session: Session, cohort: Cohort, make: Factory, person: Person) -> tuple[GradebookCell, ...]:
    return _row(session, cohort, person, make.now()).cells


def _except(session: Session, person: Person, assignment: Assignment, **granted: Any) -> None:
    session.add(AssignmentException(assignment_id=assignment.id, learner_id=person.learner.id, **granted))
    session.commit()


def test_every_state_has_its_cell(session: Session, make: Factory) -> None:
    trainer = make.trainer()
    nothing, under, passed, failed, excused = (make.person() for _ in range(5))
    cohort = make.cohort(trainer, nothing, under, passed, failed, excused)
    assignment = make.assignment(trainer, cohort)

    start_attempt(session, under, assignment, make.now())
    take_test(session, passed, assignment, make.now(), is_right=True)
    take_test(session, failed, assignment, make.now(), is_right=False)
    _except(session, excused, assignment, is_excused=True)

    people = (nothing, under, passed, failed, excused)
    assert [_cells(session, cohort, make, person)[0].state for person in people] == [
        AssignmentState.NOT_STARTED,
        AssignmentState.UNDER_WAY,
        AssignmentState.PASSED,
        AssignmentState.NOT_PASSED,
        AssignmentState.EXCUSED,
    ]
    assert _cells(session, cohort, make, passed)[0].percent == 100


def test_an_assignment_that_opens_later_and_one_for_others_say_so(session: Session, make: Factory) -> None:
    """Catches: a learner who is shown as behind with what they cannot or need not begin."""
    trainer, meant, other = make.trainer(), make.person(), make.person()
    cohort = make.cohort(trainer, meant, other)
    later, some = make.assignment(trainer, cohort), make.assignment(trainer, cohort)
    later.opens_at = make.now() + timedelta(days=1)
    some.is_for_all = False
    session.add(AssignmentRecipient(assignment_id=some.id, learner_id=meant.learner.id))
    session.commit()

    states = [[cell.state for cell in _cells(session, cohort, make, person)] for person in (meant, other)]

    assert states == [
        [AssignmentState.NOT_OPEN, AssignmentState.NOT_STARTED],
        [AssignmentState.NOT_OPEN, AssignmentState.NOT_ASSIGNED],
    ]


def test_the_attempt_that_counts_decides_whether_it_was_late(session: Session, make: Factory) -> None:
    """Catches: looking at the latest attempt, which here came late and is worse."""
    trainer, in_time, late = make.trainer(), make.person(), make.person()
    cohort = make.cohort(trainer, in_time, late)
    due_at = make.now() + timedelta(days=1)
    assignment = make.assignment(trainer, cohort, due_at=due_at)

    take_test(session, in_time, assignment, make.now(), is_right=True)
    take_test(session, in_time, assignment, due_at + timedelta(days=2), is_right=False)
    take_test(session, late, assignment, due_at + timedelta(days=2, hours=3), is_right=True)

    assert _cells(session, cohort, make, in_time)[0].late_by is None
    assert _cells(session, cohort, make, late)[0].late_by == timedelta(days=2, hours=3)


def test_where_the_latest_attempt_counts_the_cell_is_about_that_one(session: Session, make: Factory) -> None:
    """Catches: the best attempt shown where the trainer decided that the latest counts."""
    trainer, learner = make.trainer(), make.person()
    cohort = make.cohort(trainer, learner)
    best, latest = make.assignment(trainer, cohort), make.assignment(trainer, cohort)
    latest.counts = GradingMethod.LATEST
    session.commit()
    for assignment in (best, latest):
        take_test(session, learner, assignment, make.now(), is_right=True)
        second = take_test(session, learner, assignment, make.now() + timedelta(hours=1), is_right=False)

    cells = _cells(session, cohort, make, learner)

    assert [(cell.state, cell.percent) for cell in cells] == [
        (AssignmentState.PASSED, 100),
        (AssignmentState.NOT_PASSED, 0),
    ]
    assert cells[1].attempt_id == second.id


def test_a_granted_due_date_makes_nobody_late(session: Session, make: Factory) -> None:
    """Catches: lateness told from everybody's due date; and an earlier one granted by mistake that shortens it."""
    trainer, granted, shortened = make.trainer(), make.person(), make.person()
    cohort = make.cohort(trainer, granted, shortened)
    due_at = make.now() + timedelta(days=1)
    assignment = make.assignment(trainer, cohort, due_at=due_at)
    _except(session, granted, assignment, due_at=due_at + timedelta(days=7))
    _except(session, shortened, assignment, due_at=due_at - timedelta(days=1))

    take_test(session, granted, assignment, due_at + timedelta(days=2), is_right=True)

    assert not _cells(session, cohort, make, granted)[0].is_late
    after = due_at - timedelta(hours=1)
    assert not _row(session, cohort, shortened, after).cells[0].is_overdue
    assert _row(session, cohort, shortened, due_at + timedelta(hours=1)).cells[0].is_overdue


def test_a_missed_critical_question_is_told_from_too_few_points(session: Session, make: Factory) -> None:
    trainer, learner = make.trainer(), make.person()
    cohort = make.cohort(trainer, learner)
    attempt = take_test(session, learner, make.assignment(trainer, cohort), make.now(), is_right=False)
    session.execute(update(Attempt).where(Attempt.id == attempt.id).values(is_critical_missed=True))
    session.execute(update(ScopeResult).values(best_percent=95.0))
    session.commit()
    session.expire_all()

    (cell,) = _cells(session, cohort, make, learner)

    assert (cell.state, cell.is_critical_missed, cell.percent) == (AssignmentState.NOT_PASSED, True, 95)


def test_withdrawn_assignments_are_hidden_until_they_are_asked_for(session: Session, make: Factory) -> None:
    trainer, learner = make.trainer(), make.person()
    cohort = make.cohort(trainer, learner)
    make.assignment(trainer, cohort, title="Stays")
    gone = make.assignment(trainer, cohort, title="Gone", due_at=make.now() - timedelta(days=1))
    gone.withdrawn_at = make.now()
    session.commit()

    plain, _ = gradebook.get_page(session, cohort, GradebookQuery(), make.now())
    everything, page = gradebook.get_page(session, cohort, GradebookQuery(with_withdrawn=True), make.now())

    assert [column.title for column in plain.columns] == ["Stays"]
    assert plain.withdrawn == 1
    assert [column.title for column in everything.columns] == ["Gone", "Stays"]
    assert not page.items[0].cells[0].is_overdue
    assert not page.items[0].reasons


def test_columns_stand_by_due_date_those_without_last(session: Session, make: Factory) -> None:
    trainer = make.trainer()
    cohort = make.cohort(trainer)
    for title, days in (("none", None), ("late", 9), ("soon", 1)):
        make.assignment(trainer, cohort, title=title, due_at=make.now() + timedelta(days=days) if days else None)

    book, _ = gradebook.get_page(session, cohort, GradebookQuery(), make.now())

    assert [column.title for column in book.columns] == ["soon", "late", "none"]


def test_who_is_at_it_shows_how_far(session: Session, make: Factory) -> None:
    """Catches: an answer that was cleared again, counted as one."""
    trainer, learner = make.trainer(), make.person()
    cohort = make.cohort(trainer, learner)
    attempt = start_attempt(session, learner, make.assignment(trainer, cohort), make.now())
    attempt.items[0].response, attempt.items[1].response = [0], [1]
    session.commit()
    attempt.items[1].response = None
    session.commit()

    (cell,) = _cells(session, cohort, make, learner)

    assert cell.begun is not None
    assert (cell.begun.answered, cell.begun.questions) == (1, len(attempt.items))


def test_a_pretest_has_no_weight_of_its_own(session: Session, make: Factory) -> None:
    trainer, learner = make.trainer(), make.person()
    cohort = make.cohort(trainer, learner)
    before, after = make.assignment(trainer, cohort), make.assignment(trainer, cohort)
    after.pretest_id = before.id
    take_test(session, learner, before, make.now(), is_right=False)
    take_test(session, learner, after, make.now(), is_right=True)

    assert _row(session, cohort, learner, make.now()).total.percent == 100
    before.weight = 1
    session.commit()
    assert _row(session, cohort, learner, make.now()).total.percent == 50


def test_averages_of_a_large_cohort_are_computed_only_on_demand(
    session: Session, make: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches: a page of twenty learners that reads the cells of a thousand."""
    monkeypatch.setattr(gradebook, "MAX_AVERAGED_CELLS", 3)
    monkeypatch.setattr(gradebook, "MAX_ON_PAGE", 2)
    trainer, *people = make.trainer(), *(make.person() for _ in range(4))
    cohort = make.cohort(trainer, *people)
    take_test(session, people[0], make.assignment(trainer, cohort), make.now(), is_right=True)

    large, _ = gradebook.get_page(session, cohort, GradebookQuery(), make.now())
    asked, page = gradebook.get_page(session, cohort, GradebookQuery(with_averages=True), make.now())

    assert gradebook.compute_averages(large) is None
    assert gradebook.compute_averages(asked) == Averages((100,), 100)
    assert len(page.items) == 2


def test_a_closed_account_needs_no_attention(session: Session, make: Factory) -> None:
    trainer, learner = make.trainer(), make.person()
    cohort = make.cohort(trainer, learner, joined_ago=timedelta(days=30))
    make.assignment(trainer, cohort, due_at=make.now() - timedelta(days=1))

    assert _row(session, cohort, learner, make.now()).reasons
    learner.user.active = False
    session.commit()
    row = _row(session, cohort, learner, make.now())
    assert row.member.is_closed
    assert not row.reasons
