"""Commands for the course: ``content check`` and ``content publish``."""

from __future__ import annotations

from datetime import datetime

import click
from flask.cli import AppGroup

from app.cli.context import get_settings
from app.clock import now
from app.content.fingerprint import compute_fingerprint
from app.content.loader import load_course
from app.db import db, read_only
from app.domain.content import Course
from app.services.course import catalogue, publishing
from app.services.course.publishing import PublicationPreview, StalePreviewError
from app.web.templating import plural

content = AppGroup("content", help="Check and publish the course in questions/.")


@content.command("check")
def check_content() -> None:
    """List all faults in the content files, with file and line."""
    loaded = load_course(get_settings().content, with_classifier=True)
    for fault in loaded.faults:
        click.echo(str(fault), err=True)
    if loaded.course is None:
        raise SystemExit(1)
    click.echo("No faults found.")


@content.command("publish")
@click.option("--dry-run", is_flag=True, help="Show what would change without changing it.")
def publish_content(dry_run: bool) -> None:
    """Publish the content files. Nothing is published if any of them has a fault."""
    publish_course(dry_run=dry_run)


def publish_if_changed() -> None:
    """Publish only if the files have changed, so that a restart after a crash is fast."""
    latest = catalogue.get_publication(db.session)
    if latest is None or latest.files != compute_fingerprint(get_settings().content):
        publish_course()


def publish_course(*, dry_run: bool = False, at: datetime | None = None) -> None:
    """Publish the content files as of ``at`` and print the changes. Exit with status 1 if a file has a fault."""
    files = compute_fingerprint(get_settings().content)
    loaded = load_course(get_settings().content)
    if loaded.course is None:
        for fault in loaded.faults:
            click.echo(str(fault), err=True)
        click.echo(f"Nothing was published: {plural(len(loaded.faults), 'fault')}.", err=True)
        raise SystemExit(1)
    at = at or now()
    while (found := _write(loaded.course, files, at, dry_run=dry_run)) is None:
        db.session.rollback()
    for line in (*found.changes.lines(), *found.touched.lines()):
        click.echo(line)
    if dry_run:
        click.echo("Dry run: nothing was changed.")
        return
    db.session.commit()
    click.echo("Published." if found.changes else "The course is up to date.")


def _write(course: Course, files: str, at: datetime, *, dry_run: bool) -> PublicationPreview | None:
    """Publish and return the changes, or None if somebody else published meanwhile."""
    with read_only(db.session):
        prepared = publishing.prepare(db.session, course, files, at)
    if dry_run:
        return prepared.preview
    try:
        return publishing.publish(db.session, None, prepared, at)
    except StalePreviewError:
        return None
