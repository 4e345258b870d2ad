"""One person of whom every table that can hold something about somebody does, for tests of export and erasure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.correction import Remedy
from app.domain.cpd import CpdKind
from app.domain.learner_notes import TargetKind
from app.domain.markings import MarkerRole
from app.domain.notifications import NotificationKind
from app.models import (
    Assignment,
    AssignmentException,
    AssignmentRecipient,
    Attempt,
    AttemptReopening,
    CardUpdate,
    Certificate,
    Cohort,
    Correction,
    CpdEntry,
    CpdReflection,
    Digest,
    Invitation,
    LearnerNote,
    LessonProgress,
    LessonRow,
    LibraryRole,
    MarkChange,
    MarkingRow,
    Membership,
    MemoryCard,
    Message,
    MessageRecipient,
    NotificationSetting,
    ObjectiveRow,
    Publication,
    QuestionReport,
    Reminder,
    ReviewPlan,
    Role,
    Roster,
    SubmittedForm,
)
from app.services.cohorts import cohorts, invitations, rosters
from app.services.libraries import documents, imports, libraries
from app.services.libraries import people as library_people
from app.services.log import audit
from app.services.upkeep import outbox
from app.services.upkeep.outbox import OutgoingMail
from tests.support.composed import compose
from tests.support.factory import Factory, Person
from tests.support.submissions import AnswerKey, join_with_the_same_paper, submit_test

NAME = "Zdeňka Přibylová-Okonkwo"
EMAIL = "zdenka.pribylova@example.org"
EARLIER = "before.she.married@example.org"
"""An address she was invited by, and changed since."""

_LESSON = select(LessonRow.id).limit(1)
_OBJECTIVE = select(ObjectiveRow.id).limit(1)
_TAKEN = select(Invitation).where(Invitation.email == EARLIER)


@dataclass(frozen=True, slots=True)
class PersonWithAllData:
    """``mine`` is an attempt of ``person``, a trainer who also learns; ``others`` is one of another learner in their cohort."""

    person: Person
    trainer: Person
    cohort: Cohort
    assignment: Assignment
    mine: Attempt
    others: Attempt


def make_person_with_all_data(make: Factory, session: Session, now: datetime) -> PersonWithAllData:
    trainer, other = make.trainer(name="Tilda Trainer"), make.person(name="Otto Other")
    person = make.person(
        Role.TRAINER, name=NAME, email=EMAIL, with_password=True, time_zone="Asia/Tokyo", extra_time_percent=33
    )
    cohort = make.cohort(trainer, person, other)
    assignment = make.assignment(trainer, cohort)
    mine = submit_test(session, person, assignment, now, AnswerKey(session).all_right)
    others = submit_test(session, other, assignment, now, AnswerKey(session).rising)
    join_with_the_same_paper(session, mine, cohort, 12, AnswerKey(session).rising)
    _as_learner(session, person, trainer, assignment, mine, others, now)
    _as_trainer(make, session, person, others, now)
    _by_address(session, person, trainer, cohort, now)
    session.commit()
    return PersonWithAllData(person, trainer, cohort, assignment, mine, others)


def _as_learner(
    session: Session,
    person: Person,
    trainer: Person,
    assignment: Assignment,
    mine: Attempt,
    others: Attempt,
    now: datetime,
) -> None:
    learner = person.learner.id
    lesson = session.scalars(_LESSON).first()
    assert lesson is not None
    for membership in session.scalars(select(Membership).where(Membership.learner_id == learner)):
        membership.student_number, membership.sort_name = EMAIL, NAME
    session.add_all(
        [
            LessonProgress(learner_id=learner, lesson_id=lesson, read_at=now),
            _note(learner, f"I, {NAME}, must ask about this", now),
            AssignmentException(assignment_id=assignment.id, learner_id=learner, note=f"{NAME} had an operation"),
            AssignmentRecipient(assignment_id=assignment.id, learner_id=learner),
            Reminder(assignment_id=assignment.id, learner_id=learner, kind="due", sent_at=now, due_at=now),
            QuestionReport(
                attempt_id=mine.id,
                position=1,
                says=f"I, {NAME}, see two right answers",
                reported_at=now,
                reply="Dear Zdeňka, thank you",
                answered_at=now,
                answered_by_id=trainer.user.id,
            ),
            _change(mine, 1, trainer, "Told Zdeňka at the bedside", now),
            _marking(mine, 1, trainer, f"Well written, {NAME}", now),
            _reopening(mine, trainer, f"{NAME} fainted", now),
            _certificate(session, mine, NAME, now, trainer, f"{NAME} was not there"),
            CpdEntry(
                learner_id=learner,
                done_on=now.date(),
                title=f"Course of {NAME}",
                minutes=90,
                kind=CpdKind.FORMAL,
                reflection=f"{NAME} was convinced",
                evidence=f"Ask {EMAIL}",
            ),
            CpdReflection(attempt_id=mine.id, reflection=f"I, {NAME}, ask first"),
            MemoryCard(
                learner_id=learner,
                objective_id=session.scalars(_OBJECTIVE).one(),
                stability=3.0,
                difficulty=5.0,
                reviewed_at=now,
                is_urgent=False,
                due_at=now,
            ),
            CardUpdate(attempt_id=mine.id),
            ReviewPlan(learner_id=learner, exam_on=now.date()),
            NotificationSetting(user_id=person.user.id, kind=NotificationKind.REMINDERS, is_on=False),
        ]
    )
    _write(session, trainer, assignment, [learner], f"Dear {NAME}, call me", now)
    _write(session, trainer, assignment, [learner, others.learner_id], f"{NAME} brings the skeleton", now)
    audit.record(session, trainer.user, "user.extra_time", f"user:{person.user.id}", now, old=0, new=33)
    alone, together = [learner], [learner, learner + 1000]
    subject = f"assignment:{assignment.id}"
    audit.record(session, trainer.user, "assignment.grant", subject, now, learners=alone, extra_time_percent=41)
    audit.record(session, trainer.user, "assignment.grant", subject, now, learners=together, extra_time_percent=42)
    audit.record(session, trainer.user, "user.change_email", f"user:{person.user.id}", now, old=EMAIL)
    audit.record(
        session, trainer.user, "assignment.extra_time", f"assignment:{assignment.id}", now, learner=learner, percent=25
    )


def _as_trainer(make: Factory, session: Session, person: Person, others: Attempt, now: datetime) -> None:
    own = make.cohort(person, title="Her own cohort")
    assignment = make.assignment(person, own)
    compose(make, person)
    session.add_all(
        [
            Correction(
                version_id=others.items[0].version_id,
                assignment_id=assignment.id,
                remedy=Remedy.VOID,
                reason=f"Unclear. {NAME}",
                actor_id=person.user.id,
                corrected_at=now,
            ),
            _change(others, 2, person, f"Agreed with {EMAIL}", now),
            _marking(others, 2, person, f"Ask {NAME} about it", now),
            QuestionReport(
                attempt_id=others.id,
                position=2,
                says="Is this right?",
                reported_at=now,
                reply=f"It is. Yours, {NAME}",
                answered_at=now,
                answered_by_id=person.user.id,
            ),
            Roster(
                cohort_id=own.id,
                created_by_id=person.user.id,
                created_at=now,
                lines={"lines": [{"email": "ann@example.org"}]},
            ),
            SubmittedForm(form_id="f1", user_id=person.user.id, submitted_at=now),
            _reopening(others, person, f"Told by {NAME}", now),
            _certificate(session, others, "Otto Other", now, person, f"Told to {NAME}"),
            CpdReflection(attempt_id=others.id, reflection=f"{NAME} explained it well"),
            _note(others.learner_id, f"{NAME} says: ask first", now),
            Digest(user_id=person.user.id, week="2026-W47", sent_at=now),
        ]
    )
    _write(session, person, assignment, [others.learner_id], f"Well done. {NAME}", now)
    audit.record(session, person.user, "mark.change", f"attempt:{others.id}", now, position=2, old=0, new=1, of=1)
    audit.record(session, person.user, "cohort.remove_learner", f"cohort:{own.id}", now, learner=others.learner_id)
    cohorts.renew_code(session, person.user, own, now)
    library = libraries.create(session, person.user, "Her own library", now)
    documents.save(session, person.user, library, "course.yaml", b"title: Hers\n", now, seen=0)
    imports.keep(session, person.user, library, "bank.gift", b"{}", now)
    library_people.invite(session, person.user, library, "third@example.org", LibraryRole.EDITOR, now)
    invitations.create(session, person.user, Role.LEARNER, now, email="third@example.org")


def _note(learner_id: int, body: str, now: datetime) -> LearnerNote:
    return LearnerNote(
        learner_id=learner_id,
        target_kind=TargetKind.LESSON,
        target="red-flags",
        title="Red flags, and what to do",
        quote="",
        quote_before="",
        quote_after="",
        body=body,
        created_at=now,
        changed_at=now,
    )


def _reopening(attempt: Attempt, actor: Person, reason: str, now: datetime) -> AttemptReopening:
    return AttemptReopening(
        attempt_id=attempt.id, actor_id=actor.user.id, reason=reason, reopened_at=now, minutes=10, old_submitted_at=now
    )


def _certificate(
    session: Session, attempt: Attempt, name: str, now: datetime, actor: Person, reason: str
) -> Certificate:
    """A certificate that was withdrawn."""
    return Certificate(
        code=f"{attempt.id:026d}",
        attempt_id=attempt.id,
        learner_id=attempt.learner_id,
        name=name,
        title="The test",
        module_title="Safety",
        percent=93,
        minutes=90,
        publication_id=session.scalars(select(Publication.id)).one(),
        content_digest="0" * 64,
        passed_at=now,
        review_at=now,
        issued_at=now,
        withdrawn_at=now,
        withdrawn_by_id=actor.user.id,
        reason=reason,
    )


def _write(
    session: Session, sender: Person, assignment: Assignment, learner_ids: list[int], text: str, now: datetime
) -> None:
    """Send a message in the cohort of an assignment."""
    message = Message(cohort_id=assignment.cohort_id, sender_id=sender.user.id, text=text, sent_at=now)
    session.add(message)
    session.flush()
    session.add_all(MessageRecipient(message_id=message.id, learner_id=learner_id) for learner_id in learner_ids)


def _by_address(session: Session, person: Person, trainer: Person, cohort: Cohort, now: datetime) -> None:
    for address in (EMAIL, EARLIER):
        invitations.create(session, trainer.user, Role.LEARNER, now, email=address, name=NAME)
    taken = session.scalars(_TAKEN).one()
    taken.used_at = now
    audit.record(session, person.user, "invitation.accept", f"invitation:{taken.id}", now, user=person.user.id)
    outbox.add(session, OutgoingMail(EMAIL, "Yours", f"Hello {NAME}", user_id=person.user.id), now)
    outbox.add(session, OutgoingMail("ann@example.org", f"From {NAME}", f"{NAME} says", html=f"<b>{NAME}</b>"), now)
    library = libraries.create(session, trainer.user, "Another’s library", now)
    library_people.invite(session, trainer.user, library, EMAIL, LibraryRole.READER, now)
    rosters.read_text(session, trainer.user, cohort, f"{NAME},{EMAIL.upper()}\nAnn Other,ann@example.org\n", now)


def _marking(attempt: Attempt, position: int, by: Person, comment: str, now: datetime) -> MarkingRow:
    return MarkingRow(
        attempt_id=attempt.id,
        position=position,
        role=MarkerRole.FIRST,
        marker_id=by.user.id,
        points=0.5,
        comment=comment,
        marked_at=now,
    )


def _change(attempt: Attempt, position: int, by: Person, reason: str, now: datetime) -> MarkChange:
    return MarkChange(
        attempt_id=attempt.id,
        position=position,
        old_points=0,
        new_points=1,
        old_max_points=1,
        new_max_points=1,
        actor_id=by.user.id,
        reason=reason,
        batch=f"b{attempt.id}",
        changed_at=now + timedelta(hours=1),
    )
