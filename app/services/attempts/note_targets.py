"""What learners can keep notes about: lessons, muscles, and questions whose right answers they have been shown.

Whether the viewer may see it is decided here at each use. A note about anything else has no target: its own words stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.learner_notes import TargetKind
from app.domain.qualified_ids import is_qualified
from app.domain.question import QuestionText
from app.models import LearnerNote, LessonRow, ModuleRow
from app.permissions import Viewer, opens_module
from app.services.attempts.shown_questions import ShownQuestion, find_lesson, list_shown
from app.services.course import catalogue, search_index
from app.services.course.body_map import get_atlas
from app.services.course.catalogue import LessonLine
from app.services.course.lesson_texts import LessonText, get_lesson_text
from app.services.course.memory import get_memory
from app.services.course.outline import CourseOutline, ModuleLine, get_outline, recall_outline


@dataclass(frozen=True, slots=True)
class NoteTarget:
    """A lesson, question or muscle that the viewer may see now.

    ``title`` is empty for a question, whose text is in ``question``; ``shown`` is where the viewer has seen it, and
    ``lesson_slug`` the lesson that asks it. ``words`` is the text of a lesson, for finding quotations.
    """

    kind: TargetKind
    slug: str
    title: str
    module: ModuleLine | None = None
    lesson_slug: str = ""
    question: QuestionText | None = None
    shown: ShownQuestion | None = None
    words: str = ""


Key = tuple[TargetKind, str]


def make_lesson_target(text: LessonText) -> NoteTarget:
    """Return the target of a lesson that was loaded for the viewer, with its words."""
    return NoteTarget(TargetKind.LESSON, text.slug, text.title, text.module, text.slug, words=_read_words(text))


@lru_cache(maxsize=128)
def _read_words(text: LessonText) -> str:
    return "\n".join(search_index.extract_text(part) for part in text.parts if isinstance(part, Markup))


def get_target(session: Session, viewer: Viewer, kind: TargetKind, slug: str, now: datetime) -> NoteTarget | None:
    """Return what a note is to be about, with the words of a lesson; None if the viewer may not see it."""
    found = _LISTS[kind](session, viewer, {slug}, now).get(slug)
    if found is None or kind is not TargetKind.LESSON or found.module is None:
        return found
    library_id = None
    if is_qualified(slug):
        module = catalogue.get_module_for(session, viewer, found.module.slug)
        if module is None:
            return None
        library_id = module.library_id
    text = get_lesson_text(session, found.module.slug, slug, library_id)
    return make_lesson_target(text) if text else None


def list_targets(
    session: Session, viewer: Viewer, notes: Iterable[LearnerNote], now: datetime
) -> dict[Key, NoteTarget]:
    """Return the targets of some notes that the viewer may see now, without the words of lessons."""
    slugs: dict[TargetKind, set[str]] = {}
    for note in notes:
        slugs.setdefault(note.target_kind, set()).add(note.target)
    found: dict[Key, NoteTarget] = {}
    for kind, wanted in slugs.items():
        for slug, target in _LISTS[kind](session, viewer, wanted, now).items():
            found[kind, slug] = target
    return found


def _list_lessons(session: Session, viewer: Viewer, slugs: set[str], _now: datetime) -> dict[str, NoteTarget]:
    outline = get_outline(session)
    modules = {module.id: module for module in outline.modules}
    found = {line.slug: _build_lesson(line, modules[line.module_id]) for line in outline.lessons if line.slug in slugs}
    if of_libraries := [slug for slug in slugs if is_qualified(slug)]:
        rows = session.execute(
            select(LessonRow.slug, LessonRow.title, ModuleRow)
            .join(ModuleRow, ModuleRow.id == LessonRow.module_id)
            .where(LessonRow.slug.in_(of_libraries), LessonRow.retired_at.is_(None), ModuleRow.retired_at.is_(None))
            .where(opens_module(viewer, ModuleRow.id, ModuleRow.library_id))
        )
        for slug, title, row in rows:
            module = ModuleLine(row.id, row.slug, row.position, row.title, row.summary)
            found[slug] = NoteTarget(TargetKind.LESSON, slug, title, module, slug)
    return found


def _build_lesson(line: LessonLine, module: ModuleLine) -> NoteTarget:
    return NoteTarget(TargetKind.LESSON, line.slug, line.title, module, line.slug)


def _list_muscles(session: Session, _viewer: Viewer, slugs: set[str], _now: datetime) -> dict[str, NoteTarget]:
    muscles = get_atlas(session).muscles
    return {slug: NoteTarget(TargetKind.MUSCLE, slug, muscles[slug].name) for slug in sorted(slugs) if slug in muscles}


def _list_questions(session: Session, viewer: Viewer, slugs: set[str], now: datetime) -> dict[str, NoteTarget]:
    """Return the questions whose right answers the viewer has been shown, as they were shown last."""
    if viewer.learner is None:
        return {}
    known = recall_outline(session, get_memory(session))
    shown = list_shown(session, viewer.learner, known, now).values()
    latest = {question.slug: question for question in shown if question.slug in slugs}
    texts = catalogue.get_texts(session, [question.version_id for question in latest.values()])
    return {slug: _build_question(question, texts[question.version_id], known) for slug, question in latest.items()}


def get_shown_slug(session: Session, viewer: Viewer, version_id: int, now: datetime) -> str | None:
    """Return the slug of a question if the viewer has been shown the right answer of this version."""
    if viewer.learner is None:
        return None
    shown = list_shown(session, viewer.learner, get_outline(session), now).get(version_id)
    return shown.slug if shown else None


def _build_question(shown: ShownQuestion, text: QuestionText, known: CourseOutline) -> NoteTarget:
    lesson = find_lesson(shown, known)
    module_id = lesson.module_id if lesson else shown.module_id
    module = next((module for module in known.modules if module.id == module_id), None)
    slug = lesson.slug if lesson else ""
    return NoteTarget(TargetKind.QUESTION, shown.slug, "", module, slug, question=text, shown=shown)


_LISTS: dict[TargetKind, Callable[[Session, Viewer, set[str], datetime], dict[str, NoteTarget]]] = {
    TargetKind.LESSON: _list_lessons,
    TargetKind.QUESTION: _list_questions,
    TargetKind.MUSCLE: _list_muscles,
}
