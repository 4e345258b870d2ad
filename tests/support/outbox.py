"""Sending the mails of the outbox right after the commit of a request, as the scheduler of a server does soon after it."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from app.chores.registry import send_mails
from app.db import db


def make_sender(app: Flask) -> Callable[[], None]:
    """Return what sends all mails that are due, in transactions of its own."""

    def send() -> None:
        with app.app_context():
            for _ in send_mails(db.session):
                db.session.commit()
            db.session.commit()

    return send
