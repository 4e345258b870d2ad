"""The outline of the published course or of a library: its modules and lessons without their text, kept in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.services.course import catalogue
from app.services.course.catalogue import LessonLine
from app.services.course.memory import CourseMemory, get_memory


@dataclass(frozen=True, slots=True)
class ModuleLine:
    """A module as lists and headings show it."""

    id: int
    slug: str
    position: int
    title: str
    summary: str


@dataclass(frozen=True, slots=True)
class CourseOutline:
    """The current modules, and all current lessons in the order of the course."""

    modules: tuple[ModuleLine, ...]
    lessons: tuple[LessonLine, ...]
    by_module: Mapping[int, tuple[LessonLine, ...]]

    def get_module(self, slug: str) -> ModuleLine | None:
        return next((module for module in self.modules if module.slug == slug), None)


def get_outline(session: Session, library_id: int | None = None) -> CourseOutline:
    return recall_outline(session, get_memory(session, library_id))


def recall_outline(session: Session, memory: CourseMemory) -> CourseOutline:
    return memory.remember("outline", lambda: _read_outline(session, memory.library_id))


def _read_outline(session: Session, library_id: int | None) -> CourseOutline:
    found = catalogue.list_modules(session, library_id)
    modules = tuple(ModuleLine(row.id, row.slug, row.position, row.title, row.summary) for row in found)
    rows = catalogue.list_lessons_of(session, found)
    by_module = {module.id: tuple(row for row in rows if row.module_id == module.id) for module in modules}
    lessons = tuple(row for module in modules for row in by_module[module.id])
    return CourseOutline(modules, lessons, by_module)
