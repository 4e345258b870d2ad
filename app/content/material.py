"""Everything read from the files of a course, before its ids are resolved."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from app.content.blocks import Block, split_blocks, split_head
from app.content.documents import read_document
from app.content.drafts import Draft, read_entry
from app.content.faults import Fault, FileLocation
from app.content.figures import Figure, read_figure
from app.content.folders import CourseFiles, ModuleFiles
from app.content.kinds import QuestionEntry, get_entry_class
from app.content.leaflets import LeafletDraft, render_leaflet
from app.content.lessons import LessonDraft, render_lesson
from app.content.pictures import read_picture
from app.content.schema import (
    CourseEntry,
    Entry,
    LeafletEntry,
    LessonEntry,
    LibraryEntry,
    LibraryModuleEntry,
    ModuleEntry,
    MuscleEntry,
    SourceEntry,
    StatementEntry,
    ZoneEntry,
)
from app.content.trees import ContentPath
from app.content.yaml_nodes import Plain, Tree, read_yaml
from app.domain.content import Picture, Use

E = TypeVar("E", bound=Entry)

# Ten times a long lesson. Parsing malicious Markdown can take time quadratic in its length.
MAX_LESSON_BYTES = 64 * 1024


@dataclass(slots=True)
class ModuleMaterial:
    """The contents of one module's files. ``figures`` maps a faulty drawing to None, and ``pictures`` a faulty file."""

    name: str
    shelf: ModuleFiles
    head: Draft[LibraryModuleEntry] | None = None
    lessons: list[LessonDraft] = field(default_factory=list)
    questions: list[Draft[QuestionEntry]] = field(default_factory=list)
    figures: dict[str, Figure | None] = field(default_factory=dict)
    pictures: dict[str, Picture | None] = field(default_factory=dict)


@dataclass(slots=True)
class NameIndex:
    """Each id of one type and its first location, even if its entry is faulty, so that a fault is reported only once."""

    kind: str
    places: dict[str, FileLocation] = field(default_factory=dict)
    is_complete: bool = True

    def lacks(self, name: str) -> bool:
        """Return whether ``name`` is certainly unknown; an unreadable file might contain it."""
        return self.is_complete and name not in self.places

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)


@dataclass(slots=True)
class Material:
    course: Draft[LibraryEntry] | None = None
    sources: list[Draft[SourceEntry]] = field(default_factory=list)
    zones: list[Draft[ZoneEntry]] = field(default_factory=list)
    muscles: list[Draft[MuscleEntry]] = field(default_factory=list)
    statements: list[Draft[StatementEntry]] = field(default_factory=list)
    leaflets: list[LeafletDraft] = field(default_factory=list)
    modules: dict[str, ModuleMaterial] = field(default_factory=dict)
    module_names: NameIndex = field(default_factory=lambda: NameIndex("modules"))
    objective_names: NameIndex = field(default_factory=lambda: NameIndex("objectives"))
    source_names: NameIndex = field(default_factory=lambda: NameIndex("sources"))
    zone_names: NameIndex = field(default_factory=lambda: NameIndex("zones"))
    muscle_names: NameIndex = field(default_factory=lambda: NameIndex("muscles"))
    statement_names: NameIndex = field(default_factory=lambda: NameIndex("statements"))
    lesson_names: NameIndex = field(default_factory=lambda: NameIndex("lessons"))
    leaflet_names: NameIndex = field(default_factory=lambda: NameIndex("leaflets"))
    question_names: NameIndex = field(default_factory=lambda: NameIndex("questions"))
    faults: list[Fault] = field(default_factory=list)

    def name(self, names: NameIndex, value: Plain, place: FileLocation) -> None:
        """Record the id of an entry, even if the entry is faulty; a repeated id is a fault."""
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
                    expected="a unique id",
                )
            )
        else:
            names.places[name] = place


def read_material(shelf: CourseFiles) -> Material:
    """Read all files of ``shelf``. Never raises: anything unreadable becomes a fault."""
    material = Material(faults=list(shelf.faults))
    head = LibraryEntry if shelf.is_library else CourseEntry
    for path in shelf.courses:
        # A later folder's course.yaml replaces the first.
        material.course = _entry(head, _tree(path, material), material) or material.course
    material.sources = _entries(SourceEntry, shelf.sources, material.source_names, material)
    material.zones = _entries(ZoneEntry, shelf.zones, material.zone_names, material)
    material.muscles = _entries(MuscleEntry, shelf.muscles, material.muscle_names, material)
    material.statements = _entries(StatementEntry, shelf.statements, material.statement_names, material)
    labels = {draft.entry.id: draft.entry.label for draft in material.sources}
    for name, files in shelf.modules.items():
        module = ModuleMaterial(name, files)
        for path in files.heads:
            _module_head(path, module, material, LibraryModuleEntry if shelf.is_library else ModuleEntry)
        material.modules[name] = _module(module, material, labels, shelf.private)
    for path in shelf.leaflets:
        _leaflet(path, material, labels)
    return material


