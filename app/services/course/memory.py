"""The published course in memory: what every reader sees alike is read once by each process for each publication.

A library has a memory of its own, so that publishing it makes nobody read the course again. A request reads only the
number of the publication, in one small statement. If that is another than the one in memory, everything is read again.
Nothing here may depend on a reader, and nothing may come from unpublished files.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, bindparam, select
from sqlalchemy.orm import Session

from app.models import Publication

T = TypeVar("T")

MAX_ENTRIES = 1024
"""How many results a publication keeps; a course has about one for each lesson. Above that, they are cleared."""


MAX_LIBRARIES = 16
"""How many libraries a process keeps in memory beside the course, those that were read last."""


class CourseMemory:
    """What was read of one publication. It is shared by all threads, so its values must be immutable.

    ``library_id`` is None for the course.
    """

    __slots__ = ("_entries", "library_id", "publication")

    def __init__(self, publication: tuple[int, str] | None, library_id: int | None = None) -> None:
        self.publication = publication
        """Id and digest. Tests roll publications back, so that ids return; then the digest differs."""
        self.library_id = library_id
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


class _Memories:
    """The memories of one database: that of the course, and those of libraries from the least recently used."""

    __slots__ = ("__weakref__", "_lock", "course", "libraries")

    def __init__(self) -> None:
        self.course: CourseMemory | None = None
        self.libraries: OrderedDict[int, CourseMemory] = OrderedDict()
        self._lock = Lock()

    def get(self, publication: tuple[int, str], library_id: int | None) -> CourseMemory:
        if library_id is None:
            known = self.course
            if known is None or known.publication != publication:
                known = self.course = CourseMemory(publication)
            return known
        with self._lock:
            known = self.libraries.get(library_id)
            if known is None or known.publication != publication:
                known = self.libraries[library_id] = CourseMemory(publication, library_id)
            self.libraries.move_to_end(library_id)
            if len(self.libraries) > MAX_LIBRARIES:
                self.libraries.popitem(last=False)
            return known


_memories: WeakKeyDictionary[Engine, _Memories] = WeakKeyDictionary()

_LATEST = select(Publication.id, Publication.digest).order_by(Publication.id.desc()).limit(1)
_LATEST_OF_COURSE = _LATEST.where(Publication.library_id.is_(None))
_LATEST_OF_LIBRARY = _LATEST.where(Publication.library_id == bindparam("library_id"))


def get_memory(session: Session, library_id: int | None = None) -> CourseMemory:
    """Return the memory of the publication of the course, or of a library, that this transaction sees.

    Before the first one, nothing is kept.
    """
    statement = _LATEST_OF_COURSE if library_id is None else _LATEST_OF_LIBRARY
    latest = session.execute(statement, {"library_id": library_id} if library_id is not None else {}).first()
    if latest is None:
        return CourseMemory(None, library_id)
    memories = _memories.setdefault(session.get_bind().engine, _Memories())
    return memories.get((latest.id, latest.digest), library_id)


def clear_memory(session: Session) -> None:
    """Forget everything about this database, for tests that change the course without publishing it."""
    _memories.pop(session.get_bind().engine, None)
