"""Import the questions of another system into a library: keep the file, preview what becomes of it, and save drafts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, delete
from sqlalchemy.orm import Session

from app.content.folders import find_library_files
from app.content.material import Material, read_material
from app.content.trees import DocumentTree
from app.domain.content import Level
from app.interchange.authoring import DraftQuestion, draft_bank
from app.interchange.bank import QuestionBank
from app.interchange.course import list_names
from app.interchange.files import write_files
from app.interchange.formats import read_bank
from app.models import BankUpload, Library, User
from app.services.libraries import checking, documents
from app.services.libraries.documents import Upload

RETENTION = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ImportTarget:
    """An objective that imported questions can get, with its module. ``folder`` is that of its module."""

    folder: str
    module: str
    name: str
    title: str


@dataclass(frozen=True, slots=True)
class ImportPreview:
    """What an import would do: a draft for each entry of the file, and the objectives of the library.

    ``documents`` is the fingerprint of those with which the file was compared.
    """

    documents: str
    bank: QuestionBank
    drafts: Sequence[DraftQuestion]
    objectives: Sequence[ImportTarget]

    @property
    def imported(self) -> int:
        return sum(draft.document is not None for draft in self.drafts)


@dataclass(frozen=True, slots=True)
class PreparedImport:
    """The new documents by their paths, and the fingerprint of those that the library had before."""

    documents: str
    files: Mapping[str, bytes]


class LibraryChangedError(Exception):
    """A document was changed since the import was prepared."""


def keep(session: Session, actor: User, library: Library, file_name: str, data: bytes, now: datetime) -> None:
    """Keep a file for the preview. It replaces the one that the same person uploaded before."""
    documents.lock(session, library)
    forget(session, actor, library)
    session.add(
        BankUpload(library_id=library.id, author_id=actor.id, file_name=file_name[:200], body=data, uploaded_at=now)
    )


def get_kept(session: Session, actor: User, library: Library) -> BankUpload | None:
    """Return the file that this person uploaded to a library, if it is not imported yet."""
    return session.get(BankUpload, (library.id, actor.id))


def forget(session: Session, actor: User, library: Library) -> bool:
    """Forget the file that this person uploaded, and return False if there is none."""
    is_theirs = (BankUpload.library_id == library.id) & (BankUpload.author_id == actor.id)
    return _delete(session, is_theirs) > 0


def remove_old(session: Session, now: datetime) -> int:
    """Delete the files that were never imported, and return their number."""
    return _delete(session, BankUpload.uploaded_at < now - RETENTION)


def _delete(session: Session, condition: ColumnElement[bool]) -> int:
    done: CursorResult[Any] = session.execute(delete(BankUpload).where(condition))  # type: ignore[assignment]
    return done.rowcount


def read_library(session: Session, library: Library) -> Material:
    """Return what can be read of a library's documents, however large it is. It is not checked."""
    return read_material(find_library_files(DocumentTree.build(documents.read_all(session, library)).root))


def preview(session: Session, library: Library, upload: BankUpload) -> ImportPreview:
    """Return what importing a file would do now.

    :raise UnreadableBankError: nothing can be read of it.
    """
    present = checking.compute_key(documents.list_current(session, library))
    material = read_library(session, library)
    bank = read_bank(upload.body, upload.file_name)
    names = list_names(material)
    drafts = draft_bank(bank, names, taken=names.questions)
    return ImportPreview(present, bank, drafts, _list_objectives(material))


def prepare(
    session: Session, library: Library, shown: ImportPreview, objective: ImportTarget, level: Level
) -> PreparedImport:
    """Return what saving the drafts and pictures of a file in the module of ``objective`` would write.

    Questions without an objective or a level get those that are given. This may take seconds, and only reads: call it
    without the write lock.
    """
    defaults = {"objective": objective.name, "level": level.value}
    drafts = [_complete(draft, defaults) for draft in shown.drafts]
    listed = documents.list_current(session, library)
    present = {row.path.lower() for row in listed}
    prefix = f"{objective.folder}/"
    taken = {path.removeprefix(prefix.lower()) for path in present if path.startswith(prefix.lower())}
    files = write_files(drafts, shown.bank.pictures, taken=taken)
    return PreparedImport(shown.documents, {prefix + path: body for path, body in files.items()})


def accept(session: Session, actor: User, library: Library, prepared: PreparedImport, now: datetime) -> Upload | None:
    """Save the drafts and pictures of a file, and forget the file.

    Return None if the file is forgotten already, as it is if the form was sent twice.

    :raise LibraryChangedError: ids or paths may be taken now, because a document was changed since the preview.
    :raise PathCollisionError, DocumentTooLargeError, LibraryFullError: see :func:`app.services.libraries.documents.upload`.
    """
    documents.lock(session, library)
    if not forget(session, actor, library):
        return None
    if checking.compute_key(documents.list_current(session, library)) != prepared.documents:
        raise LibraryChangedError
    return documents.upload(session, actor, library, prepared.files, now, removes_others=False)


def _complete(draft: DraftQuestion, defaults: Mapping[str, str]) -> DraftQuestion:
    if draft.document is None:
        return draft
    missing = {name: value for name, value in defaults.items() if name not in draft.document}
    head = {name: draft.document[name] for name in ("id",) if name in draft.document}
    return DraftQuestion(draft.item, {**head, **missing, **draft.document})


def _list_objectives(material: Material) -> list[ImportTarget]:
    return [
        ImportTarget(folder, module.head.entry.title, one.id, one.title)
        for folder, module in ((module.shelf.folders[0].name, module) for module in material.modules.values())
        if module.head
        for one in module.head.entry.objectives
    ]
