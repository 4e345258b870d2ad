"""Commands that do one chore: ``attempts close-expired``, ``reminders send``, ``digest send`` and others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import click
from flask.cli import AppGroup

from app.chores import letters, registry
from app.cli.chores import run_now
from app.cli.context import fail
from app.clock import now
from app.db import db, run_in_steps
from app.services.assignments.learner_assignments import SOON
from app.services.attempts import cards
from app.services.attempts import guests as guest_learners
from app.services.cohorts import message_mails
from app.services.upkeep import outbox
from app.web import message_delivery
from app.web.mail_connection import MailConnection
from app.web.templating import plural

attempts = AppGroup("attempts", help="Maintain attempts.")
reminders = AppGroup("reminders", help="Remind learners of assignments by mail.")
messages = AppGroup("messages", help="Mail trainers' messages to learners.")
digest = AppGroup("digest", help="Mail trainers a weekly summary of their cohorts.")
reviews = AppGroup("reviews", help="Maintain what is due for review.")
guests = AppGroup("guests", help="Maintain guests (learners without an account).")


@attempts.command("close-expired")
def close_expired() -> None:
    """Close expired attempts. The chore close-attempts does this every minute."""
    click.echo(f"{_finish(registry.close_expired(db.session))} closed.")


@attempts.command("regrade")
def regrade() -> None:
    """Finish changing marks after corrections. The chore finish-corrections does this every minute."""
    click.echo(f"{plural(_finish(registry.finish_corrections(db.session)), 'correction')} finished.")


@reminders.command("send")
@click.option(
    "--hours",
    default=int(SOON / timedelta(hours=1)),
    show_default=True,
    type=click.IntRange(1, 24 * 30),
    help="How long before the due date.",
)
def send_reminders(hours: int) -> None:
    """Mail learners about assignments due soon or overdue, once each. The chore write-reminders does this every hour."""
    click.echo(f"{_finish(letters.write_reminders(db.session, timedelta(hours=hours)))} written.")
    _send_mails()


@messages.command("send")
def send_messages() -> None:
    """Mail the messages that wait, and retry those that failed. The chores send-mails and retry-messages do this."""
    message_mails.retry_recent(db.session, now())
    db.session.commit()
    with MailConnection() as connection:
        delivered = message_delivery.deliver(db.session, message_delivery.post_by(connection))
    click.echo(f"{delivered.sent} sent.")
    if delivered.refused:
        click.echo(f"The mail server refused {plural(delivered.refused, 'message')} for good.", err=True)
    if delivered.failed:
        fail(f"{plural(delivered.failed, 'message')} could not be sent. The next run tries again.")


@digest.command("send")
def send_digests() -> None:
    """Mail a summary to trainers who want it, at most once a week each. The chore write-digests does this on Mondays."""
    click.echo(f"{_finish(letters.write_digests(db.session))} written.")
    _send_mails()


@guests.command("remove")
@click.option(
    "--days",
    default=guest_learners.RETENTION.days,
    show_default=True,
    type=click.IntRange(0, 3650),
    help="How long guests are kept.",
)
def remove_guests(days: int) -> None:
    """Delete old guests with all their work, and rosters that no trainer accepted within a day."""
    click.echo(f"{_finish(registry.remove_guests(db.session, timedelta(days=days)))} removed.")


@reviews.command("rebuild")
@click.option("--check", is_flag=True, help="Change nothing; exit with status 1 if a card differs from its marks.")
def rebuild_cards(*, check: bool) -> None:
    """Rebuild what is due for review from all released marks. The chore update-cards keeps it up to date."""
    learner_ids = iter(cards.list_learners(db.session))
    changed = 0

    def step() -> bool:
        nonlocal changed
        learner_id = next(learner_ids, None)
        if learner_id is not None:
            changed += cards.rebuild_cards(db.session, learner_id, now())
        if check:
            db.session.rollback()
        return learner_id is not None

    run_in_steps(step)
    click.echo(f"{plural(changed, 'card')} {'would change' if check else 'changed'}.")
    if check and changed:
        raise SystemExit(1)


def _finish(steps: Iterator[int]) -> int:
    """Run all steps of a chore, committing after each one; return how many things they did."""
    done = 0

    def step() -> bool:
        nonlocal done
        count = next(steps, None)
        done += count or 0
        return count is not None

    run_in_steps(step)
    return done


def _send_mails() -> None:
    """Send the mails of the outbox. Exit with status 2 if some can't be sent now."""
    if run_now("send-mails") is None:
        click.echo("The server is sending them.")
        return
    counts = outbox.count(db.session)
    db.session.rollback()
    if counts.late:
        fail(f"{plural(counts.late, 'mail')} could not be sent ({counts.error}). The next run tries again.")
