"""Reminders of reviews: only if wanted, only if something is due, once a day, in the morning; and days in the calendar."""

from __future__ import annotations

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy.orm import Session

from app.chores.letters import write_review_reminders
from app.db import db
from app.domain.notifications import NotificationKind
from app.services.attempts.review_reminders import ReviewReminder
from app.services.people import notifications
from tests.conftest import Clock
from tests.support.factory import Factory, Person
from tests.support.mailbox import mail_server
from tests.support.outbox import make_sender
from tests.support.review_client import begin_review, count_due, practise


@pytest.fixture
def learner(make: Factory, session: Session, clock: Clock) -> Person:
    """A learner for whom something is due, who wants to be told."""
    person = make.person(email="ana@example.org")
    practise(person, session, clock, wrong=range(1, 30))
    clock.advance(days=1)
    notifications.change_settings(session, person.user, {NotificationKind.REVIEWS: True})
    session.commit()
    return person


def write(app: Flask, session: Session) -> list[ReviewReminder]:
    """Write what is due now; return it."""
    letters: list[ReviewReminder] = []
    with app.app_context():
        for _ in write_review_reminders(session, store=letters.append):
            session.commit()
        session.rollback()
    return letters


def test_it_works(app: Flask, learner: Person, session: Session) -> None:
    with mail_server(app) as box:
        with app.app_context():
            for _ in write_review_reminders(db.session):
                db.session.commit()
        make_sender(app)()
        [mail] = box.mails
    text = mail.get_content()

    assert mail["Subject"] == f"{count_due(learner)} questions to review"
    assert "/review" in text
    assert "/account/notifications" in text
    assert "List-Unsubscribe" in mail


def test_a_day_has_one_reminder(app: Flask, learner: Person, session: Session, clock: Clock) -> None:
    assert [one.due for one in write(app, session)] == [count_due(learner)]
    clock.advance(hours=1)
    assert write(app, session) == []
    clock.advance(days=1)
    assert len(write(app, session)) == 1


def test_nobody_is_reminded_unasked(app: Flask, learner: Person, session: Session) -> None:
    notifications.change_settings(session, learner.user, {NotificationKind.REVIEWS: False})
    session.commit()
    assert write(app, session) == []


@pytest.mark.parametrize("what", ["paused", "reviewed", "nothing due", "night"])
def test_there_are_days_without(what: str, app: Flask, learner: Person, session: Session, clock: Clock) -> None:
    if what == "paused":
        learner.client.post("/review/pause", data={"paused": "1"})
    if what == "reviewed":
        play = begin_review(learner, session, 5)
        play.answer(1, *play.at(1).right)
    if what == "nothing due":
        play = begin_review(learner, session, 20)
        play.answer_all()
        play.submit()
        clock.advance(days=1)
    if what == "night":
        clock.now = clock.now.replace(hour=3)  # four o'clock in Berlin

    assert write(app, session) == []


def test_days_with_reviews_are_in_the_calendar_if_wanted(
    make: Factory, learner: Person, session: Session, clock: Clock
) -> None:
    def list_days() -> list[tuple[str, object]]:
        page = learner.client.get("/account").text
        address = page.partition('id="calendar-address" readonly value="http://localhost:8000')[2].partition('"')[0]
        events = Calendar.from_ical(make.app.test_client().get(address).data).walk("VEVENT")
        return [(str(event["summary"]), event.decoded("dtstart")) for event in events]

    assert list_days() == []
    values = {"retention": "90", "daily_limit": "10", "exam_on": "", "calendar": "y"}
    learner.client.post("/review/plan", data=values)

    due = count_due(learner)
    assert list_days()[0] == (f"Review: {due} questions", clock.now.date())
    learner.client.post("/review/pause", data={"paused": "1"})
    assert list_days() == []
