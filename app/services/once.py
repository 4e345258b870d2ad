"""Handling a form once: a double click, a resent page or two tabs with the same form have one effect."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.models import HandledForm, User

KEPT = timedelta(days=7)


def is_first(session: Session, user: User, form_id: str | None, now: datetime) -> bool:
    """Whether this form is handled for the first time; from the caller's commit on it is not.

    A form without an id (a script's) always is.
    """
    if not form_id:
        return True
    session.execute(delete(HandledForm).where(HandledForm.handled_at < now - KEPT))
    try:
        with session.begin_nested():
            session.add(HandledForm(form_id=form_id, user_id=user.id, handled_at=now))
    except IntegrityError:
        return False
    return True
