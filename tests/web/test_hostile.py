"""What an attack on the whole server brought to light: bodies that are no forms, terms that change after an attempt, and careless starts."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.services.assignments import assignments
from app.settings import OTHER_NAMES, ROOT, SettingError, load_settings
from tests.conftest import Clock
from tests.support.attempt_client import AttemptClient, start_assigned
from tests.support.factory import AFTER_CLOSING, AFTER_LAST_ATTEMPT, PASSWORD, Factory, Person

# -- bodies -----------------------------------------------------------------------------------------------------------

ODD_JSON = [
    "[1]",
    "5",
    '"x"',
    "NaN",
    "[" * 3000 + "]" * 3000,
    '{"email": "me@example.org", "password": "\\ud800 correct horse", "next": 5, "name": [1]}',
]


@pytest.mark.parametrize("body", ODD_JSON, ids=lambda body: str(body)[:20])
@pytest.mark.parametrize("path", ["/login", "/register", "/reset", "/join", "/account", "/change", "/appearance"])
def test_a_body_that_is_no_form_breaks_nothing(app: Flask, make: Factory, path: str, body: str) -> None:
    """Fails when the libraries read JSON: a number, a list or half a character where they expect text is a 500, with a trace in the log."""
    person = make.person(with_password=True, email="me@example.org")
    client = person.client if path in ("/account", "/change") else app.test_client()

    for accept in ("text/html", "application/json"):
        reply = client.post(path, data=body, content_type="application/json", headers={"Accept": accept})
        assert reply.status_code < 500


def test_json_signs_nobody_in(app: Flask, make: Factory) -> None:
    """Fails when the libraries read JSON beside forms: what a form's fields refuse would come in by another door."""
    make.person(with_password=True, email="me@example.org")
    client = app.test_client()

    client.post("/login", json={"email": "me@example.org", "password": PASSWORD})

    assert client.get("/account").location.startswith("/login")


# -- terms that change after an attempt -------------------------------------------------------------------------------


def _handed_in(make: Factory, session: Session, **terms: Any) -> tuple[AttemptClient, Person, int]:
    trainer, learner = make.trainer(), make.person()
    assignment = make.assignment(trainer, make.cohort(trainer, learner), **terms)
    play = start_assigned(learner.client, session, assignment.id)
    play.submit()
    return play, trainer, assignment.id


def _allow(session: Session, trainer: Person, assignment_id: int, attempts: int | None, clock: Clock) -> None:
    taught = assignments.get_for(session, trainer.viewer, assignment_id)
    assert taught is not None
    was = taught.assignment
    terms = assignments.Terms(
        was.title, was.due_at, attempts, was.time_limit_minutes, was.pass_mark_percent, was.policy
    )
    assignments.edit(session, trainer.user, taught, terms, clock())
    session.commit()


KEY_TO_COME = "You will see the correct answers and explanations"


def test_another_attempt_takes_the_key_back(make: Factory, session: Session, clock: Clock) -> None:
    """Threat 5. Fails when the release goes by the number of attempts as it was when this one started."""
    play, trainer, assignment_id = _handed_in(make, session, attempts_allowed=1, policy=AFTER_LAST_ATTEMPT)
    assert KEY_TO_COME not in play.result().text

    _allow(session, trainer, assignment_id, 3, clock)

    page = play.result().text
    assert f"{KEY_TO_COME} after your last attempt" in page
    assert "2 attempts left" in page


def test_the_key_comes_when_no_attempt_is_left(make: Factory, session: Session, clock: Clock) -> None:
    """Fails when attempts that a trainer took back still stand between a learner and the explanations."""
    play, trainer, assignment_id = _handed_in(make, session, attempts_allowed=3, policy=AFTER_LAST_ATTEMPT)
    assert KEY_TO_COME in play.result().text

    _allow(session, trainer, assignment_id, 1, clock)

    page = play.result().text
    assert KEY_TO_COME not in page
    assert "No attempts left" in page


def test_a_closing_test_promises_the_day_alone(make: Factory, session: Session, clock: Clock) -> None:
    """Fails when "after your last attempt" is said of a test whose answers come at the due date and not before."""
    play, _, _ = _handed_in(make, session, attempts_allowed=2, due_at=clock() + timedelta(days=2), policy=AFTER_CLOSING)

    assert f"{KEY_TO_COME} on " in play.result().text
    assert "after your last attempt" not in play.result().text


# -- starting ---------------------------------------------------------------------------------------------------------


def _start(folder: Path, **given: str) -> subprocess.CompletedProcess[str]:
    names = ("PALPATE_", "FLASK_", *OTHER_NAMES)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(names)}
    return subprocess.run(
        [str(Path(sys.executable).parent / "flask"), "--app", "wsgi", "serve"],
        cwd=ROOT,
        env=kept | {"PALPATE_DATA": str(folder)} | given,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_a_taken_port_is_not_shared(tmp_path: Path) -> None:
    """Fails when `make run` and `make demo` both serve on one port: each gets some of the requests, on another database."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        run = _start(tmp_path, PORT=str(other.getsockname()[1]))

    assert run.returncode == 2
    assert "Address already in use" in run.stderr
    assert not list(tmp_path.glob("*.sqlite3"))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"HOST": "192.0.2.1", "PALPATE_ALLOW_HTTP": "1", "PALPATE_SECRET": "x" * 40}, "HOST=192.0.2.1"),
        ({"DATABASE_URL": "sqlite:////nonexistent/palpate.sqlite3"}, "DATABASE_URL"),
        ({"PALPATE_DATA": "/dev/null"}, "PALPATE_DATA=/dev/null is a file"),
        ({"PALPATE_DATA": "/dev/null/folder"}, "PALPATE_DATA=/dev/null/folder"),
    ],
    ids=str,
)
def test_what_cannot_be_used_is_told_in_one_line(given: dict[str, str], says: str, tmp_path: Path) -> None:
    """Fails when a setting that is well written and yet of no use here is told by a traceback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])

    run = _start(tmp_path, **({"PORT": port} | given))

    assert run.returncode == 2
    assert len(run.stderr.strip().splitlines()) == 1
    assert says in run.stderr


def test_a_secret_of_other_bytes_is_told(tmp_path: Path) -> None:
    """Fails when a damaged file is read as text without care."""
    (tmp_path / "secret").write_bytes(b"\xbe" * 64)

    with pytest.raises(SettingError, match="is damaged"):
        load_settings({"PALPATE_DATA": str(tmp_path)})
