"""The page of the server's health: each warning is there when it must be, with what to do, and not otherwise."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy.orm import Session

from app.admin.health_words import FINDINGS, TOPICS, describe_check
from app.models import AuditEvent
from app.server.version import VERSION
from app.services.reporting import server_health
from app.services.reporting.server_health import Environment, HealthCheck, HealthLevel, HealthState, HealthTopic
from app.services.storage import backups, badge_keys
from app.services.storage.archives import StorageError
from app.settings import Settings
from tests.conftest import ROOT, Clock, settings_for
from tests.support.attempt_client import start
from tests.support.factory import Factory

HEAD = ScriptDirectory(str(ROOT / "migrations")).get_current_head()
WELL = Environment(head=HEAD, is_store_well=True, is_course_current=True)
GIGABYTES = 1024**3


class Usage:
    def __init__(self, free: int) -> None:
        self.free = free


def looked(
    app: Flask, session: Session, clock: Clock, around: Environment = WELL, **settings: Any
) -> dict[HealthTopic, HealthCheck]:
    chosen = replace(app.config["PALPATE"], **settings)
    return {check.topic: check for check in server_health.check_health(session, chosen, around, clock())}


@pytest.mark.parametrize(
    ("settings", "topic", "level"),
    [
        ({"base_url": "http://192.168.1.20:8000"}, HealthTopic.ADDRESS, HealthLevel.WARN),
        ({"base_url": "https://learn.example.org", "trusted_proxies": 1}, HealthTopic.ADDRESS, HealthLevel.FINE),
        ({"base_url": "http://127.0.0.1:8000"}, HealthTopic.ADDRESS, HealthLevel.FINE),
        ({"base_url": "https://learn.example.org"}, HealthTopic.PROXIES, HealthLevel.WARN),
        ({"base_url": "https://learn.example.org", "trusted_proxies": 1}, HealthTopic.PROXIES, HealthLevel.FINE),
        ({"mail": "console"}, HealthTopic.MAIL, HealthLevel.NOTE),
        ({"mail": "smtp://user:secret@mail.example.org"}, HealthTopic.MAIL, HealthLevel.FINE),
        ({"workers": 2}, HealthTopic.RATE_LIMITS, HealthLevel.NOTE),
        ({"workers": 1}, HealthTopic.RATE_LIMITS, HealthLevel.FINE),
        ({"redis_url": "redis://cache"}, HealthTopic.RATE_LIMITS, HealthLevel.FINE),
    ],
)
def test_settings_are_judged(
    app: Flask, session: Session, clock: Clock, settings: dict[str, Any], topic: HealthTopic, level: HealthLevel
) -> None:
    check = looked(app, session, clock, **settings)[topic]

    assert check.level is level
    line = describe_check(check)
    assert bool(line.todo) is (level is not HealthLevel.FINE)
    assert "secret" not in line.found


def test_each_check_has_words() -> None:
    assert (set(TOPICS), set(FINDINGS)) == (set(HealthTopic), set(HealthState))


def test_missing_migrations_are_a_failure(app: Flask, session: Session, clock: Clock) -> None:
    assert looked(app, session, clock)[HealthTopic.MIGRATIONS].level is HealthLevel.FINE
    assert looked(app, session, clock, replace(WELL, head="0099"))[HealthTopic.MIGRATIONS].level is HealthLevel.FAIL


def test_a_store_that_is_away_and_a_course_that_changed_are_said(app: Flask, session: Session, clock: Clock) -> None:
    found = looked(app, session, clock, Environment(HEAD, is_store_well=False, is_course_current=False))

    assert (found[HealthTopic.RATE_LIMITS].level, found[HealthTopic.COURSE].level) == (
        HealthLevel.WARN,
        HealthLevel.NOTE,
    )


@pytest.mark.parametrize(("free", "level"), [(50 * GIGABYTES, HealthLevel.FINE), (GIGABYTES - 1, HealthLevel.WARN)])
def test_a_full_disk_is_told_before_it_is_full(
    app: Flask, session: Session, clock: Clock, monkeypatch: pytest.MonkeyPatch, free: int, level: HealthLevel
) -> None:
    monkeypatch.setattr("app.services.reporting.server_health.shutil.disk_usage", lambda _folder: Usage(free))

    assert looked(app, session, clock)[HealthTopic.DISK].level is level


@pytest.fixture
def own(app: Flask, published: Path, tmp_path: Path) -> Settings:
    """Settings of a server with a database of its own, which can be backed up."""
    shutil.copy(published, tmp_path / "palpate.sqlite3")
    return settings_for(tmp_path)


def judge_backup(app: Flask, session: Session, clock: Clock, own: Settings) -> HealthCheck:
    return looked(app, session, clock, data=own.data, database_url=own.database_url)[HealthTopic.BACKUP]


@pytest.mark.parametrize(("hours", "state"), [(20, HealthState.BACKUP_CURRENT), (50, HealthState.BACKUP_OLD)])
def test_a_backup_counts_for_two_days(
    app: Flask, session: Session, clock: Clock, own: Settings, hours: int, state: HealthState
) -> None:
    missing = judge_backup(app, session, clock, own)
    backups.make_backup(own, clock())
    clock.advance(hours=hours)

    found = judge_backup(app, session, clock, own)

    assert (missing.state, missing.level) == (HealthState.BACKUP_MISSING, HealthLevel.WARN)
    assert found.state is state
    assert found.level is (HealthLevel.FINE if hours < 48 else HealthLevel.WARN)
    assert "verified" in describe_check(found).found


def test_only_a_verified_backup_counts(app: Flask, session: Session, clock: Clock, own: Settings) -> None:
    """R25. Fails when any file with a fitting name is taken for a backup, or one that was cut off later."""
    file = own.data / "backups" / "palpate-20261123T090000Z.zip"
    file.parent.mkdir()
    file.write_bytes(b"half a backup")
    stub = judge_backup(app, session, clock, own)

    made = backups.make_backup(own, clock()).file
    assert made is not None
    made.write_bytes(made.read_bytes()[:1000])
    cut_off = judge_backup(app, session, clock, own)

    assert stub.state is HealthState.BACKUP_MISSING
    assert (cut_off.state, cut_off.level) == (HealthState.BACKUP_DAMAGED, HealthLevel.WARN)
    assert str(made) in describe_check(cut_off).todo


def test_a_failed_backup_is_a_warning_until_the_next_succeeds(
    app: Flask, session: Session, clock: Clock, own: Settings
) -> None:
    """Fails when yesterday's good backup hides that today's failed."""
    backups.make_backup(own, clock())
    missing = replace(own, database_url=f"sqlite:///{own.data / 'missing.sqlite3'}")
    with pytest.raises(StorageError):
        backups.make_backup(missing, clock())
    failed = judge_backup(app, session, clock, own)
    backups.make_backup(own, clock())

    assert (failed.state, failed.level) == (HealthState.BACKUP_FAILED, HealthLevel.WARN)
    assert "There is no database" in describe_check(failed).todo
    assert judge_backup(app, session, clock, own).state is HealthState.BACKUP_CURRENT


@pytest.mark.parametrize("name", ["palpate.sqlite3", "secret", "badge-keys.json"])
def test_files_that_others_can_read_are_a_warning(
    app: Flask, session: Session, clock: Clock, own: Settings, name: str
) -> None:
    (own.data / "secret").touch()
    badge_keys.load(own, "did:web:localhost")
    for file in ("palpate.sqlite3", "secret"):
        (own.data / file).chmod(0o600)
    changes: dict[str, Any] = {"data": own.data, "database_url": own.database_url}
    private = looked(app, session, clock, **changes)[HealthTopic.FILES]
    (own.data / name).chmod(0o644)
    in_private_folder = looked(app, session, clock, **changes)[HealthTopic.FILES]
    own.data.chmod(0o755)

    found = looked(app, session, clock, **changes)[HealthTopic.FILES]

    assert (private.level, in_private_folder.level) == (HealthLevel.FINE, HealthLevel.FINE)
    assert (found.level, found.facts["file"]) == (HealthLevel.WARN, own.data / name)


def test_keys_of_badges_that_cannot_be_read_are_a_warning(
    app: Flask, session: Session, clock: Clock, own: Settings
) -> None:
    """Fails when operators learn it only from people whose badges do not work."""
    without = looked(app, session, clock, data=own.data)
    badge_keys.load(own, "did:web:localhost")
    sound = looked(app, session, clock, data=own.data)
    (own.data / badge_keys.FILE_NAME).write_text("{}")
    damaged = looked(app, session, clock, data=own.data)[HealthTopic.BADGE_KEYS]
    wrong = looked(app, session, clock, badge_keys='{"keys": []}')[HealthTopic.BADGE_KEYS]

    assert HealthTopic.BADGE_KEYS not in without | sound
    assert (damaged.level, wrong.level) == (HealthLevel.WARN, HealthLevel.WARN)
    assert "is damaged. Restore it from a backup." in describe_check(damaged).todo
    assert describe_check(wrong).found == "PALPATE_BADGE_KEYS"


@pytest.mark.sqlite
@pytest.mark.parametrize(("seconds", "level"), [(3, HealthLevel.FINE), (60, HealthLevel.WARN)])
def test_a_clock_behind_the_stored_times_is_a_warning(
    app: Flask, session: Session, clock: Clock, seconds: int, level: HealthLevel
) -> None:
    session.add(AuditEvent(at=clock() + timedelta(seconds=seconds), action="a", subject="b", details={}))
    session.commit()

    assert looked(app, session, clock)[HealthTopic.CLOCK].level is level


@pytest.mark.parametrize(
    ("seconds", "words"), [(6, "6 s"), (130, "2 min"), (93_900, "26 h 5 min"), (615_509, "7 days")]
)
def test_a_difference_of_clocks_is_readable(app: Flask, seconds: int, words: str) -> None:
    """Fails when a week is written as 615509 seconds."""
    facts = {"difference": timedelta(seconds=seconds)}
    with app.test_request_context():
        line = describe_check(HealthCheck(HealthTopic.CLOCK, HealthState.CLOCK_WRONG, HealthLevel.WARN, facts))

    assert line.found == f"It differs from the stored times by {words}."


def test_attempts_that_nobody_closes_are_a_warning(app: Flask, make: Factory, session: Session, clock: Clock) -> None:
    start(make.person().client, session)
    fresh = looked(app, session, clock)
    clock.advance(hours=5)

    found = looked(app, session, clock)

    assert (fresh[HealthTopic.OPEN_ATTEMPTS].facts["count"], fresh[HealthTopic.OVERDUE_ATTEMPTS].level) == (
        1,
        HealthLevel.FINE,
    )
    assert found[HealthTopic.OVERDUE_ATTEMPTS].level is HealthLevel.WARN
    assert found[HealthTopic.OVERDUE_ATTEMPTS].facts["count"] == 1


def test_fewer_than_two_administrators_are_a_note(app: Flask, make: Factory, session: Session, clock: Clock) -> None:
    found = []
    for _ in range(3):
        check = looked(app, session, clock)[HealthTopic.ADMINISTRATORS]
        found.append((check.state, check.level))
        make.admin()

    assert found == [
        (HealthState.ADMINISTRATOR_MISSING, HealthLevel.NOTE),
        (HealthState.ADMINISTRATOR_ALONE, HealthLevel.NOTE),
        (HealthState.ADMINISTRATORS, HealthLevel.FINE),
    ]


@pytest.mark.sqlite
def test_the_page_shows_what_to_do(make: Factory, app: Flask) -> None:
    page = make.admin().client.get("/admin/health").text

    assert "Copy reset and invitation links by hand" in page
    assert "SQLite 3" in page
    assert f"Palpate {VERSION}" in page
