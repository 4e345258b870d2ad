"""The command that checks the installation: one line for each check, and an exit code for the worst."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from click.testing import Result
from flask import Flask

from app.services.storage import backups
from bench.server import find_free_port
from tests.conftest import NOW
from tests.support.mailbox import Mailbox


@contextmanager
def serve(status: int, body: bytes) -> Iterator[str]:
    """A web server that gives each request the same reply; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def receive_mails() -> Iterator[Mailbox]:
    box = Mailbox(find_free_port())
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


def examine(app: Flask, *args: str) -> tuple[Result, dict[str, str]]:
    """Run the command; the lines by the name of the check."""
    done = app.test_cli_runner().invoke(args=["doctor", *args])
    lines = {line[9:].partition(":")[0]: line for line in done.output.splitlines() if ":" in line}
    return done, lines


MakeApp = Callable[..., Flask]


@pytest.mark.sqlite  # PostgreSQL's clock differs from that of the test
def test_a_sound_server_passes(file_app: MakeApp) -> None:
    with serve(200, b"ok\n") as url:
        app = file_app(base_url=url, workers=1)
        app.config["PALPATE"].data.chmod(0o700)
        backups.make_backup(app.config["PALPATE"], NOW)
        done, lines = examine(app)

    assert [line for line in lines.values() if line.split()[0] not in ("ok", "note")] == []
    assert done.exit_code == 0
    assert {"Database", "Migrations", "Tables", "Disk", "Backup", "Clock", "Files", "Site"} <= set(lines)


@pytest.mark.sqlite
def test_a_warning_and_a_failure_have_their_exit_codes(file_app: MakeApp) -> None:
    with serve(200, b"ok\n") as url:
        app = file_app(base_url=url, workers=1)
        warned, lines = examine(app)
        with closing(sqlite3.connect(app.config["PALPATE"].data / "palpate.sqlite3", isolation_level=None)) as file:
            file.execute("UPDATE alembic_version SET version_num = '0001'")
        failed, worse = examine(app)

    assert (warned.exit_code, lines["Backup"].split()[0]) == (1, "warning")
    assert (failed.exit_code, worse["Migrations"].split()[0]) == (2, "failed")
    assert "db upgrade" in worse["Migrations"]


@pytest.mark.sqlite
def test_tables_that_were_changed_by_hand_are_found(file_app: MakeApp) -> None:
    app = file_app()
    with closing(sqlite3.connect(app.config["PALPATE"].data / "palpate.sqlite3", isolation_level=None)) as file:
        file.execute("DROP INDEX ix_audit_event_at")

    done, lines = examine(app)

    assert done.exit_code == 2
    assert "ix_audit_event_at" in lines["Tables"]


@pytest.mark.sqlite
def test_a_missing_database_is_one_line_and_the_rest_is_checked(file_app: MakeApp) -> None:
    """Fails when a mistyped folder gets an empty database."""
    app = file_app()
    file = app.config["PALPATE"].data / "palpate.sqlite3"
    file.unlink()

    done, lines = examine(app)

    assert done.exit_code == 2
    assert not file.exists()
    assert str(file) in lines["Database"]
    assert lines["Database"].startswith("failed")
    assert "Site" in lines
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("status", "body", "says", "code"),
    [
        (200, b"ok\n", "answers.", 1),  # there is no backup
        (400, b"Bad request", "Host header", 2),
        (502, b"Bad gateway", "status 502", 2),
        (200, b"Welcome to nginx!", "to which server the proxy passes requests", 2),
    ],
)
def test_the_address_of_visitors_must_lead_here(
    file_app: MakeApp, status: int, body: bytes, says: str, code: int
) -> None:
    with serve(status, body) as url:
        done, lines = examine(file_app(base_url=url))

    assert done.exit_code == code
    assert says in lines["Site"]


def test_a_silent_address_is_a_warning(file_app: MakeApp) -> None:
    done, lines = examine(file_app(base_url=f"http://127.0.0.1:{find_free_port()}"))

    assert done.exit_code == 1
    assert lines["Site"].startswith("warning")
    assert "Start the server" in lines["Site"]


def test_the_mail_server_is_tried_without_sending(file_app: MakeApp) -> None:
    with receive_mails() as box:
        app = file_app(mail=f"smtp://127.0.0.1:{box.port}")
        _, lines = examine(app)
    away, worse = examine(app)

    assert (lines["Mail server"].split()[0], box.mails) == ("ok", [])
    assert away.exit_code == 2
    assert worse["Mail server"].startswith("failed")


def test_a_test_mail_is_sent_if_asked_for(file_app: MakeApp) -> None:
    with receive_mails() as box:
        app = file_app(mail=f"smtp://127.0.0.1:{box.port}")
        sent, _ = examine(app, "--mail-to", "ann@example.org")
    refused, _ = examine(app, "--mail-to", "ann@example.org")
    unknown, _ = examine(app, "--mail-to", "ann")

    assert [mail["To"] for mail in box.mails] == ["ann@example.org"]
    assert "The mail server accepted the mail." in sent.output
    assert (refused.exit_code, "the mail was not sent" in refused.output) == (2, True)
    assert (unknown.exit_code, "not a valid e-mail address" in unknown.output) == (2, True)


@pytest.mark.sqlite
def test_the_checks_do_not_keep_others_from_writing(file_app: MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails when the command takes the write lock, as commands do by default."""
    app = file_app()
    database = app.config["PALPATE"].data / "palpate.sqlite3"
    written: list[int] = []

    def write(_connection: Any) -> list[str]:
        with closing(sqlite3.connect(database, isolation_level=None, timeout=0)) as other:
            written.append(other.execute("UPDATE module SET title = title").rowcount)
        return []

    monkeypatch.setattr("app.services.reporting.doctor.list_differences", write)

    examine(app)

    assert written
