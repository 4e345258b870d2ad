from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.domain.assignment import Counts
from app.domain.attention import Why
from app.domain.gradebook import Cell, CellState, Show
from app.models import Assignment, AssignmentException, AssignmentRecipient, Attempt, Cohort, Standing
from app.services.teaching import cohorts, gradebook
from app.services.teaching.gradebook import ATTENTION, Asked, Row
from tests.factory import Make, Person
from tests.taking import begin, take


def _row(session: Session, cohort: Cohort, person: Person, now: datetime) -> Row:
    _book, rows = gradebook.everybody(session, cohort, now)
    return next(row for row in rows if row.member.learner_id == person.learner.id)


def _cells(session: Session, cohort: Cohort, make: Make, person: Person) -> tuple[Cell, ...]:
    return _row(session, cohort, person, make.now()).cells


def _names(session: Session, cohort: Cohort, now: datetime, **asked: Any) -> list[str]:
    return [row.name for row in gradebook.page(session, cohort, Asked(**asked), now).rows]


def _except(session: Session, person: Person, assignment: Assignment, **granted: Any) -> None:
    session.add(AssignmentException(assignment_id=assignment.id, learner_id=person.learner.id, **granted))
    session.commit()


def test_every_state_has_its_cell(session: Session, make: Make) -> None:
    trainer = make.trainer()
    nothing, under, passed, failed, excused = (make.person() for _ in range(5))
    cohort = make.cohort(trainer, nothing, under, passed, failed, excused)
    assignment = make.assignment(trainer, cohort)

    begin(session, under, assignment, make.now())
    take(session, passed, assignment, make.now(), is_right=True)
    take(session, failed, assignment, make.now(), is_right=False)
    _except(session, excused, assignment, is_excused=True)

    people = (nothing, under, passed, failed, excused)
    assert [_cells(session, cohort, make, person)[0].state for person in people] == [
        CellState.NOT_STARTED,
        CellState.UNDER_WAY,
        CellState.PASSED,
        CellState.NOT_PASSED,
        CellState.EXCUSED,
    ]
    assert _cells(session, cohort, make, passed)[0].percent == 100


def test_an_assignment_that_opens_later_and_one_for_others_say_so(session: Session, make: Make) -> None:
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
        [CellState.NOT_OPEN, CellState.NOT_STARTED],
        [CellState.NOT_OPEN, CellState.NOT_FOR_THEM],
    ]


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


def test_where_the_latest_attempt_counts_the_cell_is_about_that_one(session: Session, make: Make) -> None:
    """Catches: the best attempt shown where the trainer decided that the latest counts."""
    trainer, learner = make.trainer(), make.person()
    cohort = make.cohort(trainer, learner)
    best, latest = make.assignment(trainer, cohort), make.assignment(trainer, cohort)
    latest.counts = Counts.LATEST
    session.commit()
    for assignment in (best, latest):
        take(session, learner, assignment, make.now(), is_right=True)
        second = take(session, learner, assignment, make.now() + timedelta(hours=1), is_right=False)

    cells = _cells(session, cohort, make, learner)

    assert [(cell.state, cell.percent) for cell in cells] == [(CellState.PASSED, 100), (CellState.NOT_PASSED, 0)]
    assert cells[1].attempt_id == second.id


def test_a_granted_due_date_makes_nobody_late(session: Session, make: Make) -> None:
    """Catches: lateness told from everybody's due date; and an earlier one granted by mistake that shortens it."""
    trainer, granted, shortened = make.trainer(), make.person(), make.person()
    cohort = make.cohort(trainer, granted, shortened)
    due_at = make.now() + timedelta(days=1)
    assignment = make.assignment(trainer, cohort, due_at=due_at)
    _except(session, granted, assignment, due_at=due_at + timedelta(days=7))
    _except(session, shortened, assignment, due_at=due_at - timedelta(days=1))

    take(session, granted, assignment, due_at + timedelta(days=2), is_right=True)

    assert not _cells(session, cohort, make, granted)[0].is_late
    after = due_at - timedelta(hours=1)
    assert not _row(session, cohort, shortened, after).cells[0].is_overdue
    assert _row(session, cohort, shortened, due_at + timedelta(hours=1)).cells[0].is_overdue


