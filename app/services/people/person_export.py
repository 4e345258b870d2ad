"""Everything that is kept about one person, as they may have it: nothing of others, and no result before it is released.

The key of a question is never in it. Nor is the order in which authors wrote the options, or the seed that would tell it: an author who
puts the right answer first would give the key away. Answers are therefore in words.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from app.db import Base
from app.models import (
    Assignment,
    AssignmentException,
    AssignmentRecipient,
    AuditEvent,
    Cohort,
    CohortTrainer,
    Correction,
    HandledForm,
    Invitation,
    Learner,
    LessonProgress,
    LessonRow,
    MarkChange,
    Membership,
    ModuleRow,
    QuestionReport,
    Reminder,
    Roster,
    SignIn,
    User,
)
from app.services import audit, audit_words, spreadsheet
from app.services.people import person_attempts
from app.services.people.person_texts import Mentions

ABOUT = (
    "Everything that Palpate keeps about this person. Times are UTC. What a trainer releases later (scores, which answers were right) is left "
    "out until then; the right answers themselves, passwords and the secrets of sign-ins are never in it."
)

_SECRET = {
    "user": {"password", "fs_uniquifier"},
    "sign_in": {"token_hash"},
    "invitation": {"token_hash", "email", "name"},
    "roster": {"lines"},
    "correction": {"key"},
    "handled_form": {"form_id"},
}
"""By table, the columns that are left out: secrets, the key, and what is about other people."""

_TITLES: dict[str, Any] = {
    "cohort_id": Cohort,
    "assignment_id": Assignment,
    "module_id": ModuleRow,
    "lesson_id": LessonRow,
}
"""Columns beside which an export gives the title of what they point to."""


def collect(session: Session, user: User, now: datetime) -> dict[str, Any]:
    """The export as a document for JSON; its parts are the sections of :data:`app.services.people.personal.TRACES`."""
    learner = session.scalars(select(Learner).where(Learner.user_id == user.id)).one()
    mentions = Mentions(user.name, user.email)
    attempts = person_attempts.collect(session, learner, now)
    document: dict[str, Any] = {"about": ABOUT, "made_at": now}
    document |= _rows_of_account(session, user)
    document |= _rows_of_learner(session, user, learner)
    document |= {"attempts": attempts.attempts, "standings": attempts.standings}
    document["invitations_to_you"] = [
        row | {"email": found.email, "name": found.name}
        for found in _invitations(session, user)
        for row in [_row(found)]
    ]
    document["roster_lines_naming_you"] = [
        line for lines in session.scalars(select(Roster.lines)) for line in mentions.lines_with(lines)
    ]
    document |= _log(session, user, learner, attempts.ids)
    _give_titles(session, document)
    return document


def as_zip(document: dict[str, Any]) -> bytes:
    """The export as a file: all of it as JSON, and the answers and results as tables for a spreadsheet."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("everything.json", json.dumps(document, ensure_ascii=False, indent=2, default=_plain))
        file.writestr("results.csv", "".join(_csv(person_attempts.RESULTS, person_attempts.results(document))))
        file.writestr("answers.csv", "".join(_csv(person_attempts.ANSWERS, person_attempts.answers(document))))
    return out.getvalue()


def _csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterable[str]:
    yield spreadsheet.BYTE_ORDER_MARK
    yield spreadsheet.line(head)
    for row in rows:
        yield spreadsheet.line("" if cell is None else str(_plain(cell)) for cell in row)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value.value if isinstance(value, Enum) else str(value)


def _row(row: Base) -> dict[str, Any]:
    """All columns of a row but those that are left out."""
    hidden = _SECRET.get(row.__tablename__, set())
    return {column.key: getattr(row, column.key) for column in row.__table__.columns if column.key not in hidden}


def _rows(session: Session, table: type[Base], condition: ColumnElement[bool]) -> list[dict[str, Any]]:
    return [_row(row) for row in session.scalars(select(table).where(condition))]


