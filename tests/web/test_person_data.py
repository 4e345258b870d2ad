"""Erasing one person's data, by an administrator and by oneself."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db import Base
from app.models import AuditEvent, Learner, Mark, ScopeResult, User
from app.services.log import audit_actions
from app.services.people import users
from app.services.privacy import erasure
from app.services.privacy.free_texts import REMOVED
from app.services.reporting import overviews
from app.services.reporting.analysis import insight
from app.services.reporting.analysis.responses import AttemptChoice
from tests.conftest import Clock
from tests.support.attempt_client import start
from tests.support.factory import PASSWORD, Factory, Person
from tests.support.person_with_all_data import EARLIER, EMAIL, NAME, PersonWithAllData, make_person_with_all_data
from tests.support.personal_files import export_person


@pytest.fixture
def admin(make: Factory) -> Person:
    return make.admin(name="Ada Min", with_password=True)


@pytest.fixture
def known(make: Factory, session: Session, clock: Clock) -> PersonWithAllData:
    return make_person_with_all_data(make, session, clock())


def erase(admin: Person, user: User) -> Any:
    return admin.client.post(f"/admin/users/{user.id}/erase", data={"confirm": user.email})


def dump(session: Session) -> str:
    """Every value of every row, as JSON and text alike."""
    return "\n".join(
        str(value)
        for table in Base.metadata.sorted_tables
        for row in session.execute(select(*table.c))
        for value in row
        if isinstance(value, (str, dict, list))
    )


# -- erasing -----------------------------------------------------------------------------------------------------------


def test_what_goes_and_what_stays_is_shown_first(admin: Person, known: PersonWithAllData, session: Session) -> None:
    known.cohort.title = f"The year of {NAME}"
    session.commit()

    page = admin.client.get(f"/admin/users/{known.person.user.id}/erase").text

    assert "1 attempt" in page
    assert "No trainer would be left for: Her own cohort" in page
    assert f"The year of {NAME}" in page


@pytest.mark.parametrize("typed", ["", "someone@example.org", NAME])
def test_nobody_is_erased_by_a_slip(admin: Person, known: PersonWithAllData, session: Session, typed: str) -> None:
    page = admin.client.post(f"/admin/users/{known.person.user.id}/erase", data={"confirm": typed})

    assert page.status_code == 422
    assert session.scalar(select(func.count()).where(User.email == EMAIL)) == 1


def test_an_erased_person_leaves_no_trace_in_any_table(
    admin: Person, known: PersonWithAllData, session: Session
) -> None:
    """R20. Fails when one place where a name, an address or a text of theirs is kept is forgotten."""
    before = dump(session)
    for kept in (NAME, EMAIL, EARLIER, "had an operation", "Dear Zdeňka", "Asia/Tokyo"):
        assert kept in before

    assert erase(admin, known.person.user).status_code == 303

    session.expire_all()
    after = dump(session)
    traces = (
        NAME,
        EMAIL,
        EARLIER,
        EMAIL.upper(),
        "had an operation",
        "two right",
        "Zdeňka",
        "bedside",
        "Asia/Tokyo",
        "Přibylová",
    )
    assert [trace for trace in traces if trace in after] == []
    assert REMOVED in after
    assert "Ann Other" in after  # the other line of the roster
    assert "It is. Yours, (erased)" in after


def test_what_was_learned_stays_under_nobody(admin: Person, known: PersonWithAllData, session: Session) -> None:
    learner = known.person.learner

    erase(admin, known.person.user)

    session.expire_all()
    assert (learner.user_id, learner.time_zone, learner.extra_time_percent) == (None, "UTC", 0)
    assert learner.calendar_revision == 1
    assert session.scalar(select(func.count()).where(Mark.learner_id == learner.id)) == known.mine.max_points
    assert session.scalar(select(func.count()).where(ScopeResult.learner_id == learner.id)) == 1


def test_the_statistics_of_the_cohort_add_up_as_before(
    admin: Person, known: PersonWithAllData, session: Session
) -> None:
    """Fails when an erased learner's marks, or their place in the cohort, go with the account."""

    def figures() -> Any:
        found = insight.analyse(session, known.assignment, AttemptChoice.FIRST)
        items = [(line.version_id, line.figures, line.missed) for line in found.items]
        return found.members, found.figures, found.bands, items

    before = figures()
    erase(admin, known.person.user)
    session.expire_all()

    assert figures() == before
    assert before[0] == 14


