"""Backups of SQLite: complete, private, verified; a damaged one is refused and reported, and a restore loses nothing."""

from __future__ import annotations

import shutil
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.services.storage import archives, backups, restoring, sqlite_files
from app.services.storage.archives import StorageError, StoredSecrets
from app.services.storage.folders import hold_folder
from app.settings import Settings
from tests.conftest import NOW, settings_for


@pytest.fixture
def settings(tmp_path: Path, published: Path) -> Settings:
    """Settings of a server whose course is published, and whose secret is in its data folder."""
    folder = tmp_path / "server"
    folder.mkdir()
    shutil.copy(published, folder / "palpate.sqlite3")
    made = settings_for(folder)
    (folder / "secret").write_text(made.secret)
    return made


def get_database(settings: Settings) -> Path:
    return settings.data / "palpate.sqlite3"


def execute(path: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return connection.execute(statement).fetchall()


def read_database(backup: Path) -> bytes:
    with zipfile.ZipFile(backup) as archive:
        return archive.read("palpate.sqlite3")


def back_up(settings: Settings) -> Path:
    file = backups.make_backup(settings, NOW).file
    assert file is not None
    return file


def test_a_backup_is_one_private_file_that_holds_everything(settings: Settings) -> None:
    file = back_up(settings)

    checked = restoring.check_backup(settings, file)

    assert file.parent == settings.data / "backups"
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert checked.was_restored
    assert (checked.is_current, checked.has_secret, checked.has_same_secret) == (True, True, True)
    assert checked.manifest.rows == sqlite_files.count_rows(get_database(settings))
    assert list(settings.data.glob(".restore-*")) == []


def test_a_backup_ends_although_others_keep_writing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails when the copy proceeds in steps, which begin again after each commit of another connection."""
    steps: list[int] = []
    database = get_database(settings)
    execute(database, "PRAGMA journal_mode=WAL")
    other = sqlite3.connect(database, isolation_level=None)

    class BusyDatabase(sqlite3.Connection):
        """After each step of a backup, somebody else commits."""

        def backup(self, *args: Any, progress: Any = None, **kwargs: Any) -> None:
            def commit(*state: int) -> None:
                steps.append(state[0])
                if len(steps) < 50:
                    other.execute("UPDATE module SET title = title")
                progress(*state)

            super().backup(*args, progress=commit, **kwargs)

    monkeypatch.setattr(
        sqlite_files, "_connect", lambda path: sqlite3.connect(path, factory=BusyDatabase, isolation_level=None)
    )
    with closing(other):
        back_up(settings)

    assert len(steps) == 1


def test_a_backup_holds_what_is_only_in_the_log_yet(settings: Settings) -> None:
    """R14. Fails when the backup is a plain copy of the file."""
    database = get_database(settings)
    with closing(sqlite3.connect(database, isolation_level=None)) as server:
        server.execute("PRAGMA journal_mode=WAL")
        server.execute("CREATE TABLE noise (value)")
        server.execute("INSERT INTO noise VALUES (1)")
        file = back_up(settings)

    assert archives.read_manifest(file).rows.counts["noise"] == 1


def test_only_the_latest_backups_are_kept_and_other_files_stay(settings: Settings) -> None:
    folder = settings.data / "backups"
    made = [backups.make_backup(settings, NOW + timedelta(hours=hour), keep=3).file for hour in (0, 1, 2, 2, 2)]
    (folder / "palpate-notes.zip").touch()
    backups.make_backup(settings, NOW + timedelta(hours=3), keep=3)

    kept = backups.list_backups(folder)

    assert [path.name for path in kept] == [
        "palpate-20261123T110000Z-2.zip",
        "palpate-20261123T110000Z-3.zip",
        "palpate-20261123T120000Z.zip",
    ]
    assert made[-1] == kept[1]
    assert (folder / "palpate-notes.zip").exists()


def test_what_a_killed_backup_left_is_removed_by_the_next(settings: Settings) -> None:
    left = settings.data / "backups" / ".partial-abc"
    left.mkdir(parents=True)
    (left / "palpate.sqlite3").write_bytes(b"half")

    back_up(settings)

    assert not left.exists()


def test_what_a_killed_restore_left_is_deleted_by_the_next(settings: Settings) -> None:
    """Fails when a copy of the whole database, with people who were erased since, stays beside the data."""
    back_up(settings)
    left = settings.data / ".restore-killed"
    left.mkdir()
    (left / "palpate.sqlite3").write_text("people")

    restoring.check_backup(settings, backups.list_backups(settings.data / "backups")[-1])

    assert not left.exists()


def test_a_backup_counts_although_an_old_one_cannot_be_deleted(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(settings)

    def refuse(path: Path, *, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", refuse)
        with pytest.raises(StorageError, match="was made, but"):
            backups.make_backup(settings, NOW + timedelta(days=1), keep=1)

    record = backups.read_record(settings)
    assert (record.made_at, record.failed_at) == (NOW + timedelta(days=1), None)


def test_two_backups_to_one_folder_do_not_mix(settings: Settings) -> None:
    with (
        hold_folder(settings.data / "backups", ".partial-", "backup"),
        pytest.raises(StorageError, match="Another backup"),
    ):
        back_up(settings)


def test_a_failed_backup_is_recorded_and_keeps_the_older_ones(settings: Settings) -> None:
    file = back_up(settings)
    get_database(settings).write_bytes(b"SQLite format 3\0" + b"no database at all" * 500)

    with pytest.raises(StorageError, match=r"could not be copied|damaged"):
        backups.make_backup(settings, NOW + timedelta(days=1), keep=1)

    record = backups.read_record(settings)
    assert file.exists()
    assert (record.made_at, record.failed_at) == (NOW, NOW + timedelta(days=1))
    assert record.reason
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_backup_never_fills_the_disk(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backups, "RESERVE_BYTES", 10**18)

    with pytest.raises(StorageError, match="MB free; a backup may need"):
        back_up(settings)


def test_a_database_that_stays_locked_ends_the_backup(settings: Settings, tmp_path: Path) -> None:
    """Fails when the copy waits for ever, which Python's ``backup`` does by itself."""
    with closing(sqlite3.connect(get_database(settings), isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=DELETE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StorageError, match="locked"):
            sqlite_files.copy_database(get_database(settings), tmp_path / "copy", patience_seconds=0)


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_backup_is_refused(settings: Settings, share: float) -> None:
    """R25. Fails when a part of a backup passes for one."""
    file = back_up(settings)
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * share)])

    with pytest.raises(StorageError, match="damaged or incomplete"):
        restoring.check_backup(settings, file)
    with pytest.raises(StorageError, match="damaged or incomplete"):
        restoring.restore(settings, file, NOW, replaces=True)

    assert not backups.read_record(settings).is_intact
    assert get_database(settings).exists()


