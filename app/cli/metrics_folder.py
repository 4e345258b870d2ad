"""The folder in which the server's processes keep their figures for ``/metrics``."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

_PREFIX = "palpate-metrics-"
_OWNER = "process"


def make_metrics_folder() -> Path | None:
    """Make an empty folder for this server, and remove those of servers that have ended. None if that is impossible.

    It is in memory: the figures are written through memory maps, and on a full disk such a write would kill the process.
    """
    parent = Path(os.environ.get("RUNTIME_DIRECTORY") or _find_memory())
    try:
        for folder in parent.glob(f"{_PREFIX}*"):
            if folder.stat().st_uid == os.geteuid() and not _is_in_use(folder):
                shutil.rmtree(folder, ignore_errors=True)
        made = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        (made / _OWNER).write_text(str(os.getpid()))
    except OSError:
        return None
    return made


def _find_memory() -> str:
    shared = Path("/dev/shm")  # noqa: S108  the folder made there is private
    return str(shared) if os.access(shared, os.W_OK) else tempfile.gettempdir()


def _is_in_use(folder: Path) -> bool:
    try:
        return Path(f"/proc/{int((folder / _OWNER).read_text())}").exists()
    except (OSError, ValueError):
        return False
