"""The weekly digest for trainers: new results, who needs attention, answers to mark, reports to answer, and what is due next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import case, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.domain.attempt import AttemptState
from app.domain.names import fold_name
from app.domain.notifications import NotificationKind
from app.models import (
    Assignment,
    Attempt,
    Cohort,
    CohortTrainer,
    Digest,
    Learner,
    Membership,
    QuestionReport,
    Role,
    User,
)
from app.services.people import notifications
from app.services.reporting import overviews

WEEK = timedelta(days=7)

LONGEST = timedelta(days=21)
"""A digest covers the time since the last one, but no more than this."""

MAX_NAMED = 10
"""How many learners who need attention are named."""


@dataclass(frozen=True, slots=True)
class DueAssignment:
    title: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class CohortDigest:
    """What is new in a cohort. ``attention`` names the most urgent of the ``needing`` learners."""

    cohort_id: int
    title: str
    time_zone: str
    results: int
    passed: int
    attention: tuple[str, ...]
    needing: int
    reports: int
    to_mark: int
    due: tuple[DueAssignment, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.results or self.needing or self.reports or self.to_mark or self.due)


@dataclass(frozen=True, slots=True)
class DigestMail:
    """A digest to send. ``week`` is an ISO week in the trainer's time zone."""

    user_id: int
    name: str
    email: str
    language: str
    week: str
    cohorts: tuple[CohortDigest, ...]


@dataclass(frozen=True, slots=True)
class DigestReader:
    """A trainer who wants the digest and did not get that of this week yet; ``since`` is when the last one was sent."""

    user_id: int
    name: str
    email: str
    language: str
    week: str
    since: datetime


_SENT = select(Digest.user_id, Digest.week)


def list_readers(session: Session, now: datetime) -> list[DigestReader]:
    latest = select(func.max(Digest.sent_at)).where(Digest.user_id == User.id).correlate(User).scalar_subquery()
    rows = session.execute(
        select(User.id, User.name, User.email, Learner.language, Learner.time_zone, latest.label("latest"))
        .join(Learner, Learner.user_id == User.id)
        .where(
            User.active,
            User.role.in_([Role.TRAINER, Role.ADMIN]),
            notifications.is_mail_wanted(NotificationKind.DIGEST, User.id),
        )
        .order_by(User.id)
    ).all()
    readers = [
        DigestReader(
            user_id=row.id,
            name=row.name,
            email=row.email,
            language=row.language,
            week=get_week(now, row.time_zone),
            since=max(row.latest, now - LONGEST) if row.latest else now - WEEK,
        )
        for row in rows
    ]
    weeks = {one.week for one in readers}
    sent = {(user_id, week) for user_id, week in session.execute(_SENT.where(Digest.week.in_(weeks)))}
    return [one for one in readers if (one.user_id, one.week) not in sent]


def get_week(now: datetime, time_zone: str) -> str:
    """Return the ISO week in a time zone, such as ``2026-W48``."""
    year, week, _day = now.astimezone(ZoneInfo(time_zone)).isocalendar()
    return f"{year}-W{week:02}"


def build_digest(session: Session, reader: DigestReader, now: datetime) -> DigestMail | None:
    """Return the digest of a trainer's active cohorts, without those where nothing happened; None if there is nothing."""
    cohorts = session.scalars(
        select(Cohort)
        .join(CohortTrainer, CohortTrainer.cohort_id == Cohort.id)
        .where(CohortTrainer.user_id == reader.user_id, Cohort.archived_at.is_(None))
        .order_by(Cohort.id)
    )
    ordered = sorted(cohorts, key=lambda cohort: fold_name(cohort.title))
    found = [_build_cohort(session, cohort, reader.since, now) for cohort in ordered]
    told = tuple(one for one in found if not one.is_empty)
    if not told:
        return None
    return DigestMail(reader.user_id, reader.name, reader.email, reader.language, reader.week, told)


def _build_cohort(session: Session, cohort: Cohort, since: datetime, now: datetime) -> CohortDigest:
    overview = overviews.get_overview(session, cohort, now)
    results, passed = _count_results(session, cohort, since, now)
    return CohortDigest(
        cohort_id=cohort.id,
        title=cohort.title,
        time_zone=cohort.time_zone,
        results=results,
        passed=passed,
        attention=tuple(row.name for row in overview.attention[:MAX_NAMED]),
        needing=overview.needing,
        reports=_count_reports(session, cohort),
        to_mark=sum(one.answers for one in overview.to_mark),
        due=tuple(
            DueAssignment(one.column.title, one.column.due_at)
            for one in overview.due_soon
            if one.column.due_at is not None and one.column.due_at <= now + WEEK
        ),
    )


def _count_results(session: Session, cohort: Cohort, since: datetime, now: datetime) -> tuple[int, int]:
    """Count the attempts that current members submitted since then, and those of them that passed."""
    counted, passed = session.execute(
        select(func.count(), func.coalesce(func.sum(case((Attempt.is_passed.is_(True), 1), else_=0)), 0))
        .select_from(Attempt)
        .join(Assignment, Assignment.id == Attempt.assignment_id)
        .join(
            Membership,
            (Membership.cohort_id == Assignment.cohort_id) & (Membership.learner_id == Attempt.learner_id),
        )
        .where(
            Assignment.cohort_id == cohort.id,
            Membership.removed_at.is_(None),
            Attempt.state == AttemptState.SUBMITTED,
            Attempt.submitted_at > since,
            Attempt.submitted_at <= now,
        )
    ).one()
    return counted, passed


def _count_reports(session: Session, cohort: Cohort) -> int:
    """Count the reports of questions in this cohort's assignments that wait for a reply."""
    found = (
        select(func.count())
        .select_from(QuestionReport)
        .join(Attempt, Attempt.id == QuestionReport.attempt_id)
        .join(Assignment, Assignment.id == Attempt.assignment_id)
        .where(Assignment.cohort_id == cohort.id, QuestionReport.answered_at.is_(None))
    )
    return session.scalar(found) or 0


def note(session: Session, mail: DigestMail, now: datetime) -> bool:
    """Record that a digest is written; return False if a concurrent run has recorded it."""
    try:
        with session.begin_nested():
            session.execute(insert(Digest), [{"user_id": mail.user_id, "week": mail.week, "sent_at": now}])
    except IntegrityError:
        return False
    return True
