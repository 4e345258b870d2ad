"""Faults of the stored data: a full disk, a file that lost its content, a restore that was interrupted."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

from app.settings import Settings

MIN_FREE_BYTES = 4 * 1024 * 1024
"""Less than this is a full disk: SQLite's write-ahead log grows to 4 MB before it is written back."""


def is_full(settings: Settings) -> bool:
    """Return whether the disk of the SQLite database has no room left. A database elsewhere is not looked at."""
    folder = settings.sqlite_file.parent
    return settings.is_sqlite and folder.is_dir() and shutil.disk_usage(folder).free < MIN_FREE_BYTES


def explain_emptied(settings: Settings) -> str | None:
    """Return a sentence if the database is a file without content, which a first start would silently fill anew."""
    path = settings.sqlite_file
    if (
        not settings.is_sqlite
        or not path.is_file()
        or path.stat().st_size
        or path.with_name(f"{path.name}-wal").exists()
    ):
        return None
    return f"{path} is empty (0 bytes). Restore a backup in its place, or remove the file to begin with a new database."


def get_restore_marker(settings: Settings) -> Path:
    """Return the file that exists while a restore replaces the database and the secret. It names the backup."""
    return settings.data / "restore-unfinished"


def explain_unfinished(settings: Settings) -> str | None:
    """Return a sentence if a restore was killed, so that the database or the secret may be the old one."""
    marker = get_restore_marker(settings)
    try:
        file = marker.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    return (
        f"A restore was interrupted. Run it again with `restore --force {shlex.quote(file)}`, "
        f"or delete {marker} to use the database as it is."
    )
