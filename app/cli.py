"""Commands: ``flask content|serve|attempts|reminders|guests|admin|users|audit|demo``; ``--help`` says what each does."""

from __future__ import annotations

import os
import socket
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from flask_migrate import upgrade
from flask_security.utils import hash_password
from sqlalchemy.exc import DBAPIError

from app import cli_people, demo, mail
from app.clock import now
from app.content.fingerprint import fingerprint
from app.content.loader import load_course
from app.db import db
from app.models import Role
from app.services.assigned import reminders
from app.services.course import catalogue, publishing
from app.services.marking import submission
from app.services.people import guests, invitations, users
from app.services.teaching import rosters
from app.settings import SettingError, Settings

content = AppGroup("content", help="The course in questions/: check and publish it.")
attempts = AppGroup("attempts", help="Upkeep of attempts.")
reminder = AppGroup("reminders", help="Mails about what is due.")
guest = AppGroup("guests", help="Upkeep of guests.")
admin = AppGroup("admin", help="Administrators.")
demonstration = AppGroup("demo", help="A believable cohort to look around in, in a database of its own.")


def init_app(app: Flask) -> None:
    for group in (content, attempts, reminder, guest, admin, demonstration, cli_people.users, cli_people.log):
        app.cli.add_command(group)
    app.cli.add_command(serve)


def _settings() -> Settings:
    chosen: Settings = current_app.config["PALPATE"]
    return chosen


@content.command("check")
def check() -> None:
    """Name every fault of the content files, with file and line."""
    loaded = load_course(_settings().content)
    for fault in loaded.faults:
        click.echo(str(fault), err=True)
    if loaded.course is None:
        raise SystemExit(1)
    click.echo("No faults.")


@content.command("publish")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
def publish_command(dry_run: bool) -> None:
    """Publish the content files: all of them or, if one has a fault, nothing."""
    _publish(dry_run=dry_run)


def _publish_if_changed() -> None:
    """What a start publishes: nothing where the files are as they were, so that a server is there again soon after a crash."""
    latest = catalogue.get_publication(db.session)
    if latest is not None and latest.files == fingerprint(_settings().content):
        return
    _publish(dry_run=False)


def _publish(*, dry_run: bool, at: datetime | None = None) -> None:
    files = fingerprint(_settings().content)
    loaded = load_course(_settings().content)
    if loaded.course is None:
        for fault in loaded.faults:
            click.echo(str(fault), err=True)
        click.echo(f"Nothing was published: {len(loaded.faults)} faults.", err=True)
        raise SystemExit(1)
    done = publishing.publish(db.session, None, loaded.course, files, at or now())
    for line in (*done.changes.lines(), *done.touched.lines()):
        click.echo(line)
    if dry_run:
        db.session.rollback()
        click.echo("Dry run: nothing was changed.")
        return
    db.session.commit()
    click.echo("Published." if done.changes else "The course is up to date.")


@attempts.command("close-expired")
def close_expired() -> None:
    """Close attempts whose time is up. Run it from cron or a timer, every minute or so."""
    closed = 0
    while batch := submission.close_expired(db.session, now()):
        db.session.commit()
        closed += batch
    click.echo(f"{closed} closed.")


@reminder.command("send")
@click.option(
    "--hours",
    default=int(reminders.SOON / timedelta(hours=1)),
    show_default=True,
    type=click.IntRange(1, 24 * 30),
    help="How long before the due date.",
)
def send_reminders(hours: int) -> None:
    """Mail learners what is due soon, and what has passed its due date: each of them once. Run it from cron or a timer, every hour or so."""
    sent = reminders.send(db.session, mail.post_reminder, now(), timedelta(hours=hours))
    click.echo(f"{sent.letters} sent.")
    if sent.failed:
        _stop(f"{sent.failed} could not be sent: the mail server refused them. They are tried again by the next run.")


@guest.command("remove")
@click.option(
    "--days",
    default=guests.KEPT.days,
    show_default=True,
    type=click.IntRange(0, 3650),
    help="How long guests are kept.",
)
def remove_guests(days: int) -> None:
    """Remove guests, and what they did, after so many days; and lists of people that no trainer accepted within a day."""
    rosters.remove_old(db.session, now())
    db.session.commit()
    removed = 0
    while batch := guests.remove_old(db.session, now(), timedelta(days=days)):
        db.session.commit()
        removed += batch
    click.echo(f"{removed} removed.")