def test_a_changed_backup_is_refused(settings: Settings) -> None:
    """Fails when the checksums are not compared: a backup whose database differs by a byte must be refused.

    A changed bit can leave the database as it was: where a copied run of zeros comes from is all the same.
    """
    file = back_up(settings)
    whole = file.read_bytes()
    content = read_database(file)
    refused = 0
    for place in range(200, len(whole) - 2000, len(whole) // 7):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        try:
            restoring.check_backup(settings, file)
        except StorageError:
            refused += 1
        else:
            assert read_database(file) == content
    assert refused >= 5


@pytest.mark.parametrize("offset", [pytest.param(8, id="encrypted"), pytest.param(10, id="another compression")])
def test_a_backup_with_a_changed_directory_is_refused(settings: Settings, offset: int) -> None:
    """Fails when a changed bit makes ``zipfile`` ask for a password or another decompressor, and that is not caught."""
    file = back_up(settings)
    whole = bytearray(file.read_bytes())
    whole[whole.index(b"PK\x01\x02") + offset] ^= 1
    file.write_bytes(whole)

    with pytest.raises(StorageError, match="damaged or incomplete"):
        restoring.check_backup(settings, file)


def test_an_archive_whose_database_was_exchanged_is_refused(settings: Settings, tmp_path: Path) -> None:
    file = back_up(settings)
    manifest = archives.read_manifest(file)
    other = tmp_path / "other.sqlite3"
    shutil.copy(get_database(settings), other)
    execute(other, "DELETE FROM source")
    forged = tmp_path / "forged.zip"
    fitting = replace(manifest, size=other.stat().st_size, sha256=archives.compute_sha256(other))
    archives.write_archive(forged, other, fitting, StoredSecrets(None, None))

    with pytest.raises(StorageError, match="source differs"):
        restoring.check_backup(settings, forged)


@pytest.mark.parametrize("content", ["empty zip", "no zip", "missing"])
def test_other_files_are_refused(settings: Settings, tmp_path: Path, content: str) -> None:
    file = tmp_path / "other.zip"
    if content == "empty zip":
        zipfile.ZipFile(file, "w").close()
    elif content == "no zip":
        file.write_text("Hello")

    with pytest.raises(StorageError, match=r"other\.zip"):
        restoring.check_backup(settings, file)


def test_a_backup_of_a_newer_version_is_refused(settings: Settings) -> None:
    execute(get_database(settings), "UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(StorageError, match="migration 9999, which this version does not know"):
        restoring.check_backup(settings, back_up(settings))


def test_a_backup_moves_to_an_empty_machine_with_its_secret(settings: Settings, tmp_path: Path) -> None:
    """Fails when the secret stays behind: passwords are hashed with it, so nobody could sign in."""
    file = back_up(settings)
    new = settings_for(tmp_path / "new", secret="another-secret-another-secret-another-1")
    new.data.mkdir()
    (new.data / "secret").write_text(new.secret)

    restored = restoring.restore(new, file, NOW)

    assert (restored.kept, restored.has_same_secret) == (None, True)
    assert get_database(new).stat().st_mode & 0o777 == 0o600
    assert sqlite_files.count_rows(get_database(new)) == sqlite_files.count_rows(get_database(settings))
    assert (new.data / "secret").read_text() == settings.secret
    assert (new.data / "secret").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in new.data.iterdir()) == [
        "palpate.sqlite3",
        "palpate.sqlite3.start-lock",
        "secret",
    ]


def test_a_secret_that_the_operator_sets_is_in_no_backup(settings: Settings) -> None:
    (settings.data / "secret").unlink()
    file = back_up(settings)

    with zipfile.ZipFile(file) as archive:
        assert "secret" not in archive.namelist()
    assert restoring.check_backup(settings, file).has_same_secret
    assert not restoring.check_backup(replace(settings, secret="x" * 40), file).has_same_secret


def test_a_restore_never_changes_the_secret_that_the_operator_sets(settings: Settings, tmp_path: Path) -> None:
    file = back_up(settings)
    new = settings_for(tmp_path / "new", secret="another-secret-another-secret-another-1")

    restored = restoring.restore(new, file, NOW)

    assert not restored.has_same_secret
    assert sorted(path.name for path in new.data.iterdir()) == ["palpate.sqlite3", "palpate.sqlite3.start-lock"]


def test_a_restore_replaces_a_database_only_when_told_to_and_keeps_it(settings: Settings) -> None:
    file, database = back_up(settings), get_database(settings)
    execute(database, "PRAGMA journal_mode=WAL")
    execute(database, "DELETE FROM source")

    with pytest.raises(StorageError, match="--force"):
        restoring.restore(settings, file, NOW)
    unchanged = execute(database, "SELECT count(*) FROM source")
    kept = restoring.restore(settings, file, NOW, replaces=True).kept

    assert unchanged == [(0,)]
    assert execute(database, "SELECT count(*) FROM source") != [(0,)]
    assert kept is not None
    assert execute(Path(kept) / "palpate.sqlite3", "SELECT count(*) FROM source") == [(0,)]


def test_a_restore_does_not_touch_a_database_in_use(settings: Settings) -> None:
    """Fails when answers that a running server acknowledges could go into the file that was put aside."""
    file, database = back_up(settings), get_database(settings)
    execute(database, "PRAGMA journal_mode=WAL")
    with closing(sqlite3.connect(database)) as server:
        server.execute("SELECT count(*) FROM source").fetchall()
        with pytest.raises(StorageError, match="Stop the server first"):
            restoring.restore(settings, file, NOW, replaces=True)
        server.execute("DELETE FROM source")
        server.commit()

    assert execute(database, "SELECT count(*) FROM source") == [(0,)]


def test_a_destroyed_database_can_be_replaced(settings: Settings) -> None:
    file, database = back_up(settings), get_database(settings)
    whole = sqlite_files.count_rows(database)
    database.write_bytes(b"rubbish" * 1000)

    restoring.restore(settings, file, NOW, replaces=True)

    assert sqlite_files.count_rows(database) == whole
