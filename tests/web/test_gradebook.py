"""The gradebook of a cohort: the page and the file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Attempt, Cohort
from app.services.cohorts import cohorts
from app.services.marking import submission
from app.teach import overdue
from tests.conftest import Clock
from tests.support.assigned_test import start_attempt, take_test
from tests.support.factory import Factory, Person


@pytest.fixture
def trainer(make: Factory) -> Person:
    return make.trainer(name="Dr Ilse Brandt")


def _terms(make: Factory, **changed: Any) -> dict[str, Any]:
    return {"module": make.module().id} | changed


def test_the_gradebook_says_every_state_in_words(trainer: Person, make: Factory, session: Session) -> None:
    nothing, under, passed, failed, late = (make.person(name=name) for name in ("Nia", "Uma", "Pia", "Fay", "Lou"))
    cohort = make.cohort(trainer, nothing, under, passed, failed, late, joined_ago=timedelta(days=30))
    assignment = make.assignment(trainer, cohort, title="Safety first", due_at=make.now())
    start_attempt(session, under, assignment, make.now())
    take_test(session, passed, assignment, make.now(), is_right=True)
    take_test(session, failed, assignment, make.now(), is_right=False)
    take_test(session, late, assignment, make.now() + timedelta(days=2), is_right=True)

    page = trainer.client.get(f"/teach/cohorts/{cohort.id}/gradebook").text

    assert "Safety first" in page
    assert all(name in page for name in ("Nia", "Uma", "Pia", "Fay", "Lou"))
    assert page.count('<span class="visually-hidden">not started<') == 1
    assert page.count("in progress</span></span>") == 1
    assert page.count('<span class="visually-hidden">, passed</span>') == 2  # one of them late
    assert "2 days late" in page
    assert "safety-critical question wrong" in page


def test_looking_at_the_gradebook_closes_what_is_overdue(
    trainer: Person, make: Factory, session: Session, clock: Clock
) -> None:
    """Catches: marks of an attempt whose time is up that nobody ever writes."""
    learner = make.person()
    cohort = make.cohort(trainer, learner)
    attempt = start_attempt(session, learner, make.assignment(trainer, cohort, time_limit_minutes=20), make.now())
    clock.advance(minutes=21)

    page = trainer.client.get(f"/teach/cohorts/{cohort.id}/gradebook").text

    session.refresh(attempt)
    assert attempt.submitted_at == attempt.deadline_at
    assert "in progress</span></span>" not in page


def test_a_whole_room_whose_time_is_up_is_closed_at_one_look(
    trainer: Person, make: Factory, session: Session, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails when a page closes one small batch alone."""
    cohort = _timed_out(trainer, make, session, clock, monkeypatch)

    file = trainer.client.get(f"/teach/cohorts/{cohort.id}/gradebook.csv").text

    assert (file.count("not passed"), file.count("in progress")) == (5, 0)


