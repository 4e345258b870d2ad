"""Check the head of a module while it is written, beside a library that has been checked before."""

from __future__ import annotations

from app.content.drafts import read_entry
from app.content.faults import Fault, FileLocation
from app.content.loader import LoadedLibrary
from app.content.question_checks import find_module
from app.content.references import check_head, check_pool, list_sections
from app.content.schema import LibraryModuleEntry
from app.content.trees import DocumentPath, DocumentTree
from app.content.yaml_nodes import Plain


def check_module_head(library: LoadedLibrary, path: str, value: Plain) -> tuple[Fault, ...]:
    """Return the faults of an entry that is, or will be, the module.yaml at ``path``, with their spots in it."""
    place = FileLocation(DocumentPath(tuple(path.split("/")), DocumentTree()))
    draft = read_entry(LibraryModuleEntry, value, place)
    if isinstance(draft, tuple):
        return draft
    module = find_module(library.material, path)
    if module is None:
        return ()
    faults = list(check_head(module, draft, library.material, list_sections(library.material)))
    if draft.entry.id != module.name:
        message = f"the folder holds the module `{module.name}`"
        faults.append(place.fault("module-folder", message, "id", expected=f"`{module.name}`"))
    return tuple(faults or check_pool(module, draft))
