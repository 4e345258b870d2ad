"""The commands ``backup``, ``restore`` and ``copy``, for the stored data as a whole."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from app.cli.context import fail, get_settings
from app.clock import now
from app.services.storage import backups, copying, restoring
from app.services.storage.archives import StorageError
from app.services.storage.copying import CopiedTable
from app.services.storage.restoring import CheckedBackup

SHOWN_TABLES = ("user", "cohort", "assignment", "attempt", "answer_revision", "mark", "audit_event")
"""The tables whose rows ``restore --check`` prints."""

_UNFIT_KEY = "Set PALPATE_SECRET to that of the server that was backed up; no password works with the present one."


@click.command("backup")
@click.option("--to", "folder", type=click.Path(path_type=Path, file_okay=False), help="Folder for the backup.")
@click.option(
    "--keep",
    default=backups.KEEP,
    show_default=True,
    type=click.IntRange(1, 10_000),
    help="How many backups the folder keeps.",
)
@with_appcontext
def backup(folder: Path | None, keep: int) -> None:
    """Back up the database to one verified file while the server runs, and delete the oldest backups."""
    try:
        record = backups.make_backup(get_settings(), now(), folder=folder, keep=keep)
    except StorageError as error:
        fail(str(error))
    click.echo(f"{record.file}: {record.size / 1e6:.1f} MB, verified, {record.seconds:.1f} s.")


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--check", is_flag=True, help="Restore into a temporary place, print what is in it, and change nothing.")
@click.option("--force", is_flag=True, help="Replace the present database, which is kept aside.")
@with_appcontext
def restore(file: Path, *, check: bool, force: bool) -> None:
    """Make the backup FILE the database of this server. Stop the server first."""
    settings = get_settings()
    try:
        if check:
            _print_check(restoring.check_backup(settings, file))
            return
        restored = restoring.restore(settings, file, now(), replaces=force)
    except StorageError as error:
        fail(str(error))
    if restored.kept:
        click.echo(f"The replaced database is kept as {restored.kept}. Delete it when you no longer need it.")
    if not restored.has_same_secret:
        click.echo(f"Before you start the server: {_UNFIT_KEY}")
    click.echo(f"Restored {file}. Start the server, and erase again the people who were erased after the backup.")


def _print_check(found: CheckedBackup) -> None:
    manifest = found.manifest
    counts = manifest.rows.counts
    click.echo(
        f"Made {manifest.made_at:%Y-%m-%d %H:%M:%S} UTC by Palpate {manifest.version} from {manifest.database.label}."
    )
    for table in SHOWN_TABLES:
        click.echo(f"  {table}: {counts.get(table, 0)}")
    click.echo(f"  all {len(counts)} tables: {sum(counts.values())} rows, {manifest.size / 1e6:.1f} MB")
    after = "the latest" if found.is_current else "the next start of the server applies the later ones"
    click.echo(f"Migration {manifest.rows.migration}: {after}.")
    where = "in the backup" if found.has_secret else "not in the backup"
    click.echo(f"Secret: {where}, and it fits." if found.has_same_secret else f"Secret: {where}. {_UNFIT_KEY}")
    if found.was_restored:
        click.echo("Sound: restored into a temporary place, and every count matches.")
    else:
        click.echo("Read to its end, but not restored: this needs PostgreSQL and the right to create a database.")


@click.command("copy")
@click.option(
    "--to", "target", required=True, metavar="URL", help="postgresql://user:password@host/database or sqlite:///<file>."
)
@with_appcontext
def copy(target: str) -> None:
    """Copy all data to the empty database URL, and compare every row. Stop the server first."""
    copied: list[CopiedTable] = []

    def report(table: CopiedTable) -> None:
        copied.append(table)
        click.echo(f"{table.name}: {table.rows} rows, checksum {table.checksum:032x}")

    try:
        copying.copy_everything(get_settings().database_url, target, report)
    except StorageError as error:
        fail(str(error))
    click.echo(
        f"Copied {sum(table.rows for table in copied)} rows; all are the same in both. Set DATABASE_URL to the target."
    )
