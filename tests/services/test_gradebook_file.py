from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from app.domain.gradebook import GradebookFilter
from app.models import AssignmentException, Cohort, Membership
from app.services.log.spreadsheet import Separator
from app.services.reporting import gradebook, gradebook_csv, gradebook_xlsx
from app.services.reporting.gradebook import GradebookQuery
from tests.support.assigned_test import start_attempt, take_test
from tests.support.factory import Factory

CELLS = ["state", "per cent", "submitted", "late", "attempts", "counts"]


def _file(session: Session, cohort: Cohort, make: Factory, **asked: Any) -> list[list[str]]:
    book = gradebook.search(session, cohort, GradebookQuery(**asked), make.now())
    text = "".join(gradebook_csv.stream_lines(session, book, make.now()))
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_it_tells_times_in_the_cohorts_zone_and_how_late(session: Session, make: Factory) -> None:
    trainer, learner = make.trainer(), make.person(name="Łucja")
    cohort = make.cohort(trainer, learner, time_zone="Asia/Tokyo", joined_ago=timedelta(days=30))
    assignment = make.assignment(trainer, cohort, title="Safety", due_at=make.now() - timedelta(days=2, minutes=90))
    take_test(session, learner, assignment, make.now(), is_right=True)

    head, row = _file(session, cohort, make)

    assert head == ["Learner", "E-mail", "Account", "Needs attention", *(f"Safety: {what}" for what in CELLS), "Total"]
    assert row == [
        *("Łucja", learner.user.email, "", ""),
        *("passed", "100", "2026-11-23 18:00", "49:30", "1", "yes"),
        "100.0",
    ]


def test_every_state_is_a_word(session: Session, make: Factory) -> None:
    trainer = make.trainer()
    _absent, under, excused = people = [make.person(name=name) for name in ("Absent", "Beginner", "Excused")]
    cohort = make.cohort(trainer, *people, joined_ago=timedelta(days=30))
    assignment = make.assignment(trainer, cohort, due_at=make.now() - timedelta(days=1))
    start_attempt(session, under, assignment, make.now())
    session.add(AssignmentException(assignment_id=assignment.id, learner_id=excused.learner.id, is_excused=True))
    session.commit()

    _head, *rows = _file(session, cohort, make)

    assert [row[3:5] for row in rows] == [
        ["past due and not passed; inactive", "overdue"],
        ["past due and not passed", "in progress"],
        ["", "excused"],
    ]


