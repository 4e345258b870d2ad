"""The command ``demo fill``, which creates a cohort with several weeks of activity."""

from __future__ import annotations

import os
from pathlib import Path

import click
from flask.cli import AppGroup
from flask_security.utils import hash_password

from app import demo as demo_data
from app.cli.content import publish_course
from app.cli.context import get_settings
from app.cli.preparing import hold_start_lock, migrate, open_data_folder
from app.clock import now
from app.db import db
from app.services.course import catalogue

demo = AppGroup("demo", help="Demonstration data in a separate database.")


@demo.command("fill")
def fill_demo() -> None:
    """Fill an empty database with demonstration data and print the accounts to sign in with."""
    settings = get_settings()
    open_data_folder(settings)
    with hold_start_lock(db.engine):
        migrate()
    if catalogue.get_publication(db.session) is None:
        # Some demo learners read lessons a year ago, so the lessons must have been published by then.
        publish_course(at=now() - demo_data.LAST_YEAR_START)
    file = settings.data / "accounts.txt"
    try:
        accounts = demo_data.fill(db.session, now(), hash_password)
    except demo_data.OccupiedError:
        raise click.ClickException(
            "This database already has accounts. Set PALPATE_DATA=<folder> to use a separate one for the demo."
        ) from None
    if accounts is not None:
        # Written before the commit, because the passwords are not stored anywhere else.
        _write_private_file(file, "".join(f"{account}\n" for account in accounts))
        db.session.commit()
    click.echo(f"\n  E-mail address, password and role of each account (saved in {file}):\n")
    click.echo(
        file.read_text(encoding="utf-8") if file.exists() else f"{file} is missing. Use `admin link` to get access."
    )


def _write_private_file(path: Path, text: str) -> None:
    with open(path, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(text)