def test_a_missed_critical_question_is_told_from_too_few_points(session: Session, make: Make) -> None:
    trainer, learner = make.trainer(), make.person()
    cohort = make.cohort(trainer, learner)
    attempt = take(session, learner, make.assignment(trainer, cohort), make.now(), is_right=False)
    session.execute(update(Attempt).where(Attempt.id == attempt.id).values(is_critical_missed=True))
    session.execute(update(Standing).values(best_percent=95.0))
    session.commit()
    session.expire_all()

    (cell,) = _cells(session, cohort, make, learner)

    assert (cell.state, cell.is_critical_missed, cell.percent) == (CellState.NOT_PASSED, True, 95)


def test_only_members_of_this_cohort_are_shown_and_those_removed_when_asked_for(session: Session, make: Make) -> None:
    trainer, stays, leaves = make.trainer(), make.person(name="Stays"), make.person(name="Leaves")
    cohort = make.cohort(trainer, stays, leaves)
    make.cohort(trainer, make.person(name="Elsewhere"))
    take(session, leaves, make.assignment(trainer, cohort), make.now(), is_right=True)
    cohorts.remove(session, trainer.user, cohort, leaves.learner.id, make.now())
    session.commit()

    assert _names(session, cohort, make.now()) == ["Stays"]
    removed = gradebook.page(session, cohort, Asked(show=Show.REMOVED), make.now()).rows
    assert [(row.name, row.cells[0].state) for row in removed] == [("Leaves", CellState.PASSED)]


def test_withdrawn_assignments_are_hidden_until_they_are_asked_for(session: Session, make: Make) -> None:
    trainer, learner = make.trainer(), make.person()
    cohort = make.cohort(trainer, learner)
    make.assignment(trainer, cohort, title="Stays")
    gone = make.assignment(trainer, cohort, title="Gone", due_at=make.now() - timedelta(days=1))
    gone.withdrawn_at = make.now()
    session.commit()

    plain = gradebook.page(session, cohort, Asked(), make.now())
    everything = gradebook.page(session, cohort, Asked(with_withdrawn=True), make.now())

    assert [column.title for column in plain.book.columns] == ["Stays"]
    assert plain.book.withdrawn == 1
    assert [column.title for column in everything.book.columns] == ["Gone", "Stays"]
    assert not everything.rows[0].cells[0].is_overdue
    assert not everything.rows[0].reasons


def test_names_are_sorted_and_found_without_minding_accents(session: Session, make: Make) -> None:
    """Catches: Ö behind Z, and a learner whom nobody finds who has no Polish keyboard."""
    names = ("Zoë Ng", "Ödön Nagy", "Łucja Kowalczyk", "adam Smith")
    trainer, *people = make.trainer(), *(make.person(name=name) for name in names)
    cohort = make.cohort(trainer, *people)

    assert _names(session, cohort, make.now()) == ["adam Smith", "Łucja Kowalczyk", "Ödön Nagy", "Zoë Ng"]
    assert _names(session, cohort, make.now(), is_descending=True)[0] == "Zoë Ng"
    assert _names(session, cohort, make.now(), words="kowalczyk LUCJA") == ["Łucja Kowalczyk"]
    assert _names(session, cohort, make.now(), words=people[0].user.email) == ["Zoë Ng"]
    assert _names(session, cohort, make.now(), words="%") == []


def test_a_column_sorts_by_its_scores_and_those_without_one_come_last(session: Session, make: Make) -> None:
    good, bad, none = (make.person(name=name) for name in ("Good", "Bad", "None"))
    trainer = make.trainer()
    cohort = make.cohort(trainer, none, good, bad)
    assignment = make.assignment(trainer, cohort)
    take(session, good, assignment, make.now(), is_right=True)
    take(session, bad, assignment, make.now(), is_right=False)

    by = str(assignment.id)
    assert _names(session, cohort, make.now(), sort=by) == ["Bad", "Good", "None"]
    assert _names(session, cohort, make.now(), sort=by, is_descending=True) == ["Good", "Bad", "None"]
    assert _names(session, cohort, make.now(), sort="999999") == ["Bad", "Good", "None"]


