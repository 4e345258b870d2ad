"""Question reports: learners report faulty questions; trainers and administrators read them and reply.

Trainers see the reports from their cohorts' assignments. Administrators see all reports; those from practice and from a
module's own test are theirs alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.domain.attempt import AttemptState, resolve_state
from app.domain.paging import Paged, paginate
from app.domain.release import RELEASE_EVERYTHING
from app.models import (
    Assignment,
    Attempt,
    AttemptItem,
    Cohort,
    Learner,
    Mark,
    ModuleRow,
    QuestionReport,
    QuestionRow,
    QuestionVersion,
    User,
)
from app.permissions import Viewer, teaches
from app.services.attempts.attempts import OwnAttempt
from app.services.attempts.feedback import Feedback, get_feedback
from app.services.attempts.papers import QuestionView, view_question
from app.services.log import audit, subjects
from app.services.marking import active_corrections

MAX_REPORT_LENGTH = 2000
PER_PAGE = 25


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One report in a list; ``name`` is None for a guest."""

    id: int
    says: str
    reported_at: datetime
    is_answered: bool
    name: str | None
    stem: str
    module_title: str
    cohort_title: str | None


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """Which reports to list; None means all. ``is_replied`` selects those with or without a reply."""

    is_replied: bool | None = None
    cohort_id: int | None = None
    module_slug: str | None = None


EVERY_REPORT = ReportQuery()


@dataclass(frozen=True, slots=True)
class ReportFilters:
    """The choices of the list's filters: titles of cohorts by id, and of modules by slug."""

    cohorts: Mapping[int, str]
    modules: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TaughtReport:
    """A report that its viewer may answer, with the question as the learner saw it and the learner's answer.

    ``feedback`` has no mark to show if people have to mark the answer first (``is_unmarked``).
    """

    report: QuestionReport
    name: str | None
    module_title: str
    cohort_title: str | None
    question_slug: str
    version: int
    is_current: bool
    view: QuestionView
    feedback: Feedback
    same_version: int
    """The number of reports of this version, including this one."""
    version_id: int
    assignment_id: int | None
    """None for practice and the module's own test, which only administrators can correct."""
    is_unmarked: bool


def get_own(session: Session, loaded: OwnAttempt, position: int) -> QuestionReport | None:
    return session.scalar(
        select(QuestionReport).where(
            QuestionReport.attempt_id == loaded.attempt.id, QuestionReport.position == position
        )
    )


@dataclass(frozen=True, slots=True)
class OwnReport:
    """A learner's report as its learner sees it now. ``reply`` and ``answered_at`` are None as long as none is shown."""

    says: str
    reported_at: datetime
    reply: str | None
    answered_at: datetime | None
    reply_read_at: datetime | None


def view_own(session: Session, loaded: OwnAttempt, position: int, now: datetime) -> OwnReport | None:
    """Return the viewer's own report of a question.

    A reply from before a trainer reopened the attempt may name the right answer, so it waits for the submission.
    """
    report = get_own(session, loaded, position)
    if report is None:
        return None
    since = loaded.attempt.reopened_at
    is_hidden = (
        report.answered_at is not None
        and since is not None
        and report.answered_at <= since
        and resolve_state(loaded.attempt.state, loaded.attempt.deadline_at, now) is AttemptState.OPEN
    )
    if is_hidden:
        return OwnReport(report.says, report.reported_at, None, None, None)
    return OwnReport(report.says, report.reported_at, report.reply, report.answered_at, report.reply_read_at)


def save_report(session: Session, loaded: OwnAttempt, position: int, says: str, now: datetime) -> bool:
    """Store a learner's report of a question; return False if the earlier report has a reply already.

    A second report replaces the first until somebody replies.
    """
    own = get_own(session, loaded, position)
    if own is None:
        made = QuestionReport(attempt_id=loaded.attempt.id, position=position, says=says, reported_at=now)
        try:
            with session.begin_nested():
                session.add(made)
            return True
        except IntegrityError:
            own = get_own(session, loaded, position)  # a concurrent request sent the same form
    if own is None:
        return False
    changed = session.execute(
        update(QuestionReport)
        .where(QuestionReport.id == own.id, QuestionReport.answered_at.is_(None))
        .values(says=says, reported_at=now)
    )
    return bool(changed.rowcount)  # type: ignore[attr-defined]


_REPORTS: Select[Any] = (
    select(QuestionReport)
    .join(Attempt, Attempt.id == QuestionReport.attempt_id)
    .join(
        AttemptItem,
        and_(AttemptItem.attempt_id == QuestionReport.attempt_id, AttemptItem.position == QuestionReport.position),
    )
    .join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
    .join(QuestionRow, QuestionRow.id == QuestionVersion.question_id)
    .join(ModuleRow, ModuleRow.id == QuestionRow.module_id)
    .join(Learner, Learner.id == Attempt.learner_id)
    .outerjoin(User, User.id == Learner.user_id)
    .outerjoin(Assignment, Assignment.id == Attempt.assignment_id)
    .outerjoin(Cohort, Cohort.id == Assignment.cohort_id)
)


