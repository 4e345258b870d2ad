"""Which Palpate this is: the version that was released, and the commit where the folder is a checkout."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path

from app.settings import ROOT


@lru_cache(maxsize=1)
def version() -> str:
    """``0.1.0 (2e78873)``; without a commit where there is no git folder."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    number = str(project["project"]["version"])
    commit = commit_of(ROOT)
    return f"{number} ({commit[:7]})" if commit else number


def commit_of(root: Path) -> str | None:
    """The commit that is checked out in ``root``, read from git's files: the program need not be there."""
    try:
        folder = _git_folder(root)
        head = (folder / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return head
        name = head.removeprefix("ref: ")
        for place in (folder, _common(folder)):
            if (place / name).is_file():
                return (place / name).read_text().strip()
        packed = (_common(folder) / "packed-refs").read_text()
        found = re.search(rf"^([0-9a-f]{{40,64}}) {re.escape(name)}$", packed, re.MULTILINE)
        return found[1] if found else None
    except OSError:
        return None


def _git_folder(root: Path) -> Path:
    """``.git``, or where it points to in a worktree."""
    place = root / ".git"
    if place.is_file():
        return (root / place.read_text().strip().removeprefix("gitdir: ")).resolve()
    return place


def _common(folder: Path) -> Path:
    shared = folder / "commondir"
    return (folder / shared.read_text().strip()).resolve() if shared.is_file() else folder
