"""Reports of questions: a learner says what is wrong with one, whoever is responsible sees it as it was asked and answered, and replies.

A question of an assigned test is its cohort's trainers' business; all others are the administrators', who see every report.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, exists, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.domain.release import EVERYTHING
from app.models import (
    Assignment,
    Attempt,
    AttemptItem,
    Cohort,
    CohortTrainer,
    Learner,
    ModuleRow,
    QuestionReport,
    QuestionRow,
    QuestionVersion,
    User,
)
from app.permissions import Viewer, may_administer, may_teach
from app.services import audit
from app.services.marking import rulings
from app.services.taking.attempts import Loaded
from app.services.taking.feedback import Feedback, feedback
from app.services.taking.papers import QuestionView, question

LONGEST = 2000
SHOWN = 100
"""How many reports a list shows at most, those without a reply first."""


@dataclass(frozen=True, slots=True)
class Line:
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
class Reported:
    """A report that its viewer may read and answer, with the question as it was asked, and what was answered."""

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
    """How many reports there are of this version, this one included."""
    version_id: int
    assignment_id: int | None
    """What it was asked in; None for practice and the module's own tests, where administrators alone correct."""


def get_own(session: Session, loaded: Loaded, position: int) -> QuestionReport | None:
    return session.scalar(
        select(QuestionReport).where(
            QuestionReport.attempt_id == loaded.attempt.id, QuestionReport.position == position
        )
    )


def report(session: Session, loaded: Loaded, item: AttemptItem, says: str, now: datetime) -> None:
    """Store what the attempt's learner says is wrong with a question. Said again, it takes the place of what was said; a reply ends that."""
    own = get_own(session, loaded, item.position)
    if own is None:
        made = QuestionReport(attempt_id=item.attempt_id, position=item.position, says=says, reported_at=now)
        try:
            with session.begin_nested():
                session.add(made)
            return
        except IntegrityError:
            own = get_own(session, loaded, item.position)  # the same form, sent twice at one moment
    if own is not None and own.answered_at is None:
        own.says, own.reported_at = says, now


def _visible(viewer: Viewer, statement: Select[Any]) -> Select[Any]:
    """Only what the viewer may see of a statement over reports, attempts and, outer-joined, assignments and cohorts."""
    if may_administer(viewer) or viewer.user is None:
        return statement
    teaches = exists().where(CohortTrainer.cohort_id == Assignment.cohort_id, CohortTrainer.user_id == viewer.user.id)
    return statement.where(teaches)


_WITH: Select[Any] = (
    select(QuestionReport)
    .join(Attempt, Attempt.id == QuestionReport.attempt_id)
    .join(ModuleRow, ModuleRow.id == Attempt.module_id)
    .join(
        AttemptItem,
        and_(AttemptItem.attempt_id == QuestionReport.attempt_id, AttemptItem.position == QuestionReport.position),
    )
    .join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
    .join(QuestionRow, QuestionRow.id == QuestionVersion.question_id)
    .join(Learner, Learner.id == Attempt.learner_id)
    .outerjoin(User, User.id == Learner.user_id)
    .outerjoin(Assignment, Assignment.id == Attempt.assignment_id)
    .outerjoin(Cohort, Cohort.id == Assignment.cohort_id)
)


def list_for(session: Session, viewer: Viewer) -> Sequence[Line]:
    """The reports that the viewer may answer: open ones first, then the latest; one statement."""
    if not may_teach(viewer):
        return ()
    statement = _visible(viewer, _WITH).with_only_columns(
        QuestionReport.id,
        QuestionReport.says,
        QuestionReport.reported_at,
        QuestionReport.answered_at.is_not(None),
        User.name,
        QuestionVersion.stem,
        ModuleRow.title,
        Cohort.title,
    )
    ordered = statement.order_by(QuestionReport.answered_at.is_not(None), QuestionReport.reported_at.desc())
    rows: Sequence[Any] = session.execute(ordered.limit(SHOWN)).all()
    return [Line(*row) for row in rows]


def count_open(session: Session, viewer: Viewer) -> int:
    """How many reports wait for the viewer's reply."""
    if not may_teach(viewer):
        return 0
    statement = _visible(viewer, _WITH.where(QuestionReport.answered_at.is_(None)))
    return session.scalar(statement.with_only_columns(func.count(QuestionReport.id))) or 0


def get_for(session: Session, viewer: Viewer, report_id: int) -> Reported | None:
    """A report with the question as its learner saw it; None where it isn't the viewer's to answer."""
    if not may_teach(viewer):
        return None
    statement = _visible(viewer, _WITH.where(QuestionReport.id == report_id))
    row = session.execute(
        statement.add_columns(
            AttemptItem, QuestionVersion, QuestionRow, ModuleRow.title, User.name, Cohort.title, Attempt
        )
    ).one_or_none()
    if row is None:
        return None
    found, item, version, asked, module_title, name, cohort_title, attempt = row
    corrections = rulings.in_force(session, [version.id], attempt.assignment_id)
    return Reported(
        report=found,
        name=name,
        module_title=module_title,
        cohort_title=cohort_title,
        question_slug=asked.slug,
        version=version.number,
        is_current=version.superseded_at is None and asked.retired_at is None,
        view=question(session, item),
        feedback=feedback(session, item, EVERYTHING, corrections.get(version.id, ())),
        same_version=_count_of_version(session, version.id),
        version_id=version.id,
        assignment_id=attempt.assignment_id,
    )


def _count_of_version(session: Session, version_id: int) -> int:
    of_version = select(func.count(QuestionReport.id)).join(
        AttemptItem,
        and_(AttemptItem.attempt_id == QuestionReport.attempt_id, AttemptItem.position == QuestionReport.position),
    )
    return session.scalar(of_version.where(AttemptItem.version_id == version_id)) or 0


def reply(session: Session, actor: User, reported: Reported, words: str, now: datetime) -> bool:
    """Answer a report, once; the learner reads it with their result. False where somebody answered it before."""
    changed = session.execute(
        update(QuestionReport)
        .where(QuestionReport.id == reported.report.id, QuestionReport.answered_at.is_(None))
        .values(reply=words, answered_at=now, answered_by_id=actor.id)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        return False
    audit.record(session, actor, "question_report.reply", f"question_report:{reported.report.id}", now)
    return True
