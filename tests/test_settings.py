"""Settings come from the environment alone, are documented, and a wrong one stops the start with one line."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from app import settings
from app.settings import SettingError, Settings, load
from tests.conftest import ROOT

GUIDE = ROOT / "docs" / "operating.md"
SECRET = "0123456789abcdef0123456789abcdef"


def documented() -> dict[str, str]:
    """The default of each setting, by name, as the guide's table has it."""
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.*?) \|", GUIDE.read_text(), re.MULTILINE)
    return dict(rows)


def test_every_setting_is_documented_and_nothing_else() -> None:
    """Fails when a setting is added, renamed or removed without the guide."""
    assert sorted(documented()) == sorted((*settings.NAMES, *settings.OTHER_NAMES))


def test_each_setting_stands_once() -> None:
    names = re.findall(r"^\| `([A-Z_]+)` \|", GUIDE.read_text(), re.MULTILINE)

    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOST", "127.0.0.1"),
        ("PORT", "8000"),
        ("PALPATE_ALLOW_HTTP", "0"),
        ("PALPATE_REGISTRATION", "open"),
        ("PALPATE_MAIL", "console"),
        ("PALPATE_MAIL_FROM", "palpate@localhost"),
        ("PALPATE_TRUSTED_PROXIES", "0"),
        ("PALPATE_WORKERS", str(Settings.__dataclass_fields__["workers"].default)),
        ("PALPATE_THREADS", str(Settings.__dataclass_fields__["threads"].default)),
    ],
)
def test_the_documented_default_is_the_default(name: str, value: str, tmp_path: Path) -> None:
    """Fails when a default changes in the code or in the guide alone."""
    given = {"PALPATE_DATA": str(tmp_path)}

    assert documented()[name] == f"`{value}`"
    assert load(given | {name: value}) == load(given)


