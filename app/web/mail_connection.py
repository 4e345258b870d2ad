"""Sending mails through one connection to the mail server; other ways of delivery write each mail by itself."""

from __future__ import annotations

import smtplib
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from flask import current_app
from flask_mailman import EmailMessage, EmailMultiAlternatives

from app.services.upkeep.outbox import OutgoingMail
from app.web.smtp import EmailBackend

ACCOUNT_HEADER = "X-Palpate-Account"
"""The header with the number of the account to which a mail was written. No mail contains its holder's name."""


@dataclass(frozen=True, slots=True)
class MailFailure:
    """Why a mail was not sent. The ``name`` contains no address, because it is logged.

    If it ``is_final``, another try is useless.
    """

    name: str
    is_final: bool = False


class MailConnection:
    """A context manager that connects with the first mail and disconnects at the end.

    ``failure`` is why the mail server could not be reached. Later mails then fail at once, so that a thousand mails do
    not wait for a thousand timeouts.
    """

    def __init__(self) -> None:
        self.failure: OSError | None = None
        self._backend: EmailBackend | None = None

    def __enter__(self) -> MailConnection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def try_to_send(self, message: OutgoingMail) -> MailFailure | None:
        """Send a mail; log and return a failure. That the mail server could not be reached is logged once."""
        if self.failure is not None:
            return _describe(self.failure, is_connected=False)
        try:
            self.send(message)
        except Exception as error:  # mail servers fail in many ways, and one faulty mail must not block the others
            failure = _describe(error, is_connected=self.failure is None)
            current_app.logger.error("A mail could not be sent: %s", failure.name)
            return failure
        return None

    def send(self, message: OutgoingMail) -> None:
        """Send a mail.

        :raise OSError: the mail server can't be reached or refuses it.
        """
        if self.failure is not None:
            raise self.failure
        is_reused = self._backend is not None
        try:
            self._send(message)
        except smtplib.SMTPServerDisconnected:
            if not is_reused:
                raise
            self._send(message)  # servers close connections that were idle or have sent many mails

    def _send(self, message: OutgoingMail) -> None:
        backend = self._backend or self._connect()
        try:
            backend.send_messages([_build_message(message, backend)])
        except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused):
            raise  # the connection can be used for the next mail
        except OSError:
            self._close()
            raise

    def _connect(self) -> Any:
        backend = current_app.extensions["mailman"].get_connection()
        if isinstance(backend, EmailBackend):
            try:
                backend.open()
            except OSError as error:
                self.failure = error
                raise
            self._backend = backend
        return backend

    def _close(self) -> None:
        backend, self._backend = self._backend, None
        if backend is not None:
            with suppress(OSError):
                backend.close()


def _describe(error: Exception, *, is_connected: bool) -> MailFailure:
    """Return the kind of an error and the mail server's code.

    Codes from 500 are final (RFC 5321, section 4.2.1), unless they refuse the connection and not the mail.
    """
    name = type(error).__name__
    code = None
    if isinstance(error, smtplib.SMTPResponseException):
        code = error.smtp_code
    elif isinstance(error, smtplib.SMTPRecipientsRefused):
        code = max(code for code, _reason in error.recipients.values())
    if code is not None:
        return MailFailure(f"{name} {code}", is_final=is_connected and code >= 500)
    return MailFailure(name, is_final=not isinstance(error, OSError))


def _build_message(message: OutgoingMail, backend: object) -> EmailMessage:
    headers = dict(message.headers)
    if message.user_id is not None:
        headers[ACCOUNT_HEADER] = str(message.user_id)
    fields = {"to": [message.to], "headers": headers, "connection": backend}
    if not message.html:
        return EmailMessage(message.subject, message.text, **fields)
    built = EmailMultiAlternatives(message.subject, message.text, **fields)
    built.attach_alternative(message.html, "text/html")
    return built
