"""Folders in which a backup or a restore works."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.services.storage.archives import StorageError


@contextmanager
def hold_folder(folder: Path, scratch_prefix: str, task: str) -> Iterator[None]:
    """Create the folder if needed, and keep others with the same task out of it until the end.

    What a killed one left there, by its prefix, is deleted.

    :raise StorageError: another ``task`` ("backup" or "restore") is running there.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    held = os.open(folder, os.O_RDONLY)
    try:
        if not try_to_lock(held):
            raise StorageError(f"Another {task} in {folder} is running.")
        for left in folder.glob(f"{scratch_prefix}*"):
            shutil.rmtree(left, ignore_errors=True)
        yield
    finally:
        os.close(held)


def try_to_lock(opened: int) -> bool:
    """Lock an open file or folder until it is closed, unless another process has locked it."""
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def sync_folder(folder: Path) -> None:
    """Make renames in a folder survive a power cut."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