@admin.command("link")
def admin_link() -> None:
    """Print a one-time link with which an administrator is made."""
    issued = invitations.create(db.session, None, Role.ADMIN, now())
    db.session.commit()
    click.echo(f"{_settings().base_url}/invitation/{issued.token}")


@demonstration.command("fill")
def fill_demo() -> None:
    """Fill an empty database with a cohort and its weeks of learning, and print accounts to look around with."""
    settings = _settings()
    _migrate(settings)
    if catalogue.get_publication(db.session) is None:
        # What people read a year ago was there a year ago.
        _publish(dry_run=False, at=now() - demo.OPENED)
    kept = settings.data / "accounts.txt"
    try:
        accounts = demo.fill(db.session, now(), hash_password)
    except demo.OccupiedError:
        click.echo(
            "This database holds other people: give the demo one of its own, with PALPATE_DATA=<folder>.", err=True
        )
        raise SystemExit(1) from None
    if accounts is not None:
        # Before the commit: passwords that nobody can read would be worth nothing.
        _write_privately(kept, "".join(f"{account}\n" for account in accounts))
        db.session.commit()
    click.echo(f"\n  E-mail, password and role of accounts to look around with (kept in {kept}):\n")
    click.echo(
        kept.read_text(encoding="utf-8") if kept.exists() else f"{kept} is gone; `flask admin link` makes a new way in."
    )


def _write_privately(path: Path, text: str) -> None:
    with open(path, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(text)


def _migrate(settings: Settings) -> None:
    settings.data.mkdir(parents=True, exist_ok=True)
    try:
        upgrade(directory=str(current_app.config["MIGRATIONS"]))
    except DBAPIError as error:
        _stop(f"DATABASE_URL: the database can't be used: {str(error.orig).splitlines()[0]}.")


def _stop(why: str) -> NoReturn:
    click.echo(f"palpate: {why}", err=True)
    raise SystemExit(2)


@click.command("serve")
@with_appcontext
def serve() -> None:
    """Do everything that is needed and serve: migrate, publish, print the address, start the server."""
    settings = _settings()
    try:
        address = _free_address(settings.host, settings.port)
    except SettingError as error:
        _stop(str(error))
    _migrate(settings)
    _publish_if_changed()
    click.echo(f"\n  Palpate is at {settings.base_url}")
    if not users.has_admin(db.session):
        issued = invitations.create_first(db.session, now())
        db.session.commit()
        click.echo(f"  The first administrator is made here, once: {settings.base_url}/invitation/{issued.token}")
    click.echo("  Ctrl-C ends it.\n")
    db.session.close()
    db.engine.dispose()
    sys.stdout.flush()
    _become_server(settings, address)


def _free_address(host: str, port: int) -> str:
    """The address in figures on which to listen, as the WSGI server wants it.

    That one would share a port with whoever listens there already: of two servers with two databases, each would get some of the requests.

    :raise SettingError: no such address here, or somebody has the port.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise SettingError(
            f"HOST={host}: give an address of this machine, like 127.0.0.1, or 0.0.0.0 for all."
        ) from None
    family, kind, _, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            probe.listen()
        except OSError as error:
            raise SettingError(
                f"HOST={host} PORT={port}: {error.strerror}. Give another PORT, or end what has it."
            ) from None
    return str(address[0])


_CONNECTION_BUFFER_BYTES = 32 * 1024
"""What Granian keeps of one connection at most: the head of a request must fit. By default 408 kB, which senders of endless heads fill."""

# glibc raises its threshold for blocks that it gives back to the system whenever it gave one back, and keeps all smaller ones from then on.
_ALLOCATION = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "131072", "MALLOC_ARENA_MAX": "2"}


def _become_server(settings: Settings, address: str) -> None:
    """Replace this process by the WSGI server, so that signals reach it directly."""
    root = Path(__file__).resolve().parent.parent
    os.chdir(root)
    command = [
        str(Path(sys.executable).parent / "granian"),
        *("--interface", "rsgi", "--no-ws", "--host", address, "--port", str(settings.port)),
        *("--workers", str(settings.workers), "--http1-buffer-size", str(_CONNECTION_BUFFER_BYTES)),
        *(
            "--respawn-failed-workers",
            "--workers-kill-timeout",
            "10",
            "--no-access-log",
            "--log-level",
            "error",
            "wsgi:gateway",
        ),
    ]
    os.execve(command[0], command, _ALLOCATION | os.environ)  # noqa: S606
