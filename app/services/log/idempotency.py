"""Idempotent forms: a double click, a resent page or a second tab with the same form has no further effect."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.models import SubmittedForm, User

RETENTION = timedelta(days=7)


def claim(session: Session, user: User, form_id: str | None, now: datetime) -> bool:
    """Record that a form is handled; return False if it was handled before. Forms without an id are always handled."""
    if not form_id:
        return True
    session.execute(delete(SubmittedForm).where(SubmittedForm.submitted_at < now - RETENTION))
    try:
        with session.begin_nested():
            session.add(SubmittedForm(form_id=form_id, user_id=user.id, submitted_at=now))
    except IntegrityError:
        return False
    return True
