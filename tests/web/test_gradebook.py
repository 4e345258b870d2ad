"""The gradebook of a cohort: the page and the file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.conftest import Clock
from tests.factory import Make, Person
from tests.taking import begin, take


@pytest.fixture
def trainer(make: Make) -> Person:
    return make.trainer(name="Dr Ilse Brandt")


def _terms(make: Make, **changed: Any) -> dict[str, Any]:
    return {"module": make.module().id} | changed


def test_the_gradebook_says_every_state_in_words(trainer: Person, make: Make, session: Session) -> None:
    nothing, under, passed, failed, late = (make.person(name=name) for name in ("Nia", "Uma", "Pia", "Fay", "Lou"))
    cohort = make.cohort(trainer, nothing, under, passed, failed, late)
    assignment = make.assignment(trainer, cohort, title="Safety first", due_at=make.now())
    begin(session, under, assignment, make.now())
    take(session, passed, assignment, make.now(), is_right=True)
    take(session, failed, assignment, make.now(), is_right=False)
    take(session, late, assignment, make.now() + timedelta(days=2), is_right=True)

    page = trainer.client.get(f"/teach/cohorts/{cohort.id}/gradebook").text

    assert "Safety first" in page
    assert all(name in page for name in ("Nia", "Uma", "Pia", "Fay", "Lou"))
    assert page.count('<span class="sr">Not started<') == 1
    assert page.count("under way</span></span>") == 1
    assert page.count('<span class="sr">, passed</span>') == 1
    assert "2 days late" in page
    assert "critical missed" in page


def test_looking_at_the_gradebook_closes_what_is_overdue(
    trainer: Person, make: Make, session: Session, clock: Clock
) -> None:
    """Catches: marks of an attempt whose time is up that nobody ever writes."""
    learner = make.person()
    cohort = make.cohort(trainer, learner)
    attempt = begin(session, learner, make.assignment(trainer, cohort, time_limit_minutes=20), make.now())
    clock.advance(minutes=21)

    page = trainer.client.get(f"/teach/cohorts/{cohort.id}/gradebook").text

    session.refresh(attempt)
    assert attempt.submitted_at == attempt.deadline_at
    assert "under way</span></span>" not in page


def test_the_csv_holds_the_gradebook_and_no_formulas(trainer: Person, make: Make, session: Session) -> None:
    learner = make.person(name="=HYPERLINK(1)", email="l@example.org")
    cohort = make.cohort(trainer, learner, title="Physio: Jahr 2/ä")
    take(session, learner, make.assignment(trainer, cohort, title="@Test"), make.now(), is_right=True)

    answer = trainer.client.get(f"/teach/cohorts/{cohort.id}/gradebook.csv")

    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="physio-jahr-2-a.csv"'
    assert rows[0][3] == "'@Test: state"
    assert rows[1] == ["'=HYPERLINK(1)", "l@example.org", "", "passed", "100", "2026-11-23 10:00", "", "1"]


def test_a_script_in_a_name_or_title_is_inert(trainer: Person, make: Make) -> None:
    cohort = make.cohort(trainer, make.person(name="<script>alert(1)</script>"), title="<script>alert(2)</script>")
    make.assignment(trainer, cohort, title="<script>alert(3)</script>")

    pages = ("", "/gradebook", "/insight", "/people")
    assert not [
        page for page in pages if "<script>alert" in trainer.client.get(f"/teach/cohorts/{cohort.id}{page}").text
    ]


def test_the_gradebook_takes_as_many_statements_for_six_learners_as_for_one(
    trainer: Person, make: Make, session: Session, statements: Callable[[], list[str]]
) -> None:
    counts = []
    for size in (1, 6):
        people = [make.person() for _ in range(size)]
        cohort = make.cohort(trainer, *people)
        assignment = make.assignment(trainer, cohort)
        for person in people:
            take(session, person, assignment, make.now(), is_right=False)
        statements()
        trainer.client.get(f"/teach/cohorts/{cohort.id}/gradebook")
        counts.append(len(statements()))

    assert counts[0] == counts[1] <= 10