def test_it_keeps_to_filter_search_and_order_and_has_every_page(
    session: Session, make: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches: a file of the first page only, or of everyone."""
    monkeypatch.setattr(gradebook, "MAX_ON_PAGE", 2)
    monkeypatch.setattr(gradebook, "BATCH_SIZE", 2)
    trainer, *people = make.trainer(), *(make.person(name=f"P{number}") for number in range(5))
    cohort = make.cohort(trainer, *people, joined_ago=timedelta(days=30))
    assignment = make.assignment(trainer, cohort)
    for person in people[:3]:
        take_test(session, person, assignment, make.now(), is_right=person is people[1])

    def names(**asked: Any) -> list[str]:
        return [row[0] for row in _file(session, cohort, make, **asked)[1:]]

    assert names(page=2) == ["P0", "P1", "P2", "P3", "P4"]
    assert names(show=GradebookFilter.NOT_PASSED) == ["P0", "P2"]
    assert names(words="p3") == ["P3"]
    assert names(sort=str(assignment.id), is_descending=True) == ["P1", "P0", "P2", "P3", "P4"]


def test_it_is_read_in_batches_as_it_is_sent(
    session: Session, make: Factory, statements: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches: everything read before the first line is sent."""
    monkeypatch.setattr(gradebook, "BATCH_SIZE", 2)
    trainer, *people = make.trainer(), *(make.person() for _ in range(6))
    cohort = make.cohort(trainer, *people, joined_ago=timedelta(days=30))
    make.assignment(trainer, cohort)
    statements()

    lines = gradebook_csv.stream_lines(
        session, gradebook.search(session, cohort, GradebookQuery(), make.now()), make.now()
    )
    counts = []
    for _ in range(7):
        next(lines)
        counts.append(len(statements()))

    assert counts == [2, 5, 0, 5, 0, 5, 0]


@pytest.fixture
def scored(session: Session, make: Factory) -> Cohort:
    """A cohort with text that breaks careless files, two scores and a student number."""
    trainer, *people = make.trainer(), make.person(name='=Ann; "X", \t-5'), make.person(name="Ben")
    cohort = make.cohort(trainer, *people, title="Year 2; A", joined_ago=timedelta(days=30))
    first = make.assignment(trainer, cohort, title="Safety, first; =1", due_at=make.now() - timedelta(hours=2))
    make.assignment(trainer, cohort, title="+Second")
    take_test(session, people[0], first, make.now(), is_right=True)
    membership = session.get(Membership, (cohort.id, people[0].learner.id))
    assert membership is not None
    membership.student_number = "007"
    session.commit()
    return cohort


@pytest.mark.parametrize(
    ("separator", "total"), [(Separator.COMMA, "100.0"), (Separator.SEMICOLON, "100,0"), (Separator.TAB, "100.0")]
)
def test_each_separator_is_read_back(
    session: Session, make: Factory, scored: Cohort, separator: Separator, total: str
) -> None:
    book = gradebook.search(session, scored, GradebookQuery(), make.now())
    text = "".join(gradebook_csv.stream_lines(session, book, make.now(), separator)).removeprefix("\ufeff")

    head, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator.value)

    ann = next(row for row in rows if row[2] == "007")
    assert {len(row) for row in (head, *rows)} == {18}
    assert ann[0] == "'=Ann; \"X\",' \t'-5"
    assert (ann[2], ann[-1]) == ("007", total)
    assert head[5] == "Safety, first;' =1: state"
    assert head[11] == "'+Second: state"


def test_a_workbook_is_read_back_with_numbers_dates_and_text(session: Session, make: Factory, scored: Cohort) -> None:
    book = gradebook.search(session, scored, GradebookQuery(), make.now())

    workbook = load_workbook(io.BytesIO(gradebook_xlsx.build_workbook(session, book, make.now())))

    head, *rows = workbook["Gradebook"].iter_rows()
    assert not [cell for row in workbook["Gradebook"].iter_rows() for cell in row if cell.data_type == "f"]
    ann = {str(title.value): cell for title, cell in zip(head, rows[0], strict=True)}
    assert ann["Learner"].value == '=Ann; "X", \t-5'
    assert ann["Student number"].value == "007"
    assert ann["Safety, first; =1: per cent"].value == 100
    assert ann["Safety, first; =1: submitted"].value == datetime(2026, 11, 23, 10, 0)  # noqa: DTZ001  as a workbook has it
    assert ann["Safety, first; =1: late"].value == timedelta(hours=2)
    assert ann["Safety, first; =1: counts"].value == "yes"
    assert ann["Total"].value == 100
    assert [row[0].value for row in rows] == ['=Ann; "X", \t-5', "Ben"]
    totals = [[cell.value for cell in row] for row in workbook["Totals"].iter_rows()]
    assert ["+Second", 1] in totals
    assert ["Lowest scores dropped per learner", 0] in totals


def test_files_have_the_columns_that_are_shown(session: Session, make: Factory, scored: Cohort) -> None:
    first, second = gradebook.search(session, scored, GradebookQuery(), make.now()).columns
    hidden = frozenset({"number", "total", str(second.assignment_id)})

    head, *rows = _file(session, scored, make, hidden=hidden)

    assert head == [
        *("Learner", "E-mail", "Account", "Needs attention"),
        *(f"{first.title.replace(';', ';' + chr(39))}: {what}" for what in CELLS[:-1]),
    ]
    assert {len(row) for row in rows} == {9}
