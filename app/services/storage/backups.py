"""Taking backups: one verified file each, old ones deleted, and the outcome recorded for Health."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from pydantic import TypeAdapter, ValidationError

from app.server.version import VERSION
from app.services.storage import archives, badge_keys, postgres_tools, sqlite_files
from app.services.storage.archives import DatabaseKind, Manifest, StorageError, StoredRows, StoredSecrets
from app.services.storage.folders import hold_folder, sync_folder
from app.settings import Settings

KEEP = 14
"""How many backups a folder keeps, unless the operator says otherwise: two weeks of daily ones."""

RESERVE_BYTES = 64 * 1024**2
"""The space that a backup leaves free, so that it never causes the full disk that it should help against."""

_NAME = re.compile(r"palpate-(\d{8}T\d{6}Z)(?:-(\d+))?\.zip")
_PARTIAL = ".partial-"


@dataclass(frozen=True, slots=True)
class BackupRecord:
    """The latest sound backup, and the latest failure if it came after it.

    ``size`` is in bytes. ``made_at`` is the moment as of which the data were copied.
    """

    made_at: datetime | None = None
    file: Path | None = None
    size: int = 0
    seconds: float = 0
    failed_at: datetime | None = None
    reason: str = ""

    @property
    def is_intact(self) -> bool:
        """Whether the file is where it was written, with the same size."""
        try:
            return self.file is not None and self.file.stat().st_size == self.size
        except OSError:
            return False


class OldBackupError(StorageError):
    """A backup was made, and an older one can't be deleted."""


_RECORDS = TypeAdapter(BackupRecord)


def get_default_folder(settings: Settings) -> Path:
    return settings.data / "backups"


def make_backup(settings: Settings, now: datetime, *, folder: Path | None = None, keep: int = KEEP) -> BackupRecord:
    """Back up the database while it is in use, verify the copy, and delete all but the ``keep`` latest backups.

    Every answer that was acknowledged before the call is in it. The outcome is recorded either way.

    :raise StorageError: there is no backup, and older ones were kept; or there is one, and an older one can't be deleted.
    """
    target = (folder or get_default_folder(settings)).resolve()
    try:
        with hold_folder(target, _PARTIAL, "backup"):
            record = _make(settings, now, target)
            _write_record(settings, record)
            _delete_old(target, keep)
    except OldBackupError:
        raise
    except StorageError as error:
        _record_failure(settings, now, str(error))
        raise
    except OSError as error:
        reason = f"{error.filename or target}: {error.strerror}."
        _record_failure(settings, now, reason)
        raise StorageError(reason) from None
    return record


def read_record(settings: Settings) -> BackupRecord:
    """Return the outcome of the latest backups of this server; it is empty if there was none."""
    try:
        return _RECORDS.validate_json(_get_record_file(settings).read_bytes())
    except (OSError, ValidationError):
        return BackupRecord()


def list_backups(folder: Path) -> list[Path]:
    """Return the backups in a folder, oldest first."""
    found = ((_NAME.fullmatch(path.name), path) for path in folder.iterdir())
    return [path for _, path in sorted(((match[1], int(match[2] or 1)), path) for match, path in found if match)]


def _make(settings: Settings, now: datetime, folder: Path) -> BackupRecord:
    began = monotonic()
    _refuse_without_space(settings, folder)
    with tempfile.TemporaryDirectory(prefix=_PARTIAL, dir=folder) as scratch:
        kind = DatabaseKind.SQLITE if settings.is_sqlite else DatabaseKind.POSTGRESQL
        database, archive = Path(scratch) / kind.file_name, Path(scratch) / "backup.zip"
        rows = _copy_sqlite(settings, database) if settings.is_sqlite else _dump_postgres(settings, database)
        manifest = Manifest(
            format=1,
            made_at=now.astimezone(UTC),
            version=VERSION,
            database=kind,
            rows=rows,
            size=database.stat().st_size,
            sha256=archives.compute_sha256(database),
            secret_fingerprint=archives.fingerprint_secret(settings.secret),
        )
        kept = StoredSecrets(archives.get_stored_secret(settings), badge_keys.get_stored(settings))
        archives.write_archive(archive, database, manifest, kept)
        file = _choose_name(folder, now)
        archive.rename(file)
    sync_folder(folder)
    return BackupRecord(manifest.made_at, file, file.stat().st_size, round(monotonic() - began, 1))


def _copy_sqlite(settings: Settings, target: Path) -> StoredRows:
    source = settings.sqlite_file
    if not source.exists():
        raise StorageError(f"There is no database at {source}.")
    sqlite_files.copy_database(source, target)
    sqlite_files.check_integrity(target, is_thorough=False)
    return sqlite_files.count_rows(target)


def _dump_postgres(settings: Settings, target: Path) -> StoredRows:
    rows = postgres_tools.dump(postgres_tools.parse_target(settings.database_url), target)
    postgres_tools.list_contents(target)
    return rows


def _refuse_without_space(settings: Settings, folder: Path) -> None:
    """Make sure that the copy and the archive fit.

    :raise StorageError: they might not.
    """
    if settings.is_sqlite:
        source = settings.sqlite_file
        files = (source, source.with_name(f"{source.name}-wal"))
        needed = 2 * sum(file.stat().st_size for file in files if file.exists())
    else:
        needed = postgres_tools.get_size(postgres_tools.parse_target(settings.database_url))
    free = shutil.disk_usage(folder).free
    if free < needed + RESERVE_BYTES:
        raise StorageError(
            f"{folder} has {free / 1e6:.0f} MB free; a backup may need {(needed + RESERVE_BYTES) / 1e6:.0f} MB."
        )


def _choose_name(folder: Path, now: datetime) -> Path:
    stamp = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    file, number = folder / f"palpate-{stamp}.zip", 1
    while file.exists():
        number += 1
        file = folder / f"palpate-{stamp}-{number}.zip"
    return file


def _delete_old(folder: Path, keep: int) -> None:
    """Delete old backups.

    :raise OldBackupError: one can't be deleted.
    """
    try:
        for path in list_backups(folder)[: -max(keep, 1)]:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise OldBackupError(
            f"The backup was made, but an older one was not deleted: {error.filename}: {error.strerror}."
        ) from None


def _get_record_file(settings: Settings) -> Path:
    return settings.data / "backup.json"


def _record_failure(settings: Settings, now: datetime, reason: str) -> None:
    _write_record(settings, replace(read_record(settings), failed_at=now.astimezone(UTC), reason=reason))


def _write_record(settings: Settings, record: BackupRecord) -> None:
    file = _get_record_file(settings)
    partial = file.with_name(f".{file.name}-{os.getpid()}")
    try:
        with open(partial, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as out:
            out.write(_RECORDS.dump_json(record))
        partial.replace(file)
    except OSError:  # a full disk, perhaps: Health then warns when the last sound backup is too old
        with suppress(OSError):
            partial.unlink(missing_ok=True)
