"""Keeping private notes as a reader does."""

from __future__ import annotations

import re

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import LearnerNote

LESSON = "/modules/safety/lessons/red-flags"
ON = {"on": "lesson", "target": "red-flags"}
QUOTE = "One flag says little by itself."


def keep(client: FlaskClient, body: str = "", quote: str = "", **more: str) -> int:
    """Keep a note about the lesson; return the status."""
    return client.post("/notes/new", data=ON | {"body": body, "quote": quote} | more).status_code


def list_rows(session: Session) -> list[LearnerNote]:
    return list(session.scalars(select(LearnerNote).order_by(LearnerNote.id).execution_options(populate_existing=True)))


def list_kept(page: str) -> list[str]:
    """The ids of the notes on a page, in its order."""
    return re.findall(r'id="own-note-(\d+)"', page)
