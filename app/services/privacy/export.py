"""Export everything that is stored about one person, without data of others or unreleased results.

An export never contains a question's key. It also omits the author's order of the options and the seed that would
reveal it, because authors may put the right answer first. Answers are therefore exported in words.
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
from sqlalchemy.orm import Session, defer

from app.db import Base
from app.models import (
    Assignment,
    AssignmentException,
    AssignmentRecipient,
    Attempt,
    AttemptReopening,
    AuditEvent,
    BankUpload,
    CardUpdate,
    Certificate,
    Cohort,
    CohortTrainer,
    ComposedTest,
    Correction,
    CpdEntry,
    CpdReflection,
    Digest,
    DocumentVersion,
    DrawRow,
    Invitation,
    Learner,
    LearnerNote,
    LessonProgress,
    LessonRow,
    Library,
    LibraryDocument,
    LibraryInvitation,
    LibraryPerson,
    MarkChange,
    MarkingRow,
    Membership,
    MemoryCard,
    Message,
    MessageRecipient,
    ModuleRow,
    NotificationSetting,
    ObjectiveRow,
    OutboxMail,
    QuestionReport,
    Reminder,
    ReviewPlan,
    Roster,
    SectionRow,
    SignIn,
    SubmittedForm,
    User,
)
from app.services.log import audit, audit_messages, spreadsheet, subjects
from app.services.privacy import attempts_export
from app.services.privacy.free_texts import Mentions

ABOUT_TEXT = (
    "Everything that Palpate keeps about this person. Times are UTC. What a trainer releases later (scores, which "
    "answers were right) is left out until then; the right answers themselves, passwords and the secrets of sign-ins "
    "are never in it."
)

_SECRET = {
    "user": {"password", "fs_uniquifier", "folded"},
    "cohort": {"join_code"},
    "sign_in": {"token_hash"},
    "membership": {"former_address"},
    "invitation": {"token_hash", "email", "name", "folded"},
    "roster": {"lines"},
    "correction": {"key"},
    "certificate": {"withdrawn_by_id", "content_digest"},
    "submitted_form": {"form_id"},
    "library_invitation": {"email"},
    "document_version": {"body"},
    "bank_upload": {"body"},
    "outbox_mail": {"text", "html", "headers"},
}
"""Columns that are left out, by table: secrets, keys, and data about other people.

A document of a library contains keys. Its authors download it in the studio.
"""

_TITLED_TABLES: dict[str, Any] = {
    "objective_id": ObjectiveRow,
    "cohort_id": Cohort,
    "assignment_id": Assignment,
    "module_id": ModuleRow,
    "lesson_id": LessonRow,
}
"""Columns next to which an export adds the title of the row that they refer to."""


def collect(session: Session, user: User, now: datetime) -> dict[str, Any]:
    """Collect an export as a document for JSON.

    Its parts are the sections of :data:`app.services.privacy.data_locations.DATA_LOCATIONS`.
    """
    learner = session.scalars(select(Learner).where(Learner.user_id == user.id)).one()
    mentions = Mentions(user.name, user.email)
    attempts = attempts_export.collect(session, learner, now)
    document: dict[str, Any] = {"about": ABOUT_TEXT, "made_at": now}
    document |= _export_account_rows(session, user)
    document |= _export_learner_rows(session, user, learner)
    document |= {"attempts": attempts.attempts, "results": attempts.results}
    document["invitations_to_you"] = [
        row | {"email": found.email, "name": found.name}
        for found in _export_invitations(session, user)
        for row in [_export_row(found)]
    ]
    document["roster_lines_naming_you"] = [
        line for lines in session.scalars(select(Roster.lines)) for line in mentions.lines_with(lines)
    ]
    document |= _export_libraries(session, user)
    document |= _export_log(session, user, learner, attempts.ids)
    _add_titles(session, document)
    return document


def build_zip(document: dict[str, Any]) -> bytes:
    """Pack an export as a ZIP file: everything as JSON, and results and answers as CSV."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("everything.json", json.dumps(document, ensure_ascii=False, indent=2, default=_to_plain))
        file.writestr(
            "results.csv",
            "".join(_build_csv(attempts_export.RESULT_HEADINGS, attempts_export.list_result_rows(document))),
        )
        file.writestr(
            "answers.csv",
            "".join(_build_csv(attempts_export.ANSWER_HEADINGS, attempts_export.list_answer_rows(document))),
        )
    return out.getvalue()


def _build_csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterable[str]:
    yield spreadsheet.BYTE_ORDER_MARK
    yield spreadsheet.format_line(head)
    for row in rows:
        yield spreadsheet.format_line("" if cell is None else str(_to_plain(cell)) for cell in row)


def _to_plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value.value if isinstance(value, Enum) else str(value)


