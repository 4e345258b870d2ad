"""The list of reports that a trainer sees."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Cohort, QuestionReport
from app.services.reporting import question_reports
from tests.support.attempt_client import AttemptClient, start_assigned
from tests.support.factory import Factory, Person
from tests.support.reported_question import SAYS, assigned, report

__all__ = ["assigned"]


def test_the_list_is_filtered_by_reply_cohort_and_module(make: Factory, session: Session) -> None:
    trainer = make.trainer()
    for number, slug in ((1, "safety"), (2, "evidence"), (3, "safety")):
        learner = make.person(name=f"Learner {number}")
        assignment = make.assignment(trainer, make.cohort(trainer, learner, title=f"Year {number}"), slug)
        report(start_assigned(learner.client, session, assignment.id), says=f"Report {number}")
    first = session.scalars(select(QuestionReport).where(QuestionReport.says == "Report 1")).one()
    trainer.client.post(f"/teach/reports/{first.id}", data={"reply": "Seen."})
    cohort_id = session.scalars(select(Cohort.id).where(Cohort.title == "Year 2")).one()

    def listed(query: str) -> list[int]:
        page = trainer.client.get(f"/teach/reports{query}").text
        return [number for number in (1, 2, 3) if f"Report {number}" in page]

    assert listed("") == [1, 2, 3]
    assert listed("?show=open") == [2, 3]
    assert listed("?show=replied") == [1]
    assert listed(f"?cohort={cohort_id}") == [2]
    assert listed("?module=safety") == [1, 3]
    assert listed("?module=safety&show=open") == [3]
    assert listed("?show=nonsense&cohort=x&module=none&page=-1") == [1, 2, 3]
    assert "No reports match" in trainer.client.get("/teach/reports?module=evidence&show=replied").text


def test_a_filter_opens_nobody_elses_cohort(
    assigned: tuple[AttemptClient, Person, Person], make: Factory, session: Session
) -> None:
    play, _, stranger = assigned
    report(play)
    cohort_id = session.scalars(select(Cohort.id)).one()

    page = stranger.client.get(f"/teach/reports?cohort={cohort_id}").text

    assert SAYS not in page
    assert "No reports yet" in page


def test_the_list_has_pages_and_its_cost_does_not_grow(
    assigned: tuple[AttemptClient, Person, Person], session: Session, statements: Callable[[], list[str]]
) -> None:
    play, trainer, _ = assigned

    def cost() -> int:
        statements()
        trainer.client.get("/teach/reports")
        return len(statements())

    report(play, 1)
    one = cost()
    for n in range(2, 11):
        report(play, n)

    assert cost() == one <= 7


def test_a_second_page_shows_the_rest(
    assigned: tuple[AttemptClient, Person, Person], session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    play, trainer, _ = assigned
    monkeypatch.setattr(question_reports, "PER_PAGE", 4)
    for n in range(1, 7):
        report(play, n, says=f"Number {n}.")

    pages = [trainer.client.get(f"/teach/reports?page={number}").text for number in (1, 2, 9)]

    found = [[n for n in range(1, 7) if f"Number {n}." in page] for page in pages]
    assert sorted(found[0] + found[1]) == [1, 2, 3, 4, 5, 6]
    assert found[2] == found[1]
    assert "page 1 of 2" in pages[0]
