"""The audit log: in words, filtered, paged, as a file, and kept by the database itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.models import AttemptItem, AuditEvent, Role
from app.services.log import audit, audit_actions, audit_messages
from app.services.people import users
from tests.conftest import ROOT, Clock
from tests.support.assigned_test import take_test
from tests.support.factory import Factory, Person


@pytest.fixture
def admin(make: Factory) -> Person:
    return make.admin(name="Ada Min")


def _recorded() -> Iterator[tuple[Path, ast.expr]]:
    """The action of every call of ``audit.record`` in the product."""
    for path in sorted((ROOT / "app").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit.record":
                given = [word.value for word in node.keywords if word.arg == "action"]
                yield path, (given or node.args[2:3])[0]


def test_every_action_that_is_recorded_has_its_sentence() -> None:
    """Fails when a service records something new that the log could then only show as a code, or hides it behind a variable."""
    missing = [
        f"{path.relative_to(ROOT)}: {ast.unparse(action)}"
        for path, action in _recorded()
        for one in _literals(action)
        if one not in audit_actions.ACTIONS
    ]

    assert missing == []
    assert sum(1 for _ in _recorded()) >= 15


def _literals(action: ast.expr) -> list[str | None]:
    if isinstance(action, ast.IfExp):
        return [*_literals(action.body), *_literals(action.orelse)]
    return [action.value if isinstance(action, ast.Constant) and isinstance(action.value, str) else None]


def test_every_action_belongs_to_a_family_that_can_be_chosen() -> None:
    assert {action.partition(".")[0] for action in audit_actions.ACTIONS} <= audit_actions.SUBJECT_LABELS.keys()


@pytest.mark.parametrize(
    ("action", "details"), [("assignment.withdraw", {"learners": [1]}), ("assignment.grant", {"learner": 1})]
)
def test_an_event_lists_learners_exactly_if_its_action_says_so(
    session: Session, clock: Clock, action: str, details: dict[str, object]
) -> None:
    """Fails when a service lists learners in an event that neither erasure nor an export would find."""
    with pytest.raises(ValueError, match="names_learners"):
        audit.record(session, None, action, "assignment:1", clock(), **details)


def test_the_log_says_who_did_what_to_whom(admin: Person, make: Factory, session: Session, clock: Clock) -> None:
    person = make.person(name="Ilse Brandt")
    users.set_role(session, admin.user, person.user, Role.TRAINER, clock())
    cohort = make.cohort(admin, title="Year 7")
    audit.record(
        session, None, "cohort.remove_learner", f"cohort:{cohort.id}", clock(), learner=person.learner.id, odd=[1, 2]
    )
    session.commit()

    page = admin.client.get("/admin/audit").text

    assert "Ada Min changed the role of Ilse Brandt from learner to trainer." in page
    assert "A command or a deleted account removed Ilse Brandt from Year 7." in page
    assert "odd: 1 → 2" in page


def test_the_log_speaks_the_language_of_its_reader(
    admin: Person, make: Factory, session: Session, clock: Clock
) -> None:
    person = make.person(name="Ilse Brandt")
    users.set_role(session, admin.user, person.user, Role.TRAINER, clock())
    details = {"position": 2, "old": 1, "new": 0, "of": 1, "title": None, "may_lower": True}
    audit.record(session, None, "mark.change", "attempt:999", clock(), **details)
    session.commit()
    german = {"Accept-Language": "de"}

    page = admin.client.get("/admin/audit", headers=german).text
    account = admin.client.get(f"/admin/users/{person.user.id}", headers=german).text
    file = admin.client.get("/admin/audit.csv", headers=german).text

    sentence = "Ada Min hat die Rolle von Ilse Brandt von „Lernende“ in „Lehrkraft“ geändert."
    assert sentence in page
    assert sentence in account
    assert "Ein Befehl oder ein gelöschtes Konto hat die Bewertung von Frage 2 in Versuch 999 von 1 auf 0" in page
    assert ">Versuch 999</a>" in page
    assert "Konten: alle" in page
    assert "Rolle geändert" in page
    assert "Ada Min changed the role of Ilse Brandt from learner to trainer." in file


@pytest.mark.parametrize("action", audit_actions.ACTIONS)
def test_a_sentence_has_only_placeholders_that_can_be_filled(action: str) -> None:
    event = AuditEvent(action=action, subject="cohort:1", details={})

    sentence = audit_messages.format_sentence(event, "Ada Min", {})

    assert "%" not in sentence.replace("…%", "")
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("person=ilse", {"role", "removed"}),
        ("person=ADA@EX", {"role", "made"}),
        ("person=nobody", set()),
        ("kind=user", {"role"}),
        ("kind=cohort.create", {"made"}),
        ("since=2026-11-24", {"removed"}),
        ("until=2026-11-23", {"role", "made"}),
        ("since=2026-11-24&until=2026-11-24&person=ilse", {"removed"}),
        ("kind=cohort&until=2026-11-23", {"made"}),
    ],
)
def test_the_log_is_filtered(make: Factory, session: Session, clock: Clock, query: str, shown: set[str]) -> None:
    admin = make.admin(name="Ada Min", email="ada@example.org")
    person = make.person(name="Ilse Brandt")
    users.set_role(session, admin.user, person.user, Role.TRAINER, clock())
    cohort = make.cohort(admin, title="Year 7")
    clock.advance(days=1)
    audit.record(session, None, "cohort.remove_learner", f"cohort:{cohort.id}", clock(), learner=person.learner.id)
    session.commit()

    page = admin.client.get(f"/admin/audit?{query}").text
    file = admin.client.get(f"/admin/audit.csv?{query}").text

    says = {"role": "changed the role of", "removed": "removed Ilse Brandt", "made": "created Year 7"}
    assert {name for name, words in says.items() if words in page} == shown
    assert {name for name, words in says.items() if words in file} == shown


def test_details_are_for_people(admin: Person, session: Session, clock: Clock) -> None:
    details = {
        "due_at": ["2026-12-07T09:36:10.855855+00:00", None],
        "batch": "5039fe",
        "key": {"correct": [0], "reasons": {}},
        "is_excused": False,
    }
    audit.record(session, admin.user, "assignment.edit", "assignment:1", clock(), **details)
    session.commit()

    (entry,) = audit.list_latest(session, "assignment:1")

    assert entry.rest == [("due", "2026-12-07 09:36 UTC → not set")]


def test_the_page_shows_times_in_the_viewers_zone(admin: Person, session: Session, clock: Clock) -> None:
    admin.learner.time_zone = "Europe/Berlin"
    audit.record(
        session, admin.user, "assignment.edit", "assignment:1", clock(), due_at=["2026-12-07T09:36:10+00:00", None]
    )
    session.commit()

    page = admin.client.get("/admin/audit").text

    assert "10:36 → not set" in page
    assert "UTC" not in page
    assert "2026-12-07 09:36 UTC" in admin.client.get("/admin/audit.csv").text


def test_attempts_and_questions_have_names(admin: Person, make: Factory, session: Session, clock: Clock) -> None:
    trainer, person = make.trainer(), make.person(name="Jo Li")
    assignment = make.assignment(trainer, make.cohort(trainer, person), title="Week 3")
    attempt = take_test(session, person, assignment, clock(), is_right=True)
    details = {"position": 2, "old": 1, "new": 0, "of": 1}
    audit.record(session, admin.user, "mark.change", f"attempt:{attempt.id}", clock(), **details)
    version = session.scalars(select(AttemptItem.version_id).where(AttemptItem.attempt_id == attempt.id)).first()
    audit.record(session, admin.user, "question.correct", f"question_version:{version}", clock(), remedy="void")
    session.commit()

    page = admin.client.get("/admin/audit").text

    assert "Ada Min changed the mark of" in admin.client.get("/admin/audit?person=jo+li").text
    assert "Ada Min changed the mark of question 2 in attempt 1 of Jo Li at Week 3 from 1 to 0 of 1." in page
    assert re.search(r"Ada Min corrected question [\w-]+ \(version 1\): left out of the score\.", page)


def test_who_is_one_of_several_is_found(admin: Person, make: Factory, session: Session, clock: Clock) -> None:
    """Fails when the log looks for a person only where an event names one alone."""
    first, second = make.person(name="Ilse Brandt"), make.person(name="Jo Li")
    learners = [first.learner.id, second.learner.id]
    audit.record(session, admin.user, "assignment.grant", "assignment:1", clock(), learners=learners, more_attempts=1)
    session.commit()

    found = admin.client.get("/admin/audit?person=jo+li").text

    assert "Ada Min granted an exception in assignment 1 to Ilse Brandt, Jo Li." in found
    assert "granted an exception" not in admin.client.get("/admin/audit?person=ilsebrandt").text


@pytest.mark.parametrize(
    "query",
    ["since=yesterday", "since=2026-11-24&until=2026-11-23", "kind=nothing", "until=9999-12-31", "since=0001-01-01"],
)
def test_what_can_not_be_sought_is_said(admin: Person, query: str) -> None:
    page, file = (admin.client.get(f"/admin/{name}?{query}") for name in ("audit", "audit.csv"))

    assert (page.status_code, file.status_code) == (422, 422)
    assert "Please fix" in page.text


@pytest.mark.parametrize("before", [10**30, 2**63, 2**31, -(10**30), "x"])
def test_a_page_that_can_not_be_is_the_first(admin: Person, make: Factory, before: object) -> None:
    """Fails when a number that no database takes is passed on to it."""
    make.cohort(make.trainer(name="Dr Ilse Brandt"))

    page = admin.client.get(f"/admin/audit?before={before}")

    assert (page.status_code, "Dr Ilse Brandt" in page.text) == (200, True)


def test_pages_go_back_to_the_first_event(admin: Person, make: Factory, session: Session, clock: Clock) -> None:
    for number in range(120):
        audit.record(session, None, "user.deactivate", f"user:{1000 + number}", clock())
    session.commit()

    seen: list[str] = []
    before = None
    for _ in range(3):
        page = audit.list_page(session, audit.AuditQuery(kind="user"), before)
        seen += [entry.subject for entry in page.entries]
        before = page.older

    assert seen == [f"user:{1119 - number}" for number in range(120)]
    assert before is None


def test_each_day_has_one_heading_in_the_time_zone_of_the_reader(admin: Person, session: Session, clock: Clock) -> None:
    admin.learner.time_zone = "Pacific/Auckland"
    for at in ("2026-11-24T10:30Z", "2026-11-24T10:59Z", "2026-11-24T11:00Z", "2026-11-25T10:59Z"):
        audit.record(session, None, "user.deactivate", "user:1000", datetime.fromisoformat(at))
    session.commit()

    page = admin.client.get("/admin/audit?kind=user").text

    assert re.findall(r'event-list__day"><h2[^>]*>([^<]+)', page) == ["Wed 25 Nov", "Tue 24 Nov"]
    assert re.findall(r'visually-hidden">(\w+ \d+ \w+),<', page) == ["Wed 25 Nov"] * 2 + ["Tue 24 Nov"] * 2


def test_a_page_costs_the_same_however_much_it_shows(
    admin: Person, make: Factory, session: Session, clock: Clock, statements: Callable[[], list[str]]
) -> None:
    def cost() -> int:
        statements()
        admin.client.get("/admin/audit")
        return len(statements())

    cohort = make.cohort(admin)
    users.set_role(session, admin.user, make.person().user, Role.TRAINER, clock())
    audit.record(session, admin.user, "cohort.remove_learner", f"cohort:{cohort.id}", clock(), learner=admin.learner.id)
    session.commit()
    few = cost()
    for _ in range(40):
        users.set_role(session, admin.user, make.person().user, Role.TRAINER, clock())
        make.assignment(admin, make.cohort(admin))

    assert cost() <= few + 1  # names of assignments are looked up where there are any


def test_a_file_holds_no_formula(admin: Person, make: Factory, session: Session, clock: Clock) -> None:
    """Threat 20. Fails when a cell of the file is written as it is."""
    nasty = make.admin(name="=HYPERLINK(1)")
    users.set_role(session, nasty.user, make.person(name="@SUM(1)").user, Role.TRAINER, clock())
    session.commit()

    file = admin.client.get("/admin/audit.csv")

    assert file.mimetype == "text/csv"
    assert "'=HYPERLINK(1)" in file.text
    assert not [
        cell for line in file.text.splitlines() for cell in line.split(",") if cell.startswith(("=", "@", "+", "-"))
    ]


@pytest.mark.parametrize(
    "change", [{"action": "user.nothing"}, {"subject": "user:1"}, {"details": {"new": "learner"}}], ids=str
)
def test_the_database_refuses_to_change_an_event(
    admin: Person, make: Factory, session: Session, clock: Clock, change: dict[str, Any]
) -> None:
    """Threat 26. Fails without the trigger of the migration."""
    users.set_role(session, admin.user, make.person().user, Role.TRAINER, clock())
    session.commit()

    with pytest.raises(IntegrityError, match="append-only"):
        session.execute(update(AuditEvent).values(**change))


def test_the_database_refuses_to_delete_an_event(admin: Person, make: Factory, session: Session, clock: Clock) -> None:
    users.set_role(session, admin.user, make.person().user, Role.TRAINER, clock())
    session.commit()

    with pytest.raises(IntegrityError, match="append-only"):
        session.execute(delete(AuditEvent))


def test_the_database_lets_an_event_lose_a_person(admin: Person, make: Factory, session: Session, clock: Clock) -> None:
    users.set_role(session, admin.user, make.person().user, Role.TRAINER, clock())
    session.commit()

    session.execute(update(AuditEvent).values(actor_id=None, subject="learner:7", details={}))

    assert session.query(AuditEvent.subject).all() == [("learner:7",)]
