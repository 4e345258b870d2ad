"""R20 and threat 27 over a real journey, with a database file of its own: nothing about people in the log, and nothing left after erasing."""

from __future__ import annotations

import io
import json
import logging
import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import NullPool, create_engine
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.db import db, truncate_wal, vacuum
from app.models import Role
from app.services.cohorts import invitations
from app.services.reporting import question_reports
from tests.conftest import Clock
from tests.support.attempt_client import start, start_assigned
from tests.support.factory import Factory, Person

NAME = "Žofie Přikrylová"
FIRST_EMAIL = "zofie.before@example.org"
EMAIL = "zofie.prikrylova@example.org"
PASSWORD = "a password nobody guesses"
SAYS = "My neighbour Bohdan says that two answers are right."


@dataclass(slots=True)
class Journey:
    """What one person did, and the secrets that were handed out meanwhile."""

    app: Flask
    client: FlaskClient
    admin: Person
    secrets: list[str] = field(default_factory=list)


pytestmark = pytest.mark.sqlite  # the journey needs a connection that commits by itself


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Whatever the application and its libraries log at INFO and above, as it would be written."""
    written = io.StringIO()
    handler, root = logging.StreamHandler(written), logging.getLogger()
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield written
    root.setLevel(before)
    root.removeHandler(handler)


@pytest.fixture
def journey(file_app: Callable[..., Flask], clock: Clock, log: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> Journey:
    app = file_app()
    # Past the product's connections, which would hold the write lock while this one looks something up.
    engine = create_engine(app.config["PALPATE"].database_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with Session(engine, expire_on_commit=False) as session:
        make = Factory(app, session, clock)
        done = Journey(app, app.test_client(), make.admin(name="Ada Min"))
        _register(done)
        _reset_and_change(done)
        _learn(done, make, session)
        _break_things(done, make, session, monkeypatch)
    return done


def _ok(reply: TestResponse) -> TestResponse:
    assert reply.status_code in (200, 302, 303), (reply.status_code, reply.request.path)
    return reply


def _register(done: Journey) -> None:
    form = {"name": NAME, "email": FIRST_EMAIL, "password": PASSWORD, "time_zone": "Europe/Prague"}
    _ok(done.client.post("/register", data=form))
    done.app.test_client().post("/login", data={"email": FIRST_EMAIL, "password": "not this"})
    done.app.test_client().post("/register", data=form)


def _reset_and_change(done: Journey) -> None:
    _ok(done.app.test_client().post("/reset", data={"email": FIRST_EMAIL}))
    mails = "".join(path.read_text() for path in (done.app.config["PALPATE"].data / "mail").iterdir())
    link = re.search(r"/reset/([\w.=\n-]+)", mails)
    assert link
    done.secrets.append(link[1].replace("=\n", "")[:40])
    _ok(done.client.post("/account/email", data={"email": EMAIL, "password": PASSWORD}))
    done.client.post("/account/email", data={"email": "no address at all of zofie", "password": PASSWORD})


def _learn(done: Journey, make: Factory, session: Session) -> None:
    trainer = make.trainer()
    cohort = make.cohort(trainer)
    assignment = make.assignment(trainer, cohort)
    done.secrets.append(cohort.join_code)
    _ok(done.client.post(f"/join/{cohort.join_code}"))
    play = start_assigned(done.client, session, assignment.id)
    play.answer_all(wrong=[1])
    _ok(done.client.post(f"{play.path}/1/report", data={"says": SAYS}))
    play.submit()
    practice = start(done.client, session, "practice")
    practice.answer(1, practice.at(1).wrong)
    done.client.post(f"{practice.path}/1", data={"option": "77", "revision": "0", "value": "12345.678"})


def _break_things(done: Journey, make: Factory, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong is logged, and this is where logs give things away."""
    issued = invitations.create(session, done.admin.user, Role.LEARNER, make.now(), email=EMAIL, name=NAME)
    session.commit()
    done.secrets.append(issued.token)
    done.client.get(f"/nowhere/{EMAIL}")
    done.client.get(f"/admin/users?q={EMAIL}")

    def break_off(*_args: Any, **_kept: Any) -> Any:
        raise RuntimeError("broken on purpose")

    def refuse(session: Session, *_args: Any, **_kept: Any) -> Any:
        session.execute(db.text("INSERT INTO nowhere VALUES (:says, :who)"), {"says": SAYS, "who": EMAIL})

    done.app.config["PROPAGATE_EXCEPTIONS"] = False
    with monkeypatch.context() as patch:
        patch.setattr(invitations, "get_by_token", break_off)
        assert done.app.test_client().get(f"/invitation/{issued.token}").status_code == 500
    with monkeypatch.context() as patch:
        patch.setattr(question_reports, "get_own", refuse)
        practice = start(done.client, session, "practice", "referred-pain")
        assert done.client.post(f"{practice.path}/1/report", data={"says": SAYS}).status_code >= 500
    with monkeypatch.context() as patch:
        patch.setitem(done.app.after_request_funcs, None, [*done.app.after_request_funcs[None], _late(done)])
        assert done.client.get("/progress").status_code >= 500