@pytest.mark.parametrize(
    ("show", "names"),
    [
        (Show.NOT_STARTED, ["Absent"]),
        (Show.OVERDUE, ["Absent", "Under"]),
        (Show.UNDER_WAY, ["Under"]),
        (Show.NOT_PASSED, ["Failed"]),
        (Show.PASSED, ["Late", "Passed"]),
        (Show.LATE, ["Late"]),
        (Show.EXCUSED, ["Excused"]),
        (Show.ATTENTION, ["Absent", "Under"]),
    ],
)
def test_a_filter_keeps_those_with_such_a_cell(session: Session, make: Make, show: Show, names: list[str]) -> None:
    trainer = make.trainer()
    _absent, under, failed, passed, late, excused = people = [
        make.person(name=name) for name in ("Absent", "Under", "Failed", "Passed", "Late", "Excused")
    ]
    cohort = make.cohort(trainer, *people)
    now, due_at = make.now(), make.now() + timedelta(days=1)
    assignment, other = make.assignment(trainer, cohort, due_at=due_at), make.assignment(trainer, cohort)
    begin(session, under, assignment, now)
    take(session, failed, assignment, now, is_right=False)
    take(session, passed, assignment, now, is_right=True)
    take(session, late, assignment, due_at + timedelta(hours=5), is_right=True)
    _except(session, excused, assignment, is_excused=True)
    for person in people:
        take(session, person, other, now, is_right=True)

    found = _names(session, cohort, due_at + timedelta(days=1), show=show, only=assignment.id)

    assert found == names


def test_sorting_by_attention_begins_with_who_failed_twice(session: Session, make: Make) -> None:
    trainer = make.trainer()
    fine, overdue, failed = (make.person(name=name) for name in ("A fine", "B overdue", "C failed"))
    cohort = make.cohort(trainer, fine, overdue, failed)
    assignment = make.assignment(trainer, cohort, due_at=make.now() + timedelta(days=1))
    take(session, fine, assignment, make.now(), is_right=True)
    for hours in (0, 1):
        take(session, failed, assignment, make.now() + timedelta(hours=hours), is_right=False)

    rows = gradebook.page(session, cohort, Asked(sort=ATTENTION), make.now() + timedelta(days=2)).rows

    assert [row.name for row in rows] == ["C failed", "B overdue", "A fine"]
    assert [[reason.why for reason in row.reasons] for row in rows] == [[Why.FAILED], [Why.OVERDUE], []]


def test_pages_hold_fifty_and_a_page_too_far_is_the_last(
    session: Session, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gradebook, "PER_PAGE", 2)
    trainer, *people = make.trainer(), *(make.person(name=f"P{number}") for number in range(5))
    cohort = make.cohort(trainer, *people)

    pages = [gradebook.page(session, cohort, Asked(page=number), make.now()) for number in (1, 3, 99)]

    assert [[row.name for row in page.rows] for page in pages] == [["P0", "P1"], ["P4"], ["P4"]]
    assert [(page.first, page.last, page.number, page.pages) for page in pages[:2]] == [(1, 2, 1, 3), (5, 5, 3, 3)]


@pytest.mark.parametrize("asked", [Asked(), Asked(sort=ATTENTION), Asked(show=Show.NOT_PASSED)])
@pytest.mark.parametrize(("learners", "assignments"), [(1, 1), (6, 3)])
def test_a_page_takes_seven_statements_whatever_its_size(
    session: Session, make: Make, statements: Callable[[], list[str]], learners: int, assignments: int, asked: Asked
) -> None:
    """Catches: a row, a cell or a reason that is a query."""
    trainer = make.trainer()
    people = [make.person() for _ in range(learners)]
    cohort = make.cohort(trainer, *people)
    set_tests = [make.assignment(trainer, cohort) for _ in range(assignments)]
    for person in people:
        for assignment in set_tests:
            take(session, person, assignment, make.now(), is_right=False)
    statements()

    found = gradebook.page(session, cohort, asked, make.now())

    assert len(statements()) == 7
    assert [len(row.cells) for row in found.rows] == [assignments] * learners


def test_columns_stand_by_due_date_those_without_last(session: Session, make: Make) -> None:
    trainer = make.trainer()
    cohort = make.cohort(trainer)
    for title, days in (("none", None), ("late", 9), ("soon", 1)):
        make.assignment(trainer, cohort, title=title, due_at=make.now() + timedelta(days=days) if days else None)

    columns = gradebook.page(session, cohort, Asked(), make.now()).book.columns

    assert [column.title for column in columns] == ["soon", "late", "none"]


def test_who_is_at_it_shows_how_far(session: Session, make: Make) -> None:
    """Catches: an answer that was cleared again, counted as one."""
    trainer, learner = make.trainer(), make.person()
    cohort = make.cohort(trainer, learner)
    attempt = begin(session, learner, make.assignment(trainer, cohort), make.now())
    attempt.items[0].response, attempt.items[1].response = [0], [1]
    session.commit()
    attempt.items[1].response = None
    session.commit()

    (cell,) = _cells(session, cohort, make, learner)

    assert cell.begun is not None
    assert (cell.begun.answered, cell.begun.questions) == (1, len(attempt.items))
