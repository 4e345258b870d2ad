"""Commands about people and the log, where an operator expects them."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import NullPool, create_engine, func, select
from sqlalchemy.orm import Session

from app.models import User
from tests.conftest import Clock
from tests.factory import Make, Person


@pytest.fixture
def there(file_app: Callable[..., Flask], clock: Clock) -> tuple[Flask, Session, Person]:
    """A server with a database of its own, an administrator and somebody called Ilse Brandt."""
    app = file_app()
    engine = create_engine(app.config["PALPATE"].database_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    session = Session(engine, expire_on_commit=False)
    make = Make(app, session, clock)
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

    assert "saved all data of Ilse Brandt as a file" in everything
    assert day == everything
    assert len(later.splitlines()) == 1
