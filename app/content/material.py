"""Everything that was read from the files of a course, before its ids are followed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from app.content.blocks import split_blocks, split_head
from app.content.documents import read_document
from app.content.drafts import Draft, read_entry
from app.content.faults import Fault, Place
from app.content.figures import Figure, read_figure
from app.content.folders import ModuleShelf, Shelf
from app.content.lessons import LessonDraft, render_lesson
from app.content.schema import (
    CourseEntry,
    Entry,
    LessonEntry,
    ModuleEntry,
    MuscleEntry,
    QuestionEntry,
    SourceEntry,
    StatementEntry,
    ZoneEntry,
)
from app.content.yaml_nodes import Plain, Tree, read_yaml

E = TypeVar("E", bound=Entry)

# Ten times a long lesson. Markdown that is made to be slow takes time that grows with the square of its length.
MAX_LESSON_BYTES = 64 * 1024


@dataclass(slots=True)
class ModuleMaterial:
    """What the files of one module folder hold. ``figures`` has None for a drawing that is faulty."""

    name: str
    shelf: ModuleShelf
    head: Draft[ModuleEntry] | None = None
    lessons: list[LessonDraft] = field(default_factory=list)
    questions: list[Draft[QuestionEntry]] = field(default_factory=list)
    figures: dict[str, Figure | None] = field(default_factory=dict)


@dataclass(slots=True)
class Names:
    """Each id of one kind and where it was first given, be its entry faulty or not: one fault isn't told twice."""

    kind: str
    places: dict[str, Place] = field(default_factory=dict)
    is_complete: bool = True

    def lacks(self, name: str) -> bool:
        """Say whether ``name`` is certainly unknown: where a file couldn't be read at all, it may stand in there."""
        return self.is_complete and name not in self.places

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)


@dataclass(slots=True)
class Material:
    course: Draft[CourseEntry] | None = None
    sources: list[Draft[SourceEntry]] = field(default_factory=list)
    zones: list[Draft[ZoneEntry]] = field(default_factory=list)
    muscles: list[Draft[MuscleEntry]] = field(default_factory=list)
    statements: list[Draft[StatementEntry]] = field(default_factory=list)
    modules: dict[str, ModuleMaterial] = field(default_factory=dict)
    module_names: Names = field(default_factory=lambda: Names("modules"))
    objective_names: Names = field(default_factory=lambda: Names("objectives"))
    source_names: Names = field(default_factory=lambda: Names("sources"))
    zone_names: Names = field(default_factory=lambda: Names("zones"))
    muscle_names: Names = field(default_factory=lambda: Names("muscles"))
    statement_names: Names = field(default_factory=lambda: Names("statements"))
    lesson_names: Names = field(default_factory=lambda: Names("lessons"))
    question_names: Names = field(default_factory=lambda: Names("questions"))
    faults: list[Fault] = field(default_factory=list)

    def name(self, names: Names, value: Plain, place: Place) -> None:
        """Note the id of an entry, whatever else is wrong with it; the second of two is a fault."""
        name = value.get("id") if isinstance(value, dict) else None
        if not isinstance(name, str):
            names.is_complete = False
            return
        if first := names.places.get(name):
            where = f"{first.path}:{first.line('id')}"
            self.faults.append(
                place.fault(
                    "duplicate-id",
                    f"two {names.kind} have the id `{name}` (see {where})",
                    "id",
                    expected="an id of its own",
                )
            )
        else:
            names.places[name] = place


def gather(shelf: Shelf) -> Material:
    """Read all files of ``shelf``. Never raises: what cannot be read is a fault."""
    material = Material(faults=list(shelf.faults))
    for path in shelf.courses:
        # A later folder's course.yaml takes the place of the first.
        material.course = _entry(CourseEntry, _tree(path, material), material) or material.course
    material.sources = _entries(SourceEntry, shelf.sources, material.source_names, material)
    material.zones = _entries(ZoneEntry, shelf.zones, material.zone_names, material)
    material.muscles = _entries(MuscleEntry, shelf.muscles, material.muscle_names, material)
    material.statements = _entries(StatementEntry, shelf.statements, material.statement_names, material)
    labels = {draft.entry.id: draft.entry.label for draft in material.sources}
    for name, files in shelf.modules.items():
        material.modules[name] = _module(name, files, material, labels)
    return material


