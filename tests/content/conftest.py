"""Fixtures: a sound course on disk, and a way to spoil it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.course_folder import FILES, Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "course")
    for name, text in FILES.items():
        made.write(name, text)
    return made


@pytest.fixture
def spoil(folder: Folder) -> Callable[[str, str, str], list[str]]:
    """Replace one piece of text in one file and return the faults."""

    def spoilt(name: str, old: str, new: str) -> list[str]:
        folder.replace(name, old, new)
        return folder.faults()

    return spoilt