def _export_row(row: Base) -> dict[str, Any]:
    """Return all columns of a row except those in :data:`_SECRET`."""
    hidden = _SECRET.get(row.__tablename__, set())
    return {column.key: getattr(row, column.key) for column in row.__table__.columns if column.key not in hidden}


def _export_rows(session: Session, table: type[Base], condition: ColumnElement[bool]) -> list[dict[str, Any]]:
    return [_export_row(row) for row in session.scalars(select(table).where(condition))]


def _export_account_rows(session: Session, user: User) -> dict[str, Any]:
    mine: Callable[..., list[dict[str, Any]]] = lambda table, column: _export_rows(session, table, column == user.id)  # noqa: E731
    return {
        "account": _export_row(user),
        "cohorts_taught": mine(CohortTrainer, CohortTrainer.user_id),
        "cohorts_created": mine(Cohort, Cohort.created_by_id),
        "tests_composed": _export_tests(session, user),
        "assignments_made": mine(Assignment, Assignment.created_by_id),
        "invitations_made": mine(Invitation, Invitation.created_by_id),
        "rosters_uploaded": mine(Roster, Roster.created_by_id),
        "corrections_made": mine(Correction, Correction.actor_id),
        "marks_changed_by_you": mine(MarkChange, MarkChange.actor_id),
        "markings_given": mine(MarkingRow, MarkingRow.marker_id),
        "attempts_reopened_by_you": [
            {"reason": reason, "reopened_at": at}
            for reason, at in session.execute(
                select(AttemptReopening.reason, AttemptReopening.reopened_at).where(
                    AttemptReopening.actor_id == user.id
                )
            )
        ],
        "certificates_withdrawn_by_you": [
            {"reason": reason, "withdrawn_at": at}
            for reason, at in session.execute(
                select(Certificate.reason, Certificate.withdrawn_at).where(Certificate.withdrawn_by_id == user.id)
            )
        ],
        "messages_sent": mine(Message, Message.sender_id),
        "notification_settings": mine(NotificationSetting, NotificationSetting.user_id),
        "digests": mine(Digest, Digest.user_id),
        "mails_to_be_sent": _export_rows(session, OutboxMail, is_mail_to(user)),
        "replies_written": [
            {"reply": reply, "answered_at": at}
            for reply, at in session.execute(
                select(QuestionReport.reply, QuestionReport.answered_at).where(QuestionReport.answered_by_id == user.id)
            )
        ],
        "forms_sent": mine(SubmittedForm, SubmittedForm.user_id),
    }


def _export_tests(session: Session, user: User) -> list[dict[str, Any]]:
    """Export the composed tests of a trainer with their sections. Questions are named by their rows, without a key."""
    tests = session.scalars(select(ComposedTest).where(ComposedTest.owner_id == user.id)).all()
    sections = select(SectionRow).order_by(SectionRow.position)
    draws = select(DrawRow).order_by(DrawRow.position)
    return [
        _export_row(test)
        | {
            "sections": [
                _export_row(section)
                | {
                    "lines": [
                        _export_row(one) for one in session.scalars(draws.where(DrawRow.section_id == section.id))
                    ]
                }
                for section in session.scalars(sections.where(SectionRow.test_id == test.id))
            ]
        }
        for test in tests
    ]


def _export_learner_rows(session: Session, user: User, learner: Learner) -> dict[str, Any]:
    mine: Callable[..., list[dict[str, Any]]] = lambda table, column: _export_rows(session, table, column == learner.id)  # noqa: E731
    return {
        "learner": _export_row(learner),
        "sign_ins": _export_rows(session, SignIn, or_(SignIn.learner_id == learner.id, SignIn.user_id == user.id)),
        "memberships": mine(Membership, Membership.learner_id),
        "certificates": mine(Certificate, Certificate.learner_id),
        "cpd_entries": mine(CpdEntry, CpdEntry.learner_id),
        "cpd_reflections": _export_rows(
            session,
            CpdReflection,
            CpdReflection.attempt_id.in_(select(Attempt.id).where(Attempt.learner_id == learner.id)),
        ),
        "lessons": mine(LessonProgress, LessonProgress.learner_id),
        "notes": mine(LearnerNote, LearnerNote.learner_id),
        "exceptions": mine(AssignmentException, AssignmentException.learner_id),
        "set_for_you_alone": mine(AssignmentRecipient, AssignmentRecipient.learner_id),
        "reminders": mine(Reminder, Reminder.learner_id),
        "what_you_remember": mine(MemoryCard, MemoryCard.learner_id),
        "cards_to_be_updated": _export_rows(
            session,
            CardUpdate,
            CardUpdate.attempt_id.in_(select(Attempt.id).where(Attempt.learner_id == learner.id)),
        ),
        "review_plan": mine(ReviewPlan, ReviewPlan.learner_id),
        "messages_received": [
            _export_row(recipient) | {"text": message.text, "sent_at": message.sent_at, "cohort_id": message.cohort_id}
            for recipient, message in session.execute(
                select(MessageRecipient, Message)
                .join(Message, Message.id == MessageRecipient.message_id)
                .where(MessageRecipient.learner_id == learner.id)
            )
        ],
    }


