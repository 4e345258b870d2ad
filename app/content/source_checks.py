"""Check a single source while it is written, and find what rests on the sources of a library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.content.drafts import read_entry
from app.content.faults import Fault, FileLocation
from app.content.loader import LoadedLibrary
from app.content.material import Material
from app.content.references import check_link, check_status
from app.content.schema import SourceEntry
from app.content.trees import DocumentPath, DocumentTree
from app.content.yaml_nodes import Plain
from app.domain.content import Source


@dataclass(frozen=True, slots=True)
class Dependent:
    """A lesson or question that cites a source. ``place`` is that of a question in its document, from 1.

    ``is_relying``: it rests on the source, and does not cite its replacement as well.
    """

    path: str
    name: str
    words: str
    place: int | None
    is_relying: bool


def check_source(library: LoadedLibrary, path: str, at: int | None, value: Plain) -> tuple[Fault, ...]:
    """Return the faults of the entry that is, or will be, at ``at`` in the bibliography, with their spots in it."""
    material = library.material
    place = FileLocation(DocumentPath((path,), DocumentTree()))
    found = _find_repeated(material, path, at, value, place)
    draft = read_entry(SourceEntry, value, place)
    if isinstance(draft, tuple):
        return (*found, *draft)
    others = [one.entry for one in material.sources if not _is_at(one.place, path, at)]
    old = {entry.id for entry in others if entry.status} | ({draft.entry.id} if draft.entry.status else set())
    return (*found, *check_link(draft), *check_status(draft, material.source_names, old))


def _find_repeated(material: Material, path: str, at: int | None, value: Plain, place: FileLocation) -> list[Fault]:
    name = value.get("id") if isinstance(value, dict) else None
    there = material.source_names.places.get(name) if isinstance(name, str) else None
    if there is None or _is_at(there, path, at):
        return []
    message = f"two sources have the id `{name}` (see {there.path}:{there.line('id')})"
    return [place.fault("duplicate-id", message, "id", expected="a unique id")]


def _is_at(place: FileLocation, path: str, at: int | None) -> bool:
    return str(place.path) == path and place.at[:1] == (at,)


def list_dependents(material: Material) -> Mapping[str, list[Dependent]]:
    """Return the lessons and questions that cite each source, by its id."""
    sources = {draft.entry.id: Source(**draft.entry.model_dump()) for draft in material.sources}
    found: dict[str, list[Dependent]] = {name: [] for name in sources}

    def add(cited: Sequence[str], path: str, name: str, words: str, place: int | None = None) -> None:
        for source in dict.fromkeys(cited):
            if source in found:
                is_left = sources[source].is_relied_on(cited)
                found[source].append(Dependent(path, name, words, place, is_relying=is_left))

    for module in material.modules.values():
        for lesson in module.lessons:
            path = str(lesson.draft.place.path)
            add(lesson.lesson.sources, path, lesson.lesson.id, lesson.lesson.title)
        for question in module.questions:
            at = question.place.at[0] if question.place.at else None
            place = at + 1 if isinstance(at, int) else None
            entry = question.entry
            add(entry.sources, str(question.place.path), entry.id, entry.stem, place)
    return found
