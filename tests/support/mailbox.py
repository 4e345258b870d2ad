"""A real mail server on loopback that keeps what it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask

from bench.server import find_free_port


class Mailbox:
    """``mails`` in the order they came in; ``port`` is where the server listens."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"


@contextmanager
def mail_server(app: Flask) -> Iterator[Mailbox]:
    """Start one and let the app send by it."""
    box = Mailbox(find_free_port())
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    mail = app.extensions["mailman"]
    before = {name: getattr(mail, name) for name in ("backend", "server", "port")}
    controller.start()
    try:
        mail.backend, mail.server, mail.port = "app.web.smtp.EmailBackend", "127.0.0.1", box.port
        yield box
    finally:
        controller.stop()
        for name, value in before.items():
            setattr(mail, name, value)