def list_for(
    session: Session, viewer: Viewer, sought: ReportQuery = EVERY_REPORT, number: int = 1
) -> Paged[ReportLine]:
    """Return one page of the matching reports that the viewer may answer: open ones first, then the latest."""
    found = _REPORTS.where(teaches(viewer, Assignment.cohort_id), *_get_conditions(sought))
    total = session.scalar(found.with_only_columns(func.count(QuestionReport.id))) or 0
    listed = found.with_only_columns(
        QuestionReport.id,
        QuestionReport.says,
        QuestionReport.reported_at,
        QuestionReport.answered_at.is_not(None),
        User.name,
        QuestionVersion.stem,
        ModuleRow.title,
        Cohort.title,
    ).order_by(QuestionReport.answered_at.is_not(None), QuestionReport.reported_at.desc(), QuestionReport.id.desc())

    def fetch(offset: int, limit: int) -> list[ReportLine]:
        rows: Sequence[Any] = session.execute(listed.limit(limit).offset(offset)).all()
        return [ReportLine(*row) for row in rows]

    return paginate(total, number, fetch, per_page=PER_PAGE)


def _get_conditions(sought: ReportQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if sought.is_replied is not None:
        is_replied = QuestionReport.answered_at.is_not(None)
        conditions.append(is_replied if sought.is_replied else ~is_replied)
    if sought.cohort_id is not None:
        conditions.append(Assignment.cohort_id == sought.cohort_id)
    if sought.module_slug is not None:
        conditions.append(ModuleRow.slug == sought.module_slug)
    return conditions


def list_filters(session: Session, viewer: Viewer) -> ReportFilters:
    """Return the cohorts and modules in which there are reports that the viewer may answer, by title."""
    mine = _REPORTS.where(teaches(viewer, Assignment.cohort_id))
    cohorts = mine.where(Cohort.id.is_not(None)).with_only_columns(Cohort.id, Cohort.title)
    modules = mine.with_only_columns(ModuleRow.slug, ModuleRow.title, ModuleRow.position)
    return ReportFilters(
        cohorts={number: title for number, title in session.execute(cohorts.distinct().order_by(Cohort.title))},
        modules={slug: title for slug, title, _ in session.execute(modules.distinct().order_by(ModuleRow.position))},
    )


def count_open(session: Session, viewer: Viewer) -> int:
    """Count the reports that wait for the viewer's reply."""
    statement = _REPORTS.where(QuestionReport.answered_at.is_(None), teaches(viewer, Assignment.cohort_id))
    return session.scalar(statement.with_only_columns(func.count(QuestionReport.id))) or 0


def get_for(session: Session, viewer: Viewer, report_id: int) -> TaughtReport | None:
    """Return a report with the question as its learner saw it, or None if the viewer may not answer it."""
    statement = _REPORTS.where(QuestionReport.id == report_id, teaches(viewer, Assignment.cohort_id))
    row = session.execute(
        statement.add_columns(
            AttemptItem, QuestionVersion, QuestionRow, ModuleRow.title, User.name, Cohort.title, Attempt
        )
    ).one_or_none()
    if row is None:
        return None
    found, item, version, asked, module_title, name, cohort_title, attempt = row
    corrections = active_corrections.list_in_force(session, [version.id], attempt.assignment_id)
    view = view_question(session, item)
    shown = get_feedback(session, item, RELEASE_EVERYTHING, corrections.get(version.id, ()))
    mark = session.get(Mark, (item.attempt_id, item.position)) if view.kind.is_marked_by_people else None
    if mark is not None:
        shown = replace(shown, points=mark.points, is_right=mark.is_right, is_void=mark.is_void)
    return TaughtReport(
        report=found,
        name=name,
        module_title=module_title,
        cohort_title=cohort_title,
        question_slug=asked.slug,
        version=version.number,
        is_current=version.superseded_at is None and asked.retired_at is None,
        view=view,
        feedback=shown,
        same_version=_count_for_version(session, version.id),
        version_id=version.id,
        assignment_id=attempt.assignment_id,
        is_unmarked=view.kind.is_marked_by_people and mark is None,
    )


def _count_for_version(session: Session, version_id: int) -> int:
    of_version = select(func.count(QuestionReport.id)).join(
        AttemptItem,
        and_(AttemptItem.attempt_id == QuestionReport.attempt_id, AttemptItem.position == QuestionReport.position),
    )
    return session.scalar(of_version.where(AttemptItem.version_id == version_id)) or 0


def reply_to_report(session: Session, actor: User, reported: TaughtReport, words: str, now: datetime) -> bool:
    """Store the reply, which the learner sees with the result; return False if the report has been answered already."""
    changed = session.execute(
        update(QuestionReport)
        .where(QuestionReport.id == reported.report.id, QuestionReport.answered_at.is_(None))
        .values(reply=words, answered_at=now, answered_by_id=actor.id)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        return False
    audit.record(
        session, actor, "question_report.reply", subjects.make_reference("question_report", reported.report.id), now
    )
    return True
