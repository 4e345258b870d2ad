"""The documents of a library: read, save, remove and restore them. Every saved version is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, insert, select
from sqlalchemy.orm import Session

from app.db import lock_rows
from app.domain.document_paths import PathProblem, find_collision, find_path_problem
from app.models import DocumentChange, DocumentVersion, Library, LibraryDocument, User

MAX_DOCUMENT_BYTES = 512 * 1024
"""The checker reads no larger text."""
MAX_DOCUMENTS = 2000
MAX_LIBRARY_BYTES = 20 * 1024 * 1024
MAX_STORED_BYTES = 10 * MAX_LIBRARY_BYTES
"""The largest size of all versions of a library's documents together."""
MAX_LISTED = 100
"""How many versions of a document a page lists."""


class WrongPathError(Exception):
    """A path that no document can have."""

    def __init__(self, path: str, problem: PathProblem) -> None:
        super().__init__(path, problem)
        self.path, self.problem = path, problem


class PathCollisionError(Exception):
    """Two paths that no file system can hold together."""

    def __init__(self, path: str, other: str) -> None:
        super().__init__(path, other)
        self.path, self.other = path, other


class DocumentTooLargeError(Exception):
    """A document is larger than :data:`MAX_DOCUMENT_BYTES`."""


class LibraryFullError(Exception):
    """A library has no room for the change, in one of its limits."""


class LibraryGoneError(Exception):
    """The library was deleted after the request had loaded it."""


class DocumentConflictError(Exception):
    """Somebody else changed the document. ``current`` is its current version, None if they removed it."""

    def __init__(self, current: DocumentText | None) -> None:
        super().__init__(current.revision if current else None)
        self.current = current


@dataclass(frozen=True, slots=True)
class DocumentText:
    """The current version of a document."""

    path: str
    revision: int
    body: bytes


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version in the history of a document. ``author`` is None if the account was erased."""

    number: int
    change: DocumentChange
    author: str | None
    saved_at: datetime
    size: int


@dataclass(frozen=True, slots=True)
class Upload:
    """The paths that an upload added, changed, removed and found unchanged."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    same: tuple[str, ...]


def list_current(session: Session, library: Library) -> Sequence[LibraryDocument]:
    """Return the documents that are not removed, by path."""
    found = _of(library).where(LibraryDocument.removed_at.is_(None)).order_by(LibraryDocument.path)
    return session.scalars(found).all()


def list_removed(session: Session, library: Library) -> Sequence[LibraryDocument]:
    """Return the removed documents, by path."""
    found = _of(library).where(LibraryDocument.removed_at.is_not(None)).order_by(LibraryDocument.path)
    return session.scalars(found).all()


def read_all(session: Session, library: Library) -> dict[str, bytes]:
    """Return the current texts of all documents by path."""
    rows = session.execute(
        select(LibraryDocument.path, DocumentVersion.body)
        .join(DocumentVersion, _is_current())
        .where(LibraryDocument.library_id == library.id, LibraryDocument.removed_at.is_(None))
        .order_by(LibraryDocument.path)
    )
    return {path: body for path, body in rows}


def get_current(session: Session, library: Library, path: str) -> DocumentText | None:
    """Return a document by its path, unless it is removed."""
    row = session.execute(
        select(LibraryDocument.path, LibraryDocument.revision, DocumentVersion.body)
        .join(DocumentVersion, _is_current())
        .where(
            LibraryDocument.library_id == library.id,
            LibraryDocument.path == path,
            LibraryDocument.removed_at.is_(None),
        )
    ).first()
    return DocumentText(*row) if row else None


def get_document(session: Session, library: Library, path: str) -> LibraryDocument | None:
    """Return the row of a document, removed or not."""
    return session.scalar(_of(library).where(LibraryDocument.path == path))


