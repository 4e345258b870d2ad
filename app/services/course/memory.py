"""The published course in memory: what every reader sees alike is read once by each process for each publication.

A request reads only the number of the publication, in one small statement. If that is another than the one in memory,
everything is read again. Nothing here may depend on a reader, and nothing may come from unpublished files.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.models import Publication

T = TypeVar("T")

MAX_ENTRIES = 1024
"""How many results a publication keeps; a course has about one for each lesson. Above that, they are cleared."""


class CourseMemory:
    """What was read of one publication. It is shared by all threads, so its values must be immutable."""

    __slots__ = ("_entries", "publication")

    def __init__(self, publication: tuple[int, str] | None) -> None:
        self.publication = publication
        """Id and digest. Tests roll publications back, so that ids return; then the digest differs."""
        self._entries: dict[Hashable, Any] = {}

    def remember(self, key: Hashable, read: Callable[[], T]) -> T:
        """Return the result of ``read``, which runs once for each key of a publication."""
        try:
            return cast("T", self._entries[key])
        except KeyError:
            if len(self._entries) >= MAX_ENTRIES:
                self._entries.clear()
            found = self._entries[key] = read()
            return found


_memories: WeakKeyDictionary[Engine, CourseMemory] = WeakKeyDictionary()

_LATEST = select(Publication.id, Publication.digest).order_by(Publication.id.desc()).limit(1)


def get_memory(session: Session) -> CourseMemory:
    """Return the memory of the publication that this transaction sees. Before the first one, nothing is kept."""
    latest = session.execute(_LATEST).first()
    if latest is None:
        return CourseMemory(None)
    engine, publication = session.get_bind().engine, (latest.id, latest.digest)
    known = _memories.get(engine)
    if known is None or known.publication != publication:
        known = _memories[engine] = CourseMemory(publication)
    return known


def clear_memory(session: Session) -> None:
    """Forget everything about this database, for tests that change the course without publishing it."""
    _memories.pop(session.get_bind().engine, None)
