"""What trainers choose for their gradebook: columns, weights, dropped scores, student numbers, names to sort by."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import AuditEvent, Cohort, Membership
from app.services.cohorts import cohorts
from tests.support.assigned_test import take_test
from tests.support.factory import Factory, Person


@pytest.fixture
def trainer(make: Factory) -> Person:
    return make.trainer(name="Dr Ilse Brandt")


@pytest.fixture
def learner(make: Factory) -> Person:
    return make.person(name="Nagy Anna")


@pytest.fixture
def cohort(trainer: Person, learner: Person, make: Factory) -> Cohort:
    return make.cohort(trainer, learner, make.person(name="Ben Miller"))


def _columns(page: str) -> list[str]:
    """The titles at the head of the table."""
    head = page.partition("<thead>")[2].partition("</thead>")[0]
    return [title for title in ("Safety 1", "Safety 2", "Total") if f">{title}</a>" in head]


def test_a_choice_of_columns_is_remembered_by_the_browser_for_this_cohort(
    trainer: Person, make: Factory, cohort: Cohort
) -> None:
    first, second = (make.assignment(trainer, cohort, title=f"Safety {n}") for n in (1, 2))
    other = make.cohort(trainer, make.person())
    make.assignment(trainer, other, title="Safety 1")
    address = f"/teach/cohorts/{cohort.id}/gradebook"
    listed = f"listed=total.{first.id}.{second.id}"

    assert _columns(trainer.client.get(address).text) == ["Safety 1", "Safety 2", "Total"]
    assert _columns(trainer.client.get(f"{address}?{listed}&column={second.id}").text) == ["Safety 2"]
    page = trainer.client.get(address).text
    assert _columns(page) == ["Safety 2"]
    assert f'href="{address}.xlsx?hide={first.id}.total"' in page
    assert _columns(trainer.client.get(f"/teach/cohorts/{other.id}/gradebook").text) == ["Safety 1", "Total"]

    make.assignment(trainer, cohort, title="Safety 1")
    assert _columns(trainer.client.get(address).text) == ["Safety 1", "Safety 2"]  # a new one is not hidden
    trainer.client.get(f"{address}?{listed}&column=total&column={first.id}&column={second.id}")
    assert _columns(trainer.client.get(address).text) == ["Safety 1", "Safety 2", "Total"]


def test_the_workbook_has_the_columns_of_the_page(
    trainer: Person, learner: Person, make: Factory, session: Session, cohort: Cohort
) -> None:
    first, second = (make.assignment(trainer, cohort, title=f"Safety {n}") for n in (1, 2))
    take_test(session, learner, first, make.now(), is_right=True)

    reply = trainer.client.get(f"/teach/cohorts/{cohort.id}/gradebook.xlsx?hide={second.id}&sort=total&order=down")

    assert reply.mimetype == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert "year-2.xlsx" in reply.headers["Content-Disposition"]
    head, *rows = load_workbook(io.BytesIO(reply.data))["Gradebook"].iter_rows(values_only=True)
    assert "Safety 1: state" in head
    assert "Safety 2: state" not in head
    assert [(row[0], row[-1]) for row in rows] == [("Nagy Anna", 100), ("Ben Miller", None)]


def test_weights_change_the_total(
    trainer: Person, learner: Person, make: Factory, session: Session, cohort: Cohort
) -> None:
    first, second = make.assignment(trainer, cohort), make.assignment(trainer, cohort)
    take_test(session, learner, first, make.now(), is_right=True)
    take_test(session, learner, second, make.now(), is_right=False)
    address = f"/teach/cohorts/{cohort.id}/gradebook"
    assert "<b>50.0</b>" in trainer.client.get(address).text

    sent = {f"weight-{first.id}": "30", f"weight-{second.id}": "70", "drop_lowest": "0"}
    assert trainer.client.post(f"{address}/totals", data=sent).status_code == 303

    assert "<b>30.0</b>" in trainer.client.get(address).text
    page = trainer.client.get(f"{address}/totals").text
    assert "70%" in page
    assert 'value="70"' in page
    trainer.client.post(f"{address}/totals", data=sent | {"drop_lowest": "1"})
    page = trainer.client.get(address).text
    assert "<b>100.0</b>" in page
    assert "dropped" in page
    assert "The lowest score of each learner is dropped." in page
    assert session.scalars(select(AuditEvent.action).where(AuditEvent.action == "cohort.change_totals")).all()


@pytest.mark.parametrize("weight", ["", "-1", "1001", "1.5", "x", "\u00b2", "9" * 40, "1e3"])
def test_a_wrong_weight_is_refused_and_stays_in_the_form(
    trainer: Person, make: Factory, session: Session, cohort: Cohort, weight: str
) -> None:
    assignment = make.assignment(trainer, cohort)

    reply = trainer.client.post(
        f"/teach/cohorts/{cohort.id}/gradebook/totals",
        data={f"weight-{assignment.id}": weight, "drop_lowest": "21"},
    )

    assert reply.status_code == 422
    assert reply.text.count('aria-invalid="true"') == 2
    assert f'value="{weight}"' in reply.text
    session.refresh(assignment)
    assert assignment.weight is None


def test_weights_of_other_cohorts_are_ignored(trainer: Person, make: Factory, session: Session, cohort: Cohort) -> None:
    other = make.trainer()
    theirs = make.assignment(other, make.cohort(other))

    sent = {f"weight-{theirs.id}": "9", "drop_lowest": "0"}
    assert trainer.client.post(f"/teach/cohorts/{cohort.id}/gradebook/totals", data=sent).status_code == 303

    session.refresh(theirs)
    assert theirs.weight is None


def test_numbers_and_names_to_sort_by_are_entered_and_shown(
    trainer: Person, learner: Person, make: Factory, session: Session, cohort: Cohort
) -> None:
    make.assignment(trainer, cohort)
    address, key = f"/teach/cohorts/{cohort.id}/gradebook", learner.learner.id
    page = trainer.client.get(address).text
    assert page.index("Nagy Anna") < page.index("Ben Miller")

    sent = {f"number-{key}": " A\u200e 17 ", f"name-{key}": "Nagy"}
    assert trainer.client.post(f"{address}/names", data=sent).status_code == 303

    page = trainer.client.get(address).text
    assert page.index("Ben Miller") < page.index("Nagy Anna")
    assert "17</bdi>" in page
    assert "Nagy Anna" in trainer.client.get(f"{address}?q=17").text
    assert 'value="Nagy"' in trainer.client.get(f"{address}/names").text
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "cohort.change_details")).one()
    assert event.details == {"learners": [key]}
    trainer.client.post(f"{address}/names", data=sent | {f"number-{key}": "\u200b", f"name-{key}": ""})
    membership = session.get(Membership, (cohort.id, key), populate_existing=True)
    assert membership is not None
    assert (membership.student_number, membership.sort_name) == (None, None)


def test_a_number_that_is_too_long_is_refused_and_kept(
    trainer: Person, learner: Person, make: Factory, cohort: Cohort
) -> None:
    sent = {f"number-{learner.learner.id}": "7" * 51}

    reply = trainer.client.post(f"/teach/cohorts/{cohort.id}/gradebook/names", data=sent)

    assert reply.status_code == 422
    assert "7" * 51 in reply.text


def test_people_of_other_cohorts_are_ignored(trainer: Person, make: Factory, session: Session, cohort: Cohort) -> None:
    stranger, other = make.person(), make.trainer()
    theirs = make.cohort(other, stranger)

    sent = {f"number-{stranger.learner.id}": "1"}
    assert trainer.client.post(f"/teach/cohorts/{cohort.id}/gradebook/names", data=sent).status_code == 303

    membership = session.get(Membership, (theirs.id, stranger.learner.id))
    assert membership is not None
    assert membership.student_number is None


@pytest.mark.parametrize("page", ["totals", "names"])
def test_an_archived_cohort_is_shown_but_not_changed(
    trainer: Person, make: Factory, session: Session, cohort: Cohort, page: str
) -> None:
    make.assignment(trainer, cohort)
    cohorts.archive(session, trainer.user, cohort, make.now())
    session.commit()
    address = f"/teach/cohorts/{cohort.id}/gradebook/{page}"

    assert trainer.client.get(address).status_code == 200
    assert trainer.client.post(address, data={"drop_lowest": "0"}).status_code == 409


def test_a_closed_account_is_said_to_be_closed(
    trainer: Person, learner: Person, make: Factory, session: Session, cohort: Cohort
) -> None:
    make.assignment(trainer, cohort)
    learner.user.active = False
    session.commit()

    assert trainer.client.get(f"/teach/cohorts/{cohort.id}/gradebook").text.count("account closed") == 1


def test_long_titles_that_differ_at_the_end_differ_in_the_table(trainer: Person, make: Factory, cohort: Cohort) -> None:
    """Catches: a test before and one after the lessons that look alike on a phone."""
    title = "A very long title about referred pain of the shoulder and the neck"
    for end in (" (before)", " (after)"):
        make.assignment(trainer, cohort, title=title + end)

    page = trainer.client.get(f"/teach/cohorts/{cohort.id}/gradebook").text

    assert "neck (before)</a>" in page
    assert "the neck (after)</a>" in page
