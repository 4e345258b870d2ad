"""Certificates of passed tests: issuing, verifying and withdrawing them."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db import lock_rows
from app.domain.attempt import AttemptState, Purpose, percent
from app.domain.certificate import (
    CertificateState,
    clean_certificate_code,
    compute_review_date,
    encode_certificate_code,
    resolve_certificate_state,
)
from app.domain.content import Use
from app.models import (
    Assignment,
    AssignmentException,
    Attempt,
    Certificate,
    Cohort,
    Learner,
    LessonRow,
    ModuleRow,
    QuestionRow,
    QuestionVersion,
    User,
)
from app.permissions import Viewer, asks_about, may_administer, teaches
from app.services.assignments import assignment_sql
from app.services.assignments.availability import is_score_released
from app.services.attempts import learning_time, releases
from app.services.attempts.attempts import OwnAttempt
from app.services.course import catalogue
from app.services.course.changes import compute_digest
from app.services.log import audit, subjects
from app.services.people import notices
from app.services.people.notices import NoticeKind

MAX_REASON_LENGTH = 1000

_CODE_BITS = 128


class NoCertificateDue(Exception):
    """The attempt is not a pass that its learner has been told of."""


class CertificateChangedMeanwhile(Exception):
    """The certificate was withdrawn, or is valid again, since the page was loaded."""


@dataclass(frozen=True, slots=True)
class VerifiedCertificate:
    """A certificate as anybody with its code may see it.

    ``percent`` is the score today, after corrections; None if the attempt is open again or its new score is not released. ``has_changed`` says whether
    the lessons or test questions differ from those that were passed. ``is_current`` says whether the module is still
    published.
    """

    certificate: Certificate
    state: CertificateState
    percent: int | None
    has_changed: bool
    is_current: bool


@dataclass(frozen=True, slots=True)
class TaughtCertificate:
    """A certificate that its viewer may withdraw. ``cohort`` is None for a module's own test."""

    certificate: Certificate
    attempt: Attempt
    cohort: Cohort | None


# -- the learner's own -------------------------------------------------------------------------------------------------


def get_own(session: Session, loaded: OwnAttempt) -> Certificate | None:
    return session.scalar(select(Certificate).where(Certificate.attempt_id == loaded.attempt.id))


def list_own(session: Session, learner: Learner) -> Sequence[Certificate]:
    """List the learner's certificates, the latest first."""
    return session.scalars(
        select(Certificate).where(Certificate.learner_id == learner.id).order_by(Certificate.id.desc())
    ).all()


def list_valid_codes(session: Session, learner_ids: Collection[int]) -> dict[tuple[int, str], str]:
    """Return the codes of learners' valid certificates by learner and scope, the latest of each.

    Only for scopes whose score the reader may know: see :func:`get_state`.
    """
    rows = session.execute(
        select(Attempt.learner_id, Attempt.scope, Certificate.code)
        .join(Attempt, Attempt.id == Certificate.attempt_id)
        .where(Certificate.learner_id.in_(learner_ids), Certificate.name.is_not(None))
        .where(Certificate.withdrawn_at.is_(None), Attempt.is_passed.is_(True))
        .order_by(Certificate.id)
    )
    return {(learner_id, scope): code for learner_id, scope, code in rows}


def is_due(session: Session, viewer: Viewer, loaded: OwnAttempt, now: datetime) -> bool:
    """Return whether a certificate may be issued: the viewer passed a test, and may know that they did.

    A pre-test has no passes.
    """
    attempt = loaded.attempt
    if viewer.user is None or attempt.purpose is not Purpose.TEST or attempt.state is not AttemptState.SUBMITTED:
        return False
    if not attempt.is_passed or not releases.get_release(session, loaded, now).mark:
        return False
    is_pretest = select(assignment_sql.is_pretest()).where(Assignment.id == attempt.assignment_id)
    return not (loaded.assignment and session.scalar(is_pretest))


