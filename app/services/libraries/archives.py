"""A library as a zip file, in both directions. A zip file of a stranger may be hostile, so each limit is checked first."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.domain.document_paths import find_path_problem
from app.services.libraries.documents import MAX_DOCUMENT_BYTES, MAX_DOCUMENTS, MAX_LIBRARY_BYTES

MAX_RATIO = 200
"""Texts shrink to a tenth at best; a bomb is a thousand times as large as its zip."""
_ALWAYS_READ = 64 * 1024
"""Up to this size the ratio does not matter."""

_END, _END_64_LOCATOR = b"PK\x05\x06", b"PK\x06\x07"
_END_SIZE, _LOCATOR_SIZE, _MAX_COMMENT = 22, 20, 65535
_MAX_LISTING = MAX_DOCUMENTS * 1024
"""The largest table of contents, in bytes. Reading a larger one would take much memory."""

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of every entry, so that the same library gives the same zip file."""
_LINK = 0xA000
_FILE_TYPE = 0xF000
_SKIPPED_NAMES = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini"})
_BROKEN = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
    LookupError,
)
"""What the reader of zip files raises for damaged ones."""


class ArchiveProblem(StrEnum):
    """Why a zip file is refused."""

    NOT_ZIP = "not_zip"
    DAMAGED = "damaged"
    EMPTY = "empty"
    ENCRYPTED = "encrypted"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    DOCUMENT_TOO_LARGE = "document_too_large"
    BOMB = "bomb"
    NAME = "name"
    REPEATED = "repeated"
    LINK = "link"


class ArchiveError(Exception):
    """A zip file is refused. ``name`` is the entry at fault, if it is one."""

    def __init__(self, problem: ArchiveProblem, name: str = "") -> None:
        super().__init__(problem, name)
        self.problem, self.name = problem, name


@dataclass(frozen=True, slots=True)
class Archive:
    """The documents of a zip file by path, and how many hidden files of an operating system were left out."""

    documents: Mapping[str, bytes]
    skipped: int


def build_archive(documents: Mapping[str, bytes]) -> bytes:
    """Pack documents. Equal documents give an equal file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(documents):
            entry = zipfile.ZipInfo(path, date_time=_EPOCH)
            entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
            file.writestr(entry, documents[path])
    return out.getvalue()


def read_archive(data: bytes) -> Archive:
    """Unpack documents in memory. One folder around all of them is left out.

    :raise ArchiveError: it is damaged, too large or hostile.
    """
    _check_listing(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            entries = [entry for entry in file.infolist() if not entry.is_dir()]
            kept = [entry for entry in entries if not _is_skipped(entry.filename)]
            _check_entries(kept)
            documents = {entry.filename: _read(file, entry) for entry in kept}
    except _BROKEN as error:
        raise ArchiveError(ArchiveProblem.DAMAGED) from error
    return Archive(_leave_folder(documents), len(entries) - len(kept))


def _check_listing(data: bytes) -> None:
    """Check the size of the table of contents before anything reads it."""
    at = data.rfind(_END, max(0, len(data) - _END_SIZE - _MAX_COMMENT))
    if at < 0 or at + _END_SIZE > len(data):
        raise ArchiveError(ArchiveProblem.NOT_ZIP)
    (listing,) = struct.unpack_from("<L", data, at + 12)
    # Only files beyond our limits need the second format, whose numbers would be used instead.
    if listing > _MAX_LISTING or data[max(0, at - _LOCATOR_SIZE) : at].startswith(_END_64_LOCATOR):
        raise ArchiveError(ArchiveProblem.TOO_MANY)


def _is_skipped(name: str) -> bool:
    """Whether an entry is a hidden file of an operating system or an editor's backup."""
    names = name.split("/")
    return any((one.startswith(".") and one not in (".", "..")) or one in _SKIPPED_NAMES for one in names) or (
        names[-1].endswith("~")
    )


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    if not entries:
        raise ArchiveError(ArchiveProblem.EMPTY)
    if len(entries) > MAX_DOCUMENTS:
        raise ArchiveError(ArchiveProblem.TOO_MANY)
    seen: set[str] = set()
    for entry in entries:
        _check_entry(entry)
        if entry.filename.lower() in seen:
            raise ArchiveError(ArchiveProblem.REPEATED, entry.filename)
        seen.add(entry.filename.lower())
    if sum(entry.file_size for entry in entries) > MAX_LIBRARY_BYTES:
        raise ArchiveError(ArchiveProblem.TOO_LARGE)


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    # The reader normalises names. The one that is stored must be plain, too.
    if name != entry.orig_filename or find_path_problem(name):
        raise ArchiveError(ArchiveProblem.NAME, entry.orig_filename)
    if entry.flag_bits & 0x1:
        raise ArchiveError(ArchiveProblem.ENCRYPTED, name)
    if entry.external_attr >> 16 & _FILE_TYPE == _LINK:
        raise ArchiveError(ArchiveProblem.LINK, name)
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ArchiveError(ArchiveProblem.DAMAGED, name)
    if entry.file_size > MAX_DOCUMENT_BYTES:
        raise ArchiveError(ArchiveProblem.DOCUMENT_TOO_LARGE, name)
    if entry.file_size > max(_ALWAYS_READ, MAX_RATIO * entry.compress_size):
        raise ArchiveError(ArchiveProblem.BOMB, name)


def _read(file: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    with file.open(entry) as stream:
        # The entry may be larger than it says.
        body = stream.read(MAX_DOCUMENT_BYTES + 1)
    if len(body) != entry.file_size:
        raise ArchiveError(ArchiveProblem.DAMAGED, entry.filename)
    return body


def _leave_folder(documents: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Leave out a folder around all documents, as the tools that pack a folder make it."""
    tops = _get_tops(documents)
    if len(tops) != 1:
        return documents
    (top,) = tops
    if f"{top}/course.yaml" not in documents:
        return documents
    return {path.removeprefix(f"{top}/"): body for path, body in documents.items()}


def _get_tops(paths: Iterable[str]) -> set[str]:
    return {path.partition("/")[0] for path in paths}
