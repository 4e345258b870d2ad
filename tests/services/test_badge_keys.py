"""The keys of Open Badges: given by the operator or made once, rotated, backed up and restored."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from app.services.storage import backups, badge_keys, restoring
from app.services.storage.badge_keys import BadgeKeyError, ForgedBadge
from app.settings import Settings, load_settings
from tests.conftest import NOW, settings_for

DID = "did:web:localhost"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path)


def list_ids(settings: Settings) -> list[str]:
    return [key["kid"] for key in badge_keys.load(settings, DID).keys]


def test_a_key_is_made_once(settings: Settings) -> None:
    first = badge_keys.load(settings, DID)

    assert badge_keys.load(settings, DID) == first
    assert len(first.keys) == 1
    assert [path.name for path in settings.data.iterdir()] == [badge_keys.FILE_NAME]


def test_what_another_key_signed_is_refused(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = badge_keys.load(settings_for(tmp_path / "other"), DID)
    mine = badge_keys.load(settings, DID)
    imitation = replace(other, keys=({**other.keys[0], "kid": mine.keys[0]["kid"]},))

    assert mine.verify(mine.sign({"a": 1})) == {"a": 1}
    for token in (other.sign({"a": 1}), imitation.sign({"a": 1}), "", "a.b.c"):
        with pytest.raises(ForgedBadge):
            mine.verify(token)


def test_a_key_that_is_removed_from_the_file_verifies_nothing_any_more(settings: Settings) -> None:
    token = badge_keys.load(settings, DID).sign({"a": 1})
    badge_keys.rotate(settings, DID)
    assert badge_keys.load(settings, DID).verify(token)
    file = settings.data / badge_keys.FILE_NAME
    file.write_text(json.dumps({"keys": json.loads(file.read_text())["keys"][:1]}))

    with pytest.raises(ForgedBadge):
        badge_keys.load(settings, DID).verify(token)


@pytest.mark.parametrize("text", ["", "{}", '{"keys": []}', '{"keys": [{"kty": "RSA"}]}', "[", '{"keys": 1}'])
def test_a_damaged_file_is_explained(settings: Settings, text: str) -> None:
    (settings.data / badge_keys.FILE_NAME).write_text(text)

    with pytest.raises(BadgeKeyError, match="is damaged"):
        badge_keys.load(settings, DID)


def test_a_setting_that_is_damaged_is_explained(settings: Settings) -> None:
    """Fails when a former key without its public part, which the start does not look at, breaks every page of badges."""
    text = json.dumps({"keys": [*badge_keys.load(settings, DID).keys, {"kty": "OKP", "crv": "Ed25519", "kid": "1"}]})
    with pytest.raises(BadgeKeyError, match="PALPATE_BADGE_KEYS: "):
        badge_keys.load(replace(settings, badge_keys=text), DID)


def test_a_file_that_cannot_be_read_is_not_called_damaged(settings: Settings) -> None:
    (settings.data / badge_keys.FILE_NAME).mkdir()

    with pytest.raises(BadgeKeyError, match="Is a directory"):
        badge_keys.load(settings, DID)


def test_threads_make_one_key_together(settings: Settings) -> None:
    """Fails when threads write to the same file before one of them gives it its name."""
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: badge_keys.load(settings, DID), range(32)))

    assert all(keys == found[0] for keys in found)
    assert [path.name for path in settings.data.iterdir()] == [badge_keys.FILE_NAME]


def test_an_operator_gives_and_rotates_a_file(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    for _ in range(2):
        result = app.test_cli_runner().invoke(args=["badges", "rotate-keys", "--file", str(file)])
        assert result.exit_code == 0, result.output
    given = load_settings({"PALPATE_DATA": str(tmp_path / "data"), "PALPATE_BADGE_KEYS_FILE": str(file)})

    assert list_ids(given) == [key["kid"] for key in json.loads(file.read_text())["keys"]]
    assert len(list_ids(given)) == 2
    assert file.stat().st_mode & 0o777 == 0o600
    assert badge_keys.get_stored(given) is None
    with pytest.raises(BadgeKeyError, match="PALPATE_BADGE_KEYS"):
        badge_keys.rotate(given, DID)


def test_a_file_that_is_no_key_set_is_not_rotated(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text("{}")
    result = app.test_cli_runner().invoke(args=["badges", "rotate-keys", "--file", str(file)])

    assert result.exit_code == 2
    assert file.read_text() == "{}"


def test_a_restore_brings_the_keys_of_the_backup(tmp_path: Path, published: Path) -> None:
    """Without them, other programs could not verify the badges that learners have."""
    old, new, used = (settings_for(tmp_path / name) for name in ("old", "new", "used"))
    for one in (old, new, used):
        one.data.mkdir()
    shutil.copy(published, old.data / "palpate.sqlite3")
    token = badge_keys.load(old, DID).sign({"a": 1})
    kept = badge_keys.load(used, DID).keys[0]
    file = backups.make_backup(old, NOW).file
    assert file is not None

    for one in (new, used):
        restoring.restore(one, file, NOW)
        assert badge_keys.load(one, DID).verify(token) == {"a": 1}

    assert list_ids(new) == list_ids(old)
    assert list_ids(used) == [kept["kid"], *list_ids(old)]
    assert "d" not in badge_keys.load(used, DID).keys[1]


def test_a_restore_replaces_keys_that_are_damaged_and_keeps_their_file(tmp_path: Path, published: Path) -> None:
    """Fails when the advice to restore a backup ends with an error, after the database was replaced."""
    old, broken = (settings_for(tmp_path / name) for name in ("old", "broken"))
    for one in (old, broken):
        one.data.mkdir()
    shutil.copy(published, old.data / "palpate.sqlite3")
    badge_keys.load(old, DID)
    file = backups.make_backup(old, NOW).file
    assert file is not None
    (broken.data / badge_keys.FILE_NAME).write_text("{")

    restoring.restore(broken, file, NOW)

    assert list_ids(broken) == list_ids(old)
    assert (broken.data / f"{badge_keys.FILE_NAME}.damaged").read_text() == "{"
