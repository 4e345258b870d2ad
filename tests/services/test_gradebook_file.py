from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.domain.gradebook import Show
from app.models import AssignmentException, Cohort
from app.services.teaching import gradebook, gradebook_file
from app.services.teaching.gradebook import Asked
from tests.factory import Make
from tests.taking import begin, take


def _file(session: Session, cohort: Cohort, make: Make, **asked: Any) -> list[list[str]]:
    book = gradebook.find(session, cohort, Asked(**asked), make.now())
    text = "".join(gradebook_file.lines(session, book, make.now()))
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_it_tells_times_in_the_cohorts_zone_and_how_late(session: Session, make: Make) -> None:
    trainer, learner = make.trainer(), make.person(name="Łucja")
    cohort = make.cohort(trainer, learner, time_zone="Asia/Tokyo")
    assignment = make.assignment(trainer, cohort, title="Safety", due_at=make.now() - timedelta(days=2, minutes=90))
    take(session, learner, assignment, make.now(), is_right=True)

    head, row = _file(session, cohort, make)

    cells = ["state", "per cent", "handed in", "late", "attempts"]
    assert head == ["Learner", "E-mail", "Needs attention", *(f"Safety: {what}" for what in cells)]
    assert row == ["Łucja", learner.user.email, "", "passed", "100", "2026-11-23 18:00", "49:30", "1"]


def test_every_state_is_a_word(session: Session, make: Make) -> None:
    trainer = make.trainer()
    _absent, under, excused = people = [make.person(name=name) for name in ("Absent", "Beginner", "Excused")]
    cohort = make.cohort(trainer, *people)
    assignment = make.assignment(trainer, cohort, due_at=make.now() - timedelta(days=1))
    begin(session, under, assignment, make.now())
    session.add(AssignmentException(assignment_id=assignment.id, learner_id=excused.learner.id, is_excused=True))
    session.commit()

    _head, *rows = _file(session, cohort, make)

    assert [row[2:4] for row in rows] == [["overdue", "overdue"], ["overdue", "under way"], ["", "excused"]]


def test_it_keeps_to_filter_search_and_order_and_has_every_page(
    session: Session, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches: a file of the first page only, or of everyone."""
    monkeypatch.setattr(gradebook, "PER_PAGE", 2)
    monkeypatch.setattr(gradebook, "BATCH", 2)
    trainer, *people = make.trainer(), *(make.person(name=f"P{number}") for number in range(5))
    cohort = make.cohort(trainer, *people)
    assignment = make.assignment(trainer, cohort)
    for person in people[:3]:
        take(session, person, assignment, make.now(), is_right=person is people[1])

    def names(**asked: Any) -> list[str]:
        return [row[0] for row in _file(session, cohort, make, **asked)[1:]]

    assert names(page=2) == ["P0", "P1", "P2", "P3", "P4"]
    assert names(show=Show.NOT_PASSED) == ["P0", "P2"]
    assert names(words="p3") == ["P3"]
    assert names(sort=str(assignment.id), is_descending=True) == ["P1", "P0", "P2", "P3", "P4"]


def test_it_is_read_in_batches_as_it_is_sent(
    session: Session, make: Make, statements: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches: everything read before the first line is sent."""
    monkeypatch.setattr(gradebook, "BATCH", 2)
    trainer, *people = make.trainer(), *(make.person() for _ in range(6))
    cohort = make.cohort(trainer, *people)
    make.assignment(trainer, cohort)
    statements()

    lines = gradebook_file.lines(session, gradebook.find(session, cohort, Asked(), make.now()), make.now())
    counts = []
    for _ in range(7):
        next(lines)
        counts.append(len(statements()))

    assert counts == [2, 5, 0, 5, 0, 5, 0]
