"""The texts of published lessons, kept in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from markupsafe import Markup
from sqlalchemy.orm import Session

from app.domain.content import Section, Source
from app.domain.paper import Candidate
from app.services.course import catalogue
from app.services.course.catalogue import LessonLine
from app.services.course.leaflets import LeafletLine, list_lines
from app.services.course.memory import CourseMemory, get_memory
from app.services.course.outline import CourseOutline, ModuleLine, recall_outline


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The lesson before or after this one."""

    module_slug: str
    slug: str
    title: str


@dataclass(frozen=True, slots=True, eq=False)
class LessonText:
    """A lesson as everybody sees it. ``position`` and ``of`` count the lessons of its module.

    Each part is a section of the text or the slug of a check; ``checks`` are those that can be asked. A text is equal
    only to itself, so that what is rendered from it can be kept without comparing the whole lesson.
    """

    id: int
    slug: str
    module: ModuleLine
    title: str
    hook: str
    minutes: int
    position: int
    of: int
    revision: int
    published_at: datetime
    sections: tuple[Section, ...]
    parts: tuple[Markup | str, ...]
    checks: Mapping[str, Candidate]
    sources: tuple[Source, ...]
    leaflets: tuple[LeafletLine, ...]
    before: Neighbour | None
    after: Neighbour | None


def get_lesson_text(session: Session, module_slug: str, slug: str, library_id: int | None = None) -> LessonText | None:
    """Return a lesson of a module of the course, or of a library; None if no such lesson is published there."""
    memory = get_memory(session, library_id)
    outline = recall_outline(session, memory)
    module = outline.get_module(module_slug)
    if module is None or all(line.slug != slug for line in outline.by_module[module.id]):
        return None
    return memory.remember(("lesson", module_slug, slug), lambda: _read_lesson(session, memory, module, slug))


def _read_lesson(session: Session, memory: CourseMemory, module: ModuleLine, slug: str) -> LessonText | None:
    outline = recall_outline(session, memory)
    row = catalogue.get_lesson(session, module.id, slug)
    if row is None:
        return None
    here = [line.id for line in outline.by_module[module.id]]
    # A reader of one module of a library may not be able to open the others.
    in_order = outline.lessons if memory.library_id is None else outline.by_module[module.id]
    before, after = _find_neighbours(outline, in_order, row.id)
    checks = catalogue.list_checks(session, [part["check"] for part in row.body["parts"] if "check" in part])
    return LessonText(
        id=row.id,
        slug=row.slug,
        module=module,
        title=row.title,
        hook=row.hook,
        minutes=row.minutes,
        position=here.index(row.id) + 1,
        of=len(here),
        revision=row.revision,
        published_at=row.published_at,
        sections=tuple(Section(section["id"], section["title"]) for section in row.body["sections"]),
        parts=tuple(
            # Sanitized when the lesson was published.
            Markup(part["html"]) if "html" in part else str(part["check"])  # noqa: S704
            for part in row.body["parts"]
        ),
        checks=MappingProxyType(checks),
        sources=tuple(catalogue.list_sources(session, row.body["sources"]).values()),
        leaflets=tuple(list_lines(row.body.get("leaflets"))),
        before=before,
        after=after,
    )


def _find_neighbours(
    outline: CourseOutline, lessons: Sequence[LessonLine], lesson_id: int
) -> tuple[Neighbour | None, Neighbour | None]:
    slugs = {module.id: module.slug for module in outline.modules}
    at = next(index for index, line in enumerate(lessons) if line.id == lesson_id)

    def turn(index: int) -> Neighbour | None:
        if not 0 <= index < len(lessons):
            return None
        return Neighbour(slugs[lessons[index].module_id], lessons[index].slug, lessons[index].title)

    return turn(at - 1), turn(at + 1)
