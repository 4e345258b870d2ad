"""Writing reminders and weekly digests: each is recorded and stored in the outbox by one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar

from sqlalchemy.orm import Session

from app.clock import now
from app.db import read_only
from app.services.assignments import reminders
from app.services.assignments.learner_assignments import SOON
from app.services.assignments.reminders import ReminderKind, ReminderMail
from app.services.attempts import review_reminders
from app.services.attempts.review_reminders import ReviewReminder
from app.services.reporting import digests
from app.services.reporting.digests import DigestMail
from app.web import mail

BATCH_SIZE = 20
"""How many letters one transaction stores: some 20 ms of work."""

DIGEST_HOUR = timedelta(hours=6)
"""When the week begins for digests: on Monday at six, in the time zone of the trainer."""

Letter = TypeVar("Letter")


def write_reminders(
    session: Session, soon: timedelta = SOON, *, store: Callable[[ReminderMail], None] = mail.send_reminder
) -> Iterator[int]:
    """Write the reminders that are due, if there is mail."""
    if not mail.is_delivering():
        return
    for kind in ReminderKind:
        with read_only(session):
            due = reminders.list_reminders(session, kind, now(), soon)
        yield from _write(session, due, reminders.note, store)


def write_review_reminders(
    session: Session, *, store: Callable[[ReviewReminder], None] = mail.send_review_reminder
) -> Iterator[int]:
    """Write today's reminders of reviews to people who asked for them, if there is mail."""
    if not mail.is_delivering():
        return
    with read_only(session):
        due = list(review_reminders.list_reminders(session, now()))
    yield from _write(session, due, review_reminders.note, store)


def write_digests(session: Session, *, store: Callable[[DigestMail], None] = mail.send_digest) -> Iterator[int]:
    """Write this week's digests, if there is mail. Each reader is a step, because looking for news takes a while."""
    if not mail.is_delivering():
        return
    with read_only(session):
        readers = digests.list_readers(session, now() - DIGEST_HOUR)
    for reader in readers:
        with read_only(session):
            letter = digests.build_digest(session, reader, now())
        if letter is None:
            yield 0
        else:
            yield from _write(session, [letter], digests.note, store)


def _write(
    session: Session,
    letters: Iterable[Letter],
    note: Callable[[Session, Letter, datetime], bool],
    store: Callable[[Letter], None],
) -> Iterator[int]:
    """Record and store letters. ``note`` returns False if a concurrent run has recorded the letter."""
    remaining = iter(letters)
    while batch := list(islice(remaining, BATCH_SIZE)):
        written = 0
        for letter in batch:
            if note(session, letter, now()):
                store(letter)
                written += 1
        yield written