def _module(name: str, files: ModuleShelf, material: Material, labels: Mapping[str, str]) -> ModuleMaterial:
    module = ModuleMaterial(name, files)
    material.objective_names.is_complete &= bool(files.heads)
    for path in files.heads:
        _module_head(path, module, material)
    for path in files.figures:
        _figure(path, module, material)
    for path in files.lessons:
        _lesson(path, module, material, labels)
    module.questions = _entries(QuestionEntry, files.questions, material.question_names, material)
    return module


def _module_head(path: Path, module: ModuleMaterial, material: Material) -> None:
    tree = _tree(path, material)
    if tree is None or tree.value is None:
        material.objective_names.is_complete = False
        return
    material.name(material.module_names, tree.value, tree.place)
    objectives = tree.value.get("objectives") if isinstance(tree.value, dict) else None
    for at, objective in enumerate(objectives if isinstance(objectives, list) else []):
        material.name(material.objective_names, objective, tree.place.within("objectives", at))
    head = _entry(ModuleEntry, tree, material)
    if head and head.entry.id != module.name:
        material.faults.append(
            head.fault(
                "module-folder",
                f"the folder {path.parent.name} holds the module `{head.entry.id}`",
                "id",
                expected=f"`{module.name}`",
            )
        )
    module.head = head or module.head


def _figure(path: Path, module: ModuleMaterial, material: Material) -> None:
    name = path.stem
    text = read_document(path)
    figure, faults = (None, (text,)) if isinstance(text, Fault) else read_figure(text, path)
    if name in module.figures:
        faults = (
            *faults,
            Fault(path, 1, "duplicate-id", f"two figures of this module are called `{name}`", "a name of its own"),
        )
    module.figures[name] = figure
    material.faults.extend(faults)


def _lesson(path: Path, module: ModuleMaterial, material: Material, labels: Mapping[str, str]) -> None:
    text = read_document(path, most=MAX_LESSON_BYTES)
    parted = text if isinstance(text, Fault) else split_head(text, path)
    if isinstance(parted, Fault):
        material.faults.append(parted)
        material.lesson_names.is_complete = False
        return
    head, body, before = parted
    tree = read_yaml(head, path, offset=1)
    material.faults.extend(tree.faults)
    material.name(material.lesson_names, tree.value, tree.place)
    draft = _entry(LessonEntry, tree, material)
    blocks, faults = split_blocks(body, path, before=before)
    material.faults.extend(faults)
    if draft:
        lesson = render_lesson(draft, blocks, figures=module.figures, labels=labels)
        material.faults.extend(lesson.faults)
        module.lessons.append(lesson)


def _tree(path: Path, material: Material) -> Tree | None:
    text = read_document(path)
    if isinstance(text, Fault):
        material.faults.append(text)
        return None
    tree = read_yaml(text, path)
    material.faults.extend(tree.faults)
    return tree


def _entries(shape: type[E], paths: Iterable[Path], names: Names, material: Material) -> list[Draft[E]]:
    """Return the sound entries of files that hold lists."""
    items = [item for path in paths for item in _items(_tree(path, material), names, material)]
    return [draft for item in items if (draft := _entry(shape, item, material))]


def _items(tree: Tree | None, names: Names, material: Material) -> list[Tree]:
    """Return the entries of a file that holds a list, their ids noted."""
    if tree and isinstance(tree.value, list):
        items = [Tree(value, tree.place.within(at)) for at, value in enumerate(tree.value)]
        for item in items:
            material.name(names, item.value, item.place)
        return items
    names.is_complete = False
    if tree and not tree.faults:
        material.faults.append(
            tree.place.fault("shape", "the file does not hold a list", expected="entries that begin with `- id:`")
        )
    return []


def _entry(shape: type[E], tree: Tree | None, material: Material) -> Draft[E] | None:
    # What could not be read as YAML has had its fault.
    if tree is None or (tree.value is None and tree.faults):
        return None
    draft = read_entry(shape, tree.value, tree.place)
    if isinstance(draft, tuple):
        material.faults.extend(draft)
        return None
    return draft
