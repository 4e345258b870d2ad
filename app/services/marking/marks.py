"""Changing a single mark by hand, with a reason: the change stays on record, and its learner sees it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.db import locked
from app.domain.attempt import Outcome, State, outcome
from app.domain.correction import Remedy, by_points
from app.domain.marking import MAX_POINTS
from app.domain.release import EVERYTHING
from app.models import (
    Assignment,
    AssignmentException,
    Attempt,
    AttemptItem,
    Cohort,
    CohortTrainer,
    Correction,
    Learner,
    Mark,
    MarkChange,
    Standing,
    User,
)
from app.permissions import Viewer, may_administer, may_teach
from app.services import audit
from app.services.assigned.due import is_score_released
from app.services.course import catalogue
from app.services.marking import regrading, rewriting, rulings
from app.services.marking.regrading import Regrade, Regraded
from app.services.marking.rewriting import Writing
from app.services.taking import feedback
from app.services.taking.feedback import Feedback
from app.services.taking.papers import QuestionView, question

LONGEST_REASON = 1000


class MarkError(Exception):
    """Why a mark can't be changed."""


class MarkVoid(MarkError):
    """Its question was taken out of the score."""


class MarkMoved(MarkError):
    """Somebody changed it since the page was loaded."""


class MarkSame(MarkError):
    """It is what it should become."""


class PassWouldBeLost(MarkError):
    """The learner was told that they passed, and nobody said that this may be taken away."""


@dataclass(frozen=True, slots=True)
class Marked:
    """One mark of a submitted attempt whose assignment the viewer teaches: holding it proves the right to change it."""

    attempt: Attempt
    item: AttemptItem
    mark: Mark
    assignment: Assignment
    cohort: Cohort
    name: str | None
    is_released: bool
    """Whether the learner may know the score."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a mark; ``remedy`` is that of the correction that made it, None for a change by hand."""

    old_points: float
    new_points: float
    old_max_points: float
    new_max_points: float
    reason: str
    changed_at: datetime
    by: str | None
    remedy: Remedy | None


@dataclass(frozen=True, slots=True)
class AsMarked:
    """What was asked, answered and earned, for somebody who may know all of it."""

    question: QuestionView
    feedback: Feedback
    is_critical: bool


def get_for(
    session: Session, viewer: Viewer, attempt_id: int, position: int, now: datetime, *, for_update: bool = False
) -> Marked | None:
    """A mark that the viewer may change; None where the attempt is another trainer's, of no assignment, or not handed in."""
    if viewer.user is None or not may_teach(viewer):
        return None
    exception = and_(
        AssignmentException.assignment_id == Attempt.assignment_id,
        AssignmentException.learner_id == Attempt.learner_id,
    )
    found: Any = (
        select(Attempt, AttemptItem, Mark, Assignment, Cohort, User.name, Standing, AssignmentException)
        .join(AttemptItem, AttemptItem.attempt_id == Attempt.id)
        .join(Mark, (Mark.attempt_id == Attempt.id) & (Mark.position == AttemptItem.position))
        .join(Assignment, Assignment.id == Attempt.assignment_id)
        .join(Cohort, Cohort.id == Assignment.cohort_id)
        .join(Standing, (Standing.learner_id == Attempt.learner_id) & (Standing.scope == Attempt.scope))
        .join(Learner, Learner.id == Attempt.learner_id)
        .outerjoin(User, User.id == Learner.user_id)
        .outerjoin(AssignmentException, exception)
        .where(Attempt.id == attempt_id, AttemptItem.position == position)
        .where(Attempt.state == State.SUBMITTED, Attempt.points.is_not(None))
    )
    if not may_administer(viewer):
        found = found.join(CohortTrainer, CohortTrainer.cohort_id == Cohort.id).where(
            CohortTrainer.user_id == viewer.user.id
        )
    if for_update:
        rulings.hold(session)
        found = locked(found, Attempt, Mark).execution_options(populate_existing=True)
    row = session.execute(found).one_or_none()
    if row is None:
        return None
    attempt, item, mark, assignment, cohort, name, standing, exception = row
    is_told = is_score_released(assignment, standing, now, exception)
    return Marked(attempt, item, mark, assignment, cohort, name, is_told)


