"""Taking an assigned test through the services, with as many right answers as a test needs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.models import Assignment, Attempt, ModuleRow
from app.services.assignments import availability
from app.services.attempts import attempts
from app.services.course import catalogue
from app.services.marking import submission
from tests.support import question_kinds
from tests.support.factory import Person


def start_attempt(session: Session, person: Person, assignment: Assignment, now: datetime) -> Attempt:
    """Start an attempt, and leave it under way."""
    attempt = start_attempt_uncommitted(session, person, assignment, now)
    session.commit()
    return attempt


def start_attempt_uncommitted(session: Session, person: Person, assignment: Assignment, now: datetime) -> Attempt:
    granted = availability.get_available(session, person.learner, assignment.id, now)
    module = session.get(ModuleRow, assignment.module_id)
    assert granted is not None
    assert module is not None
    return attempts.start_assignment(session, person.learner, granted, module, now)


def take_test(session: Session, person: Person, assignment: Assignment, now: datetime, *, is_right: bool) -> Attempt:
    """Start and submit an attempt, with everything right or everything left blank."""
    attempt = start_attempt(session, person, assignment, now)
    if is_right:
        ids = [item.version_id for item in attempt.items]
        shown, keys = catalogue.get_texts(session, ids), catalogue.get_solutions(session, ids)
        for item in attempt.items:
            item.response = question_kinds.right(shown[item.version_id], keys[item.version_id].key)
    session.flush()  # marking reads what was answered
    assert submission.submit(session, attempt, now)
    session.commit()
    session.refresh(attempt)
    return attempt
