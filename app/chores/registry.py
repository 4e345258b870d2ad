"""The chores: what is done, how often, and in which steps.

``steps`` of a chore is a generator that yields after each bounded step the number of things it did, such as mails sent;
its caller then commits. No step may hold SQLite's write lock for long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from flask import current_app
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.chores import letters
from app.clock import now
from app.models import MailState
from app.services.attempts import cards, guests
from app.services.cohorts import message_mails, rosters
from app.services.libraries import imports
from app.services.marking import regrading, submission
from app.services.people import sign_ins
from app.services.storage import backups
from app.services.upkeep import leases, outbox, statistics
from app.settings import Settings
from app.web import mail, message_delivery, outbox_delivery
from app.web.mail_connection import MailConnection

BACKUP_LEASE = timedelta(hours=2)
"""A backup is one step, and takes half a minute per gigabyte."""

Steps = Callable[[Session], Iterator[int]]


@dataclass(frozen=True, slots=True)
class Chore:
    """Regular work.

    ``is_woken`` says that it also runs right after a mail was stored, ``is_on`` that the server does it. A chore that
    ``is_one_step`` is finished with its only step, even if the server is stopping then.
    """

    name: str
    title: LazyString
    every: timedelta
    steps: Steps
    lease: timedelta = leases.LEASE
    is_woken: bool = False
    is_one_step: bool = False
    is_on: Callable[[Settings], bool] = lambda _settings: True


def close_expired(session: Session) -> Iterator[int]:
    while closed := submission.close_expired(session, now()):
        yield closed


def finish_corrections(session: Session) -> Iterator[int]:
    """Each step changes the marks of some attempts; a correction counts when its last step is done."""
    for correction_id in regrading.list_unfinished(session):
        is_finished = False
        while not is_finished:
            is_finished = regrading.run_step(session, correction_id, now()).finished_at is not None
            yield int(is_finished)


def update_cards(session: Session) -> Iterator[int]:
    """Bring the cards of reviews up to date with marks that were written, changed or released."""
    while forgotten := cards.forget_past_exams(session, now()):
        yield forgotten
    while (updated := cards.update_some(session, now())) is not None:
        yield updated


def send_mails(session: Session) -> Iterator[int]:
    with MailConnection() as connection:
        yield from outbox_delivery.deliver(session, connection)
        if mail.is_delivering():
            for state in message_delivery.deliver_each(session, message_delivery.post_by(connection)):
                yield int(state is MailState.SENT)


def retry_messages(session: Session) -> Iterator[int]:
    if count := message_mails.retry_recent(session, now()):
        yield count


def remove_guests(session: Session, kept: timedelta = guests.RETENTION) -> Iterator[int]:
    rosters.remove_old_rosters(session, now())
    yield 0
    is_more = True
    while is_more:
        step = guests.remove_some_old_guests(session, now(), kept)
        is_more = step.is_more
        yield step.guests


def remove_old_records(session: Session) -> Iterator[int]:
    yield outbox.remove_old(session, now())
    yield imports.remove_old(session, now())
    while removed := sign_ins.remove_old(session, now()):
        yield removed


def update_statistics(session: Session) -> Iterator[int]:
    statistics.update_statistics(session)
    yield 1


def make_backup(session: Session) -> Iterator[int]:
    backups.make_backup(current_app.config["PALPATE"], now())
    yield 1


def _makes_backups(settings: Settings) -> bool:
    return settings.backup == "daily"


_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

CHORES = (
    Chore("close-attempts", _l("Close attempts whose time is up"), _MINUTE, close_expired),
    Chore("finish-corrections", _l("Finish changing marks after corrections"), _MINUTE, finish_corrections),
    Chore("update-cards", _l("Update what is due for review"), _MINUTE, update_cards),
    Chore("send-mails", _l("Send mails"), _MINUTE, send_mails, is_woken=True),
    Chore("retry-messages", _l("Try failed mails of messages again"), _HOUR, retry_messages),
    Chore("write-reminders", _l("Write reminders"), _HOUR, letters.write_reminders),
    Chore("write-review-reminders", _l("Write reminders of reviews"), _HOUR, letters.write_review_reminders),
    Chore("write-digests", _l("Write weekly digests"), _HOUR, letters.write_digests),
    Chore("remove-guests", _l("Remove old guests and unused lists of people"), _DAY, remove_guests),
    Chore("remove-records", _l("Remove old sign-ins, failed mails and forgotten uploads"), _DAY, remove_old_records),
    Chore("make-backup", _l("Make a backup"), _DAY, make_backup, BACKUP_LEASE, is_one_step=True, is_on=_makes_backups),
    Chore("update-statistics", _l("Update the statistics of the database"), _DAY, update_statistics, is_one_step=True),
)


def list_chores(settings: Settings) -> list[Chore]:
    """List the chores that the server does with these settings."""
    return [chore for chore in CHORES if chore.is_on(settings)]


def get_chore(name: str) -> Chore:
    """Return a chore by its name.

    :raise KeyError: there is none.
    """
    return {chore.name: chore for chore in CHORES}[name]
