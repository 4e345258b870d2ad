"""R28: the real server is killed between the commit of a mail and its sending; the mail is sent after the next start."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from sqlite3 import connect

from aiosmtpd.controller import Controller

from bench.browser import Browser
from bench.server import Server, find_free_port
from tests.support.mailbox import Mailbox

ADDRESS = "ada@example.org"
PATIENCE_SECONDS = 60
"""For a machine that does much else. The scheduler looks for work every ten seconds."""


@contextmanager
def _receive(port: int) -> Iterator[Mailbox]:
    box = Mailbox(port)
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


async def _register(port: int) -> None:
    browser = Browser(port, "")
    page = await browser.get("/register")
    fields = {"name": "Ada", "email": ADDRESS, "password": "a rather good one", "time_zone": "UTC"}
    await browser.post("/register", [("csrf_token", page.field("csrf_token")), *fields.items()])
    await browser.close()


async def _ask_for_link(port: int) -> int:
    """Ask for a link to choose a new password."""
    visitor = Browser(port, "")
    page = await visitor.get("/reset")
    reply = await visitor.post("/reset", [("csrf_token", page.field("csrf_token")), ("email", ADDRESS)])
    await visitor.close()
    return reply.status


def _read(server: Server, query: str) -> list[tuple[object, ...]]:
    file = connect(server.settings.data / "palpate.sqlite3")
    try:
        return file.execute(query).fetchall()
    finally:
        file.close()


def _wait_until_sent(server: Server) -> None:
    latest = time.monotonic() + PATIENCE_SECONDS
    while _read(server, "SELECT 1 FROM outbox_mail") and time.monotonic() < latest:
        time.sleep(0.1)


def test_a_mail_whose_server_was_killed_is_sent_after_the_next_start(tmp_path: Path) -> None:
    """With the scheduler off, the server is surely killed before it sends the mail.

    The next mail is sent at once: that fails when nobody wakes the scheduler.
    """
    port = find_free_port()
    mail = {"PALPATE_MAIL": f"smtp://127.0.0.1:{port}"}
    quiet = Server(tmp_path / "data", mail | {"PALPATE_CHORES": "0"})
    server = replace(quiet, extra=mail)
    with _receive(port) as box:
        quiet.start()
        try:
            asyncio.run(_register(quiet.port))
            status = asyncio.run(_ask_for_link(quiet.port))
        finally:
            quiet.kill()
        before = len(box.mails), len(_read(quiet, "SELECT 1 FROM outbox_mail"))
        server.start()
        try:
            _wait_until_sent(server)
            after = len(box.mails)
            asyncio.run(_ask_for_link(server.port))
            _wait_until_sent(server)
        finally:
            server.stop()

    # The mail that confirms the address, the first link and the second.
    assert (status, before, after) == (200, (0, 2), 2)
    assert [sent["To"] for sent in box.mails] == [ADDRESS] * 3
    assert _read(server, "SELECT 1 FROM outbox_mail") == []
    assert _read(server, "SELECT name FROM chore_run WHERE holder IS NOT NULL OR error != ''") == []
    assert "Traceback" not in server.log.read_text()