def test_the_gradebook_adds_up_as_before(
    admin: Person, known: PersonWithAllData, session: Session, clock: Clock
) -> None:
    """R20. Fails when the results of an erased learner leave the gradebook, its file or the overview of the cohort."""

    about = {"Learner", "E-mail", "Student number", "Account", "Needs attention"}

    def figures() -> Any:
        found = overviews.get_overview(session, known.cohort, clock())
        file = known.trainer.client.get(f"/teach/cohorts/{known.cohort.id}/gradebook.csv").text
        lines = csv.DictReader(io.StringIO(file.removeprefix("\ufeff")))
        scores = sorted([(name, line[name]) for name in line if name not in about] for line in lines)
        return found.members, found.progress, scores

    before = figures()
    erase(admin, known.person.user)
    session.expire_all()

    assert figures() == before
    page = known.trainer.client.get(f"/teach/cohorts/{known.cohort.id}/gradebook").text
    assert "Deleted account" in page
    assert f"/learners/{known.person.learner.id}" not in page


def test_who_was_erased_and_did_nothing_is_in_no_gradebook(
    admin: Person, make: Factory, session: Session, clock: Clock
) -> None:
    trainer, person = make.trainer(), make.person()
    cohort = make.cohort(trainer, person)
    make.assignment(trainer, cohort)

    erase(admin, person.user)
    session.expire_all()

    assert overviews.get_overview(session, cohort, clock()).members == 0


def test_an_erased_person_is_out_at_the_next_request(admin: Person, known: PersonWithAllData) -> None:
    assert known.person.client.get("/account").status_code == 200

    erase(admin, known.person.user)

    assert known.person.client.get("/account").location == "/login?next=/account"


def test_the_log_forgets_whom_and_keeps_that(admin: Person, known: PersonWithAllData, session: Session) -> None:
    user_id = known.person.user.id
    count = session.scalar(select(func.count(AuditEvent.id)))

    erase(admin, known.person.user)

    events = session.scalars(select(AuditEvent).execution_options(populate_existing=True)).all()
    assert len(events) == (count or 0) + 1
    assert not [event for event in events if event.subject == f"user:{user_id}" or event.details.get("user") == user_id]
    granted = [event.details for event in events if event.action == "assignment.grant"]
    assert [details.get("extra_time_percent") for details in granted] == [
        None,
        42,
    ]  # the second is about somebody else, too
    assert (events[-1].action, events[-1].subject) == ("user.erase", f"learner:{known.person.learner.id}")


@pytest.mark.parametrize("sentence", ["did something", "did something to {learners}"])
def test_the_wording_of_the_log_decides_neither_what_is_exported_nor_what_is_erased(
    admin: Person, known: PersonWithAllData, session: Session, monkeypatch: pytest.MonkeyPatch, sentence: str
) -> None:
    """Fails when a sentence that no longer names its learners, or names them now, changes which events are about a person."""

    def about(document: dict[str, Any]) -> list[tuple[str, str]]:
        return [(event["action"], event["on"]) for event in document["log_of_what_was_changed_about_you"]]

    before = about(export_person(admin, known.person))
    for name, action in audit_actions.ACTIONS.items():
        monkeypatch.setitem(audit_actions.ACTIONS, name, replace(action, sentence=sentence))

    after = about(export_person(admin, known.person))
    erase(admin, known.person.user)

    assert [one for one in after if one[0] != "user.export"] == [one for one in before if one[0] != "user.export"]
    stored = select(AuditEvent).order_by(AuditEvent.id).execution_options(populate_existing=True)
    events = session.scalars(stored).all()
    granted = [event.details for event in events if event.action == "assignment.grant"]
    assert [details.get("extra_time_percent") for details in granted] == [None, 42]


