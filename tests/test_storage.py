"""Faults R3 and R24: a full disk, and a database file that lost its content."""

from __future__ import annotations

import shutil
import sqlite3
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from app.db import get_reason
from app.server import storage
from tests.conftest import settings_for

Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize(("free", "status"), [(100_000, 503), (100_000_000, 200)])
def test_a_full_disk_is_not_ready(client: FlaskClient, monkeypatch: pytest.MonkeyPatch, free: int, status: int) -> None:
    """Fails when a server that answers 503 to each form is sent more learners."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10**9, 10**9 - free, free))

    reply = client.get("/readyz")

    assert reply.status_code == status
    assert ("disk" in reply.text) is (status == 503)


def test_a_database_elsewhere_has_a_disk_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(1, 1, 0))

    assert not storage.is_full(settings_for(tmp_path, database_url="postgresql+psycopg://localhost/x"))


def test_an_emptied_database_is_no_first_start(tmp_path: Path) -> None:
    """Fails when a file that lost its content is filled with a new database, and a new administrator invited."""
    settings = settings_for(tmp_path)
    assert storage.explain_emptied(settings) is None

    (tmp_path / "palpate.sqlite3").touch()

    assert "is empty (0 bytes)" in str(storage.explain_emptied(settings))


def test_a_server_does_not_start_on_an_emptied_database(file_server_app: Callable[[], Flask]) -> None:
    app = file_server_app()
    Path(app.config["PALPATE"].data, "palpate.sqlite3").write_bytes(b"")

    result = app.test_cli_runner().invoke(args=["serve"])

    assert result.exit_code == 2
    assert "is empty (0 bytes)" in result.output


@pytest.fixture
def file_server_app(tmp_path: Path) -> Callable[[], Flask]:
    from app import create_app

    return lambda: create_app(settings_for(tmp_path, port=0))


@pytest.mark.parametrize(
    ("said", "reason"),
    [("database is locked", "database is locked"), ("No.\nDETAIL: Key (email)=(ada@example.org)", "No"), ("", "Error")],
)
def test_the_reason_of_a_database_error_is_one_line(said: str, reason: str) -> None:
    """Fails when an error without a text fails the page or the command that reports it."""
    assert get_reason(OperationalError("SELECT 1", None, sqlite3.Error(said))) == reason
