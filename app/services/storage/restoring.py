"""Checking backups by restoring them into a temporary place, and restoring one for good."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.server import schema, storage
from app.services.storage import archives, backups, badge_keys, postgres_tools, sqlite_files
from app.services.storage.archives import DatabaseKind, ExtractedBackup, Manifest, StorageError, StoredRows
from app.services.storage.folders import hold_folder, sync_folder
from app.settings import ROOT, Settings

_SCRATCH = ".restore-"


@dataclass(frozen=True, slots=True)
class CheckedBackup:
    """A sound backup. ``was_restored`` is whether its database could be opened, not only read to its end.

    ``is_current`` is whether it has the latest migration, and ``has_same_secret`` whether this server has the secret with
    which its passwords were hashed, or would get it from the backup.
    """

    manifest: Manifest
    was_restored: bool
    is_current: bool
    has_secret: bool
    has_same_secret: bool


@dataclass(frozen=True, slots=True)
class Restored:
    """A finished restore. ``kept`` is where the replaced database is, if there was one."""

    kept: str | None
    has_same_secret: bool


def check_backup(settings: Settings, file: Path) -> CheckedBackup:
    """Restore a backup into a temporary place, and compare it with what was backed up.

    :raise StorageError: it is damaged, incomplete, or of a newer version.
    """
    with _extract(settings, file) as backup:
        return _check(settings, backup)


def restore(settings: Settings, file: Path, now: datetime, *, replaces: bool = False) -> Restored:
    """Make a backup the database of this server.

    A secret in the backup replaces the one in the data folder, because passwords can't be checked with another one.

    :raise StorageError: the backup is unsound or of the other kind of database; there is a database already and
        ``replaces`` is False; or a server uses it. Then nothing has changed.
    """
    kept_name = f"{postgres_tools.REPLACED_PREFIX}{now:%Y%m%dt%H%M%S}"
    with _extract(settings, file) as backup:
        wanted = DatabaseKind.SQLITE if settings.is_sqlite else DatabaseKind.POSTGRESQL
        if backup.manifest.database is not wanted:
            raise StorageError(
                f"This is a backup of {backup.manifest.database.label}, but DATABASE_URL names {wanted.label}. "
                "Restore it to its own kind, then use the command `copy`."
            )
        with _hold_start_lock(settings) as holder:
            _refuse_occupied(settings, holder, replaces=replaces)
            checked = _check(settings, backup)
            with _mark_unfinished(settings, file):
                kept = _replace_database(settings, holder, backup.database, kept_name)
            _replace_secret(settings, backup.secret, kept_name if kept else None)
            if backup.badge_keys is not None:
                badge_keys.restore(settings, backup.badge_keys)
            storage.get_restore_marker(settings).unlink()
    return Restored(kept, checked.has_same_secret)


@contextmanager
def _hold_start_lock(settings: Settings) -> Iterator[int]:
    """Keep servers from starting; yield the process id of the connection to PostgreSQL that does so, or 0."""
    if settings.is_sqlite:
        with sqlite_files.hold_start_lock(settings.sqlite_file):
            yield 0
    else:
        with postgres_tools.hold_start_lock(postgres_tools.parse_target(settings.database_url)) as holder:
            yield holder


@contextmanager
def _mark_unfinished(settings: Settings, file: Path) -> Iterator[None]:
    """Write the marker that stops the next start if this restore is killed. Delete it if the database was not replaced."""
    marker = storage.get_restore_marker(settings)
    was_marked = marker.exists()
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write_private(marker, f"{file.resolve()}\n")
    sync_folder(settings.data)
    try:
        yield
    except (StorageError, OSError):
        if not was_marked:
            marker.unlink()
        raise


@contextmanager
def _extract(settings: Settings, file: Path) -> Iterator[ExtractedBackup]:
    """Extract a backup beside the data, so that the database can be renamed into its place."""
    needed = archives.read_manifest(file).size + backups.RESERVE_BYTES
    folder = settings.sqlite_file.parent if settings.is_sqlite else settings.data
    try:
        with hold_folder(folder, _SCRATCH, "restore"):
            free = shutil.disk_usage(folder).free
            if free < needed:
                raise StorageError(f"{folder} has {free / 1e6:.0f} MB free; this backup needs {needed / 1e6:.0f} MB.")
            with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=folder) as scratch:
                yield archives.extract(file, Path(scratch))
    except OSError as error:
        raise StorageError(f"{error.filename or folder}: {error.strerror}.") from None


def _check(settings: Settings, backup: ExtractedBackup) -> CheckedBackup:
    manifest = backup.manifest
    head = _find_head(manifest.rows.migration, manifest.version)
    found = _restore_for_check(settings, backup)
    if found is not None and found != manifest.rows:
        different = next(
            (name for name, count in manifest.rows.counts.items() if found.counts.get(name) != count), "its migration"
        )
        raise StorageError(f"The restored database is not the one that was backed up: {different} differs.")
    is_secret_restored = backup.secret is not None and archives.get_stored_secret(settings) is not None
    secret = backup.secret if is_secret_restored else settings.secret
    return CheckedBackup(
        manifest,
        was_restored=found is not None,
        is_current=manifest.rows.migration == head,
        has_secret=backup.secret is not None,
        has_same_secret=archives.fingerprint_secret(secret or "") == manifest.secret_fingerprint,
    )


def _restore_for_check(settings: Settings, backup: ExtractedBackup) -> StoredRows | None:
    if backup.manifest.database is DatabaseKind.SQLITE:
        sqlite_files.check_integrity(backup.database, is_thorough=True)
        return sqlite_files.count_rows(backup.database)
    postgres_tools.list_contents(backup.database)
    if settings.is_sqlite:
        return None
    target = postgres_tools.parse_target(settings.database_url)
    with postgres_tools.temporary_database(target, f"palpate_check_{secrets.token_hex(4)}") as beside:
        if beside is None:
            return None
        postgres_tools.restore_dump(beside, backup.database)
        return postgres_tools.count_rows(beside)


def _find_head(migration: str, version: str) -> str | None:
    """Return the latest migration.

    :raise StorageError: this version does not know the migration of a backup.
    """
    folder = ROOT / "migrations"
    if migration not in schema.list_known(folder):
        raise StorageError(
            f"The backup has migration {migration or 'none'}, which this version does not know. "
            f"It was made by Palpate {version}; restore it with that version or a newer one."
        )
    return schema.get_head(folder)


def _refuse_occupied(settings: Settings, holder: int, *, replaces: bool) -> None:
    """Make sure that there is no database yet, or one that nobody uses and that may be replaced.

    :raise StorageError: see :func:`restore`.
    """
    if settings.is_sqlite:
        file = settings.sqlite_file
        if not file.exists():
            return
        place = str(file)
    else:
        target = postgres_tools.parse_target(settings.database_url)
        postgres_tools.refuse_if_in_use(target, besides=holder)
        if not postgres_tools.has_tables(target):
            return
        place = "DATABASE_URL"
    if not replaces:
        raise StorageError(f"There is a database at {place} already. With --force it is kept aside and replaced.")
    if settings.is_sqlite:
        sqlite_files.close_log(file)


def _replace_database(settings: Settings, holder: int, database: Path, kept_name: str) -> str | None:
    """Put the restored database into its place; return where the replaced one is.

    The check took time, and not every program asks for the start lock. So look again whether the database is in use.

    :raise StorageError: it is. Then nothing has changed.
    """
    if settings.is_sqlite:
        with sqlite_files.hold_alone(settings.sqlite_file):
            return _replace_file(settings.sqlite_file, database, kept_name)
    target = postgres_tools.parse_target(settings.database_url)
    postgres_tools.refuse_if_in_use(target, besides=holder)
    return f"schema {kept_name}" if postgres_tools.replace_contents(target, database, kept_name) else None


def _replace_file(file: Path, database: Path, kept_name: str) -> str | None:
    """Keep the present database with its logs aside, and put the restored one into its place, where there always is one.

    A log that stayed would be applied to the restored database. Only a damaged or a missing one can still have a log.
    """
    logs = [path for end in ("wal", "shm", "journal") if (path := file.with_name(f"{file.name}-{end}")).exists()]
    kept = file.with_name(kept_name)
    is_present = bool(logs) or file.exists()
    if is_present:
        kept.mkdir(mode=0o700)
        if file.exists():
            _keep(file, kept)
        for path in logs:
            path.rename(kept / path.name)
        sync_folder(kept)
    database.replace(file)
    sync_folder(file.parent)
    return str(kept) if is_present else None


def _keep(file: Path, folder: Path) -> None:
    """Give a file a second name in ``folder``; where the file system knows no second names, move it."""
    try:
        os.link(file, folder / file.name)
    except OSError:
        file.rename(folder / file.name)


def _replace_secret(settings: Settings, secret: str | None, kept_name: str | None) -> None:
    """Put the secret of a backup into the data folder, unless the operator sets the secret."""
    if secret is None or archives.get_stored_secret(settings) in (None, secret):
        return
    file = settings.data / "secret"
    partial = file.with_name(".secret-restored")
    _write_private(partial, secret)
    if kept_name is not None:
        kept = settings.data / kept_name
        kept.mkdir(mode=0o700, exist_ok=True)
        _keep(file, kept)
    partial.replace(file)
    sync_folder(settings.data)


def _write_private(path: Path, content: str) -> None:
    """Write a file that only its owner can read, down to the disk."""
    with open(path, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