@pytest.mark.sqlite
def test_a_new_account_inherits_nothing_of_an_erased_one(
    admin: Person, known: PersonWithAllData, make: Factory, session: Session
) -> None:
    """SQLite gives the number of the last account again. Fails when something still points to it."""
    gone = known.person.user.id
    last = session.scalar(select(func.max(User.id)))
    while last != gone:
        user = session.get(User, last)
        assert user is not None
        erasure.erase(session, None, user, make.now())
        session.commit()
        last = session.scalar(select(func.max(User.id)))
    erasure.erase(session, None, known.person.user, make.now())
    session.commit()

    fresh = make.person(name="Fresh Start")

    assert fresh.user.id == gone
    document = export_person(make.admin(name="Another"), fresh)
    full = {name for name, part in document.items() if isinstance(part, list) and part}
    assert full <= {"sign_ins", "log_of_what_was_changed_about_you"}
    assert [event["action"] for event in document["log_of_what_was_changed_about_you"]] == ["user.export"]


def test_the_last_administrator_can_not_be_erased(admin: Person, session: Session) -> None:
    page = erase(admin, admin.user)

    assert page.status_code == 409
    assert "last active administrator" in page.text
    assert session.scalar(select(func.count(User.id))) == 1


def test_an_administrator_who_erases_themself_is_signed_out(admin: Person, make: Factory, session: Session) -> None:
    make.admin()

    reply = erase(admin, admin.user)

    assert reply.location == "/"
    assert admin.client.get("/").status_code == 200
    assert admin.client.get("/admin/users").location.startswith("/login")
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "user.erase")).one()
    assert (event.actor_id, event.details) == (None, {"by_themselves": True})


def test_whoever_is_erased_twice_is_404(admin: Person, make: Factory) -> None:
    person = make.person()
    erase(admin, person.user)

    assert erase(admin, person.user).status_code == 404


def test_a_guest_learner_is_no_erased_person(admin: Person, make: Factory, session: Session) -> None:
    """Upkeep removes guests with all they did; an erased learner is none, and stays."""
    person = make.person()
    start(person.client, session).submit()

    erase(admin, person.user)

    assert session.scalars(select(Learner.is_guest).where(Learner.id == person.learner.id)).one() is False
    assert users.count_guest_work(session, person.learner) == 1


def test_an_account_is_deleted_with_its_password(known: PersonWithAllData, session: Session) -> None:
    page = known.person.client.get("/account/delete").text
    reply = known.person.client.post("/account/delete", data={"password": PASSWORD})

    assert "What is deleted" in page
    assert reply.location == "/"
    assert "Your account was deleted" in known.person.client.get("/").text
    assert known.person.client.get("/account").location.startswith("/login")
    assert traces_of(session) == []


def traces_of(session: Session) -> list[str]:
    session.expire_all()
    left = dump(session)
    return [trace for trace in (NAME, EMAIL, EARLIER) if trace in left]


@pytest.mark.parametrize("typed", ["", "not my password"])
def test_an_account_is_not_deleted_at_an_open_screen(known: PersonWithAllData, session: Session, typed: str) -> None:
    page = known.person.client.post("/account/delete", data={"password": typed})

    assert page.status_code == 422
    assert session.scalar(select(func.count()).where(User.email == EMAIL)) == 1


def test_the_last_administrator_can_not_delete_their_account(admin: Person, session: Session) -> None:
    page = admin.client.post("/account/delete", data={"password": PASSWORD})

    assert page.status_code == 422
    assert "Appoint another one first" in page.text
    assert session.scalar(select(func.count(User.id))) == 1
