"""Commands about people and the log, where an operator expects them."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import NullPool, create_engine, func, select
from sqlalchemy.orm import Session

from app.models import User
from app.web.mail import delete_mails
from tests.conftest import Clock
from tests.support.factory import PASSWORD, Factory, Person

pytestmark = pytest.mark.sqlite


@pytest.fixture
def there(file_app: Callable[..., Flask], clock: Clock) -> tuple[Flask, Session, Person]:
    """A server with a database of its own, an administrator and somebody called Ilse Brandt."""
    app = file_app()
    engine = create_engine(app.config["PALPATE"].database_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    session = Session(engine, expire_on_commit=False)
    make = Factory(app, session, clock)
    make.admin(name="Ada Min", email="ada@example.org")
    return app, session, make.person(name="Ilse Brandt", email="ilse@example.org")


def run(app: Flask, *args: str, typed: str | None = None) -> Result:
    return app.test_cli_runner().invoke(args=list(args), input=typed)


def test_a_person_s_data_is_saved_for_the_operator_alone(there: tuple[Flask, Session, Person], tmp_path: Path) -> None:
    app, _, _ = there
    file = tmp_path / "ilse.zip"

    saved = run(app, "users", "export", "Ilse@Example.org", str(file))
    again = run(app, "users", "export", "ilse@example.org", str(file))

    assert saved.exit_code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(file) as content:
        assert json.loads(content.read("everything.json"))["account"]["name"] == "Ilse Brandt"
    assert (again.exit_code, "File exists" in again.output) == (1, True)


def test_a_person_is_erased_when_the_question_is_answered(there: tuple[Flask, Session, Person]) -> None:
    app, session, _ = there

    kept = run(app, "users", "erase", "ilse@example.org", typed="n\n")
    count = session.scalar(select(func.count(User.id)))
    erased = run(app, "users", "erase", "ilse@example.org", typed="y\n")

    assert (kept.exit_code, count) == (1, 2)
    assert erased.exit_code == 0
    assert session.scalar(select(func.count(User.id))) == 1
    assert b"Ilse" not in (app.config["PALPATE"].data / "palpate.sqlite3").read_bytes()
    assert "No account has this address" in run(app, "users", "erase", "ilse@example.org", "--yes").output


@pytest.mark.parametrize("how", ["command", "command with vacuum", "administrator", "own account"])
def test_each_way_to_erase_a_person_leaves_nothing_in_the_files(
    file_app: Callable[..., Flask], clock: Clock, how: str
) -> None:
    """Fails when one of them ends without clearing the write-ahead log, or keeps the mails."""
    app = file_app()
    engine = create_engine(app.config["PALPATE"].database_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with Session(engine, expire_on_commit=False) as session:
        make = Factory(app, session, clock)
        admin = make.admin(name="Ada Min")
        person = make.person(name="Ilse Brandt", email="ilse@example.org", with_password=True)
    engine.dispose()
    data = app.config["PALPATE"].data
    (data / "mail").mkdir(exist_ok=True)
    (data / "mail" / "1.log").write_text("To: ilse@example.org\n\nHello Ilse Brandt")

    match how:
        case "command":
            done = run(app, "users", "erase", "ilse@example.org", "--yes")
            assert (done.exit_code, done.output.count("write-ahead")) == (0, 0)
        case "command with vacuum":
            done = run(app, "users", "erase", "ilse@example.org", "--yes", "--vacuum")
            assert (done.exit_code, done.output.count("write-ahead")) == (0, 0)
        case "administrator":
            reply = admin.client.post(f"/admin/users/{person.user.id}/erase", data={"confirm": "ilse@example.org"})
            assert reply.status_code == 303
        case _:
            assert person.client.post("/account/delete", data={"password": PASSWORD}).status_code == 303

    left = [path.name for path in data.rglob("*") if path.is_file() and b"ilse@example.org" in path.read_bytes()]
    assert left == []


@pytest.mark.parametrize(
    ("mail", "is_deleted"),
    [
        ("To: ann@example.org\n\nHello", True),
        ("Subject: Hello\nTo: Ann <ANN@example.org>, bo@example.org\n\nHello", True),
        ("To: old@example.org\nX-Palpate-Account: 7\n\nHello", True),
        ("To: joann@example.org\n\nHello", False),
        ("To: ann@example.org.uk\n\nHello", False),
        ("To: bo@example.org\n\nWrite to ann@example.org.\nTo: ann@example.org\nX-Palpate-Account: 7\n", False),
        ("To: bo@example.org\nX-Palpate-Account: 77\n\nHello", False),
    ],
)
def test_only_mails_to_the_person_are_deleted(file_app: Callable[..., Flask], mail: str, *, is_deleted: bool) -> None:
    """Fails when the mails of others go because their address ends alike, or because they mention the person."""
    settings = file_app().config["PALPATE"]
    (settings.data / "mail").mkdir()
    path = settings.data / "mail" / "1.log"
    path.write_text(mail)

    delete_mails(settings, 7, "ann@example.org")

    assert path.exists() is not is_deleted


def test_the_command_says_if_somebody_keeps_the_write_ahead_log(there: tuple[Flask, Session, Person]) -> None:
    """Fails when a person counts as erased while a reader keeps their name in the log."""
    app, _, _ = there
    reader = sqlite3.connect(app.config["PALPATE"].data / "palpate.sqlite3", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM mark").fetchone()

    done = run(app, "users", "erase", "ilse@example.org", "--yes")
    reader.close()

    assert done.exit_code == 0
    assert "write-ahead log may contain" in done.output


def test_the_last_administrator_is_not_erased(there: tuple[Flask, Session, Person]) -> None:
    app, session, _ = there

    refused = run(app, "users", "erase", "ada@example.org", "--yes")

    assert (refused.exit_code, "last active administrator" in refused.output) == (1, True)
    assert session.scalar(select(func.count(User.id))) == 2


def test_the_log_is_written_as_csv(there: tuple[Flask, Session, Person], tmp_path: Path, clock: Clock) -> None:
    app, _, _ = there
    run(app, "users", "export", "ilse@example.org", str(tmp_path / "ilse.zip"))
    today = f"{clock():%Y-%m-%d}"

    everything = run(app, "audit", "export").output
    day = run(app, "audit", "export", "--since", today, "--until", today, "--kind", "user").output
    later = run(app, "audit", "export", "--since", "2099-01-01").output

    assert "downloaded all data of Ilse Brandt" in everything
    assert day == everything
    assert len(later.splitlines()) == 1
