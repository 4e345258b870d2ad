"""Settings come from the environment alone, are documented, and a wrong one stops the start with one line."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import make_url

from app import settings
from app.settings import SettingError, Settings, load_settings
from tests.conftest import ROOT

GUIDE = ROOT / "docs" / "operating.md"
SECRET = "0123456789abcdef0123456789abcdef"
BADGE_KEYS = '{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": "xx", "d": "dd"}]}'


def documented() -> dict[str, str]:
    """The default of each setting, by name, as the guide's table has it."""
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.*?) \|", GUIDE.read_text(), re.MULTILINE)
    return dict(rows)


def test_every_setting_is_documented_and_nothing_else() -> None:
    """Fails when a setting is added, renamed or removed without the guide."""
    assert sorted(documented()) == sorted((*settings.NAMES, *settings.OTHER_NAMES, settings.FILE_NAME))


def test_each_setting_stands_once() -> None:
    names = re.findall(r"^\| `([A-Z_]+)` \|", GUIDE.read_text(), re.MULTILINE)

    assert len(names) == len(set(names))


def test_the_guide_starts_the_server_by_its_own_command() -> None:
    """Fails when the guide starts Granian itself: without the gateway, or without the limits that the command gives it."""
    files = [GUIDE, *(path for path in (ROOT / "deploy").iterdir() if path.is_file())]

    assert [path.name for path in files if re.search(r"granian +-", path.read_text())] == []


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
        ("PALPATE_PUBLISH", "1"),
        ("PALPATE_LOG", "text"),
        ("PALPATE_WORKERS", str(Settings.__dataclass_fields__["workers"].default)),
        ("PALPATE_THREADS", str(Settings.__dataclass_fields__["threads"].default)),
        ("PALPATE_POOL_SIZE", str(Settings.__dataclass_fields__["pool_size"].default)),
        ("PALPATE_PGBOUNCER", "0"),
    ],
)
def test_the_documented_default_is_the_default(name: str, value: str, tmp_path: Path) -> None:
    """Fails when a default changes in the code or in the guide alone."""
    given = {"PALPATE_DATA": str(tmp_path)}

    assert documented()[name] == f"`{value}`"
    assert load_settings(given | {name: value}) == load_settings(given)


