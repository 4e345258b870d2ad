"""Add a module to a library: sound documents that a trainer changes step by step."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.content.material import Material
from app.content.new_modules import choose_id, list_module, list_module_folders
from app.models import Library, LibraryDocument, User
from app.services.libraries import documents, starter, texts
from app.services.libraries.documents import DocumentConflictError

COURSE = "course.yaml"
SOURCES = "sources.yaml"

_FOLDER = "1-first-module/"
_ID = re.compile(r"\bfirst-(module|objective|lesson|practice-1|practice-2|exam-1|exam-2)\b")
_STEM = re.compile(r"^  stem: (.*)$", re.MULTILINE)


def add_module(
    session: Session, actor: User, library: Library, title: str, material: Material, now: datetime
) -> tuple[str, bool]:
    """Add a module with a lesson and four questions.

    ``material`` is what could be read of the library. Return its folder, and whether ``course.yaml`` could be changed to
    list it.

    :raise DocumentConflictError: somebody else changed ``course.yaml`` or added these documents at the same moment.
    :raise LibraryFullError: the library has no room for it.
    """
    listed = documents.list_current(session, library)
    folders = list_module_folders(row.path for row in listed)
    taken = {*folders, *material.module_names, *(module.name for module in material.modules.values())}
    name = choose_id(title, taken, "module")
    folder = f"{max(folders.values(), default=0) + 1}-{name}"
    is_listed = _list_in_course(session, actor, library, name, now)
    bodies = _write_documents(folder, name, title, next(iter(material.source_names), None))
    if SOURCES not in {row.path for row in listed}:
        bodies[SOURCES] = starter.list_documents(library.name)[SOURCES]
    _require_unused(session, library, bodies, listed)
    documents.upload(session, actor, library, bodies, now, removes_others=False)
    return folder, is_listed


def _list_in_course(session: Session, actor: User, library: Library, name: str, now: datetime) -> bool:
    course = documents.get_current(session, library, COURSE)
    if course is None:
        text = f"title: {json.dumps(library.name, ensure_ascii=False)}\nmodules: [{name}]\n"
        return documents.save(session, actor, library, COURSE, text.encode(), now, seen=0)
    before = texts.decode_text(course.body)
    after = list_module(before, name) if before is not None else None
    if after is None:
        return False
    body = texts.encode_text(after, course.body)
    return documents.save(session, actor, library, COURSE, body, now, seen=course.revision)


def _write_documents(folder: str, name: str, title: str, source: str | None) -> dict[str, bytes]:
    """Return the example module under other ids, by path. ``source`` is cited if the library has one already."""
    found = {}
    for path, body in starter.list_documents("").items():
        if not path.startswith(_FOLDER):
            continue
        text = _ID.sub(lambda match: name if match[1] == "module" else f"{name}-{match[1]}", body.decode())
        text = text.replace("title: A first module", f"title: {json.dumps(title, ensure_ascii=False)}")
        # Two questions of a library may not have the same text.
        text = _STEM.sub(lambda match: f"  stem: Example for {name}. {match[1]}", text)
        if source is not None:
            text = text.replace("EXAMPLE", source)
        place = path.removeprefix(_FOLDER).replace("first-", f"{name}-")
        found[f"{folder}/{place}"] = text.encode()
    return found


def _require_unused(
    session: Session, library: Library, bodies: dict[str, bytes], listed: Sequence[LibraryDocument]
) -> None:
    """Check, now that the library is locked, that nobody has added these documents meanwhile."""
    seen = {row.path for row in listed}
    added = {row.path for row in documents.list_current(session, library)} - seen
    if clash := sorted(added & bodies.keys()):
        raise DocumentConflictError(documents.get_current(session, library, clash[0]))
