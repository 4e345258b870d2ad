"""The questions of a document: read, change, add and move single ones, also if somebody else changes others meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from app.content.question_documents import QuestionDocument, UnreadableDocumentError
from app.content.yaml_edits import Edited, keep_rows, strip_rows
from app.content.yaml_nodes import Plain
from app.models import Library
from app.services.libraries import documents, texts
from app.services.libraries.documents import DocumentText


class QuestionConflictError(Exception):
    """Somebody else changed the same question.

    ``at`` is its index in the current document, None if it is gone, and ``place`` counts from 1.
    """

    def __init__(self, current: OpenDocument, at: int | None) -> None:
        super().__init__(current.revision, at)
        self.current, self.at = current, at
        self.place = None if at is None else at + 1


@dataclass(frozen=True, slots=True)
class OpenDocument:
    """A version of a document of questions."""

    path: str
    revision: int
    body: bytes
    questions: QuestionDocument

    def get_entry(self, at: int | None) -> Plain:
        """Return the entry at a place, None if there is none."""
        return self.questions.entries[at] if at is not None and self.has(at) else None

    def has(self, at: int) -> bool:
        return 0 <= at < len(self.questions.entries)


@dataclass(frozen=True, slots=True)
class QuestionEdit:
    """What somebody wrote: the entry at ``at`` of the version ``base``, None for a new one.

    ``seen`` is the revision whose entry they have seen, which is later than ``base`` after a conflict.
    """

    base: OpenDocument
    at: int | None
    seen: int
    entry: Edited


def open_document(document: DocumentText, order: tuple[str, ...] = ()) -> OpenDocument:
    """Return a document with its questions, or with entries of another type whose fields are in ``order``.

    :raise UnreadableDocumentError: it has no list that could be read.
    """
    text = texts.decode_text(document.body)
    if text is None:
        raise UnreadableDocumentError(None)
    return OpenDocument(document.path, document.revision, document.body, QuestionDocument.read(text, order))


def open_version(session: Session, library: Library, current: OpenDocument, revision: int) -> OpenDocument | None:
    """Return an earlier version of a document, or None if it had no readable one with this number.

    Before its first version, with the number 0, it was empty.
    """
    if revision == current.revision:
        return current
    if revision == 0:
        return open_document(DocumentText(current.path, 0, b""), current.questions.order)
    document = documents.get_document(session, library, current.path)
    version = documents.get_version(session, document, revision) if document else None
    if version is None:
        return None
    try:
        return open_document(DocumentText(current.path, revision, version.body), current.questions.order)
    except UnreadableDocumentError:
        return None


def write_edit(current: OpenDocument, edit: QuestionEdit) -> bytes:
    """Return the current document with an edit in it. What others changed elsewhere stays.

    :raise QuestionConflictError: somebody else changed or removed the same question, which the author has not seen.
    """
    questions = current.questions
    if edit.at is None:
        added = strip_rows(edit.entry)
        is_sent_again = added in questions.entries and added not in edit.base.questions.entries
        return current.body if is_sent_again else _encode(current, questions.add(edit.entry))
    at = find_entry(current, edit.base, edit.at)
    if at is not None and questions.entries[at] == strip_rows(edit.entry):
        return current.body
    is_same = at is not None and questions.entries[at] == edit.base.questions.entries[edit.at]
    if not is_same and edit.seen != current.revision:
        raise QuestionConflictError(current, at)
    if at is None:
        return _encode(current, questions.add(edit.entry))
    entry = edit.entry if is_same else keep_rows(strip_rows(edit.entry))
    return _encode(current, questions.change(at, limit_rows(entry, questions.entries[at])))


def find_entry(current: OpenDocument, base: OpenDocument, at: int) -> int | None:
    """Return where the entry of an earlier version is now; None if it is gone."""
    entry = base.questions.entries[at]
    if current.revision == base.revision:
        return at
    name = entry.get("id") if isinstance(entry, dict) else None
    if isinstance(name, str) and (found := current.questions.find(name)) is not None:
        return found
    return at if current.get_entry(at) == entry else None


def limit_rows(entry: Edited, old: Plain) -> Edited:
    """Let rows that the current entry does not have be new ones."""
    if isinstance(entry, dict):
        known = old if isinstance(old, dict) else {}
        return {key: limit_rows(value, known.get(key)) for key, value in entry.items()}
    if isinstance(entry, list):
        rows = old if isinstance(old, list) else []
        return [
            replace(row, value=limit_rows(row.value, rows[row.origin]))
            if row.origin is not None and row.origin < len(rows)
            else replace(row, value=limit_rows(row.value, None), origin=None)
            for row in entry
        ]
    return entry


def copy_entry(document: OpenDocument, at: int, name: str) -> bytes:
    """Return the document with a copy of an entry behind it, which has the id ``name``."""
    entry = document.get_entry(at)
    copied: Plain = {**entry, "id": name} if isinstance(entry, dict) else entry
    return _encode(document, document.questions.add(keep_rows(copied), at + 1))


def move_entry(document: OpenDocument, at: int, to: int) -> bytes:
    return _encode(document, document.questions.move(at, to))


def remove_entry(document: OpenDocument, at: int) -> bytes:
    return _encode(document, document.questions.remove(at))


def change_fields(document: OpenDocument, places: Sequence[int], fields: Mapping[str, str]) -> bytes:
    """Return the document with the same values in the fields of several entries."""
    changed = document.questions
    for at in places:
        entry = changed.entries[at]
        if isinstance(entry, dict):
            edited: dict[str, Edited] = {name: keep_rows(value) for name, value in entry.items()}
            changed = changed.read(changed.change(at, {**edited, **fields}), changed.order)
    return _encode(document, changed.text)


def remove_entries(document: OpenDocument, places: Sequence[int]) -> bytes:
    """Return the document without several entries."""
    left = document.questions
    for at in sorted(places, reverse=True):
        left = left.read(left.remove(at), left.order)
    return _encode(document, left.text)


def move_entries(document: OpenDocument, places: Sequence[int], target: OpenDocument) -> tuple[bytes, bytes]:
    """Return the document without several entries, and the target with them behind its own, in their order."""
    grown = target.questions
    for at in places:
        grown = grown.read(grown.add(keep_rows(document.questions.entries[at])), grown.order)
    return remove_entries(document, places), _encode(target, grown.text)


def choose_name(names: set[str], stem: str) -> str:
    """Return an id that no question has: ``stem`` with a number."""
    number = 1
    while f"{stem}-{number}" in names:
        number += 1
    return f"{stem}-{number}"


def _encode(document: OpenDocument, text: str) -> bytes:
    return texts.encode_text(text, document.body)
