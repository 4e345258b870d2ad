"""A learner's due dates as a calendar feed (iCalendar, RFC 5545)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from icalendar import Calendar, Event
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.domain.assignment import AssignmentState
from app.models import Learner, User
from app.services.assignments import availability as dues
from app.services.assignments.learner_assignments import AssignmentView

AddressBuilder = Callable[[AssignmentView], str]
"""Returns the absolute URL of an assignment."""

SummaryBuilder = Callable[[str], str]
"""Returns the summary of an event about the assignment with this title."""


def find_learner(session: Session, learner_id: int, number: int) -> Learner | None:
    """Return the learner with this feed address; None if it was renewed, or the account is inactive or gone."""
    return session.scalar(
        select(Learner)
        .join(User, User.id == Learner.user_id)
        .where(Learner.id == learner_id, Learner.calendar_revision == number, User.active)
    )


def renew(session: Session, learner: Learner) -> None:
    """Replace the address of a feed; the old one stops working."""
    session.execute(
        update(Learner).where(Learner.id == learner.id).values(calendar_revision=Learner.calendar_revision + 1)
    )


@dataclass(frozen=True, slots=True)
class DayEntry:
    """Something for a whole day. Calendars move an entry whose ``uid`` they know."""

    uid: str
    day: date
    summary: str
    address: str


def build_feed(
    session: Session,
    learner: Learner,
    address: AddressBuilder,
    summary: SummaryBuilder,
    now: datetime,
    days: Iterable[DayEntry] = (),
) -> bytes:
    """Return a learner's due dates as iCalendar, and these entries for whole days.

    Scores are left out: anyone with the address can read the feed.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Palpate//Due dates//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Palpate")
    calendar.add("refresh-interval", timedelta(hours=6), parameters={"value": "DURATION"})
    for due in dues.list_due(session, learner, now):
        is_excused = due.state is AssignmentState.EXCUSED or due.was_due_before_joining
        if due.due_at is not None and not is_excused:
            calendar.add_component(_build_event(due, due.due_at, address(due), summary(_clean(due.title)), now))
    for entry in days:
        calendar.add_component(_build_day(entry, now))
    return bytes(calendar.to_ical())


def _build_day(entry: DayEntry, now: datetime) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("dtstamp", now)
    event.add("dtstart", entry.day)
    event.add("summary", entry.summary)
    event.add("description", entry.address)
    event.add("url", entry.address)
    event.add("transp", "TRANSPARENT")
    return event


def _build_event(due: AssignmentView, due_at: datetime, address: str, summary: str, now: datetime) -> Event:
    event = Event()
    # A stable UID makes calendars move the entry when the due date changes.
    event.add("uid", f"assignment-{due.assignment_id}@palpate")
    event.add("dtstamp", now)
    # Without an end, the entry is a moment. An end must be later than the start (RFC 5545, 3.8.2.2).
    event.add("dtstart", due_at)
    event.add("summary", summary)
    event.add("location", _clean(due.cohort_title))
    event.add("description", f"{_clean(due.title if due.test_id else due.module_title)}\n{address}")
    event.add("url", address)
    event.add("transp", "TRANSPARENT")
    return event


def _clean(text: str) -> str:
    """Remove the control characters that RFC 5545 does not allow in a text."""
    return "".join(sign for sign in text if sign == "\t" or unicodedata.category(sign) != "Cc")