def _module(
    module: ModuleMaterial, material: Material, labels: Mapping[str, str], private: Collection[ContentPath]
) -> ModuleMaterial:
    """Read the files of a module beside its head."""
    files = module.shelf
    material.objective_names.is_complete &= bool(files.heads)
    for path in files.pictures:
        _picture(path, module, material)
    for path in files.figures:
        _figure(path, module, material)
    for path in files.lessons:
        read_lesson(path, module, material, labels)
    questions = []
    for path in files.questions:
        is_private = path.parent.parent.parent in private  # folder/N-module/questions/name.yaml
        for item in _items(_tree(path, material), material.question_names, material):
            if is_private and isinstance(item.value, dict):
                # Questions are kept in a private folder so that learners do not know them.
                item.value.setdefault("use", Use.EXAM.value)
            questions.append(item)
    module.questions = [draft for item in questions if (draft := _entry(get_entry_class(item.value), item, material))]
    return module


def _module_head(
    path: ContentPath, module: ModuleMaterial, material: Material, shape: type[LibraryModuleEntry]
) -> None:
    tree = _tree(path, material)
    if tree is None or tree.value is None:
        material.objective_names.is_complete = False
        return
    material.name(material.module_names, tree.value, tree.place)
    objectives = tree.value.get("objectives") if isinstance(tree.value, dict) else None
    for at, objective in enumerate(objectives if isinstance(objectives, list) else []):
        material.name(material.objective_names, objective, tree.place.within("objectives", at))
    head = _entry(shape, tree, material)
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


def _picture(path: ContentPath, module: ModuleMaterial, material: Material) -> None:
    picture, faults = read_picture(path)
    if path.name in module.pictures:
        message = f"two pictures of this module are called `{path.name}`"
        faults = (*faults, Fault(path, 1, "duplicate-id", message, "a unique name"))
    module.pictures[path.name] = picture
    material.faults.extend(faults)


def _figure(path: ContentPath, module: ModuleMaterial, material: Material) -> None:
    name = path.stem
    text = read_document(path)
    figure, faults = (None, (text,)) if isinstance(text, Fault) else read_figure(text, path, module.pictures)
    if name in module.figures:
        faults = (
            *faults,
            Fault(path, 1, "duplicate-id", f"two figures of this module are called `{name}`", "a unique name"),
        )
    module.figures[name] = figure
    material.faults.extend(faults)


@dataclass(frozen=True, slots=True)
class _MarkdownFile(Generic[E]):
    """A file of Markdown with a head: the head, if it is sound, and the blocks below it."""

    draft: Draft[E] | None
    blocks: Sequence[Block]


def _markdown(path: ContentPath, shape: type[E], names: NameIndex, material: Material) -> _MarkdownFile[E]:
    text = read_document(path, most=MAX_LESSON_BYTES)
    parted = text if isinstance(text, Fault) else split_head(text, path)
    if isinstance(parted, Fault):
        material.faults.append(parted)
        names.is_complete = False
        return _MarkdownFile(None, ())
    head, body, before = parted
    tree = read_yaml(head, path, offset=1)
    material.faults.extend(tree.faults)
    material.name(names, tree.value, tree.place)
    draft = _entry(shape, tree, material)
    blocks, faults = split_blocks(body, path, before=before)
    material.faults.extend(faults)
    return _MarkdownFile(draft, blocks)


def _leaflet(path: ContentPath, material: Material, labels: Mapping[str, str]) -> None:
    read = _markdown(path, LeafletEntry, material.leaflet_names, material)
    if read.draft:
        leaflet = render_leaflet(read.draft, read.blocks, labels)
        material.faults.extend(leaflet.faults)
        material.leaflets.append(leaflet)


def read_lesson(path: ContentPath, module: ModuleMaterial, material: Material, labels: Mapping[str, str]) -> None:
    """Add the lesson at ``path`` to its module, if its head is sound, and its faults to ``material``."""
    read = _markdown(path, LessonEntry, material.lesson_names, material)
    draft, blocks = read.draft, read.blocks
    if draft:
        lesson = render_lesson(draft, blocks, figures=module.figures, labels=labels)
        material.faults.extend(lesson.faults)
        module.lessons.append(lesson)


def _tree(path: ContentPath, material: Material) -> Tree | None:
    text = read_document(path)
    if isinstance(text, Fault):
        material.faults.append(text)
        return None
    tree = read_yaml(text, path)
    material.faults.extend(tree.faults)
    return tree


def _entries(shape: type[E], paths: Iterable[ContentPath], names: NameIndex, material: Material) -> list[Draft[E]]:
    """Return the sound entries of files that contain lists."""
    items = [item for path in paths for item in _items(_tree(path, material), names, material)]
    return [draft for item in items if (draft := _entry(shape, item, material))]


def _items(tree: Tree | None, names: NameIndex, material: Material) -> list[Tree]:
    """Return the entries of a file that contains a list, and record their ids."""
    if tree and isinstance(tree.value, list):
        items = [Tree(value, tree.place.within(at)) for at, value in enumerate(tree.value)]
        for item in items:
            material.name(names, item.value, item.place)
        return items
    names.is_complete = False
    if tree and not tree.faults:
        material.faults.append(
            tree.place.fault("shape", "the file does not contain a list", expected="entries that begin with `- id:`")
        )
    return []


def _entry(shape: type[E], tree: Tree | None, material: Material) -> Draft[E] | None:
    # Invalid YAML already has a fault.
    if tree is None or (tree.value is None and tree.faults):
        return None
    draft = read_entry(shape, tree.value, tree.place)
    if isinstance(draft, tuple):
        material.faults.extend(draft)
        return None
    return draft