def test_every_name_is_read() -> None:
    """Fails when a known name has no field, or a field no name."""
    names = {name.removeprefix("PALPATE_").lower() for name in (*settings.NAMES, *settings.OTHER_NAMES)}

    assert names == {field.name for field in fields(Settings)}


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PALPATE_COLOUR", "red", "unknown setting"),
        ("PALPATE_BASEURL", "https://x.example", "unknown setting"),
        ("PALPATE_", "1", "unknown setting"),
        ("PORT", "http", "whole number from 1 to 65535"),
        ("PORT", "65536", "whole number from 1 to 65535"),
        ("PORT", "-1", "whole number from 1 to 65535"),
        ("PORT", "80.5", "whole number from 1 to 65535"),
        ("PORT", "８０", "whole number from 1 to 65535"),
        ("PALPATE_WORKERS", "0", "whole number from 1 to 64"),
        ("PALPATE_POOL_SIZE", "2", "whole number from 3 to 200"),
        ("PALPATE_PGBOUNCER", "on", "one of 0, 1"),
        ("PALPATE_SETTINGS", "/nowhere/at/all", "No such file"),
        ("DATABASE_URL_FILE", "/nowhere/at/all", "No such file"),
        ("PALPATE_MAIL_FILE", "/", "Is a directory"),
        ("PALPATE_PORT_FILE", "/nowhere/at/all", "unknown setting"),
        ("PALPATE_THREADS", "65", "whole number from 1 to 64"),
        ("PALPATE_THREADS", "2", "on SQLite a process has one thread"),
        ("PALPATE_TRUSTED_PROXIES", "11", "whole number from 0 to 10"),
        ("PALPATE_ALLOW_HTTP", "yes", "one of 0, 1"),
        ("PALPATE_REGISTRATION", "closed", "one of open, invite"),
        ("PALPATE_LOG", "xml", "one of text, json"),
        ("PALPATE_PUBLISH", "later", "one of 0, 1"),
        ("PALPATE_METRICS_TOKEN", "short", "at least 16 characters"),
        ("PALPATE_BADGE_KEYS", "{}", "JSON Web Key Set"),
        ("PALPATE_BADGE_KEYS", BADGE_KEYS.replace('"d"', '"e"'), "JSON Web Key Set"),
        ("PALPATE_EMERGENCY_NUMBER", "your doctor", "is not a telephone number"),
        ("PALPATE_EMERGENCY_NUMBER", "112, <b>", "is not a telephone number"),
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
        ("PALPATE_TRANSLATIONS", "/nowhere/at/all", "is not a folder"),
        ("PALPATE_SECRET", "short", "at least 32 characters"),
        ("DATABASE_URL", "mysql://localhost/palpate", "sqlite:///<file> or postgresql://"),
        ("DATABASE_URL", "sqlite://", "sqlite:///<file>"),
        ("DATABASE_URL", "sqlite:///:memory:", "in memory"),
        ("DATABASE_URL", "sqlite:///", "in memory"),
        ("DATABASE_URL", "sqlite:////tmp/x.sqlite3?mode=ro", "no parameters"),
        ("DATABASE_URL", "sqlite:///x.sqlite3", "with four slashes"),
        ("DATABASE_URL", "postgresql://u:p@h/d?prepare_threshold=0", 'invalid connection option "prepare_threshold"'),
        ("DATABASE_URL", "postgresql://u:p@h:port/d", "postgresql://user:password@host"),
        ("DATABASE_URL", "postgresql://u:p@a:1,b:port/d", "postgresql://user:password@host"),
        ("REDIS_URL", "nonsense", "redis://host:6379/0"),
        ("REDIS_URL", "http://localhost", "redis://host:6379/0"),
        ("REDIS_URL", "redis://localhost:port", "redis://host:6379/0"),
        ("REDIS_URL", "redis://localhost?nonsense=1", "redis://host:6379/0"),
        ("PALPATE_MAIL", "smtp:", "console, file, smtp"),
        ("PALPATE_MAIL", "smtp://", "console, file, smtp"),
        ("PALPATE_MAIL", "smtp://mail:port", "console, file, smtp"),
        ("PALPATE_MAIL", "smtp://mail/inbox", "console, file, smtp"),
        ("PALPATE_MAIL_FROM", "not an address", "give an address"),
        ("PALPATE_MAIL_FROM", "a@example.org, b@example.org", "give an address"),
        ("PALPATE_MAIL_FROM", "a@example.org\nBcc: b@example.org", "give an address"),
        ("PALPATE_MAIL_FROM", "Palpate <>", "give an address"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(name: str, value: str, says: str, tmp_path: Path) -> None:
    """Fails when a value is taken as it comes, or the message does not say which setting."""
    with pytest.raises(SettingError) as refused:
        load_settings({"PALPATE_DATA": str(tmp_path), name: value})

    message = str(refused.value)
    assert name in message
    assert says in message
    assert "\n" not in message


def test_all_unknown_names_are_told_at_once() -> None:
    with pytest.raises(SettingError, match="PALPATE_A, PALPATE_B: unknown setting"):
        load_settings({"PALPATE_B": "1", "PALPATE_A": "1"})


def test_a_secret_is_never_printed(tmp_path: Path) -> None:
    """Fails when a setting that holds a password is shown by ``repr``, as a traceback or a log does."""
    given = {
        "PALPATE_DATA": str(tmp_path),
        "PALPATE_SECRET": SECRET,
        "DATABASE_URL": "postgresql://palpate:hunter2@localhost/palpate",
        "REDIS_URL": "redis://:hunter2@localhost",
        "PALPATE_MAIL": "smtp://me:hunter2@localhost",
    }

    shown = repr(load_settings(given))

    assert SECRET not in shown
    assert "hunter2" not in shown


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "xyz://u:hunter2@host"),
        ("DATABASE_URL", "postgresql://u:hunter2@@host:x/d"),
        ("DATABASE_URL", "postgresql://u:hunter2@host/d?nonsense=hunter2"),
        ("REDIS_URL", "redis://:hunter2@host:port"),
        ("PALPATE_MAIL", "xyz://u:hunter2@host"),
        ("PALPATE_MAIL", "smtp://u:hunter2@host:port"),
        ("PALPATE_SECRET", "xyz://u:hunter2@host"),
    ],
)
def test_a_refusal_does_not_repeat_a_password(name: str, value: str) -> None:
    with pytest.raises(SettingError) as refused:
        load_settings({name: value})

    assert "hunter2" not in str(refused.value)