def list_changes(session: Session, marked: Marked) -> Sequence[Change]:
    """The changes of a mark, the latest first: one statement."""
    rows = session.execute(
        select(
            MarkChange.old_points,
            MarkChange.new_points,
            MarkChange.old_max_points,
            MarkChange.new_max_points,
            MarkChange.reason,
            MarkChange.changed_at,
            User.name,
            Correction.remedy,
        )
        .outerjoin(User, User.id == MarkChange.actor_id)
        .outerjoin(Correction, Correction.id == MarkChange.correction_id)
        .where(MarkChange.attempt_id == marked.attempt.id, MarkChange.position == marked.item.position)
        .order_by(MarkChange.id.desc())
    )
    return [Change(*row) for row in rows]


def _count_changes(session: Session, marked: Marked) -> int:
    its = (MarkChange.attempt_id == marked.attempt.id, MarkChange.position == marked.item.position)
    return session.scalar(select(func.count(MarkChange.id)).where(*its)) or 0


def as_marked(session: Session, marked: Marked) -> AsMarked:
    """The question and the answer with everything that is known of them."""
    item, mark = marked.item, marked.mark
    ids = [item.version_id]
    shown, explained = catalogue.shown(session, ids)[item.version_id], catalogue.keys(session, ids)[item.version_id]
    corrections = rulings.in_force(session, ids, marked.attempt.assignment_id).get(item.version_id, ())
    sources = catalogue.sources(session, explained.sources)
    earned = feedback.Mark(mark.points, mark.is_right, mark.is_void)
    told = feedback.build(item, shown, explained, sources, EVERYTHING, earned, corrections)
    return AsMarked(question(session, item), told, shown.is_critical)


def change(
    session: Session,
    actor: User,
    marked: Marked,
    points: float,
    reason: str,
    now: datetime,
    *,
    seen: int | None = None,
    may_lower: bool = False,
) -> None:
    """Set a mark to ``points`` (0 to the maximum), loaded for update, and with it the attempt's total and where the learner stands.

    ``seen`` is how often it was changed before, as the page said. A pass that was released is taken away only where ``may_lower`` says so.

    :raise MarkError: what is refused, with nothing changed.
    :raise ValueError: points beyond the maximum.
    """
    mark = marked.mark
    if not 0 <= points <= MAX_POINTS:
        raise ValueError(f"a mark of {points} points")
    if mark.is_void:
        raise MarkVoid
    if seen is not None and seen != _count_changes(session, marked):
        raise MarkMoved
    if points == mark.points:
        raise MarkSame
    regrade = _regrade(session, marked, points)
    if regrade.is_kept(may_lower=may_lower):
        raise PassWouldBeLost
    writing = Writing(actor.id, reason, secrets.token_hex(8), now)
    rewriting.write(session, [regrade], writing)
    audit.record(
        session,
        actor,
        "mark.change",
        f"attempt:{marked.attempt.id}",
        now,
        position=mark.position,
        old=regrade.mark.old_points,
        new=points,
        of=MAX_POINTS,
        batch=writing.batch,
        may_lower=may_lower,
    )


def _regrade(session: Session, marked: Marked, points: float) -> Regrade:
    attempt, item, mark = marked.attempt, marked.item, marked.mark
    new = by_points(points, item.response, item.certainty)
    changed = Regraded(item.position, mark.points, mark.max_points, new)
    items = regrading.marked(session, [attempt.id], {attempt.id: changed})[attempt.id]
    return Regrade(
        attempt_id=attempt.id,
        number=attempt.number,
        purpose=attempt.purpose,
        name=marked.name,
        assignment_title=marked.assignment.title,
        mark=changed,
        before=Outcome(
            attempt.points or 0.0,
            attempt.max_points or 0.0,
            bool(attempt.is_passed),
            bool(attempt.is_critical_missed),
        ),
        after=outcome(items, attempt.pass_mark_percent),
        is_released=marked.is_released,
    )