def test_every_name_is_read() -> None:
    """Fails when a known name has no field, or a field no name."""
    names = {name.removeprefix("PALPATE_").lower() for name in (*settings.NAMES, *settings.OTHER_NAMES)}

    assert names == {field.name for field in fields(Settings)}


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PALPATE_COLOUR", "red", "no such setting"),
        ("PALPATE_BASEURL", "https://x.example", "no such setting"),
        ("PALPATE_", "1", "no such setting"),
        ("PORT", "http", "whole number from 1 to 65535"),
        ("PORT", "65536", "whole number from 1 to 65535"),
        ("PORT", "-1", "whole number from 1 to 65535"),
        ("PORT", "80.5", "whole number from 1 to 65535"),
        ("PORT", "８０", "whole number from 1 to 65535"),
        ("PALPATE_WORKERS", "0", "whole number from 1 to 64"),
        ("PALPATE_THREADS", "65", "whole number from 1 to 64"),
        ("PALPATE_TRUSTED_PROXIES", "11", "whole number from 0 to 10"),
        ("PALPATE_ALLOW_HTTP", "yes", "one of 0, 1"),
        ("PALPATE_REGISTRATION", "closed", "one of open, invite"),
        ("PALPATE_MAIL", "sendmail", "console, file, smtp"),
        ("PALPATE_BASE_URL", "learn.example.org", "scheme and host"),
        ("PALPATE_BASE_URL", "ftp://learn.example.org", "scheme and host"),
        ("PALPATE_BASE_URL", "https://learn.example.org/palpate", "scheme and host"),
        ("PALPATE_BASE_URL", "https://", "scheme and host"),
        ("PALPATE_BASE_URL", "http://127.0.0.1:port", "PALPATE_BASE_URL"),
        ("PALPATE_BASE_URL", "http://[::1", "PALPATE_BASE_URL"),
        ("PALPATE_BASE_URL", "http://[::1]:8000", "host name"),
        ("PALPATE_BASE_URL", "https://me@learn.example.org", "scheme and host"),
        ("PALPATE_CONTENT", "/nowhere/at/all", "is not a folder"),
        ("PALPATE_SECRET", "short", "at least 32 characters"),
        ("DATABASE_URL", "mysql://localhost/palpate", "sqlite:///<file> or postgresql://"),
        ("DATABASE_URL", "sqlite://", "sqlite:///<file>"),
        ("DATABASE_URL", "sqlite:///:memory:", "in memory"),
        ("DATABASE_URL", "sqlite:///", "in memory"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(name: str, value: str, says: str, tmp_path: Path) -> None:
    """Fails when a value is taken as it comes, or the message does not say which setting."""
    with pytest.raises(SettingError) as refused:
        load({"PALPATE_DATA": str(tmp_path), name: value})

    message = str(refused.value)
    assert name in message
    assert says in message
    assert "\n" not in message


def test_all_unknown_names_are_told_at_once() -> None:
    with pytest.raises(SettingError, match="PALPATE_A, PALPATE_B: no such setting"):
        load({"PALPATE_B": "1", "PALPATE_A": "1"})


def test_a_secret_is_never_printed(tmp_path: Path) -> None:
    """Fails when a setting that holds a password is shown by ``repr``, as a traceback or a log does."""
    given = {
        "PALPATE_DATA": str(tmp_path),
        "PALPATE_SECRET": SECRET,
        "DATABASE_URL": "postgresql://palpate:hunter2@localhost/palpate",
        "REDIS_URL": "redis://:hunter2@localhost",
        "PALPATE_MAIL": "smtp://me:hunter2@localhost",
    }

    shown = repr(load(given))

    assert SECRET not in shown
    assert "hunter2" not in shown


@pytest.mark.parametrize("name", ["DATABASE_URL", "PALPATE_MAIL", "PALPATE_SECRET"])
def test_a_refusal_does_not_repeat_a_password(name: str) -> None:
    with pytest.raises(SettingError) as refused:
        load({name: "xyz://u:hunter2@host"})

    assert "hunter2" not in str(refused.value)


def test_the_made_secret_is_kept(tmp_path: Path) -> None:
    given = {"PALPATE_DATA": str(tmp_path)}

    assert load(given).secret == load(given).secret


def test_a_damaged_secret_is_told(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("abc")

    with pytest.raises(SettingError, match="is damaged"):
        load({"PALPATE_DATA": str(tmp_path)})


@pytest.mark.parametrize("url", ["postgres://u:p@h/d", "postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"])
def test_every_spelling_of_postgresql_is_taken(url: str, tmp_path: Path) -> None:
    assert load({"PALPATE_DATA": str(tmp_path), "DATABASE_URL": url}).database_url == "postgresql+psycopg://u:p@h/d"


@pytest.mark.parametrize(
    ("given", "base_url", "is_secure"),
    [
        ({}, "http://127.0.0.1:8000", False),
        ({"PORT": "8123"}, "http://127.0.0.1:8123", False),
        ({"HOST": "localhost", "PORT": "1"}, "http://localhost:1", False),
        ({"HOST": "::1", "PALPATE_BASE_URL": "http://localhost:8000"}, "http://localhost:8000", False),
        (
            {"PALPATE_BASE_URL": "https://learn.example.org/", "PALPATE_SECRET": SECRET},
            "https://learn.example.org",
            True,
        ),
        (
            {"PALPATE_BASE_URL": "http://10.0.0.5:8000", "PALPATE_ALLOW_HTTP": "1", "PALPATE_SECRET": SECRET},
            "http://10.0.0.5:8000",
            False,
        ),
    ],
)
def test_the_address_follows_from_host_and_port_or_is_given(
    given: dict[str, str], base_url: str, is_secure: bool, tmp_path: Path
) -> None:
    found = load({"PALPATE_DATA": str(tmp_path)} | given)

    assert (found.base_url, found.is_secure) == (base_url, is_secure)


@pytest.mark.parametrize(
    "wrong",
    [
        {"PALPATE_COLOUR": "red"},
        {"PORT": "http"},
        {"PALPATE_BASE_URL": "https://learn.example.org"},
        {"PALPATE_BASE_URL": "http://learn.example.org", "PALPATE_SECRET": SECRET},
    ],
    ids=str,
)
def test_the_start_stops_with_one_line(wrong: dict[str, str], tmp_path: Path) -> None:
    """Fails when a wrong setting is told by a traceback, or the server starts all the same."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PALPATE_", "FLASK_")) and name not in settings.OTHER_NAMES
    }
    environ = kept | {"PALPATE_DATA": str(tmp_path)} | wrong

    run = subprocess.run(
        [str(Path(sys.executable).parent / "flask"), "--app", "wsgi", "serve"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    said = run.stderr.strip().splitlines()
    assert run.returncode != 0
    assert len(said) == 1
    assert next(iter(wrong)) in said[0] or "PALPATE_SECRET" in said[0]
    assert not list(tmp_path.glob("*.sqlite3"))