def test_settings_come_from_a_file(tmp_path: Path) -> None:
    """Fails when a line is not read, or the file wins over the environment."""
    file = tmp_path / "palpate.conf"
    file.write_text(
        "# The server of the school\n\nPORT=8123\nexport PALPATE_WORKERS = 3\n"
        "PALPATE_MAIL_FROM=\"Palpate <palpate@example.org>\"\nPALPATE_LOG='json'\n"
    )

    found = load_settings({"PALPATE_DATA": str(tmp_path), "PALPATE_SETTINGS": str(file), "PALPATE_WORKERS": "4"})

    assert (found.port, found.workers, found.log) == (8123, 4, "json")
    assert found.mail_from == "Palpate <palpate@example.org>"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("PORT=http", "whole number from 1 to 65535"),
        ("COLOUR=red", "line 1: COLOUR is an unknown setting"),
        ("\nPATH=/bin", "line 2: PATH is an unknown setting"),
        ("PALPATE_SETTINGS=x", "unknown setting"),
        ("PORT", "line 1: write NAME=value"),
        ("PORT=1\nPORT=2", "line 2: PORT is set twice"),
    ],
)
def test_a_wrong_line_of_the_file_is_named(text: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "palpate.conf"
    file.write_text(text)

    with pytest.raises(SettingError, match=says):
        load_settings({"PALPATE_DATA": str(tmp_path), "PALPATE_SETTINGS": str(file)})


def test_secrets_come_from_files(tmp_path: Path) -> None:
    values = {
        "PALPATE_SECRET": SECRET,
        "PALPATE_MAIL": "smtps://me:hunter2@localhost",
        "PALPATE_METRICS_TOKEN": "t" * 16,
        "PALPATE_BADGE_KEYS": BADGE_KEYS,
        "DATABASE_URL": "postgresql://u:p@h/d",
        "REDIS_URL": "redis://:hunter2@localhost",
    }
    for name, value in values.items():
        (tmp_path / name).write_text(f"{value}\n")
    given = {"PALPATE_DATA": str(tmp_path)}

    assert set(values) == set(settings.SECRET_NAMES)
    assert load_settings(given | {f"{name}_FILE": str(tmp_path / name) for name in values}) == load_settings(
        given | values
    )


def test_the_environment_wins_over_a_secret_that_the_file_of_settings_names(tmp_path: Path) -> None:
    file = tmp_path / "palpate.conf"
    file.write_text("PALPATE_SECRET_FILE=/nowhere/at/all\n")
    given = {"PALPATE_DATA": str(tmp_path), "PALPATE_SETTINGS": str(file)}

    assert load_settings(given | {"PALPATE_SECRET": SECRET}).secret == SECRET


def test_a_secret_and_a_file_for_it_are_refused_together(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="PALPATE_SECRET and PALPATE_SECRET_FILE are both set"):
        load_settings({"PALPATE_DATA": str(tmp_path), "PALPATE_SECRET": SECRET, "PALPATE_SECRET_FILE": "x"})


def test_an_empty_secret_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")

    with pytest.raises(SettingError, match="is empty"):
        load_settings({"PALPATE_DATA": str(tmp_path), "PALPATE_SECRET_FILE": str(tmp_path / "empty")})


def test_the_made_secret_is_kept(tmp_path: Path) -> None:
    given = {"PALPATE_DATA": str(tmp_path)}

    assert load_settings(given).secret == load_settings(given).secret


def test_several_threads_are_accepted_on_postgresql(tmp_path: Path) -> None:
    given = {"PALPATE_DATA": str(tmp_path), "DATABASE_URL": "postgresql://u:p@h/d", "PALPATE_THREADS": "4"}

    assert load_settings(given).threads == 4


def test_a_damaged_secret_is_told(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("abc")

    with pytest.raises(SettingError, match="is damaged"):
        load_settings({"PALPATE_DATA": str(tmp_path)})


@pytest.mark.parametrize("url", ["postgres://u:p@h/d", "postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"])
def test_every_spelling_of_postgresql_is_taken(url: str, tmp_path: Path) -> None:
    assert (
        load_settings({"PALPATE_DATA": str(tmp_path), "DATABASE_URL": url}).database_url
        == "postgresql+psycopg://u:p@h/d"
    )


@pytest.mark.parametrize("sender", ["a@localhost", "Palpate <no-reply@learn.example.org>", "ü@bücher.example"])
def test_a_sender_may_have_a_name(sender: str, tmp_path: Path) -> None:
    assert load_settings({"PALPATE_DATA": str(tmp_path), "PALPATE_MAIL_FROM": sender}).mail_from == sender


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p@a:1,b:2/d?target_session_attrs=read-write",
        "postgresql://u:p@/d?host=a:1&host=b:2&target_session_attrs=read-write",
    ],
)
def test_several_database_servers_are_taken_in_both_spellings(url: str, tmp_path: Path) -> None:
    found = load_settings({"PALPATE_DATA": str(tmp_path), "DATABASE_URL": url}).database_url

    assert found == "postgresql+psycopg://u:p@/d?host=a:1&host=b:2&target_session_attrs=read-write"


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
    found = load_settings({"PALPATE_DATA": str(tmp_path)} | given)

    assert (found.base_url, found.is_secure) == (base_url, is_secure)


@pytest.mark.parametrize(
    "wrong",
    [
        {"PALPATE_COLOUR": "red"},
        {"PORT": "http"},
        {"PALPATE_THREADS": "2"},
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
        timeout=600,
        check=False,
    )

    said = run.stderr.strip().splitlines()
    assert run.returncode != 0
    assert len(said) == 1
    assert next(iter(wrong)) in said[0] or "PALPATE_SECRET" in said[0]
    assert not list(tmp_path.glob("*.sqlite3"))


@pytest.mark.parametrize("name", ["/srv/palpate.sqlite3", "/srv/with a blank/%41+ü?.sqlite3"])
def test_backups_and_health_look_at_the_file_that_the_server_opens(name: str) -> None:
    """Fails when the path is cut out of the URL by hand: SQLAlchemy decodes it."""
    read = load_settings({"DATABASE_URL": f"sqlite:///{quote(name)}"})

    assert str(read.sqlite_file) == make_url(read.database_url).database == name


def test_the_default_database_is_in_the_data_folder_whatever_its_name(tmp_path: Path) -> None:
    """Fails when a folder with a percent sign or a question mark in its name leads to another one."""
    folder = tmp_path / "50%25 done?"

    assert load_settings({"PALPATE_DATA": str(folder)}).sqlite_file == folder / "palpate.sqlite3"
