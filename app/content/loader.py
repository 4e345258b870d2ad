"""Load folders of content files as one course, or report every fault that prevents it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.content.body_map import build_map_parts
from app.content.checker import check_items
from app.content.cues.limits import check_cues
from app.content.drafts import Draft
from app.content.faults import Fault
from app.content.folders import find_course_files, find_library_files
from app.content.kinds import MapParts, QuestionEntry
from app.content.material import Material, ModuleMaterial, read_material
from app.content.references import check_counts, check_references
from app.content.schema import LibraryEntry, LibraryModuleEntry, SourceEntry
from app.content.trees import ContentPath
from app.domain.content import BlueprintLine, Course, Module, Objective, Question, Source, Statement

__all__ = ["Fault", "LoadedCourse", "LoadedLibrary", "build_question", "load_course", "load_library"]


@dataclass(frozen=True, slots=True)
class LoadedCourse:
    """The course, or None with the faults; there is a course exactly if there are no faults."""

    course: Course | None
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class LoadedLibrary(LoadedCourse):
    """A library, and everything that could be read of it although there are faults."""

    material: Material


def load_course(folders: Sequence[Path], *, with_classifier: bool = False) -> LoadedCourse:
    """Read a course from its folder and those that an installation adds.

    A further folder may add sources, modules, lessons, questions and figures (``N-<module>/questions/…`` needs no
    module.yaml there); its course.yaml replaces the first. Never raises for the content of files: each fault has an
    existing path, and a line from 1. The rules for guessing answers from the options are always tried; only the command
    ``content check`` also tries the classifier (``with_classifier``), which takes seconds.
    """
    place = next((folder for folder in folders if folder.is_dir()), None)
    material = read_material(find_course_files(folders))
    return _check(material, place or Path(), is_given=place is not None or not folders, with_classifier=with_classifier)


def load_library(folder: ContentPath) -> LoadedLibrary:
    """Read a library by the rules of a course, with three exceptions.

    It needs no ``red_flags``, its modules need no ``practice``, and its questions are exam questions unless they say
    otherwise.
    """
    material = read_material(find_library_files(folder))
    checked = _check(material, folder)
    return LoadedLibrary(checked.course, checked.faults, material)


def _check(
    material: Material, place: ContentPath, *, is_given: bool = True, with_classifier: bool = False
) -> LoadedCourse:
    """Check what was read. ``place`` is the first folder, unless none of the folders exists (``is_given``)."""
    faults = list(material.faults)
    if is_given and not _has_course(material):
        faults.append(Fault(place, 1, "missing", "there is no course.yaml", "a file course.yaml in the first folder"))
    faults += check_references(material)
    if not faults:
        # Counts without the faulty files would mislead.
        faults += check_counts(material)
    faults += check_items(material, is_whole=not faults)
    ordered = tuple(sorted(set(faults), key=lambda fault: (str(fault.path), fault.line, fault.rule, fault.message)))
    if ordered or material.course is None:
        return LoadedCourse(None, ordered)
    course = _course(material.course, material)
    too_guessable = tuple(check_cues(course, material.course.place, with_classifier=with_classifier))
    return LoadedCourse(None if too_guessable else course, too_guessable)


def _has_course(material: Material) -> bool:
    return material.course is not None or any(fault.path.name == "course.yaml" for fault in material.faults)


def _course(draft: Draft[LibraryEntry], material: Material) -> Course:
    modules = [material.modules[name] for name in draft.entry.modules]
    parts = build_map_parts(material)
    return Course(
        title=draft.entry.title,
        modules=tuple(_module(module, module.head, parts) for module in modules if module.head),
        sources=tuple(_source(source.entry) for source in material.sources),
        red_flags=draft.entry.red_flags or "",
        zones=tuple(parts.zones.values()),
        muscles=tuple(parts.muscles.values()),
        leaflets=tuple(draft.leaflet for draft in material.leaflets),
        statements=tuple(Statement(**draft.entry.model_dump()) for draft in material.statements),
    )


def _source(entry: SourceEntry) -> Source:
    return Source(**entry.model_dump())


def _module(module: ModuleMaterial, head: Draft[LibraryModuleEntry], parts: MapParts) -> Module:
    entry = head.entry
    return Module(
        id=entry.id,
        title=entry.title,
        summary=entry.summary,
        pass_mark_percent=entry.pass_mark,
        objectives=tuple(Objective(**objective.model_dump()) for objective in entry.objectives),
        lessons=tuple(lesson.lesson for lesson in module.lessons),
        questions=tuple(build_question(question.entry, module, parts) for question in module.questions),
        practice_questions=entry.practice.questions if entry.practice else 0,
        test_questions=entry.test.questions,
        blueprint=tuple(BlueprintLine(**draw.model_dump()) for draw in entry.test.blueprint),
        test_minutes=entry.test.minutes,
        asks_certainty=entry.certainty,
        pictures=tuple(picture for picture in module.pictures.values() if picture),
    )


def build_question(entry: QuestionEntry, module: ModuleMaterial, parts: MapParts) -> Question:
    """Return the question of a sound entry."""
    asked = entry.ask(module.figures, parts)
    return Question(
        id=entry.id,
        objective=entry.objective,
        level=entry.level,
        kind=entry.kind,
        use=entry.use,
        stem=entry.stem,
        options=asked.options,
        key=asked.key,
        explanation=entry.explanation,
        sources=tuple(entry.sources),
        critical=entry.critical,
        vignette=entry.vignette,
        is_order_fixed=entry.is_order_fixed,
        prompts=asked.prompts,
        unit=asked.unit,
        picture=asked.picture,
        facts=tuple(entry.facts),
    )