def _rows_of_account(session: Session, user: User) -> dict[str, Any]:
    mine: Callable[..., list[dict[str, Any]]] = lambda table, column: _rows(session, table, column == user.id)  # noqa: E731
    return {
        "account": _row(user),
        "cohorts_taught": mine(CohortTrainer, CohortTrainer.user_id),
        "assignments_made": mine(Assignment, Assignment.created_by_id),
        "invitations_made": mine(Invitation, Invitation.created_by_id),
        "rosters_uploaded": mine(Roster, Roster.created_by_id),
        "corrections_made": mine(Correction, Correction.actor_id),
        "marks_changed_by_you": mine(MarkChange, MarkChange.actor_id),
        "replies_written": [
            {"reply": reply, "answered_at": at}
            for reply, at in session.execute(
                select(QuestionReport.reply, QuestionReport.answered_at).where(QuestionReport.answered_by_id == user.id)
            )
        ],
        "forms_sent": mine(HandledForm, HandledForm.user_id),
    }


def _rows_of_learner(session: Session, user: User, learner: Learner) -> dict[str, Any]:
    mine: Callable[..., list[dict[str, Any]]] = lambda table, column: _rows(session, table, column == learner.id)  # noqa: E731
    return {
        "learner": _row(learner),
        "sign_ins": _rows(session, SignIn, or_(SignIn.learner_id == learner.id, SignIn.user_id == user.id)),
        "memberships": mine(Membership, Membership.learner_id),
        "lessons": mine(LessonProgress, LessonProgress.learner_id),
        "exceptions": mine(AssignmentException, AssignmentException.learner_id),
        "set_for_you_alone": mine(AssignmentRecipient, AssignmentRecipient.learner_id),
        "reminders": mine(Reminder, Reminder.learner_id),
    }


def _invitations(session: Session, user: User) -> Sequence[Invitation]:
    return session.scalars(select(Invitation).where(invited(session, user))).all()


def invited(session: Session, user: User) -> ColumnElement[bool]:
    """Whether an invitation was to this person: to their address, or, as the log says, taken up by them."""
    taken = select(AuditEvent.subject).where(
        AuditEvent.action == "invitation.accept", AuditEvent.details["user"].as_integer() == user.id
    )
    ids = [int(subject.partition(":")[2]) for subject in session.scalars(taken)]
    return or_(Invitation.email == user.email, Invitation.id.in_(ids))


def _log(session: Session, user: User, learner: Learner, attempt_ids: Sequence[int]) -> dict[str, Any]:
    """Events by the person with all details; events about them without, as these can hold what is not released."""
    by = session.scalars(select(AuditEvent).where(AuditEvent.actor_id == user.id).order_by(AuditEvent.id)).all()
    about = session.scalars(
        select(AuditEvent).where(about_person(session, user, learner, attempt_ids)).order_by(AuditEvent.id)
    ).all()
    names = audit_words.impersonal(audit_words.resolve(session, by))
    return {
        "log_of_what_you_changed": [
            {
                "at": event.at,
                "action": event.action,
                "on": event.subject,
                "in_words": audit_words.sentence(event, "You", names),
            }
            for event in by
        ],
        "log_of_what_was_changed_about_you": [
            {"at": event.at, "action": event.action, "on": event.subject, "by_you": event.actor_id == user.id}
            for event in about
        ],
    }


def about_person(
    session: Session, user: User, learner: Learner, attempt_ids: Sequence[int], *, alone: bool = False
) -> ColumnElement[bool]:
    """Whether an event is about this person: their account, their learner, or one of their attempts; ``alone``: about nobody else."""
    listing = audit.list_listing(session, [learner.id])
    subjects = [f"user:{user.id}", f"learner:{learner.id}", *(f"attempt:{number}" for number in attempt_ids)]
    return or_(
        AuditEvent.id.in_([event.id for event in listing if not alone or len(event.details["learners"]) == 1]),
        AuditEvent.subject.in_(subjects),
        AuditEvent.details["learner"].as_integer() == learner.id,
        AuditEvent.details["user"].as_integer() == user.id,
    )


def _give_titles(session: Session, document: dict[str, Any]) -> None:
    """Beside each id of something with a title, write the title: one statement for each kind of thing."""
    rows = [row for part in document.values() if isinstance(part, list) for row in part if isinstance(row, dict)]
    for column, table in _TITLES.items():
        ids = {row[column] for row in rows if row.get(column) is not None}
        found = select(table.id, table.title).where(table.id.in_(ids))
        titles = {number: title for number, title in session.execute(found)} if ids else {}
        for row in rows:
            if row.get(column) is not None:
                row[column.removesuffix("_id")] = titles.get(row[column])
