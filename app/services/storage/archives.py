"""The file format of a backup: a zip archive with the database, a manifest and perhaps the secret.

A zip archive has its directory at the end and a checksum for each file, so a truncated one cannot pass for a sound one.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, Literal

from pydantic import TypeAdapter, ValidationError

from app.settings import Settings

_CHUNK_BYTES = 1024**2
_MANIFEST, _SECRET, _BADGE_KEYS = "manifest.json", "secret", "badge-keys.json"
_COMPRESSION_LEVEL = 1
"""Level 1 halves the file at about 100 MB/s. Higher levels would take processor time from a server that is in use."""

_DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    KeyError,
    UnicodeDecodeError,
    RuntimeError,  # zipfile takes the damaged file for encrypted or (NotImplementedError) for packed by another method
)


class StorageError(Exception):
    """A backup, restore or copy is not possible; the message is one sentence for the operator."""


class DatabaseKind(StrEnum):
    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"

    @property
    def label(self) -> str:
        return "SQLite" if self is DatabaseKind.SQLITE else "PostgreSQL"

    @property
    def file_name(self) -> str:
        """The name of the database in an archive: an SQLite file, or a dump in pg_dump's custom format."""
        return "palpate.sqlite3" if self is DatabaseKind.SQLITE else "palpate.dump"


@dataclass(frozen=True, slots=True)
class StoredRows:
    """What a database holds: its migration, and the number of rows in each table."""

    migration: str
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup contains. ``size`` (bytes) and ``sha256`` are those of the database in it."""

    format: Literal[1]
    made_at: datetime
    version: str
    database: DatabaseKind
    rows: StoredRows
    size: int
    sha256: str
    secret_fingerprint: str


_MANIFESTS = TypeAdapter(Manifest)


@dataclass(frozen=True, slots=True)
class ExtractedBackup:
    """A backup whose checksums are right. ``secret`` and ``badge_keys`` are None if the operator keeps them elsewhere."""

    manifest: Manifest
    database: Path
    secret: str | None
    badge_keys: str | None


@dataclass(frozen=True, slots=True)
class StoredSecrets:
    """What a backup contains besides the database: the files of the data folder that the server made by itself."""

    secret: str | None
    badge_keys: str | None


def fingerprint_secret(secret: str) -> str:
    """Return a value by which two secrets can be compared, without revealing them."""
    return hmac.new(secret.encode(), b"palpate-backup", hashlib.sha256).hexdigest()[:16]


def get_stored_secret(settings: Settings) -> str | None:
    """Return the secret if it is kept in the data folder, or None if the operator set it."""
    try:
        stored = (settings.data / "secret").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return stored if stored == settings.secret else None


def compute_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_archive(path: Path, database: Path, manifest: Manifest, kept: StoredSecrets) -> None:
    """Write a backup that only its owner can read, and make sure that it is on the disk and can be read back.

    :raise StorageError: what was written differs from what should have been.
    """
    is_packed = manifest.database is DatabaseKind.POSTGRESQL  # pg_dump compresses by itself
    compression = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        with zipfile.ZipFile(file, "w", compression, compresslevel=_COMPRESSION_LEVEL) as archive:
            with (
                database.open("rb") as source,
                archive.open(manifest.database.file_name, "w", force_zip64=True) as member,
            ):
                _copy(source, member)
            for name, text in ((_SECRET, kept.secret), (_BADGE_KEYS, kept.badge_keys)):
                if text is not None:
                    archive.writestr(name, text)
            archive.writestr(_MANIFEST, _MANIFESTS.dump_json(manifest, indent=2))
        file.flush()
        os.fsync(file.fileno())
    with _open_archive(path) as archive, archive.open(manifest.database.file_name) as member:
        if hashlib.file_digest(member, "sha256").hexdigest() != manifest.sha256:  # type: ignore[arg-type]
            raise StorageError("The backup could not be read back as it was written. Check the disk.")


def read_manifest(path: Path) -> Manifest:
    """Return the manifest of a backup, without checking the database in it.

    :raise StorageError: the file is damaged, incomplete or no backup.
    """
    with _open_archive(path) as archive:
        return _read_manifest(path, archive)


def extract(path: Path, folder: Path) -> ExtractedBackup:
    """Extract a backup into ``folder`` and compare it with its manifest.

    :raise StorageError: the file is damaged, incomplete or no backup.
    """
    with _open_archive(path) as archive:
        manifest = _read_manifest(path, archive)
        name = manifest.database.file_name
        secret, badge_keys = (
            archive.read(kept).decode("ascii") if kept in archive.namelist() else None
            for kept in (_SECRET, _BADGE_KEYS)
        )
        database = folder / name
        with open(database, "xb", opener=lambda place, flags: os.open(place, flags, 0o600)) as target:
            with archive.open(name) as member:
                _copy(member, target)
            target.flush()
            os.fsync(target.fileno())
    if (database.stat().st_size, compute_sha256(database)) != (manifest.size, manifest.sha256):
        raise StorageError(f"{path} is damaged: its database is not the one that was backed up.")
    return ExtractedBackup(manifest, database, secret, badge_keys)


def _read_manifest(path: Path, archive: zipfile.ZipFile) -> Manifest:
    try:
        return _MANIFESTS.validate_json(archive.read(_MANIFEST))
    except (KeyError, ValidationError):
        raise StorageError(f"{path} is not a backup of Palpate, or one of a newer version.") from None


@contextmanager
def _open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except _DAMAGES:
        raise StorageError(f"{path} is damaged or incomplete. Use another backup.") from None
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror or error}.") from None


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    while chunk := source.read(_CHUNK_BYTES):
        target.write(chunk)