def _late(done: Journey) -> Callable[[Any], Any]:
    """A fault after the view, which no handler of the view sees."""

    def late(_response: Any) -> Any:
        db.session.execute(db.text("SELECT * FROM nowhere WHERE email = :who"), {"who": EMAIL})

    return late


def spellings(text: str) -> set[bytes]:
    return {text.encode(), json.dumps(text)[1:-1].encode(), text.encode("utf-16-le"), text.encode("latin-1", "replace")}


def traces(content: bytes, *texts: str) -> list[str]:
    return [text for text in texts if any(spelling in content for spelling in spellings(text))]


def everything_of(journey: Journey) -> bytes:
    """The bytes of every file in the folder of the data."""
    folder: Path = journey.app.config["PALPATE"].data
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


PERSONAL = (NAME, EMAIL, FIRST_EMAIL, SAYS, "Přikrylová", "zofie", "Bohdan", "Europe/Prague")


def test_the_log_names_nobody_and_holds_no_secret(
    journey: Journey, log: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    """Threat 27. Fails when a statement's parameters, the address of a failed request, or a mail gets into the log."""
    printed = capfd.readouterr()
    logged = log.getvalue() + printed.out + printed.err

    assert "broken on purpose" in logged
    assert "exception at /invitation/<token> [GET]" in logged
    assert traces(logged.encode(), *PERSONAL, PASSWORD, *journey.secrets, "12345.678") == []
    assert len(journey.secrets) == 3


def test_the_file_of_the_database_keeps_no_trace_of_who_was_erased(
    journey: Journey, log: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    """R20. Fails when a place is forgotten, when deleted rows stay readable in the file, or when the write-ahead log keeps them."""
    found = journey.admin.client.get("/admin/users?q=zofie").text
    user_id = re.search(r"/admin/users/(\d+)", found)
    assert user_id
    assert traces(everything_of(journey), NAME, EMAIL, SAYS, "Europe/Prague") == [NAME, EMAIL, SAYS, "Europe/Prague"]

    _ok(journey.admin.client.post(f"/admin/users/{user_id[1]}/erase", data={"confirm": EMAIL}))

    printed = capfd.readouterr()
    assert traces(everything_of(journey), *PERSONAL) == []
    assert traces((log.getvalue() + printed.out + printed.err).encode(), *PERSONAL) == []
    with sqlite3.connect(journey.app.config["PALPATE"].data / "palpate.sqlite3") as database:
        assert traces("\n".join(database.iterdump()).encode(), *PERSONAL) == []
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("SELECT count(*) FROM mark").fetchone()[0] > 10
    database.close()


def test_writing_the_database_anew_keeps_every_row(journey: Journey) -> None:
    with journey.app.app_context():
        count = db.select(db.func.count()).select_from(db.Model.metadata.tables["mark"])
        before = db.session.scalar(count)
        db.session.rollback()
        vacuum(db.engine)

        assert db.session.scalar(count) == before
        db.session.rollback()


def test_the_write_ahead_log_is_cleared_unless_somebody_reads(file_app: Callable[..., Flask]) -> None:
    """Fails when whoever erases somebody waits for a reader for long, or takes a log that was not cleared for one that was."""
    app = file_app()
    log = app.config["PALPATE"].data / "palpate.sqlite3-wal"
    reader = sqlite3.connect(app.config["PALPATE"].data / "palpate.sqlite3", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM mark").fetchone()
    with app.app_context():
        db.session.execute(db.text("UPDATE publication SET title = 'Another'"))
        db.session.commit()

        began = monotonic()
        while_read = truncate_wal(db.engine)
        waited = monotonic() - began
        size = log.stat().st_size
        reader.close()
        afterwards = truncate_wal(db.engine)

    assert (while_read, afterwards) == (False, True)
    assert waited < 3
    assert size > 0
    assert log.stat().st_size == 0
