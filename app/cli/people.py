"""Commands for accounts and the audit log: ``admin link``, ``users export|erase`` and ``audit export``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from flask.cli import AppGroup

from app.cli.context import get_settings
from app.clock import now
from app.db import db
from app.models import Role, User
from app.services.cohorts import invitations
from app.services.log import audit
from app.services.log.audit import AuditQuery
from app.services.people import users as accounts
from app.services.privacy import erasure, export
from app.web.address_key import get_address_key
from app.web.erasing import finish_erasure

admin = AppGroup("admin", help="Manage administrators.")
users = AppGroup("users", help="Export or erase one person's data.")
log = AppGroup("audit", help="Export the audit log.")

_DAY = click.DateTime(formats=["%Y-%m-%d"])


@admin.command("link")
def admin_link() -> None:
    """Print a one-time link that creates an administrator."""
    issued = invitations.create(db.session, None, Role.ADMIN, now())
    db.session.commit()
    click.echo(f"{get_settings().base_url}/invitation/{issued.token}")


def _get_user(address: str) -> User:
    known = accounts.get_by_email(db.session, accounts.normalise_address(address) or "")
    if known is None:
        raise click.ClickException("No account has this address.")
    return known


@users.command("export")
@click.argument("address")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def export_user(address: str, file: Path) -> None:
    """Save all data about the account ADDRESS in the zip archive FILE, which must not exist yet."""
    found = _get_user(address)
    data = export.build_zip(export.collect(db.session, found, now()))
    audit.record(db.session, None, "user.export", accounts.get_subject(found), now())
    db.session.commit()
    try:
        with file.open("xb") as out:
            out.write(data)
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}.") from None
    file.chmod(0o600)
    click.echo(f"Saved as {file}. Only you can read it.")


@users.command("erase")
@click.argument("address")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option(
    "--vacuum", is_flag=True, help="Rewrite the database file afterwards. This blocks all other access meanwhile."
)
def erase_user(address: str, *, yes: bool, vacuum: bool) -> None:
    """Erase the account ADDRESS and all personal data. The answers remain, without a name."""
    found = _get_user(address)
    for what, number in erasure.preview(db.session, found).counts:
        click.echo(f"{what}: {number}")
    db.session.rollback()  # release the write lock while the prompt waits
    if not yes:
        click.confirm(f"Erase {found.name} for good?", abort=True)
    user_id, known_as = found.id, found.email
    try:
        erasure.erase(db.session, None, _get_user(address), now(), get_address_key())
    except accounts.LastAdminError:
        raise click.ClickException("This is the last active administrator. Create another one first.") from None
    is_clear = finish_erasure(user_id, known_as, rewrites_database=vacuum)
    if not is_clear and db.engine.dialect.name == "sqlite":
        click.echo(
            "Another process is using the database. "
            "The write-ahead log may contain this person's data until the server stops."
        )
    click.echo("Erased. Backups keep a copy until they are deleted.")


@log.command("export")
@click.option("--person", default="", help="Part of a name or address.")
@click.option("--kind", default="", help="An action (user.set_role) or a group of actions (user).")
@click.option("--subject", default="", help="The object of the action, such as cohort:3.")
@click.option("--since", type=_DAY, help="First day (UTC).")
@click.option("--until", type=_DAY, help="Last day (UTC).")
def export_log(person: str, kind: str, subject: str, since: datetime | None, until: datetime | None) -> None:
    """Write the audit log to standard output as CSV, newest event first."""
    sought = AuditQuery(
        person=person,
        kind=kind,
        subject=subject,
        since=since.replace(tzinfo=UTC) if since else None,
        until=until.replace(tzinfo=UTC) + timedelta(days=1) if until else None,
    )
    for lines in audit.stream_csv(db.session, sought):
        click.echo(lines, nl=False)
        db.session.rollback()  # a command's transaction holds the write lock on SQLite
