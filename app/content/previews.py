"""What one document of a library would show to learners, even if other documents have faults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.content.body_map import build_map_parts
from app.content.drafts import Draft
from app.content.figures import render_inline_svg
from app.content.kinds import MapParts, QuestionEntry
from app.content.loader import LoadedLibrary, build_question
from app.content.material import ModuleMaterial
from app.domain.content import Leaflet, Lesson, LessonCheck, Question, Source


@dataclass(frozen=True, slots=True)
class DocumentPreview:
    """The sound parts of a document. ``unsound`` counts its questions that are too faulty to be asked.

    ``checks`` are the questions that its lesson shows, by id. ``sources`` are all sources of the library, by id.
    """

    lesson: Lesson | None = None
    leaflet: Leaflet | None = None
    figure: str | None = None
    questions: tuple[Question, ...] = ()
    unsound: int = 0
    checks: Mapping[str, Question] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.lesson or self.leaflet or self.figure or self.questions)


def preview_document(library: LoadedLibrary, path: str) -> DocumentPreview:
    """Return the preview of the document at ``path``."""
    material, parts = library.material, build_parts(library)
    modules = material.modules.values()
    lessons = [draft.lesson for module in modules for draft in module.lessons if str(draft.draft.place.path) == path]
    drafts = [(module, draft) for module in modules for draft in module.questions]
    own = [build_sound(draft, module, parts) for module, draft in drafts if str(draft.place.path) == path]
    figures = [drawing for module in modules for drawing in module.figures.values() if drawing]
    leaflets = [draft.leaflet for draft in material.leaflets if str(draft.draft.place.path) == path]
    return DocumentPreview(
        lesson=next(iter(lessons), None),
        leaflet=next(iter(leaflets), None),
        figure=next((render_inline_svg(one, "preview-figure") for one in figures if str(one.path) == path), None),
        questions=tuple(question for question in own if question),
        unsound=own.count(None),
        checks=_build_checks(library, lessons, parts),
        sources=_list_sources(library),
    )


def preview_lesson(library: LoadedLibrary, lesson: Lesson) -> DocumentPreview:
    """Return the preview of a lesson that the library does not have yet."""
    checks = _build_checks(library, [lesson], build_parts(library))
    return DocumentPreview(lesson=lesson, checks=checks, sources=_list_sources(library))


def _build_checks(library: LoadedLibrary, lessons: Iterable[Lesson], parts: MapParts) -> dict[str, Question]:
    """Return the sound questions that lessons show, by id."""
    shown = {part.question for lesson in lessons for part in lesson.parts if isinstance(part, LessonCheck)}
    found = [
        build_sound(draft, module, parts)
        for module in library.material.modules.values()
        for draft in module.questions
        if draft.entry.id in shown
    ]
    return {question.id: question for question in found if question}


def _list_sources(library: LoadedLibrary) -> dict[str, Source]:
    return {draft.entry.id: Source(**draft.entry.model_dump()) for draft in library.material.sources}


def build_parts(library: LoadedLibrary) -> MapParts:
    """Return the zones and muscles, or none of them if one has a fault: they refer to each other."""
    is_faulty = any(fault.path.name in ("muscles.yaml", "zones.yaml") for fault in library.faults)
    return MapParts({}, {}) if is_faulty else build_map_parts(library.material)


def build_sound(draft: Draft[QuestionEntry], module: ModuleMaterial, parts: MapParts) -> Question | None:
    """Return a question that can be asked, or None."""
    entry, place = draft.entry, draft.place
    if any(module.figures.get(name) is None for name in entry.figure_names):
        return None
    if any(entry.faults(place)) or any(entry.reference_faults(place, module.figures, parts)):
        return None
    return build_question(entry, module, parts)
