"""Erase a person: delete account, names, addresses and texts; keep answers and marks under an anonymous learner.

The caller must finish with :func:`app.web.erasing.finish_erasure`, which commits and removes the remains.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Text, cast, delete, exists, func, or_, select, union_all, update
from sqlalchemy.orm import Session

from app.domain.kinds import FREE_TEXT
from app.models import (
    AnswerRevision,
    Assignment,
    AssignmentException,
    Attempt,
    AttemptItem,
    AttemptReopening,
    AuditEvent,
    CardUpdate,
    Certificate,
    Cohort,
    CohortTrainer,
    ComposedTest,
    Correction,
    CpdEntry,
    CpdReflection,
    Invitation,
    Learner,
    LearnerNote,
    Library,
    LibraryInvitation,
    LibraryPerson,
    MarkChange,
    MarkingRow,
    Membership,
    MemoryCard,
    Message,
    MessageRecipient,
    OutboxMail,
    QuestionReport,
    QuestionVersion,
    Reminder,
    ReviewPlan,
    Role,
    Roster,
    SignIn,
    User,
)
from app.services.cohorts import rejoining
from app.services.cohorts.rejoining import AddressKey
from app.services.course import catalogue
from app.services.log import audit, subjects
from app.services.marking import active_corrections
from app.services.people import users
from app.services.privacy.export import is_about_person, is_invitation_of, is_mail_to
from app.services.privacy.free_texts import REMOVED, Mentions


@dataclass(frozen=True, slots=True)
class ErasurePreview:
    """What is stored about a person, as names and numbers.

    ``named_in`` are titles that contain their name; an erasure does not change them. ``left_alone`` are cohorts that
    would have no trainer.
    """

    counts: Sequence[tuple[str, int]]
    named_in: Sequence[str]
    left_alone: Sequence[str]


def preview(session: Session, user: User) -> ErasurePreview:
    """Count what an erasure would affect."""
    learner = _get_learner(session, user)
    mentions = Mentions(user.name, user.email)
    mine = select(Attempt.id).where(Attempt.learner_id == learner.id)

    def count(table: type, *conditions: object) -> int:
        return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0  # type: ignore[arg-type]

    counts = [
        ("sign-in", count(SignIn, SignIn.user_id == user.id)),
        ("membership", count(Membership, Membership.learner_id == learner.id)),
        ("attempt", count(Attempt, Attempt.learner_id == learner.id)),
        ("certificate", count(Certificate, Certificate.learner_id == learner.id)),
        ("entry of the CPD record", count(CpdEntry, CpdEntry.learner_id == learner.id)),
        ("report of a question", count(QuestionReport, QuestionReport.attempt_id.in_(mine))),
        ("message received", count(MessageRecipient, MessageRecipient.learner_id == learner.id)),
        ("message sent", count(Message, Message.sender_id == user.id)),
        ("invitation", count(Invitation, is_invitation_of(session, user))),
        ("cohort taught", count(CohortTrainer, CohortTrainer.user_id == user.id)),
        ("library", count(LibraryPerson, LibraryPerson.user_id == user.id)),
        ("test composed", count(ComposedTest, ComposedTest.owner_id == user.id)),
        ("assignment made", count(Assignment, Assignment.created_by_id == user.id)),
        ("change of others’ marks", count(MarkChange, MarkChange.actor_id == user.id)),
        ("marking of others’ answers", count(MarkingRow, MarkingRow.marker_id == user.id)),
    ]
    titles = session.scalars(
        union_all(select(Cohort.title), select(Assignment.title), select(Library.name), select(ComposedTest.title))
    )
    return ErasurePreview(
        counts=[(what, number) for what, number in counts if number],
        named_in=sorted({title for title in titles if mentions.found_in(title)}),
        left_alone=_list_left_alone(session, user),
    )


def erase(session: Session, actor: User | None, user: User, now: datetime, key: AddressKey | None = None) -> None:
    """Erase ``user``. ``actor`` is None for a command; the audit log does not name users who erase themselves.

    With ``key``, cohorts recognise the address if it joins again (:mod:`app.services.cohorts.rejoining`).

    :raise LastAdminError: the server would have no active administrator.
    """
    if user.role is Role.ADMIN and user.active:
        users.require_other_admin(session, user)
    learner, mentions = _get_learner(session, user), Mentions(user.name, user.email)
    attempt_ids = session.scalars(select(Attempt.id).where(Attempt.learner_id == learner.id)).all()
    session.execute(delete(Invitation).where(is_invitation_of(session, user)))
    session.execute(delete(OutboxMail).where(is_mail_to(user)))
    session.execute(delete(LibraryInvitation).where(LibraryInvitation.email == user.email))
    _clear_log(session, user, learner, attempt_ids, mentions)
    _clear_texts_about(session, learner)
    _withdraw_certificates(session, learner, now)
    if key is not None:
        rejoining.keep_hashes(session, learner, user.email, key)
    _anonymise_responses(session, learner)
    _clear_mentions(session, mentions)
    _clear_rosters(session, mentions)
    session.execute(delete(Reminder).where(Reminder.learner_id == learner.id))
    _delete_messages_to(session, learner)
    _delete_reviews(session, learner)
    _delete_cpd_record(session, learner)
    session.execute(delete(LearnerNote).where(LearnerNote.learner_id == learner.id))
    session.execute(delete(SignIn).where(or_(SignIn.learner_id == learner.id, SignIn.user_id == user.id)))
    learner.time_zone, learner.language, learner.extra_time_percent, learner.is_guest = "UTC", "", 0, False
    learner.calendar_revision += 1  # the address of their calendar stops working
    session.flush()  # write the learner before the delete below clears its user_id
    is_own = actor is not None and actor.id == user.id
    session.execute(delete(User).where(User.id == user.id))
    session.expunge(user)
    session.expire(learner)
    audit.record(
        session,
        None if is_own else actor,
        "user.erase",
        subjects.make_reference("learner", learner.id),
        now,
        by_themselves=is_own,
    )


def _withdraw_certificates(session: Session, learner: Learner, now: datetime) -> None:
    """Withdraw the learner's certificates, and remove everything from them that a verification could say."""
    session.execute(
        update(Certificate)
        .where(Certificate.learner_id == learner.id)
        .values(name=None, reason="", withdrawn_by_id=None, withdrawn_at=func.coalesce(Certificate.withdrawn_at, now))
    )


