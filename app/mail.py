"""Outgoing mail: printed, kept in files, or sent by SMTP. Nothing else in Palpate depends on it."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from flask import Flask
from flask_mailman import Mail

from app.settings import Settings


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


def forget(settings: Settings, name: str, address: str) -> None:
    """Delete the mails to somebody that are kept as files; earlier addresses of theirs are known by the name alone."""
    if settings.mail != "file":
        return
    for path in (settings.data / "mail").glob("*"):
        if path.is_file() and _is_to(path.read_text(errors="replace"), name, address):
            path.unlink(missing_ok=True)


def _is_to(mail: str, name: str, address: str) -> bool:
    return name in mail or address in mail.lower()