def test_a_page_closes_a_bounded_number_and_counts_the_rest_as_submitted(
    trainer: Person, make: Factory, session: Session, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails when a GET closes without bound, or shows as under way what its deadline has ended."""
    monkeypatch.setattr(overdue, "STEPS", 1)
    cohort = _timed_out(trainer, make, session, clock, monkeypatch)
    address = f"/teach/cohorts/{cohort.id}"

    file = trainer.client.get(f"{address}/gradebook.csv").text
    assert (file.count("not passed"), file.count("not marked yet"), file.count("in progress")) == (2, 3, 0)

    overview = trainer.client.get(address).text
    assert "1 not marked yet" in overview
    assert str(overdue.UNMARKED) in overview

    page = trainer.client.get(f"{address}/gradebook").text
    assert "not marked yet" not in page
    assert str(overdue.UNMARKED) not in page


@pytest.mark.parametrize("page", ["", "/gradebook", "/gradebook.csv", "/insight", "/learners/{}"])
def test_a_page_of_a_cohort_closes_nothing_of_others(
    trainer: Person, make: Factory, session: Session, clock: Clock, page: str
) -> None:
    """Fails when one trainer's page does the work of the whole server."""
    learner = make.person()
    here, elsewhere = make.cohort(trainer, learner), make.cohort(make.trainer(), learner)
    mine, others = (
        start_attempt(session, learner, make.assignment(trainer, cohort, time_limit_minutes=10), clock())
        for cohort in (here, elsewhere)
    )
    clock.advance(hours=1)

    assert trainer.client.get(f"/teach/cohorts/{here.id}{page.format(learner.learner.id)}").status_code == 200

    session.refresh(mine)
    session.refresh(others)
    assert mine.submitted_at is not None
    assert others.submitted_at is None


def test_the_page_of_a_learner_and_of_an_attempt_close_theirs_first(
    trainer: Person, make: Factory, session: Session, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails when these pages close other learners' attempts, and the one they show stays without marks."""
    monkeypatch.setattr(overdue, "STEPS", 1)
    cohort = _timed_out(trainer, make, session, clock, monkeypatch)
    latest, before = session.scalars(select(Attempt).order_by(Attempt.id.desc()).limit(2)).all()

    attempt = trainer.client.get(f"/teach/attempts/{latest.id}").text
    learner = trainer.client.get(f"/teach/cohorts/{cohort.id}/learners/{before.learner_id}").text

    assert "Submitted" in attempt
    assert "not marked yet" not in learner
    assert session.scalar(select(func.count(Attempt.id)).where(Attempt.submitted_at.is_not(None))) == 2


def test_a_learner_s_page_counts_an_attempt_as_submitted_before_it_has_marks(
    trainer: Person, make: Factory, session: Session, clock: Clock
) -> None:
    """Fails when the page says under way in the seconds between the deadline and the closing."""
    learner = make.person()
    cohort = make.cohort(trainer, learner)
    start_attempt(session, learner, make.assignment(trainer, cohort, time_limit_minutes=10), clock())
    clock.advance(minutes=10, seconds=10)

    page = trainer.client.get(f"/teach/cohorts/{cohort.id}/learners/{learner.learner.id}").text

    assert "attempt 1 submitted" in page
    assert page.count("not marked yet") == 3
    assert "under way" not in page


def _timed_out(
    trainer: Person, make: Factory, session: Session, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Cohort:
    """A cohort in which the time of five attempts is up; batches are of two."""
    monkeypatch.setattr(submission, "close_expired", partial(submission.close_expired, limit=2))
    learners = [make.person() for _ in range(5)]
    cohort = make.cohort(trainer, *learners)
    assignment = make.assignment(trainer, cohort, time_limit_minutes=10)
    for learner in learners:
        start_attempt(session, learner, assignment, clock())
    clock.advance(hours=1)
    return cohort


def test_the_csv_holds_the_gradebook_and_no_formulas(trainer: Person, make: Factory, session: Session) -> None:
    learner = make.person(name="=HYPERLINK(1)", email="l@example.org")
    cohort = make.cohort(trainer, learner, title="Physio: Jahr 2/ä")
    take_test(session, learner, make.assignment(trainer, cohort, title="@Test"), make.now(), is_right=True)

    answer = trainer.client.get(f"/teach/cohorts/{cohort.id}/gradebook.csv")

    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=physio-jahr-2-a.csv; filename*=UTF-8''physio-jahr-2-%C3%A4.csv"
    )
    assert rows[0][4] == "'@Test: state"
    assert rows[1] == [
        *("'=HYPERLINK(1)", "l@example.org", "", ""),
        *("passed", "100", "2026-11-23 10:00", "", "1", "yes", "100.0"),
    ]


def test_a_script_in_a_name_or_title_is_inert(trainer: Person, make: Factory) -> None:
    cohort = make.cohort(trainer, make.person(name="<script>alert(1)</script>"), title="<script>alert(2)</script>")
    make.assignment(trainer, cohort, title="<script>alert(3)</script>")

    pages = ("", "/gradebook", "/insight", "/people")
    assert not [
        page for page in pages if "<script>alert" in trainer.client.get(f"/teach/cohorts/{cohort.id}{page}").text
    ]


def test_the_gradebook_takes_as_many_statements_for_six_learners_as_for_one(
    trainer: Person, make: Factory, session: Session, statements: Callable[[], list[str]]
) -> None:
    counts = []
    for size in (1, 6):
        people = [make.person() for _ in range(size)]
        cohort = make.cohort(trainer, *people)
        assignment = make.assignment(trainer, cohort)
        for person in people:
            take_test(session, person, assignment, make.now(), is_right=False)
        statements()
        trainer.client.get(f"/teach/cohorts/{cohort.id}/gradebook")
        counts.append(len(statements()))

    assert counts[0] == counts[1] <= 11


def test_the_csv_says_no_length_for_it_is_sent_while_it_is_read(trainer: Person, make: Factory) -> None:
    """Catches: a file that is put together first; with a length, the gateway sends it whole."""
    cohort = make.cohort(trainer, make.person())

    answer = trainer.client.get(f"/teach/cohorts/{cohort.id}/gradebook.csv", buffered=False)

    assert answer.is_streamed
    assert "Content-Length" not in answer.headers
    answer.close()


def test_the_page_can_be_asked_for_anything_and_shows_something(
    trainer: Person, make: Factory, session: Session
) -> None:
    """Catches: a word, a number or a page that the address should not have, and 500."""
    learner = make.person(name="Only One")
    cohort = make.cohort(trainer, learner)
    make.assignment(trainer, cohort)
    asked = (
        "show=nothing&sort=nothing&order=sideways&page=x&in=y&withdrawn=2",
        "page=-1",
        "page=99999999999999999999999",
        "page=\u0661",
        "sort=0&in=0",
        "sort=99999999999999999999",
        "q=%00%FF&show=all",
        f"q={'x' * 5000}",
        "show=removed&sort=attention",
        "show=late&in=999999",
        "hide=1.x..2&averages=1",
        "listed=total.number&column=total&column=y",
        f"hide={'1.' * 5000}",
        "sort=total&order=down",
        "sort=number",
        "separator=pipe",
    )

    for query in asked:
        for page in ("gradebook", "gradebook.csv", "gradebook.xlsx"):
            assert trainer.client.get(f"/teach/cohorts/{cohort.id}/{page}?{query}").status_code == 200, query


def test_links_of_the_page_keep_what_was_asked_for(
    trainer: Person, make: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.reporting.gradebook.MAX_ON_PAGE", 1)
    people = [make.person(name=f"Ann {number}") for number in range(3)]
    cohort = make.cohort(trainer, *people, make.person(name="Bea"))
    assignment = make.assignment(trainer, cohort)
    address = f"/teach/cohorts/{cohort.id}/gradebook"

    page = trainer.client.get(f"{address}?q=ann&sort={assignment.id}&order=down&page=2").text.replace("&amp;", "&")

    keeps = f"?q=ann&sort={assignment.id}"
    assert f'href="{address}{keeps}&order=down&page=3"' in page
    assert f'href="{address}{keeps}&order=down"' in page
    assert f'href="{address}{keeps}"' in page
    assert f'href="{address}.csv{keeps}&order=down&separator=semicolon"' in page
    assert f'href="{address}?sort={assignment.id}&order=down"' in page
    assert 'aria-sort="descending"' in page
    assert "Learners 2 to 2 of 3" in page


def test_who_was_removed_is_a_choice_and_leads_to_their_page(trainer: Person, make: Factory, session: Session) -> None:
    gone = make.person(name="Gone Girl")
    cohort = make.cohort(trainer, gone, make.person(name="Here"))
    make.assignment(trainer, cohort)
    cohorts.remove_member(session, trainer.user, cohort, gone.learner.id, make.now())
    session.commit()

    page = trainer.client.get(f"/teach/cohorts/{cohort.id}/gradebook?show=removed").text

    assert f'href="/teach/cohorts/{cohort.id}/learners/{gone.learner.id}"' in page
    assert "Here" not in page