def _delete_reviews(session: Session, learner: Learner) -> None:
    """Delete what the learner remembers and plans; their marks stay without a name."""
    mine = select(Attempt.id).where(Attempt.learner_id == learner.id)
    session.execute(
        delete(CardUpdate).where(CardUpdate.attempt_id.in_(mine)).execution_options(synchronize_session=False)
    )
    for table in (MemoryCard, ReviewPlan):
        session.execute(delete(table).where(table.learner_id == learner.id))


def _delete_cpd_record(session: Session, learner: Learner) -> None:
    mine = select(Attempt.id).where(Attempt.learner_id == learner.id)
    session.execute(delete(CpdEntry).where(CpdEntry.learner_id == learner.id))
    session.execute(
        delete(CpdReflection).where(CpdReflection.attempt_id.in_(mine)).execution_options(synchronize_session=False)
    )


def _delete_messages_to(session: Session, learner: Learner) -> None:
    """Remove the learner from the recipients of messages, and delete the messages to nobody else."""
    to_learner = select(MessageRecipient.message_id).where(MessageRecipient.learner_id == learner.id)
    message_ids = session.scalars(to_learner).all()
    session.execute(delete(MessageRecipient).where(MessageRecipient.learner_id == learner.id))
    left = exists().where(MessageRecipient.message_id == Message.id)
    session.execute(
        delete(Message).where(Message.id.in_(message_ids), ~left).execution_options(synchronize_session=False)
    )


def _get_learner(session: Session, user: User) -> Learner:
    return session.scalars(select(Learner).where(Learner.user_id == user.id)).one()


def _list_left_alone(session: Session, user: User) -> Sequence[str]:
    others = select(CohortTrainer.cohort_id).where(CohortTrainer.user_id != user.id)
    return session.scalars(
        select(Cohort.title)
        .join(CohortTrainer, CohortTrainer.cohort_id == Cohort.id)
        .where(CohortTrainer.user_id == user.id, Cohort.id.not_in(others), Cohort.archived_at.is_(None))
        .order_by(Cohort.title)
    ).all()


def _clear_log(session: Session, user: User, learner: Learner, attempt_ids: Sequence[int], mentions: Mentions) -> None:
    """Remove the details of events about the person or naming them, and move the account's events to the learner.

    The database may reuse the id of an account, so an event that kept it would seem to be about somebody else.
    """
    of_account = AuditEvent.subject == users.get_subject(user)
    is_written = or_(*(cast(AuditEvent.details, Text).contains(text, autoescape=True) for text in mentions.written))
    named = [
        event_id
        for event_id, details in session.execute(select(AuditEvent.id, AuditEvent.details).where(is_written))
        if mentions.found_in(details)
    ]
    about = or_(is_about_person(session, user, learner, attempt_ids, alone=True), AuditEvent.id.in_(named))
    session.execute(update(AuditEvent).where(about).values(details={}).execution_options(synchronize_session=False))
    session.execute(
        update(AuditEvent)
        .where(of_account)
        .values(subject=subjects.make_reference("learner", learner.id))
        .execution_options(synchronize_session=False)
    )


