"""Erasing a person: the account, names, addresses and texts go; answers and marks stay under a learner who is nobody.

The caller commits, and then lets the database forget what it overwrote (:func:`app.db.forget_deleted`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Text, cast, delete, func, or_, select, update
from sqlalchemy.orm import Session

from app.models import (
    Assignment,
    AssignmentException,
    Attempt,
    AuditEvent,
    Cohort,
    CohortTrainer,
    Correction,
    Invitation,
    Learner,
    MarkChange,
    Membership,
    QuestionReport,
    Reminder,
    Role,
    Roster,
    SignIn,
    User,
)
from app.services import audit
from app.services.people import users
from app.services.people.person_export import about_person, invited
from app.services.people.person_texts import REMOVED, Mentions


@dataclass(frozen=True, slots=True)
class Preview:
    """What there is of a person, by name and number; ``named_in`` are titles that hold their name, which erasing leaves alone.

    ``left_alone`` are cohorts that nobody would teach any more.
    """

    counts: Sequence[tuple[str, int]]
    named_in: Sequence[str]
    left_alone: Sequence[str]


def preview(session: Session, user: User) -> Preview:
    """Count what an erasure would touch: one statement for each kind of thing."""
    learner = _learner(session, user)
    mentions = Mentions(user.name, user.email)
    mine = select(Attempt.id).where(Attempt.learner_id == learner.id)

    def count(table: type, *conditions: object) -> int:
        return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0  # type: ignore[arg-type]

    counts = [
        ("sign-in", count(SignIn, SignIn.user_id == user.id)),
        ("membership", count(Membership, Membership.learner_id == learner.id)),
        ("attempt", count(Attempt, Attempt.learner_id == learner.id)),
        ("report of a question", count(QuestionReport, QuestionReport.attempt_id.in_(mine))),
        ("invitation", count(Invitation, invited(session, user))),
        ("cohort taught", count(CohortTrainer, CohortTrainer.user_id == user.id)),
        ("assignment made", count(Assignment, Assignment.created_by_id == user.id)),
        ("change of others’ marks", count(MarkChange, MarkChange.actor_id == user.id)),
    ]
    titles = session.scalars(select(Cohort.title).union_all(select(Assignment.title)))
    return Preview(
        counts=[(what, number) for what, number in counts if number],
        named_in=sorted({title for title in titles if mentions.found_in(title)}),
        left_alone=_left_alone(session, user),
    )


def erase(session: Session, actor: User | None, user: User, now: datetime) -> None:
    """Erase ``user``; ``actor`` None is a command. Whoever erases their own account is nobody in the log.

    :raise LastAdminError: it would leave no active administrator.
    """
    if user.role is Role.ADMIN and user.active:
        users.keep_an_admin(session, user)
    learner, mentions = _learner(session, user), Mentions(user.name, user.email)
    attempt_ids = session.scalars(select(Attempt.id).where(Attempt.learner_id == learner.id)).all()
    session.execute(delete(Invitation).where(invited(session, user)))
    _clear_log(session, user, learner, attempt_ids, mentions)
    _clear_texts_about(session, learner)
    _clear_mentions(session, mentions)
    _clear_rosters(session, mentions)
    session.execute(delete(Reminder).where(Reminder.learner_id == learner.id))
    session.execute(delete(SignIn).where(or_(SignIn.learner_id == learner.id, SignIn.user_id == user.id)))
    learner.time_zone, learner.extra_time_percent, learner.is_guest = "UTC", 0, False
    learner.calendar_number += 1  # the address of their calendar is worth nothing from now on
    session.flush()  # the learner as it stays, before the database takes its account away
    is_own = actor is not None and actor.id == user.id
    session.execute(delete(User).where(User.id == user.id))
    session.expunge(user)
    session.expire(learner)
    audit.record(session, None if is_own else actor, "user.erase", f"learner:{learner.id}", now, by_themselves=is_own)


def _learner(session: Session, user: User) -> Learner:
    return session.scalars(select(Learner).where(Learner.user_id == user.id)).one()


def _left_alone(session: Session, user: User) -> Sequence[str]:
    others = select(CohortTrainer.cohort_id).where(CohortTrainer.user_id != user.id)
    return session.scalars(
        select(Cohort.title)
        .join(CohortTrainer, CohortTrainer.cohort_id == Cohort.id)
        .where(CohortTrainer.user_id == user.id, Cohort.id.not_in(others), Cohort.archived_at.is_(None))
        .order_by(Cohort.title)
    ).all()


def _clear_log(session: Session, user: User, learner: Learner, attempt_ids: Sequence[int], mentions: Mentions) -> None:
    """Events about the person become events about the learner, without details; so do details that name them.

    A number of an account can be given again: an event that kept it would tell of somebody else.
    """
    of_account = AuditEvent.subject == users.subject_of(user)
    is_written = or_(*(cast(AuditEvent.details, Text).contains(text, autoescape=True) for text in mentions.written))
    named = [
        event_id
        for event_id, details in session.execute(select(AuditEvent.id, AuditEvent.details).where(is_written))
        if mentions.found_in(details)
    ]
    about = or_(about_person(session, user, learner, attempt_ids, alone=True), AuditEvent.id.in_(named))
    session.execute(update(AuditEvent).where(about).values(details={}).execution_options(synchronize_session=False))
    session.execute(
        update(AuditEvent)
        .where(of_account)
        .values(subject=f"learner:{learner.id}")
        .execution_options(synchronize_session=False)
    )


def _clear_texts_about(session: Session, learner: Learner) -> None:
    """Texts by or about the learner alone. The reason of a correction is about a question: it stays."""
    mine = select(Attempt.id).where(Attempt.learner_id == learner.id)
    reports = update(QuestionReport).where(QuestionReport.attempt_id.in_(mine))
    session.execute(reports.values(says=REMOVED))
    session.execute(reports.where(QuestionReport.reply.is_not(None)).values(reply=REMOVED))
    session.execute(
        update(MarkChange)
        .where(MarkChange.attempt_id.in_(mine), MarkChange.correction_id.is_(None))
        .values(reason=REMOVED)
    )
    session.execute(update(AssignmentException).where(AssignmentException.learner_id == learner.id).values(note=None))


def _clear_mentions(session: Session, mentions: Mentions) -> None:
    """The person's name and address in texts that are not about them: what they signed, what others wrote of them elsewhere."""
    columns = (
        QuestionReport.says,
        QuestionReport.reply,
        MarkChange.reason,
        Correction.reason,
        AssignmentException.note,
        Invitation.name,
    )
    for column in columns:
        table = column.class_
        found = or_(*(column.icontains(text, autoescape=True) for text in mentions.texts))
        for row in session.scalars(select(table).where(found)):
            setattr(row, column.key, mentions.removed(getattr(row, column.key)))


def _clear_rosters(session: Session, mentions: Mentions) -> None:
    """Rosters live for a day at most, so that all of them can be looked at. One that names the person otherwise goes as a whole."""
    for roster in session.scalars(select(Roster)):
        left = mentions.without_lines(roster.lines)
        if mentions.found_in(left):
            session.delete(roster)
        elif left != roster.lines:
            roster.lines = left
