"""The page of the server's health: each warning is there when it must be, with what to do, and not otherwise."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.services import health
from app.services.health import Around, Check, Level
from app.version import commit_of
from tests.conftest import Clock
from tests.factory import Make
from tests.playing import start

WELL = Around(head="0003", is_store_well=True, is_course_current=True)
GIGABYTES = 1024**3


class Usage:
    def __init__(self, free: int) -> None:
        self.free = free


def looked(app: Flask, session: Session, clock: Clock, around: Around = WELL, **settings: Any) -> dict[str, Check]:
    chosen = replace(app.config["PALPATE"], **settings)
    return {check.name: check for check in health.look(session, chosen, around, clock())}


@pytest.mark.parametrize(
    ("settings", "name", "level"),
    [
        ({"base_url": "http://192.168.1.20:8000"}, "Address", Level.WARN),
        ({"base_url": "https://learn.example.org", "trusted_proxies": 1}, "Address", Level.FINE),
        ({"base_url": "http://127.0.0.1:8000"}, "Address", Level.FINE),
        ({"base_url": "https://learn.example.org"}, "Proxies", Level.WARN),
        ({"base_url": "https://learn.example.org", "trusted_proxies": 1}, "Proxies", Level.FINE),
        ({"mail": "console"}, "Mail", Level.NOTE),
        ({"mail": "smtp://user:secret@mail.example.org"}, "Mail", Level.FINE),
        ({"workers": 2}, "Rate limits", Level.NOTE),
        ({"workers": 1}, "Rate limits", Level.FINE),
        ({"redis_url": "redis://cache"}, "Rate limits", Level.FINE),
    ],
)
def test_settings_are_judged(
    app: Flask, session: Session, clock: Clock, settings: dict[str, Any], name: str, level: Level
) -> None:
    check = looked(app, session, clock, **settings)[name]

    assert check.level is level
    assert bool(check.todo) is (level is not Level.FINE)
    assert "secret" not in check.found


def test_migrations_that_lack_are_a_warning(app: Flask, session: Session, clock: Clock) -> None:
    assert looked(app, session, clock)["Migrations"].level is Level.FINE
    assert looked(app, session, clock, replace(WELL, head="0099"))["Migrations"].level is Level.WARN


def test_a_store_that_is_away_and_a_course_that_changed_are_said(app: Flask, session: Session, clock: Clock) -> None:
    found = looked(app, session, clock, Around("0003", is_store_well=False, is_course_current=False))

    assert (found["Rate limits"].level, found["Course"].level) == (Level.WARN, Level.NOTE)


@pytest.mark.parametrize(("free", "level"), [(50 * GIGABYTES, Level.FINE), (GIGABYTES - 1, Level.WARN)])
def test_a_full_disk_is_told_before_it_is_full(
    app: Flask, session: Session, clock: Clock, monkeypatch: pytest.MonkeyPatch, free: int, level: Level
) -> None:
    monkeypatch.setattr("app.services.health.shutil.disk_usage", lambda _folder: Usage(free))

    assert looked(app, session, clock)["Disk"].level is level


@pytest.mark.parametrize(("hours", "level"), [(None, Level.NOTE), (20, Level.FINE), (50, Level.WARN)])
def test_an_old_backup_is_a_warning(
    app: Flask, session: Session, clock: Clock, tmp_path: Path, hours: int | None, level: Level
) -> None:
    if hours is not None:
        file = tmp_path / "backups" / "palpate-backup.sqlite3"
        file.parent.mkdir()
        file.touch()
        made = (clock() - timedelta(hours=hours)).timestamp()
        os.utime(file, (made, made))

    assert looked(app, session, clock, data=tmp_path)["Backup"].level is level


def test_attempts_that_nobody_closes_are_a_warning(app: Flask, make: Make, session: Session, clock: Clock) -> None:
    start(make.person().client, session)
    fresh = looked(app, session, clock)
    clock.advance(hours=5)

    found = looked(app, session, clock)

    assert (fresh["Attempts under way"].found, fresh["Attempts past their time"].level) == ("1", Level.FINE)
    assert found["Attempts past their time"].level is Level.WARN
    assert found["Attempts past their time"].found.startswith("1,")


def test_a_lone_administrator_is_told(app: Flask, make: Make, session: Session, clock: Clock) -> None:
    make.admin()
    alone = looked(app, session, clock)["Administrators"].level
    make.admin()

    assert (alone, looked(app, session, clock)["Administrators"].level) == (Level.NOTE, Level.FINE)


def test_the_page_shows_what_to_do(make: Make, app: Flask) -> None:
    page = make.admin().client.get("/admin/health").text

    assert "Copy reset and invitation links by hand" in page
    assert "SQLite 3" in page


def test_the_commit_is_read_without_git(tmp_path: Path) -> None:
    sha = "2e788730" * 5
    git = tmp_path / ".git"
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "packed-refs").write_text(f"# pack-refs\n{sha} refs/heads/main\n")
    packed = commit_of(tmp_path)
    (git / "refs" / "heads" / "main").write_text("1" * 40 + "\n")

    assert (packed, commit_of(tmp_path), commit_of(tmp_path / "nowhere")) == (sha, "1" * 40, None)