def _clear_texts_about(session: Session, learner: Learner) -> None:
    """Remove texts by or about the learner only. The reason of a correction is about a question and stays."""
    mine = select(Attempt.id).where(Attempt.learner_id == learner.id)
    reports = update(QuestionReport).where(QuestionReport.attempt_id.in_(mine))
    session.execute(reports.values(says=REMOVED))
    session.execute(reports.where(QuestionReport.reply.is_not(None)).values(reply=REMOVED))
    session.execute(
        update(MarkChange)
        .where(MarkChange.attempt_id.in_(mine), MarkChange.correction_id.is_(None))
        .values(reason=REMOVED)
    )
    session.execute(update(AttemptReopening).where(AttemptReopening.attempt_id.in_(mine)).values(reason=REMOVED))
    session.execute(
        update(MarkingRow)
        .where(MarkingRow.attempt_id.in_(mine), MarkingRow.comment.is_not(None))
        .values(comment=REMOVED)
    )
    session.execute(update(AssignmentException).where(AssignmentException.learner_id == learner.id).values(note=None))
    session.execute(
        update(Membership).where(Membership.learner_id == learner.id).values(student_number=None, sort_name=None)
    )


def _anonymise_responses(session: Session, learner: Learner) -> None:
    """Remove the learner's own words from typed answers and their log, so that the answers are marked as before."""
    items = {
        (item.attempt_id, item.position): item
        for item in session.scalars(
            select(AttemptItem)
            .join(Attempt, Attempt.id == AttemptItem.attempt_id)
            .join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
            .where(Attempt.learner_id == learner.id, QuestionVersion.kind.in_(FREE_TEXT))
        )
    }
    if not items:
        return
    versions = {item.version_id for item in items.values()}
    shown, solutions = catalogue.get_texts(session, versions), catalogue.get_solutions(session, versions)
    keys = {version_id: [solutions[version_id].key] for version_id in versions}
    corrected = select(Correction).where(Correction.version_id.in_(versions), Correction.key.is_not(None))
    for correction in session.scalars(corrected):
        kind = shown[correction.version_id].kind
        keys[correction.version_id].append(active_corrections.get_accepted_key(kind, correction))
    attempt_ids = {attempt_id for attempt_id, _ in items}
    logged = session.scalars(select(AnswerRevision).where(AnswerRevision.attempt_id.in_(attempt_ids))).all()
    rows: list[AttemptItem | AnswerRevision] = [*items.values(), *logged]
    for row in rows:
        item = items.get((row.attempt_id, row.position))
        if item is not None and row.response is not None:
            row.response = shown[item.version_id].kind.anonymise(keys[item.version_id], row.response)


def _clear_mentions(session: Session, mentions: Mentions) -> None:
    """Remove the person's name and address from texts that are not about them only."""
    columns = (
        QuestionReport.says,
        QuestionReport.reply,
        MarkChange.reason,
        MarkingRow.comment,
        AttemptReopening.reason,
        Certificate.reason,
        CpdEntry.title,
        CpdEntry.reflection,
        CpdEntry.evidence,
        CpdReflection.reflection,
        LearnerNote.body,
        Message.text,
        Correction.reason,
        AssignmentException.note,
        Invitation.name,
        OutboxMail.subject,
        OutboxMail.text,
        OutboxMail.html,
    )
    for column in columns:
        table = column.class_
        found = or_(*(column.icontains(text, autoescape=True) for text in mentions.texts))
        for row in session.scalars(select(table).where(found)):
            setattr(row, column.key, mentions.removed(getattr(row, column.key)))


def _clear_rosters(session: Session, mentions: Mentions) -> None:
    """Remove the person's lines from all rosters, which are few because they last a day at most.

    A roster that still names the person is deleted. The file as it was sent goes from all of them.
    """
    for roster in session.scalars(select(Roster)):
        left = mentions.without_lines({name: part for name, part in roster.lines.items() if name != "file"})
        if mentions.found_in(left):
            session.delete(roster)
        elif left != roster.lines:
            roster.lines = left
