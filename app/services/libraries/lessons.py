"""Add a lesson to a module of a library."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.content.lesson_documents import list_lesson_numbers, write_lesson
from app.content.new_modules import choose_id
from app.models import Library, User
from app.services.libraries import documents


@dataclass(frozen=True, slots=True)
class NewLesson:
    """What a lesson begins with. ``folder`` is that of its module, and ``objectives`` are the ids that it teaches."""

    folder: str
    title: str
    hook: str
    objectives: Sequence[str]
    body: str


def add_lesson(
    session: Session, actor: User, library: Library, lesson: NewLesson, taken: Collection[str], now: datetime
) -> str:
    """Add a lesson behind the last one of its module, and return its path.

    ``taken`` are the ids of the other lessons of the library.

    :raise DocumentConflictError: somebody else added the same lesson at the same moment.
    :raise LibraryFullError: the library has no room for it.
    """
    numbers = list_lesson_numbers((row.path for row in documents.list_current(session, library)), lesson.folder)
    name = choose_id(lesson.title, taken, "lesson")
    path = f"{lesson.folder}/lessons/{max(numbers, default=0) + 1:02}-{name}.md"
    text = write_lesson(name, lesson.title, lesson.hook, lesson.objectives, lesson.body)
    documents.save(session, actor, library, path, text.encode(), now, seen=0)
    return path
