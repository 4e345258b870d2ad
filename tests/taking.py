"""Taking an assigned test through the services, with as many right answers as a test needs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.demo import answering
from app.models import Assignment, Attempt, ModuleRow
from app.services.assigned import due
from app.services.course import catalogue
from app.services.marking import submission
from app.services.taking import attempts
from tests.factory import Person


def begin(session: Session, person: Person, assignment: Assignment, now: datetime) -> Attempt:
    """Start an attempt, and leave it under way."""
    granted = due.get_granted(session, person.learner, assignment.id, now)
    module = session.get(ModuleRow, assignment.module_id)
    assert granted is not None
    assert module is not None
    attempt = attempts.start_assignment(session, person.learner, granted, module, now)
    session.commit()
    return attempt


def take(session: Session, person: Person, assignment: Assignment, now: datetime, *, is_right: bool) -> Attempt:
    """Start and submit an attempt, with everything right or everything left blank."""
    attempt = begin(session, person, assignment, now)
    if is_right:
        ids = [item.version_id for item in attempt.items]
        shown, keys = catalogue.shown(session, ids), catalogue.keys(session, ids)
        for item in attempt.items:
            item.response = answering.right(shown[item.version_id], keys[item.version_id].key)
    session.flush()  # marking reads what was answered
    assert submission.submit(session, attempt, now)
    session.commit()
    session.refresh(attempt)
    return attempt
