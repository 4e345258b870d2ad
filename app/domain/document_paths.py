"""The paths of a library's documents: plain names that every file system can hold, so that a zip can be unpacked anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

MAX_LENGTH = 200
MAX_DEPTH = 5

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,78}[A-Za-z0-9_-])?")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
"""Names of devices on Windows, with any suffix."""

_PICTURE = re.compile(r"[0-9]+-[a-z0-9-]+/pictures/[^/]+\.(?:png|jpg|webp)")


class PathProblem(StrEnum):
    """Why a text is no path of a document."""

    EMPTY = "empty"
    LENGTH = "length"
    DEPTH = "depth"
    NAME = "name"
    RESERVED = "reserved"


def find_path_problem(path: str) -> PathProblem | None:
    """Return why ``path`` cannot be that of a document, or None."""
    names = path.split("/")
    if not path:
        return PathProblem.EMPTY
    if len(path) > MAX_LENGTH:
        return PathProblem.LENGTH
    if len(names) > MAX_DEPTH:
        return PathProblem.DEPTH
    if not all(_NAME.fullmatch(name) for name in names):
        return PathProblem.NAME
    if any(_RESERVED.fullmatch(name) for name in names):
        return PathProblem.RESERVED
    return None


def is_picture_path(path: str) -> bool:
    """Return whether a document at a path is a picture of a module, and not a text."""
    return _PICTURE.fullmatch(path) is not None


def find_collision(path: str, others: Iterable[str]) -> str | None:
    """Return one of the ``others`` that cannot be unpacked beside ``path``, or None.

    Two paths collide if they differ in capitals only, or if one is a folder of the other.
    """
    folded = path.lower()
    for other in others:
        it = other.lower()
        if it == folded or it.startswith(f"{folded}/") or folded.startswith(f"{it}/"):
            return other
    return None
