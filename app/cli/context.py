"""Shared by all commands: the settings, and exiting with a message."""

from __future__ import annotations

from typing import NoReturn

import click
from flask import current_app

from app.settings import Settings


def get_settings() -> Settings:
    settings: Settings = current_app.config["PALPATE"]
    return settings


def fail(reason: str) -> NoReturn:
    """Print ``reason`` to standard error and exit with status 2."""
    click.echo(f"palpate: {reason}", err=True)
    raise SystemExit(2)