def list_versions(session: Session, document: LibraryDocument) -> list[VersionLine]:
    """Return the latest versions of a document, newest first."""
    rows = session.execute(
        select(
            DocumentVersion.number,
            DocumentVersion.change,
            User.name,
            DocumentVersion.saved_at,
            func.length(DocumentVersion.body),
        )
        .outerjoin(User, User.id == DocumentVersion.author_id)
        .where(DocumentVersion.document_id == document.id)
        .order_by(DocumentVersion.number.desc())
        .limit(MAX_LISTED)
    )
    return [VersionLine(*row) for row in rows]


def get_version(session: Session, document: LibraryDocument, number: int) -> DocumentVersion | None:
    return session.get(DocumentVersion, (document.id, number))


def read_version(session: Session, library: Library, current: DocumentText, number: int) -> bytes | None:
    """Return the bytes of a version of a document, or None if there is none."""
    if number == current.revision:
        return current.body
    document = get_document(session, library, current.path)
    version = get_version(session, document, number) if document else None
    return version.body if version else None


def save(
    session: Session,
    actor: User,
    library: Library,
    path: str,
    body: bytes,
    now: datetime,
    *,
    seen: int,
    change: DocumentChange = DocumentChange.WRITTEN,
) -> bool:
    """Save a document, and return False if nothing differs.

    ``seen`` is the revision that the author has seen, 0 if there was no such document.

    :raise WrongPathError: see :func:`app.domain.document_paths.find_path_problem`.
    :raise PathCollisionError: see :func:`app.domain.document_paths.find_collision`.
    :raise DocumentConflictError: somebody else created, changed or removed it; nothing was saved.
    :raise DocumentTooLargeError: it is too large.
    :raise LibraryFullError: the library has no room for it.
    """
    if problem := find_path_problem(path):
        raise WrongPathError(path, problem)
    lock(session, library)
    document = get_document(session, library, path)
    _require_seen(session, library, document, path, seen)
    if document is not None and document.removed_at is None and document.digest == compute_digest(body):
        return False
    present = {row.path: row.size for row in list_current(session, library)}
    if path not in present and (other := find_collision(path, present)):
        raise PathCollisionError(path, other)
    _require_room(library, present | {path: len(body)}, len(body))
    _write(session, actor, library, {path: document} if document else {}, {path: body}, now, change)
    return True


def remove(session: Session, actor: User, library: Library, path: str, now: datetime, *, seen: int) -> None:
    """Remove a document. Its history stays, and it can be restored.

    :raise DocumentConflictError: somebody else changed or removed it.
    """
    lock(session, library)
    document = get_document(session, library, path)
    _require_seen(session, library, document, path, seen)
    if document is not None and document.removed_at is None:
        _write(session, actor, library, {path: document}, {path: b""}, now, DocumentChange.REMOVED)


def upload(
    session: Session,
    actor: User,
    library: Library,
    bodies: Mapping[str, bytes],
    now: datetime,
    *,
    removes_others: bool,
) -> Upload:
    """Save many documents at once; the paths must be sound. What they replace stays in the history.

    :raise PathCollisionError: a path collides with a document that stays.
    :raise DocumentTooLargeError: a document is too large.
    :raise LibraryFullError: the library has no room for them.
    """
    lock(session, library)
    rows = {row.path: row for row in session.scalars(_of(library))}
    present = {path: row.size for path, row in rows.items() if row.removed_at is None}
    removed = sorted(present.keys() - bodies.keys()) if removes_others else []
    staying = {path: size for path, size in present.items() if path not in removed}
    differing = [p for p, body in bodies.items() if p not in present or rows[p].digest != compute_digest(body)]
    added, changed = [p for p in differing if p not in present], [p for p in differing if p in present]
    _require_no_collisions([*staying, *added])
    sizes = {path: len(bodies[path]) for path in differing}
    if any(size > MAX_DOCUMENT_BYTES for size in sizes.values()):
        raise DocumentTooLargeError
    _require_room(library, staying | sizes, sum(sizes.values()))
    _write(session, actor, library, rows, dict.fromkeys(removed, b""), now, DocumentChange.REMOVED)
    _write(session, actor, library, rows, {path: bodies[path] for path in differing}, now, DocumentChange.UPLOADED)
    same = [path for path in bodies if path not in sizes]
    return Upload(tuple(sorted(added)), tuple(sorted(changed)), tuple(removed), tuple(sorted(same)))