def _get_subject_title(loaded: OwnAttempt) -> str:
    """Return what the test was about: its module, or a composed test itself, as it has several modules."""
    assignment = loaded.assignment
    return assignment.title if assignment and assignment.test_id is not None else loaded.module.title


def issue(session: Session, viewer: Viewer, loaded: OwnAttempt, now: datetime) -> Certificate:
    """Issue the certificate of a passed attempt, which was loaded for an update; return the one that exists.

    :raise NoCertificateDue: see :func:`is_due`.
    """
    if existing := get_own(session, loaded):
        return existing
    publication = catalogue.get_publication(session, loaded.module.library_id)
    if not is_due(session, viewer, loaded, now) or publication is None or viewer.user is None:
        raise NoCertificateDue
    attempt = loaded.attempt
    assert attempt.submitted_at is not None
    made = Certificate(
        code=encode_certificate_code(secrets.randbits(_CODE_BITS)),
        attempt_id=attempt.id,
        learner_id=attempt.learner_id,
        name=viewer.user.name,
        title=loaded.assignment.title if loaded.assignment else loaded.module.title,
        module_title=_get_subject_title(loaded),
        percent=percent(attempt.points or 0, attempt.max_points or 0),
        minutes=_measure_minutes(session, attempt),
        publication_id=publication.id,
        content_digest=compute_content_digest(session, attempt),
        passed_at=attempt.submitted_at,
        review_at=compute_review_date(attempt.submitted_at),
        issued_at=now,
    )
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError:
        found = get_own(session, loaded)
        if found is None:
            raise
        return found
    return made


def _measure_minutes(session: Session, attempt: Attempt) -> int:
    reading = session.scalar(select(learning_time.reading_minutes()).where(Attempt.id == attempt.id))
    return learning_time.measure_minutes(attempt, reading or 0)


def compute_content_digest(session: Session, attempt: Attempt) -> str:
    """Return a digest of the lessons of the modules that an attempt asked about, and of the questions of their tests."""
    of_attempt = select(ModuleRow.id).join(Attempt, asks_about(Attempt, ModuleRow.id)).where(Attempt.id == attempt.id)
    module_ids = session.scalars(of_attempt).all() if attempt.sections else [attempt.module_id]
    lessons = select(LessonRow.slug, LessonRow.digest).where(
        LessonRow.module_id.in_(module_ids), LessonRow.retired_at.is_(None)
    )
    questions = (
        select(QuestionRow.slug, QuestionVersion.digest)
        .join(QuestionVersion, QuestionVersion.question_id == QuestionRow.id)
        .where(QuestionRow.module_id.in_(module_ids), QuestionRow.use != Use.PRACTICE)
        .where(QuestionRow.retired_at.is_(None), QuestionVersion.superseded_at.is_(None))
    )
    return compute_digest([sorted(map(list, session.execute(rows))) for rows in (lessons, questions)])


# -- verifying ---------------------------------------------------------------------------------------------------------


def verify(session: Session, typed: str, now: datetime) -> VerifiedCertificate | None:
    """Return the certificate with a code, or None if there is none."""
    code = clean_certificate_code(typed)
    if code is None:
        return None
    row = session.execute(
        select(Certificate, Attempt, ModuleRow.retired_at)
        .join(Attempt, Attempt.id == Certificate.attempt_id)
        .join(ModuleRow, ModuleRow.id == Attempt.module_id)
        .where(Certificate.code == code)
    ).one_or_none()
    if row is None:
        return None
    found, attempt, retired_at = row
    is_known = attempt.points is not None and _is_known(session, found, attempt, now)
    return VerifiedCertificate(
        certificate=found,
        state=get_state(session, found, attempt, now),
        percent=percent(attempt.points or 0, attempt.max_points or 0) if is_known else None,
        has_changed=compute_content_digest(session, attempt) != found.content_digest,
        is_current=retired_at is None,
    )


