"""The calendar feed: whoever has its address sees due dates, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from icalendar import Calendar
from itsdangerous import URLSafeSerializer
from sqlalchemy.orm import Session

from tests.conftest import Clock
from tests.support.assigned_test import take_test
from tests.support.factory import Factory, Person


def address(person: Person) -> str:
    """The path of the feed that the account page shows."""
    page = person.client.get("/account").text
    return page.partition('id="calendar-address" readonly value="http://localhost:8000')[2].partition('"')[0]


def test_the_feed_holds_every_due_date_of_the_learner_and_no_other(
    make: Factory, session: Session, clock: Clock
) -> None:
    trainer, learner, stranger = make.trainer(), make.person(), make.person()
    cohort = make.cohort(trainer, learner)
    due_at = clock() + timedelta(days=3)
    make.assignment(trainer, cohort, title="Safety, näher: 1; 2, 3", due_at=due_at)
    make.assignment(trainer, cohort, title="Some day")
    make.assignment(trainer, make.cohort(trainer, stranger), title="Not yours", due_at=due_at)

    answer = make.app.test_client().get(address(learner))

    assert answer.mimetype == "text/calendar"
    (event,) = Calendar.from_ical(answer.data).walk("VEVENT")
    assert event["summary"] == "Due: Safety, näher: 1; 2, 3"
    assert event.decoded("dtstart") == due_at
    assert str(event["url"]).startswith("http://localhost:8000/assignments/")


def test_the_feed_uses_the_language_of_the_account(make: Factory, clock: Clock) -> None:
    trainer, learner = make.trainer(), make.person()
    make.assignment(trainer, make.cohort(trainer, learner), title="Week 3", due_at=clock() + timedelta(days=3))
    learner.client.post("/language", data={"language": "de"})

    (event,) = Calendar.from_ical(make.app.test_client().get(address(learner)).data).walk("VEVENT")

    assert event["summary"] == "Fällig: Week 3"


def test_who_is_excused_has_nothing_due(make: Factory, clock: Clock) -> None:
    """Fails when the calendar tells of a date that the course page does not."""
    trainer, learner = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner), due_at=clock() + timedelta(days=3))
    make.exception(trainer, assignment, learner, is_excused=True)

    answer = make.app.test_client().get(address(learner))

    assert Calendar.from_ical(answer.data).walk("VEVENT") == []


def test_the_feed_tells_no_score(make: Factory, session: Session, clock: Clock) -> None:
    """Whoever finds the address in a shared calendar must not learn how somebody did."""
    trainer, learner = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner), due_at=clock() + timedelta(days=3))
    before = make.app.test_client().get(address(learner)).data

    take_test(session, learner, assignment, clock(), is_right=True)

    assert make.app.test_client().get(address(learner)).data == before


def test_a_moved_due_date_moves_the_same_entry(make: Factory, session: Session, clock: Clock) -> None:
    trainer, learner = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner), due_at=clock() + timedelta(days=3))
    (before,) = Calendar.from_ical(make.app.test_client().get(address(learner)).data).walk("VEVENT")

    assignment.due_at = clock() + timedelta(days=9)
    session.commit()

    (after,) = Calendar.from_ical(make.app.test_client().get(address(learner)).data).walk("VEVENT")
    assert before["uid"] == after["uid"]
    assert after.decoded("dtstart") == assignment.due_at


def test_a_new_address_ends_the_old_one(make: Factory) -> None:
    """Threat 13. Fails when the number is left out of the address or of the look-up."""
    learner = make.person()
    old = address(learner)

    learner.client.post("/calendar")

    assert make.app.test_client().get(old).status_code == 404
    assert make.app.test_client().get(address(learner)).status_code == 200


def test_a_deactivated_account_has_no_feed(make: Factory, session: Session) -> None:
    learner = make.person()
    path = address(learner)
    learner.user.active = False
    session.commit()

    assert make.app.test_client().get(path).status_code == 404


def test_a_made_up_or_foreign_address_is_404(make: Factory) -> None:
    """Fails when the signature is not checked, or a signature for something else is good here."""
    learner = make.person()
    good = address(learner)
    elsewhere = URLSafeSerializer(make.app.config["SECRET_KEY"], salt="other").dumps([learner.learner.id, 0])

    for path in ("/calendar/x.ics", f"/calendar/{elsewhere}.ics", good.replace(".ics", "x.ics"), "/calendar/.ics"):
        assert make.app.test_client().get(path).status_code == 404


def test_the_feed_takes_few_statements_whatever_is_assigned(
    make: Factory, clock: Clock, statements: Callable[[], list[str]]
) -> None:
    trainer, learner = make.trainer(), make.person()
    cohort = make.cohort(trainer, learner)
    path = address(learner)
    counts = []
    for size in (1, 5):
        for _ in range(size):
            make.assignment(trainer, cohort, due_at=clock() + timedelta(days=3))
        client = make.app.test_client()
        statements()
        client.get(path)
        counts.append(len(statements()))

    assert counts[0] == counts[1] <= 4


HOSTILE = ["Safety", "a" * 200, "ä" * 200, '; , \\ " : \\n', "BEGIN:VEVENT", "عَرَبِي 日本語 🧠", "tab\there", "x\x0by"]


@pytest.mark.parametrize("title", HOSTILE)
def test_the_feed_is_valid(make: Factory, session: Session, clock: Clock, title: str) -> None:
    """RFC 5545, read by a library and checked for what it lets pass."""
    trainer, learner = make.trainer(), make.person()
    cohort = make.cohort(trainer, learner, title=title, joined_ago=timedelta(days=9))
    for days in (-3, 3, 40):
        make.assignment(trainer, cohort, title=title, due_at=clock() + timedelta(days=days))

    answer = make.app.test_client().get(address(learner))

    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert b"\n" not in answer.data.replace(b"\r\n", b"")
    assert all(len(line) <= 75 for line in answer.data.split(b"\r\n"))
    assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]", answer.data.replace(b"\r\n", b""))
    calendar = Calendar.from_ical(answer.data)
    assert calendar.errors == []
    assert {"PRODID", "VERSION"} <= set(calendar)
    events = calendar.walk("VEVENT")
    assert len({event["uid"] for event in events}) == len(events) == 3
    for event in events:
        assert event.errors == []
        assert {"UID", "DTSTAMP", "DTSTART", "SUMMARY"} <= set(event)
        assert event["summary"] == f"Due: {title}".replace("\x0b", "")
        assert event.decoded("dtstart").utcoffset() == timedelta(0)
        assert "DTEND" not in event or event.decoded("dtend") > event.decoded("dtstart")
        assert not ("DTEND" in event and "DURATION" in event)


def test_a_date_before_joining_is_in_no_calendar(make: Factory, clock: Clock) -> None:
    trainer, learner = make.trainer(), make.person()
    make.assignment(trainer, make.cohort(trainer, learner), due_at=clock() - timedelta(days=3))

    assert Calendar.from_ical(make.app.test_client().get(address(learner)).data).walk("VEVENT") == []
