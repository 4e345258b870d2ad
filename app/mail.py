"""Outgoing mail: printed, kept in files, or sent by SMTP. Palpate works without any of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from flask import Flask, current_app, render_template
from flask_mailman import EmailMessage, Mail

from app.services.assigned.reminders import Kind, Letter
from app.settings import Settings

_SUBJECTS = {Kind.DUE: "Due soon: {}", Kind.OVERDUE: "Past its due date: {}"}


@dataclass(frozen=True, slots=True)
class Message:
    """A mail in plain text to one address."""

    to: str
    subject: str
    text: str


def init_app(app: Flask, settings: Settings) -> None:
    app.config["MAIL_DEFAULT_SENDER"] = settings.mail_from
    parts = urlsplit(settings.mail)
    if parts.scheme in ("smtp", "smtps"):
        app.config.update(
            MAIL_BACKEND="smtp",
            MAIL_SERVER=parts.hostname,
            MAIL_PORT=parts.port or (465 if parts.scheme == "smtps" else 587),
            MAIL_USERNAME=unquote(parts.username) if parts.username else None,
            MAIL_PASSWORD=unquote(parts.password) if parts.password else None,
            MAIL_USE_SSL=parts.scheme == "smtps",
            MAIL_USE_TLS=parts.scheme == "smtp" and bool(parts.username),
            MAIL_TIMEOUT=10,
        )
    elif settings.mail == "file":
        app.config.update(MAIL_BACKEND="file", MAIL_FILE_PATH=str(settings.data / "mail"))
    else:
        app.config["MAIL_BACKEND"] = "console"
    Mail(app)


def post_reminder(letter: Letter) -> None:
    """Send a reminder now.

    :raise OSError: the mail server can't be reached, or refuses it.
    """
    first, more = letter.items[0].title, len(letter.items) - 1
    subject = _SUBJECTS[letter.kind].format(f"{first} and {more} more" if more else first)
    body = render_template("mail/reminder.txt", letter=letter, base_url=current_app.config["PALPATE"].base_url)
    EmailMessage(subject, body, to=[letter.email]).send()


def reaches_people() -> bool:
    """Whether mails go anywhere but the server's own screen."""
    settings: Settings = current_app.config["PALPATE"]
    return settings.mail != "console"


def send_later(messages: Sequence[Message]) -> None:
    """Send mails by the thread that sends the others, one after the other; what fails is logged without its address."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    for message in messages:
        app.extensions["mail_queue"].submit(_send, app, message)


def _send(app: Flask, message: Message) -> None:
    with app.app_context():
        try:
            EmailMessage(message.subject, message.text, to=[message.to]).send()
        except Exception as error:  # whatever the mail server does; the log names no address
            app.logger.error("An invitation could not be sent: %s", type(error).__name__)


def forget(settings: Settings, name: str, address: str) -> None:
    """Delete the mails to somebody that are kept as files; earlier addresses of theirs are known by the name alone."""
    if settings.mail != "file":
        return
    for path in (settings.data / "mail").glob("*"):
        if path.is_file() and _is_to(path.read_text(errors="replace"), name, address):
            path.unlink(missing_ok=True)


def _is_to(mail: str, name: str, address: str) -> bool:
    return name in mail or address in mail.lower()