def get_state(session: Session, certificate: Certificate, attempt: Attempt, now: datetime) -> CertificateState:
    """Return whether a certificate is valid. It is not while its learner may not know the result of a reopened attempt."""
    return resolve_certificate_state(
        is_named=certificate.name is not None,
        withdrawn_at=certificate.withdrawn_at,
        is_passed=attempt.is_passed and _is_known(session, certificate, attempt, now),
    )


def _is_known(session: Session, certificate: Certificate, attempt: Attempt, now: datetime) -> bool:
    """Return whether the learner may know the score of the attempt, which may be reopened since they knew that they passed."""
    if attempt.assignment_id is None or attempt.submitted_at == certificate.passed_at:
        return True
    assignment = session.get_one(Assignment, attempt.assignment_id)
    exception = session.get(AssignmentException, (attempt.assignment_id, attempt.learner_id))
    return is_score_released(assignment, attempt.number, now, exception)


# -- withdrawing -------------------------------------------------------------------------------------------------------


def get_for(
    session: Session, viewer: Viewer, certificate_id: int, *, for_update: bool = False
) -> TaughtCertificate | None:
    """Return a certificate that the viewer may withdraw: as a trainer of its cohort, or as an administrator.

    That of an erased person stays withdrawn, and is None.
    """
    may = true() if may_administer(viewer) else teaches(viewer, Assignment.cohort_id)
    found = (
        select(Certificate, Attempt, Cohort)
        .join(Attempt, Attempt.id == Certificate.attempt_id)
        .outerjoin(Assignment, Assignment.id == Attempt.assignment_id)
        .outerjoin(Cohort, Cohort.id == Assignment.cohort_id)
        .where(Certificate.id == certificate_id, Certificate.name.is_not(None), may)
    )
    if for_update:
        found = lock_rows(found, Certificate).execution_options(populate_existing=True)
    row = session.execute(found).one_or_none()
    return TaughtCertificate(*row) if row else None


def find_of_attempt(session: Session, attempt_id: int) -> Certificate | None:
    """Return the certificate of an attempt whose page the viewer may see; None for an erased learner."""
    of_attempt = select(Certificate).where(Certificate.attempt_id == attempt_id, Certificate.name.is_not(None))
    return session.scalar(of_attempt)


def withdraw(session: Session, actor: User, taught: TaughtCertificate, reason: str, now: datetime) -> None:
    """Withdraw a certificate, which was loaded for an update.

    :raise CertificateChangedMeanwhile: it is withdrawn already.
    """
    certificate = taught.certificate
    if certificate.withdrawn_at is not None:
        raise CertificateChangedMeanwhile
    certificate.withdrawn_at, certificate.withdrawn_by_id, certificate.reason = now, actor.id, reason
    subject = subjects.make_reference("attempt", certificate.attempt_id)
    audit.record(session, actor, "certificate.withdraw", subject, now, reason=reason)
    _tell(session, certificate, NoticeKind.CERTIFICATE_WITHDRAWN, now)


def restore(session: Session, actor: User, taught: TaughtCertificate, now: datetime) -> None:
    """Make a withdrawn certificate valid again.

    :raise CertificateChangedMeanwhile: it is valid.
    """
    certificate = taught.certificate
    if certificate.withdrawn_at is None:
        raise CertificateChangedMeanwhile
    certificate.withdrawn_at = certificate.withdrawn_by_id = certificate.reason = None
    subject = subjects.make_reference("attempt", certificate.attempt_id)
    audit.record(session, actor, "certificate.restore", subject, now)
    _tell(session, certificate, NoticeKind.CERTIFICATE_RESTORED, now)


def _tell(session: Session, certificate: Certificate, kind: NoticeKind, now: datetime) -> None:
    owner = session.scalar(select(User).join(Learner).where(Learner.id == certificate.learner_id))
    if owner is not None:
        notices.add(owner, kind, now, certificate.title)