def _of(library: Library) -> Select[LibraryDocument]:
    return select(LibraryDocument).where(LibraryDocument.library_id == library.id)


def _is_current() -> ColumnElement[bool]:
    return (DocumentVersion.document_id == LibraryDocument.id) & (DocumentVersion.number == LibraryDocument.revision)


def compute_digest(body: bytes) -> str:
    """Return the digest of a document's text, as its row has it."""
    return hashlib.sha256(body).hexdigest()


def lock(session: Session, library: Library) -> None:
    """Lock the library until the commit, so that its limits and paths are checked against what is stored.

    :raise LibraryGoneError: somebody has just deleted it.
    """
    found = lock_rows(select(Library).where(Library.id == library.id), Library)
    if session.scalar(found.execution_options(populate_existing=True)) is None:
        raise LibraryGoneError


def _require_seen(session: Session, library: Library, document: LibraryDocument | None, path: str, seen: int) -> None:
    if document is not None:
        session.refresh(document)  # it may have been loaded before the lock
    revision = 0 if document is None or document.removed_at is not None else document.revision
    if revision != seen:
        raise DocumentConflictError(get_current(session, library, path))


def _require_no_collisions(paths: Sequence[str]) -> None:
    """Check each path against its folders and against capitals, in one pass over all."""
    folded: dict[str, str] = {}
    for path in paths:
        if (other := folded.setdefault(path.lower(), path)) is not path:
            raise PathCollisionError(path, other)
    for path in paths:
        names = path.lower().split("/")
        for depth in range(1, len(names)):
            if shorter := folded.get("/".join(names[:depth])):
                raise PathCollisionError(path, shorter)


def _require_room(library: Library, sizes: Mapping[str, int], added: int) -> None:
    """Check the limits of a library whose documents would have ``sizes``, after ``added`` bytes of new versions."""
    if max(sizes.values(), default=0) > MAX_DOCUMENT_BYTES:
        raise DocumentTooLargeError
    is_full = len(sizes) > MAX_DOCUMENTS or sum(sizes.values()) > MAX_LIBRARY_BYTES
    if is_full or library.stored_bytes + added > MAX_STORED_BYTES:
        raise LibraryFullError


def _write(
    session: Session,
    actor: User,
    library: Library,
    rows: Mapping[str, LibraryDocument],
    bodies: Mapping[str, bytes],
    now: datetime,
    change: DocumentChange,
) -> None:
    """Add a version of each document, and make it the current one, in a few statements for all of them.

    ``rows`` are the documents that exist, removed or not. The library is locked.
    """
    removed_at = now if change is DocumentChange.REMOVED else None
    for path in bodies.keys() & rows.keys():
        document, body = rows[path], bodies[path]
        document.revision, document.digest, document.size = document.revision + 1, compute_digest(body), len(body)
        document.removed_at = removed_at
    added = _add(session, library, {path: body for path, body in bodies.items() if path not in rows})
    written = {path: added.get(path) or rows[path] for path in bodies}
    session.add_all(
        DocumentVersion(
            document_id=document.id,
            number=document.revision,
            change=change,
            author_id=actor.id,
            saved_at=now,
            body=bodies[path],
        )
        for path, document in written.items()
    )
    library.stored_bytes += sum(map(len, bodies.values()))


def _add(session: Session, library: Library, bodies: Mapping[str, bytes]) -> dict[str, LibraryDocument]:
    """Add documents in one statement. Objects of SQLAlchemy would take one for each on SQLite."""
    if not bodies:
        return {}
    values = [
        {"library_id": library.id, "path": path, "revision": 1, "digest": compute_digest(body), "size": len(body)}
        for path, body in bodies.items()
    ]
    session.execute(insert(LibraryDocument), values)
    return {row.path: row for row in session.scalars(_of(library).where(LibraryDocument.path.in_(bodies)))}
