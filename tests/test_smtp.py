"""Mail to a real server that offers STARTTLS: the certificate decides whether it gets the password and the mail."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from flask import Flask

from app.services.upkeep.outbox import OutgoingMail
from app.web import mail
from app.web.smtp import EmailBackend
from bench.server import find_free_port
from tests.support.mailbox import Mailbox

CERTIFICATES = Path(__file__).parent / "support" / "certificates"
"""Each with its private key, valid until 2126, for ``localhost`` and for another host."""


@contextmanager
def _serve(certificate: Path) -> Iterator[tuple[Mailbox, list[str]]]:
    """Start a mail server with a certificate. The list has the commands with credentials that it got."""
    box, credentials = Mailbox(find_free_port()), list[str]()

    def authenticate(*arguments: object) -> AuthResult:
        credentials.append(str(arguments[-1]))
        return AuthResult(success=True)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=box.port,
        tls_context=context,
        authenticator=authenticate,
        auth_require_tls=True,
    )
    controller.start()
    try:
        yield box, credentials
    finally:
        controller.stop()


def _send(app: Flask, port: int) -> None:
    mailman = app.extensions["mailman"]
    settings = {
        "backend": app.config["MAIL_BACKEND"],
        "server": "localhost",
        "port": port,
        "username": "me",
        "password": "hunter2",
        "use_tls": True,
    }
    before = {name: getattr(mailman, name) for name in settings}
    for name, value in (settings | {"backend": "app.web.smtp.EmailBackend"}).items():
        setattr(mailman, name, value)
    try:
        with app.app_context():
            mail.send_now(OutgoingMail("ann@example.org", "Reset", "A secret link."))
    finally:
        for name, value in before.items():
            setattr(mailman, name, value)


@pytest.mark.parametrize(
    ("certificate", "trusted"),
    [("localhost.pem", None), ("other_host.pem", "other_host.pem"), ("other_host.pem", "localhost.pem")],
    ids=["unknown authority", "another host", "neither"],
)
def test_nothing_is_sent_to_a_server_that_cannot_prove_its_name(
    app: Flask, monkeypatch: pytest.MonkeyPatch, certificate: str, trusted: str | None
) -> None:
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / trusted))

    with _serve(CERTIFICATES / certificate) as (box, credentials), pytest.raises(ssl.SSLCertVerificationError):
        _send(app, box.port)

    assert (box.mails, credentials) == ([], [])


def test_a_server_with_a_valid_certificate_gets_the_mail(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "localhost.pem"))

    with _serve(CERTIFICATES / "localhost.pem") as (box, credentials):
        _send(app, box.port)

    assert [sent["To"] for sent in box.mails] == ["ann@example.org"]
    assert len(credentials) == 1


def test_a_server_that_offers_no_encryption_gets_no_password(app: Flask) -> None:
    box = Mailbox(find_free_port())
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    try:
        with pytest.raises(smtplib.SMTPNotSupportedError):
            _send(app, box.port)
    finally:
        controller.stop()

    assert box.mails == []


def test_the_setting_selects_the_verifying_connection(app: Flask) -> None:
    """Fails when another backend than the one tested above sends the mails of a server."""
    other = Flask("other")
    settings = replace(app.config["PALPATE"], mail="smtp://me:hunter2@localhost:587")

    mail.init_app(other, settings)

    with other.app_context():
        assert type(other.extensions["mailman"].get_connection()) is EmailBackend
    assert other.extensions["mailman"].use_tls
