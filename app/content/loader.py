"""Folders of content files -> one course, or every fault that stands in the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.content.body_map import map_parts
from app.content.checker import item_faults
from app.content.drafts import Draft
from app.content.faults import Fault
from app.content.folders import survey
from app.content.keys import asked_and_key
from app.content.map_pictures import MapParts
from app.content.material import Material, ModuleMaterial, gather
from app.content.references import count_faults, reference_faults
from app.content.schema import CourseEntry, ModuleEntry, QuestionEntry, SourceEntry
from app.domain.content import Course, Draw, Kind, Module, Objective, Question, Source, Statement

__all__ = ["Fault", "Loaded", "load_course"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """The course, or None and why not: there is a course exactly where there are no faults."""

    course: Course | None
    faults: tuple[Fault, ...]


def load_course(folders: Sequence[Path]) -> Loaded:
    """Read a course from its folder and those that an installation adds.

    A further folder may add sources, modules, lessons, questions and figures (``N-<module>/questions/…`` needs no
    module.yaml there); its course.yaml takes the place of the first. Never raises for what the files say: each fault
    has an existing path, and a line from 1.
    """
    material = gather(survey(folders))
    faults = list(material.faults)
    faults += _course_missing(material, folders)
    faults += reference_faults(material)
    if not faults:
        # Counting what is left after losing faulty files would only mislead.
        faults += count_faults(material)
    faults += item_faults(material, is_whole=not faults)
    ordered = tuple(sorted(set(faults), key=lambda fault: (str(fault.path), fault.line, fault.rule, fault.message)))
    if ordered or material.course is None:
        return Loaded(None, ordered)
    return Loaded(_course(material.course, material), ())


def _course_missing(material: Material, folders: Sequence[Path]) -> list[Fault]:
    if material.course or any(fault.path.name == "course.yaml" for fault in material.faults):
        return []
    place = next((folder for folder in folders if folder.is_dir()), None)
    if place is None and folders:
        return []
    place = place or Path()
    return [Fault(place, 1, "missing", "there is no course.yaml", "a file course.yaml in the first folder")]


def _course(draft: Draft[CourseEntry], material: Material) -> Course:
    modules = [material.modules[name] for name in draft.entry.modules]
    parts = map_parts(material)
    return Course(
        title=draft.entry.title,
        modules=tuple(_module(module, module.head, parts) for module in modules if module.head),
        sources=tuple(_source(source.entry) for source in material.sources),
        red_flags=draft.entry.red_flags,
        zones=tuple(parts.zones.values()),
        muscles=tuple(parts.muscles.values()),
        statements=tuple(Statement(**draft.entry.model_dump()) for draft in material.statements),
    )


def _source(entry: SourceEntry) -> Source:
    return Source(**entry.model_dump())


def _module(module: ModuleMaterial, head: Draft[ModuleEntry], parts: MapParts) -> Module:
    entry = head.entry
    return Module(
        id=entry.id,
        title=entry.title,
        summary=entry.summary,
        pass_mark_percent=entry.pass_mark,
        objectives=tuple(Objective(**objective.model_dump()) for objective in entry.objectives),
        lessons=tuple(lesson.lesson for lesson in module.lessons),
        questions=tuple(_question(question.entry, module, parts) for question in module.questions),
        practice_questions=entry.practice.questions,
        test_questions=entry.test.questions,
        blueprint=tuple(Draw(**draw.model_dump()) for draw in entry.test.blueprint),
        test_minutes=entry.test.minutes,
        asks_certainty=entry.certainty,
    )


def _question(entry: QuestionEntry, module: ModuleMaterial, parts: MapParts) -> Question:
    asked = asked_and_key(entry, module.figures, parts)
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
        is_order_fixed=entry.order == "fixed" or entry.kind is Kind.TRUE_FALSE,
        prompts=asked.prompts,
        unit=asked.unit,
        picture=asked.picture,
        facts=tuple(entry.facts),
    )
