"""Lists of the gradebook: who is in them, in which order, filtered and in pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.assignment import AssignmentState
from app.domain.attention import ReasonType
from app.domain.gradebook import GradebookFilter
from app.models import (
    Assignment,
    AssignmentException,
    Cohort,
    Membership,
)
from app.services.cohorts import cohorts
from app.services.reporting import gradebook
from app.services.reporting.gradebook import (
    ATTENTION,
    GIVEN_NAME,
    NUMBER,
    TOTAL,
    Averages,
    GradebookQuery,
)
from tests.support.assigned_test import start_attempt, take_test
from tests.support.factory import Factory, Person


def _names(session: Session, cohort: Cohort, now: datetime, **asked: Any) -> list[str]:
    return [row.name for row in gradebook.get_page(session, cohort, GradebookQuery(**asked), now)[1].items]


def _except(session: Session, person: Person, assignment: Assignment, **granted: Any) -> None:
    session.add(AssignmentException(assignment_id=assignment.id, learner_id=person.learner.id, **granted))
    session.commit()


def test_only_members_of_this_cohort_are_shown_and_those_removed_when_asked_for(
    session: Session, make: Factory
) -> None:
    trainer, stays, leaves = make.trainer(), make.person(name="Stays"), make.person(name="Leaves")
    cohort = make.cohort(trainer, stays, leaves)
    make.cohort(trainer, make.person(name="Elsewhere"))
    take_test(session, leaves, make.assignment(trainer, cohort), make.now(), is_right=True)
    cohorts.remove_member(session, trainer.user, cohort, leaves.learner.id, make.now())
    session.commit()

    assert _names(session, cohort, make.now()) == ["Stays"]
    _, removed = gradebook.get_page(session, cohort, GradebookQuery(show=GradebookFilter.REMOVED), make.now())
    assert [(row.name, row.cells[0].state) for row in removed.items] == [("Leaves", AssignmentState.PASSED)]


def test_names_are_sorted_and_found_without_minding_accents(session: Session, make: Factory) -> None:
    """Catches: Ö behind Z, and a learner whom nobody finds who has no Polish keyboard."""
    names = ("Zoë Ng", "Ödön Nagy", "Łucja Kowalczyk", "adam Smith")
    trainer, *people = make.trainer(), *(make.person(name=name) for name in names)
    cohort = make.cohort(trainer, *people)

    assert _names(session, cohort, make.now()) == ["Łucja Kowalczyk", "Ödön Nagy", "Zoë Ng", "adam Smith"]
    assert _names(session, cohort, make.now(), is_descending=True)[0] == "adam Smith"
    assert _names(session, cohort, make.now(), sort=GIVEN_NAME)[0] == "adam Smith"
    assert _names(session, cohort, make.now(), sort=GIVEN_NAME, is_descending=True)[0] == "Zoë Ng"
    assert _names(session, cohort, make.now(), words="kowalczyk LUCJA") == ["Łucja Kowalczyk"]
    assert _names(session, cohort, make.now(), words=people[0].user.email) == ["Zoë Ng"]
    assert _names(session, cohort, make.now(), words="%") == []


def test_a_column_sorts_by_its_scores_and_those_without_one_come_last(session: Session, make: Factory) -> None:
    good, bad, none = (make.person(name=name) for name in ("Good", "Bad", "None"))
    trainer = make.trainer()
    cohort = make.cohort(trainer, none, good, bad)
    assignment = make.assignment(trainer, cohort)
    take_test(session, good, assignment, make.now(), is_right=True)
    take_test(session, bad, assignment, make.now(), is_right=False)

    by = str(assignment.id)
    assert _names(session, cohort, make.now(), sort=by) == ["Bad", "Good", "None"]
    assert _names(session, cohort, make.now(), sort=by, is_descending=True) == ["Good", "Bad", "None"]
    assert _names(session, cohort, make.now(), sort="999999") == ["Bad", "Good", "None"]


@pytest.mark.parametrize(
    ("show", "names"),
    [
        (GradebookFilter.NOT_STARTED, ["Absent"]),
        (GradebookFilter.OVERDUE, ["Absent", "Under"]),
        (GradebookFilter.UNDER_WAY, ["Under"]),
        (GradebookFilter.NOT_PASSED, ["Failed"]),
        (GradebookFilter.PASSED, ["Late", "Passed"]),
        (GradebookFilter.LATE, ["Late"]),
        (GradebookFilter.EXCUSED, ["Excused"]),
        (GradebookFilter.ATTENTION, ["Absent", "Failed", "Under"]),
    ],
)
def test_a_filter_keeps_those_with_such_a_cell(
    session: Session, make: Factory, show: GradebookFilter, names: list[str]
) -> None:
    trainer = make.trainer()
    _absent, under, failed, passed, late, excused = people = [
        make.person(name=name) for name in ("Absent", "Under", "Failed", "Passed", "Late", "Excused")
    ]
    cohort = make.cohort(trainer, *people)
    now, due_at = make.now(), make.now() + timedelta(days=1)
    assignment, other = make.assignment(trainer, cohort, due_at=due_at), make.assignment(trainer, cohort)
    start_attempt(session, under, assignment, now)
    take_test(session, failed, assignment, now, is_right=False)
    take_test(session, passed, assignment, now, is_right=True)
    take_test(session, late, assignment, due_at + timedelta(hours=5), is_right=True)
    _except(session, excused, assignment, is_excused=True)
    for person in people:
        take_test(session, person, other, now, is_right=True)

    found = _names(session, cohort, due_at + timedelta(days=1), show=show, only=assignment.id)

    assert found == names


def test_sorting_by_attention_begins_with_the_most_urgent(session: Session, make: Factory) -> None:
    trainer = make.trainer()
    fine, overdue, failed = (make.person(name=name) for name in ("A fine", "B overdue", "C failed"))
    cohort = make.cohort(trainer, fine, overdue, failed)
    assignment = make.assignment(trainer, cohort, due_at=make.now() + timedelta(days=1))
    take_test(session, fine, assignment, make.now(), is_right=True)
    for hours in (0, 1):
        take_test(session, failed, assignment, make.now() + timedelta(hours=hours), is_right=False)

    _, page = gradebook.get_page(session, cohort, GradebookQuery(sort=ATTENTION), make.now() + timedelta(days=2))

    rows = page.items
    assert [row.name for row in rows] == ["C failed", "B overdue", "A fine"]
    assert [[reason.why for reason in row.reasons] for row in rows] == [
        [ReasonType.MISSED, ReasonType.STUCK],
        [ReasonType.MISSED],
        [],
    ]


def test_pages_hold_fifty_and_a_page_too_far_is_the_last(
    session: Session, make: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gradebook, "MAX_ON_PAGE", 2)
    trainer, *people = make.trainer(), *(make.person(name=f"P{number}") for number in range(5))
    cohort = make.cohort(trainer, *people)

    pages = [gradebook.get_page(session, cohort, GradebookQuery(page=number), make.now())[1] for number in (1, 3, 99)]

    assert [[row.name for row in page.items] for page in pages] == [["P0", "P1"], ["P4"], ["P4"]]
    assert [(page.first, page.last, page.number, page.pages) for page in pages[:2]] == [(1, 2, 1, 3), (5, 5, 3, 3)]


@pytest.mark.parametrize(
    "asked", [GradebookQuery(), GradebookQuery(sort=ATTENTION), GradebookQuery(show=GradebookFilter.NOT_PASSED)]
)
@pytest.mark.parametrize(("learners", "assignments"), [(1, 1), (6, 3)])
def test_a_page_takes_seven_statements_whatever_its_size(
    session: Session,
    make: Factory,
    statements: Callable[[], list[str]],
    learners: int,
    assignments: int,
    asked: GradebookQuery,
) -> None:
    """Catches: a row, a cell or a reason that is a query."""
    trainer = make.trainer()
    people = [make.person() for _ in range(learners)]
    cohort = make.cohort(trainer, *people)
    set_tests = [make.assignment(trainer, cohort) for _ in range(assignments)]
    for person in people:
        for assignment in set_tests:
            take_test(session, person, assignment, make.now(), is_right=False)
    statements()

    _, found = gradebook.get_page(session, cohort, asked, make.now())

    assert len(statements()) == 7
    assert [len(row.cells) for row in found.items] == [assignments] * learners


def _enrol(session: Session, person: Person, number: str | None = None, sort_name: str | None = None) -> None:
    """Enter a student number and a name to sort by in all cohorts of a person."""
    for membership in session.scalars(select(Membership).where(Membership.learner_id == person.learner.id)):
        membership.student_number, membership.sort_name = number, sort_name
    session.commit()


def test_a_trainer_s_name_to_sort_by_wins_over_the_rule(session: Session, make: Factory) -> None:
    trainer, anna, ben = make.trainer(), make.person(name="Nagy Anna"), make.person(name="Ben Miller")
    cohort = make.cohort(trainer, anna, ben)

    assert _names(session, cohort, make.now()) == ["Nagy Anna", "Ben Miller"]
    _enrol(session, anna, sort_name="Nagy")
    assert _names(session, cohort, make.now()) == ["Ben Miller", "Nagy Anna"]


def test_student_numbers_are_sorted_by_their_digits_and_found(session: Session, make: Factory) -> None:
    trainer, *people = make.trainer(), *(make.person(name=name) for name in ("Ten", "Nine", "Nobody"))
    cohort = make.cohort(trainer, *people)
    _enrol(session, people[0], "S10")
    _enrol(session, people[1], "S9")

    assert _names(session, cohort, make.now(), sort=NUMBER) == ["Nine", "Ten", "Nobody"]
    assert _names(session, cohort, make.now(), sort=NUMBER, is_descending=True) == ["Ten", "Nine", "Nobody"]
    assert _names(session, cohort, make.now(), words="s10") == ["Ten"]


def test_totals_sort_and_average(session: Session, make: Factory) -> None:
    good, bad, none = (make.person(name=name) for name in ("Good", "Bad", "None"))
    trainer = make.trainer()
    cohort = make.cohort(trainer, none, good, bad)
    first, second = make.assignment(trainer, cohort), make.assignment(trainer, cohort)
    take_test(session, good, first, make.now(), is_right=True)
    take_test(session, bad, first, make.now(), is_right=False)
    take_test(session, good, second, make.now(), is_right=False)
    second.weight = 3
    session.commit()

    assert _names(session, cohort, make.now(), sort=TOTAL) == ["Bad", "Good", "None"]
    assert _names(session, cohort, make.now(), sort=TOTAL, is_descending=True) == ["Good", "Bad", "None"]
    book, page = gradebook.get_page(session, cohort, GradebookQuery(), make.now())
    assert [row.total.percent for row in page.items] == [0, 25, None]
    assert gradebook.compute_averages(book) == Averages((50, 0), 12.5)

    cohort.drop_lowest = 1
    session.commit()
    _, page = gradebook.get_page(session, cohort, GradebookQuery(), make.now())
    assert [row.total.percent for row in page.items] == [0, 100, None]


def test_many_assignments_make_short_pages(session: Session, make: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches: two thousand cells on one page."""
    monkeypatch.setattr(gradebook, "CELLS_ON_PAGE", 6)
    monkeypatch.setattr(gradebook, "MIN_ON_PAGE", 2)
    trainer, *people = make.trainer(), *(make.person() for _ in range(5))
    cohort = make.cohort(trainer, *people)
    first, *_ = [make.assignment(trainer, cohort) for _ in range(3)]

    def count(**asked: Any) -> int:
        return len(gradebook.get_page(session, cohort, GradebookQuery(**asked), make.now())[1].items)

    assert count() == 2
    assert count(hidden=frozenset({str(first.id)})) == 3
