"""Commands for operators. ``palpate --help`` (in a checkout: ``flask --app wsgi --help``) lists them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from flask import Flask
from sqlalchemy.exc import OperationalError

from app.cli import (
    attempts,
    badges,
    chores,
    content,
    demo,
    doctor,
    interchange,
    mail,
    people,
    preparing,
    server,
    storage,
)


def init_app(app: Flask) -> None:
    maintenance = (
        attempts.attempts,
        attempts.guests,
        attempts.reminders,
        attempts.messages,
        attempts.digest,
        attempts.reviews,
    )
    groups = (*maintenance, chores.chores, mail.mail, badges.badges)
    single = (preparing.prepare_command, server.serve, doctor.doctor, storage.backup, storage.restore, storage.copy)
    for command in (interchange.import_bank, interchange.export_bank, interchange.write_template):
        content.content.add_command(command)
    for command in (*groups, content.content, demo.demo, people.admin, people.users, people.log, *single):
        _explain_database_errors(command)
        app.cli.add_command(command)


def _explain_database_errors(command: click.Command) -> None:
    """Let a command, and those of a group, end with one line if the database is full, locked or unavailable."""
    for one in command.commands.values() if isinstance(command, click.Group) else ():
        _explain_database_errors(one)
    if command.callback and not hasattr(command.callback, "explains_database_errors"):
        command.callback = _explaining(command.callback)


def _explaining(callback: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(callback)
    def run(*arguments: Any, **options: Any) -> Any:
        try:
            return callback(*arguments, **options)
        except OperationalError as error:
            preparing.explain(error)

    run.explains_database_errors = True  # type: ignore[attr-defined]
    return run
