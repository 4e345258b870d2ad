"""A learner's due dates as a calendar feed, for the calendar of a phone or a computer (iCalendar, RFC 5545)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from icalendar import Calendar, Event
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.models import Learner, User
from app.services.assigned import due as dues
from app.services.assigned.due import Due, DueState

Address = Callable[[Due], str]
"""The absolute address at which an assignment is taken."""


def get_learner(session: Session, learner_id: int, number: int) -> Learner | None:
    """Whose feed has this address; None once they made a new one, or their account is inactive or gone."""
    return session.scalar(
        select(Learner)
        .join(User, User.id == Learner.user_id)
        .where(Learner.id == learner_id, Learner.calendar_number == number, User.active)
    )


def renew(session: Session, learner: Learner) -> None:
    """Make the address of a feed worthless: from now on another one is good."""
    session.execute(update(Learner).where(Learner.id == learner.id).values(calendar_number=Learner.calendar_number + 1))


def feed(session: Session, learner: Learner, address: Address, now: datetime) -> bytes:
    """All due dates of a learner's cohorts; no scores, for the address of a feed is all that it takes to read it."""
    calendar = Calendar()
    calendar.add("prodid", "-//Palpate//Due dates//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Palpate")
    calendar.add("refresh-interval", timedelta(hours=6), parameters={"value": "DURATION"})
    for due in dues.list_due(session, learner, now):
        if due.due_at is not None and due.state is not DueState.EXCUSED:
            calendar.add_component(_event(due, due.due_at, address(due), now))
    return bytes(calendar.to_ical())


def _event(due: Due, due_at: datetime, address: str, now: datetime) -> Event:
    event = Event()
    # The same identity for the life of the assignment: a calendar moves the entry when the date is moved.
    event.add("uid", f"assignment-{due.assignment_id}@palpate")
    event.add("dtstamp", now)
    event.add("dtstart", due_at)
    event.add("dtend", due_at)
    event.add("summary", f"Due: {due.title}")
    event.add("location", due.cohort_title)
    event.add("description", f"{due.module_title}\n{address}")
    event.add("url", address)
    event.add("transp", "TRANSPARENT")
    return event
