"""The commands that make, check and restore backups, as an operator types them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from click.testing import Result
from flask import Flask

from app.db import Base
from app.server import storage
from app.services.storage import backups


def run(app: Flask, *args: str) -> Result:
    return app.test_cli_runner().invoke(args=list(args))


def test_the_commands_make_check_and_restore_a_backup(file_app: Callable[..., Flask], tmp_path: Path) -> None:
    app = file_app()
    folder = tmp_path / "elsewhere"

    made = run(app, "backup", "--to", str(folder), "--keep", "2")
    [file] = backups.list_backups(folder)
    checked = run(app, "restore", "--check", str(file))
    refused = run(app, "restore", str(file))
    file.write_bytes(file.read_bytes()[:5000])
    damaged = run(app, "restore", "--check", str(file))

    assert (made.exit_code, "verified" in made.output) == (0, True)
    assert checked.exit_code == 0
    assert f"all {len(Base.metadata.tables) + 1} tables" in checked.output
    assert "Sound: restored into a temporary place" in checked.output
    assert (refused.exit_code, "--force" in refused.output) == (2, True)
    assert (damaged.exit_code, damaged.output.count("\n")) == (2, 1)


def test_the_command_copies_everything_to_another_database(file_app: Callable[..., Flask], tmp_path: Path) -> None:
    app = file_app()
    target = f"sqlite:///{tmp_path / 'other.sqlite3'}"

    copied = run(app, "copy", "--to", target)
    again = run(app, "copy", "--to", target)

    assert copied.exit_code == 0
    assert "user: 0 rows, checksum 0" in copied.output
    assert "all are the same in both" in copied.output
    assert (again.exit_code, "The target has rows already" in again.output) == (2, True)


def test_a_start_after_a_killed_restore_says_what_to_do(file_app: Callable[..., Flask]) -> None:
    app = file_app()
    marker = storage.get_restore_marker(app.config["PALPATE"])
    marker.write_text("/mnt/backups/palpate-20261123T090000Z.zip\n")

    refused = app.test_cli_runner().invoke(args=["prepare"])
    marker.unlink()
    ready = app.test_cli_runner().invoke(args=["prepare"])

    assert (refused.exit_code, refused.output.count("\n")) == (2, 1)
    assert "Run it again with `restore --force /mnt/backups/palpate-20261123T090000Z.zip`" in refused.output
    assert ready.exit_code == 0
