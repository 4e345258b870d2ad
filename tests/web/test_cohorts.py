"""A trainer's list of cohorts, and who is in one: joining, removing."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Attempt, AuditEvent, Cohort, CohortTrainer, Membership
from tests.conftest import Clock
from tests.support.assigned_test import take_test
from tests.support.factory import Factory, Person


@pytest.fixture
def trainer(make: Factory) -> Person:
    return make.trainer(name="Dr Ilse Brandt")


def _terms(make: Factory, **changed: Any) -> dict[str, Any]:
    return {"module": make.module().id} | changed


def test_a_trainer_makes_a_cohort_and_teaches_it(trainer: Person, session: Session) -> None:
    answer = trainer.client.post("/teach/cohorts", data={"title": "Year 2", "time_zone": "Europe/Berlin"})

    cohort = session.scalars(select(Cohort)).one()
    assert answer.location == f"/teach/cohorts/{cohort.id}"
    assert session.scalars(select(CohortTrainer.user_id)).all() == [trainer.user.id]
    assert session.scalars(select(AuditEvent.action)).all() == ["cohort.create"]
    assert "Nothing is assigned yet" in trainer.client.get(answer.location).text


def test_every_fault_of_a_cohort_is_told_at_once(trainer: Person, session: Session) -> None:
    page = trainer.client.post("/teach/cohorts", data={"title": " ", "time_zone": "Berlin"})

    assert page.status_code == 422
    assert "Enter a title for the cohort." in page.text
    assert "There is no such time zone." in page.text
    assert session.scalar(select(func.count(Cohort.id))) == 0


@pytest.mark.parametrize(
    ("title", "kept"),
    [("Year\u202e 2\u202c", "Year 2"), ("\u2067סמסטר\u2069 2", "סמסטר 2"), ("\u200b", None), ("\u202e ", None)],
)
def test_no_title_is_unseen_or_turns_what_stands_beside_it(
    trainer: Person, session: Session, title: str, kept: str | None
) -> None:
    """Fails when a title has no letter to click on, or makes the rest of the line read backwards."""
    answer = trainer.client.post("/teach/cohorts", data={"title": title, "time_zone": "Europe/Berlin"})

    assert answer.status_code == (303 if kept else 422)
    assert session.scalar(select(Cohort.title)) == kept


def test_the_list_shows_ones_own_cohorts_and_an_admin_all(trainer: Person, make: Factory) -> None:
    make.cohort(trainer, title="Mine")
    make.cohort(make.trainer(), title="Theirs")

    mine, all_of_them = trainer.client.get("/teach").text, make.admin().client.get("/teach").text

    assert "Mine" in mine
    assert "Theirs" not in mine
    assert "Mine" in all_of_them
    assert "Theirs" in all_of_them


def test_the_join_code_is_shown_as_code_and_link_and_renewed(trainer: Person, make: Factory, session: Session) -> None:
    cohort = make.cohort(trainer)
    old = cohort.join_code
    page = trainer.client.get(f"/teach/cohorts/{cohort.id}/people").text

    trainer.client.post(f"/teach/cohorts/{cohort.id}/join-code")

    session.refresh(cohort)
    assert f'value="http://localhost:8000/join/{old[:5]}-{old[5:]}"' in page
    assert cohort.join_code != old
    assert "cohort.renew_code" in session.scalars(select(AuditEvent.action)).all()


def test_an_expired_code_is_not_offered(trainer: Person, make: Factory, clock: Clock) -> None:
    cohort = make.cohort(trainer)
    clock.advance(days=100)

    page = make.signed_in(trainer.user, trainer.learner).get(f"/teach/cohorts/{cohort.id}/people").text

    assert "The code no longer works." in page
    assert cohort.join_code[:5] not in page


def test_removing_a_learner_keeps_the_record_and_ends_access(trainer: Person, make: Factory, session: Session) -> None:
    learner = make.person()
    cohort = make.cohort(trainer, learner)
    assignment = make.assignment(trainer, cohort, title="Hidden from strangers")
    take_test(session, learner, assignment, make.now(), is_right=True)

    answer = trainer.client.post(f"/teach/cohorts/{cohort.id}/remove", data={"learner": learner.learner.id})

    session.expire_all()
    assert answer.status_code == 303
    assert session.scalars(select(Membership)).one().removed_at == make.now()
    assert session.scalar(select(func.count(Attempt.id))) == 1
    assert learner.client.post(f"/assignments/{assignment.id}/attempts").status_code == 404
    assert "Hidden from strangers" not in learner.client.get("/").text


@pytest.mark.parametrize("sent", [{}, {"learner": "x"}, {"learner": "999999"}])
def test_removing_nobody_is_404(trainer: Person, make: Factory, sent: dict[str, str]) -> None:
    cohort = make.cohort(trainer)

    assert trainer.client.post(f"/teach/cohorts/{cohort.id}/remove", data=sent).status_code == 404