def is_mail_to(user: User) -> ColumnElement[bool]:
    """Build the condition that a mail in the outbox was written to this account or its address."""
    return or_(OutboxMail.user_id == user.id, OutboxMail.address == user.email)


def _export_invitations(session: Session, user: User) -> Sequence[Invitation]:
    return session.scalars(select(Invitation).where(is_invitation_of(session, user))).all()


def is_invitation_of(session: Session, user: User) -> ColumnElement[bool]:
    """Build the condition that an invitation was sent to this person's address or, by the log, accepted by them."""
    taken = select(AuditEvent.subject).where(
        AuditEvent.action == "invitation.accept", AuditEvent.details["user"].as_integer() == user.id
    )
    ids = [number for _, number in map(subjects.parse_reference, session.scalars(taken)) if number is not None]
    return or_(Invitation.email == user.email, Invitation.id.in_(ids))


def _export_libraries(session: Session, user: User) -> dict[str, Any]:
    roles = session.execute(
        select(LibraryPerson, Library.name)
        .join(Library, Library.id == LibraryPerson.library_id)
        .where(LibraryPerson.user_id == user.id)
    )
    versions = session.execute(
        select(DocumentVersion, LibraryDocument.path, Library.name)
        .join(LibraryDocument, LibraryDocument.id == DocumentVersion.document_id)
        .join(Library, Library.id == LibraryDocument.library_id)
        .where(DocumentVersion.author_id == user.id)
        .options(defer(DocumentVersion.body))
    )
    to_person = LibraryInvitation.email == user.email
    return {
        "libraries": [_export_row(row) | {"library": name} for row, name in roles],
        "library_invitations_to_you": [
            row | {"email": user.email} for row in _export_rows(session, LibraryInvitation, to_person)
        ],
        "library_invitations_made": _export_rows(
            session, LibraryInvitation, LibraryInvitation.invited_by_id == user.id
        ),
        "question_files_uploaded": _export_rows(session, BankUpload, BankUpload.author_id == user.id),
        "document_versions_written": [
            _export_row(row) | {"path": path, "library": name} for row, path, name in versions
        ],
    }


def _export_log(session: Session, user: User, learner: Learner, attempt_ids: Sequence[int]) -> dict[str, Any]:
    """Export events by the person in words, but events about them without details, which may be unreleased."""
    by = session.scalars(select(AuditEvent).where(AuditEvent.actor_id == user.id).order_by(AuditEvent.id)).all()
    about = session.scalars(
        select(AuditEvent).where(is_about_person(session, user, learner, attempt_ids)).order_by(AuditEvent.id)
    ).all()
    names = audit_messages.drop_personal_names(audit_messages.resolve_names(session, by))
    return {
        "log_of_what_you_changed": [
            {
                "at": event.at,
                "action": event.action,
                "on": event.subject,
                "in_words": audit_messages.format_sentence(event, "You", names),
            }
            for event in by
        ],
        "log_of_what_was_changed_about_you": [
            {"at": event.at, "action": event.action, "on": event.subject, "by_you": event.actor_id == user.id}
            for event in about
        ],
    }


def is_about_person(
    session: Session, user: User, learner: Learner, attempt_ids: Sequence[int], *, alone: bool = False
) -> ColumnElement[bool]:
    """Build the condition that an event is about this person's account, learner or attempts.

    ``alone`` leaves out events that name other learners, too.
    """
    listing = audit.events_naming_learners(session, [learner.id])
    mine = [("user", user.id), ("learner", learner.id), *(("attempt", number) for number in attempt_ids)]
    return or_(
        AuditEvent.id.in_([event.id for event in listing if not alone or len(event.details["learners"]) == 1]),
        AuditEvent.subject.in_([subjects.make_reference(kind, number) for kind, number in mine]),
        AuditEvent.details["learner"].as_integer() == learner.id,
        AuditEvent.details["user"].as_integer() == user.id,
    )


def _add_titles(session: Session, document: dict[str, Any]) -> None:
    """Add the title next to each id in :data:`_TITLED_TABLES`."""
    rows = [row for part in document.values() if isinstance(part, list) for row in part if isinstance(row, dict)]
    for column, table in _TITLED_TABLES.items():
        ids = {row[column] for row in rows if row.get(column) is not None}
        found = select(table.id, table.title).where(table.id.in_(ids))
        titles = {number: title for number, title in session.execute(found)} if ids else {}
        for row in rows:
            if row.get(column) is not None:
                row[column.removesuffix("_id")] = titles.get(row[column])
