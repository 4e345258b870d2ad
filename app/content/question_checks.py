"""Check a single question while it is written, beside a library that has been checked before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from app.content.checker import check_item
from app.content.drafts import Draft, read_entry
from app.content.faults import Fault, FileLocation, Spot
from app.content.folders import ModuleFiles
from app.content.kinds import QuestionEntry, get_entry_class
from app.content.loader import LoadedLibrary
from app.content.material import Material, ModuleMaterial
from app.content.previews import build_parts, build_sound
from app.content.references import check_question
from app.content.trees import DocumentPath, DocumentTree
from app.content.yaml_nodes import Plain
from app.domain.content import Level, Question, Use

_FILLERS: Mapping[Any, Plain] = {
    "explanation": "…",
    "level": Level.RECALL.value,
    "objective": "objective",
    "otherwise": "…",
    "sources": ["SOURCE"],
    "why": "…",
}
"""What stands for fields that are still empty."""


@dataclass(frozen=True, slots=True)
class CheckedQuestion:
    """The faults of an entry, with their spots in it, and the question if it is sound enough to be asked."""

    faults: tuple[Fault, ...]
    question: Question | None


def check_entry(library: LoadedLibrary, path: str, at: int | None, value: Plain) -> CheckedQuestion:
    """Check the entry that is, or will be, at ``at`` in the document at ``path``; None is behind its last one."""
    place = FileLocation(DocumentPath(tuple(path.split("/")), DocumentTree()))
    faults = _find_repeated(library.material, path, at, value, place)
    draft = read_entry(get_entry_class(value), _add_use(value), place)
    filled: set[Spot] = set()
    if isinstance(draft, tuple):
        faults += draft
        filled = {fault.spot for fault in draft}
        draft = read_entry(get_entry_class(value), _fill(_add_use(value), draft), place)
    if isinstance(draft, tuple):
        return CheckedQuestion(tuple(faults), None)
    checked = _check_draft(library, path, at, draft)
    others = [fault for fault in checked.faults if not any(fault.spot[: len(spot)] == spot for spot in filled)]
    return CheckedQuestion(tuple(dict.fromkeys([*faults, *others])), checked.question)


def _check_draft(library: LoadedLibrary, path: str, at: int | None, draft: Draft[QuestionEntry]) -> CheckedQuestion:
    material, place = library.material, draft.place
    module = find_module(material, path)
    faults: list[Fault] = []
    if module is None:
        faults += draft.entry.faults(place)
    else:
        faults += check_question(draft, module, material, build_parts(library))
    faults += check_item(draft, [one for one in _list_drafts(material) if not _is_at(one.place, path, at)])
    question = build_sound(draft, module or _build_lone(), build_parts(library))
    return CheckedQuestion(tuple(faults), question)


def _fill(value: Plain, faults: Sequence[Fault]) -> Plain:
    """Return the entry with something in fields that are still empty, so that the rest can be checked and shown.

    Fields on which the rules for giveaways depend stay empty.
    """
    filled = deepcopy(value)
    for fault in faults:
        name = fault.spot[-1] if fault.rule == "missing" and fault.spot else None
        if name in _FILLERS:
            holder: Any = filled
            for step in fault.spot[:-1]:
                holder = holder[step]
            holder[name] = deepcopy(_FILLERS[name])
    return filled


def find_module(material: Material, path: str) -> ModuleMaterial | None:
    """Return the module to whose folder a document belongs, if the library was read."""
    folder = path.partition("/")[0]
    modules = material.modules.values()
    return next((one for one in modules if any(str(there) == folder for there in one.shelf.folders)), None)


def _add_use(value: Plain) -> Plain:
    """Return the entry with the use that questions of a library have if they name none."""
    return {"use": Use.EXAM.value, **value} if isinstance(value, dict) else value


def _find_repeated(material: Material, path: str, at: int | None, value: Plain, place: FileLocation) -> list[Fault]:
    name = value.get("id") if isinstance(value, dict) else None
    there = material.question_names.places.get(name) if isinstance(name, str) else None
    if there is None or _is_at(there, path, at):
        return []
    message = f"two questions have the id `{name}` (see {there.path}:{there.line('id')})"
    return [place.fault("duplicate-id", message, "id", expected="a unique id")]


def _is_at(place: FileLocation, path: str, at: int | None) -> bool:
    return str(place.path) == path and place.at[:1] == (at,)


def _list_drafts(material: Material) -> list[Draft[QuestionEntry]]:
    return [draft for module in material.modules.values() for draft in module.questions]


def _build_lone() -> ModuleMaterial:
    """Return a module without figures, for a document that belongs to none."""
    return ModuleMaterial("", ModuleFiles())
