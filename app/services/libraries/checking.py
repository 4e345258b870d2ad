"""Check a library with the loader of the course. The result is cached by the texts, so it is never out of date."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from threading import Lock

from sqlalchemy.orm import Session

from app.content.faults import Fault
from app.content.loader import LoadedLibrary, load_library
from app.content.material import Material
from app.content.trees import DocumentTree
from app.domain.document_paths import is_picture_path
from app.models import Library, LibraryDocument
from app.services.libraries import documents

MAX_CHECKED_BYTES = 512 * 1024
"""The size of all documents but pictures up to which a library is checked. A check takes about 5 s for each megabyte, in a thread that
learners wait for as well."""

MAX_CACHED = 8
"""How many checked libraries a process keeps."""

_cache: OrderedDict[str, LoadedLibrary] = OrderedDict()
_lock = Lock()
"""One check at a time in a process: a large library takes seconds, and others want to be served."""


def check(session: Session, library: Library, listed: Sequence[LibraryDocument]) -> LoadedLibrary:
    """Return what the loader says about a library, or that it is too large. ``listed`` are its current documents."""
    size = sum(row.size for row in listed if not is_picture_path(row.path))
    if size > MAX_CHECKED_BYTES:
        return _refuse(size)
    key = compute_key(listed)
    with _lock:
        if (known := _cache.get(key)) is not None:
            _cache.move_to_end(key)
            return known
        # On PostgreSQL, the texts may be newer than the list.
        return _check_texts(documents.read_all(session, library))[1]


def check_now(session: Session, library: Library) -> tuple[str, LoadedLibrary]:
    """Return what the loader says about a library, and the fingerprint of exactly the documents that it read."""
    texts = documents.read_all(session, library)
    if (size := sum(len(body) for path, body in texts.items() if not is_picture_path(path))) > MAX_CHECKED_BYTES:
        return "", _refuse(size)
    with _lock:
        return _check_texts(texts)


def _check_texts(texts: Mapping[str, bytes]) -> tuple[str, LoadedLibrary]:
    """Check documents, or recall the result. The caller holds the lock."""
    key = _compute_key((path, documents.compute_digest(body)) for path, body in texts.items())
    checked = _cache.get(key)
    if checked is None:
        checked = _cache[key] = load_library(DocumentTree.build(texts).root)
    _cache.move_to_end(key)
    if len(_cache) > MAX_CACHED:
        _cache.popitem(last=False)
    return key, checked


def compute_key(listed: Iterable[LibraryDocument]) -> str:
    """Return the fingerprint of these documents: it is the same exactly if their paths and texts are."""
    return _compute_key((row.path, row.digest) for row in listed)


def _refuse(size: int) -> LoadedLibrary:
    expected = f"{MAX_CHECKED_BYTES // 1024} KB at most; download a larger one and run `content check` on its folder"
    message = f"this library has {size // 1024} KB, which is too much to be checked here"
    fault = Fault(DocumentTree.build({}).root, 1, "library-size", message, expected)
    return LoadedLibrary(course=None, faults=(fault,), material=Material())


def _compute_key(digests: Iterable[tuple[str, str]]) -> str:
    """Return a key for the paths of documents with the digests of their texts."""
    return hashlib.sha256("\n".join(f"{digest} {path}" for path, digest in sorted(digests)).encode()).hexdigest()
