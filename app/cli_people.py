"""Commands about people and the log: ``flask users export|erase`` and ``flask audit export``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from app import mail
from app.clock import now
from app.db import db, vacuum
from app.models import User
from app.services import audit
from app.services.audit import Sought
from app.services.people import erasure, person_export
from app.services.people import users as accounts

users = AppGroup("users", help="One person's data: save it as a file, or erase them.")
log = AppGroup("audit", help="The log of who changed what.")

_DAY = click.DateTime(formats=["%Y-%m-%d"])


def _found(address: str) -> User:
    known = accounts.get_by_email(db.session, accounts.normalised(address) or "")
    if known is None:
        raise click.ClickException("No account has this address.")
    return known


@users.command("export")
@click.argument("address")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def export_user(address: str, file: Path) -> None:
    """Save everything about the account with ADDRESS as FILE, a zip; an existing file is not overwritten."""
    found = _found(address)
    data = person_export.as_zip(person_export.collect(db.session, found, now()))
    audit.record(db.session, None, "user.export", accounts.subject_of(found), now())
    db.session.commit()
    try:
        with file.open("xb") as out:
            out.write(data)
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}.") from None
    file.chmod(0o600)
    click.echo(f"Saved as {file}: only you can read it.")


@users.command("erase")
@click.argument("address")
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.option(
    "--vacuum/--no-vacuum", "anew", default=True, show_default=True, help="Write the database anew afterwards."
)
def erase_user(address: str, *, yes: bool, anew: bool) -> None:
    """Erase the person whose account has ADDRESS; what they answered stays without a name."""
    found = _found(address)
    for what, number in erasure.preview(db.session, found).counts:
        click.echo(f"{what}: {number}")
    db.session.rollback()  # nobody waits while the question below does
    if not yes:
        click.confirm(f"Erase {found.name} for good?", abort=True)
    name, known_as = found.name, found.email
    try:
        erasure.erase(db.session, None, _found(address), now())
    except accounts.LastAdminError:
        raise click.ClickException("This is the last active administrator: make another one first.") from None
    db.session.commit()
    mail.forget(current_app.config["PALPATE"], name, known_as)
    if anew:
        vacuum(db.engine)
    click.echo("Erased. Copies in backups go when those are thrown away.")


@log.command("export")
@click.option("--person", default="", help="Part of a name or address.")
@click.option("--kind", default="", help="An action (user.set_role) or a family of them (user).")
@click.option("--subject", default="", help="What it was done to, as cohort:3.")
@click.option("--since", type=_DAY, help="From this day on (UTC).")
@click.option("--until", type=_DAY, help="To this day, included (UTC).")
def export_log(person: str, kind: str, subject: str, since: datetime | None, until: datetime | None) -> None:
    """Write the log as CSV to the standard output, the latest event first."""
    sought = Sought(
        person=person,
        kind=kind,
        subject=subject,
        since=since.replace(tzinfo=UTC) if since else None,
        until=until.replace(tzinfo=UTC) + timedelta(days=1) if until else None,
    )
    for lines in audit.csv_lines(db.session, sought):
        click.echo(lines, nl=False)
        db.session.rollback()  # a command's transaction holds the write lock on SQLite
