"""Check and render a lesson while it is written, beside a library that has been checked before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from app.content.faults import Fault, FileLocation
from app.content.folders import ModuleFiles
from app.content.lesson_documents import LessonDocument
from app.content.loader import LoadedLibrary
from app.content.material import Material, ModuleMaterial, read_lesson
from app.content.previews import DocumentPreview, preview_lesson
from app.content.question_checks import find_module
from app.content.references import check_lesson
from app.content.trees import DocumentPath, DocumentTree

_STAND_IN = "---\nid: lesson\ntitle: …\nhook: …\nobjectives: [objective]\n---\n"
"""A head with which the text of a lesson is read if its own has faults."""


@dataclass(frozen=True, slots=True)
class CheckedLesson:
    """The faults of a lesson's head, and those of its text with lines that count from the text's first.

    ``preview`` has the lesson, even if its head has faults.
    """

    head: tuple[Fault, ...]
    body: tuple[Fault, ...]
    preview: DocumentPreview


@dataclass(frozen=True, slots=True)
class _Read:
    material: Material
    module: ModuleMaterial


def check_lesson_text(library: LoadedLibrary, path: str, document: LessonDocument) -> CheckedLesson:
    """Check a document that is, or will be, the lesson at ``path``."""
    read = _read(library, path, document.text)
    faults = _find_faults(library.material, read)
    head = [fault for fault in faults if fault.line <= document.before]
    head += _find_repeated(library.material, path, document)
    if read.module.lessons:
        body, before = [fault for fault in faults if fault.line > document.before], document.before
    else:
        read = _read(library, path, _STAND_IN + document.body)
        before = _STAND_IN.count("\n")
        body = [fault for fault in _find_faults(library.material, read) if fault.line > before]
    lesson = next(iter(read.module.lessons), None)
    preview = preview_lesson(library, lesson.lesson) if lesson else DocumentPreview()
    return CheckedLesson(_sort(head), _sort(replace(one, line=one.line - before) for one in body), preview)


def _read(library: LoadedLibrary, path: str, text: str) -> _Read:
    """Read one lesson on its own, with the figures of its module and the sources of its library."""
    tree = DocumentTree.build({path: text.encode()})
    module = find_module(library.material, path)
    figures = module.figures if module else {}
    alone = _Read(Material(), ModuleMaterial(module.name if module else "", ModuleFiles(), figures=figures))
    labels = {draft.entry.id: draft.entry.label for draft in library.material.sources}
    read_lesson(DocumentPath(tuple(path.split("/")), tree), alone.module, alone.material, labels)
    return alone


def _find_faults(material: Material, read: _Read) -> list[Fault]:
    questions = {draft.entry.id: draft.entry for module in material.modules.values() for draft in module.questions}
    found = list(read.material.faults)
    for lesson in read.module.lessons:
        found += check_lesson(lesson, material, questions)
    return found


def _find_repeated(material: Material, path: str, document: LessonDocument) -> list[Fault]:
    name = document.head.entry.get("id")
    there = material.lesson_names.places.get(name) if isinstance(name, str) else None
    if there is None or str(there.path) == path:
        return []
    place = FileLocation(DocumentPath(tuple(path.split("/")), DocumentTree()))
    message = f"two lessons have the id `{name}` (see {there.path}:{there.line('id')})"
    return [place.fault("duplicate-id", message, "id", expected="a unique id")]


def _sort(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    return tuple(sorted(dict.fromkeys(faults), key=lambda fault: fault.line))
