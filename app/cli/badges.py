"""The commands ``badges``, for the keys that sign Open Badges."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from app.cli.context import fail, get_settings
from app.domain.badge import build_did
from app.services.storage import badge_keys
from app.services.storage.badge_keys import BadgeKeyError

badges = AppGroup("badges", help="The keys that sign Open Badges.")


@badges.command("keys")
def list_keys() -> None:
    """List the keys: the one that signs, and former ones that still verify."""
    settings = get_settings()
    try:
        keys = badge_keys.load(settings, build_did(settings.base_url))
    except BadgeKeyError as error:
        fail(str(error))
    click.echo(f"{keys.did}#{keys.keys[0]['kid']}: signs")
    for key in keys.keys[1:]:
        click.echo(f"{keys.did}#{key['kid']}: verifies badges from before")


@badges.command("rotate-keys")
@click.option(
    "--file", type=click.Path(path_type=Path, dir_okay=False), help="The file that PALPATE_BADGE_KEYS_FILE names."
)
def rotate_keys(file: Path | None) -> None:
    """Sign with a new key from now on. Badges that former keys signed stay valid."""
    settings = get_settings()
    try:
        if file is not None:
            kid = badge_keys.rotate_file(file)
        else:
            kid = badge_keys.rotate(settings, build_did(settings.base_url)).keys[0]["kid"]
    except BadgeKeyError as error:
        fail(str(error))
    click.echo(f"The new key is {kid}.")
