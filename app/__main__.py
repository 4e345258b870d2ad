"""The command ``palpate``, which an installed package provides; also ``python -m app``."""

from __future__ import annotations

import click
from flask.cli import FlaskGroup

from app import create_app_or_exit
from app.server.version import VERSION


@click.group(
    cls=FlaskGroup,
    create_app=create_app_or_exit,
    add_default_commands=False,
    add_version_option=False,
    load_dotenv=False,
)
@click.version_option(VERSION, prog_name="palpate")
def main() -> None:
    """Palpate, a quiz-based learning server. `palpate serve` sets everything up and starts it."""


if __name__ == "__main__":
    main()
