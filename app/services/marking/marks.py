"""Manual changes to single marks. Each has a reason, stays on record and is shown to the learner."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db import lock_rows
from app.domain.attempt import AttemptOutcome, AttemptState, compute_outcome
from app.domain.correction import Remedy, mark_by_points
from app.domain.marking import MAX_POINTS
from app.models import (
    Assignment,
    AssignmentException,
    Attempt,
    AttemptItem,
    Cohort,
    Correction,
    Learner,
    Mark,
    MarkChange,
    ScopeResult,
    User,
)
from app.permissions import Viewer, teaches
from app.services.assignments import assignment_sql
from app.services.assignments.availability import is_score_released
from app.services.log import audit, subjects
from app.services.marking import active_corrections, regrade_plan, regrade_writer
from app.services.marking.regrade_plan import AttemptChange, MarkChangePlan
from app.services.marking.regrade_writer import RegradeContext

MAX_REASON_LENGTH = 1000


class MarkError(Exception):
    """A mark cannot be changed."""


class MarkVoid(MarkError):
    """The question is void."""


class MarkChangedMeanwhile(MarkError):
    """The mark was changed since the page was loaded."""


class MarkOfOwn(MarkError):
    """The answer is the actor's own."""


class MarkUnchanged(MarkError):
    """The mark already has these points."""


class PassWouldBeLost(MarkError):
    """The change would take away a released pass, which was not explicitly allowed."""


@dataclass(frozen=True, slots=True)
class TaughtMark:
    """A mark in a submitted attempt at an assignment that its viewer teaches. Having one proves access."""

    attempt: Attempt
    item: AttemptItem
    mark: Mark
    assignment: Assignment
    cohort: Cohort
    name: str | None
    is_released: bool
    """Whether the learner may see the score."""
    author_id: int | None
    """The id of the learner's account, if there is one. Nobody changes a mark of their own."""


@dataclass(frozen=True, slots=True)
class TaughtMarkChange:
    """A change to a mark. ``remedy`` is that of the correction that caused it, None for a manual change."""

    old_points: float
    new_points: float
    old_max_points: float
    new_max_points: float
    reason: str
    changed_at: datetime
    by: str | None
    remedy: Remedy | None


def get_for(
    session: Session, viewer: Viewer, attempt_id: int, position: int, now: datetime, *, for_update: bool = False
) -> TaughtMark | None:
    """Return a mark that the viewer may change; None if its attempt is open or not at an assignment they teach."""
    found: Any = (
        select(Attempt, AttemptItem, Mark, Assignment, Cohort, User, ScopeResult, AssignmentException)
        .join(AttemptItem, AttemptItem.attempt_id == Attempt.id)
        .join(Mark, (Mark.attempt_id == Attempt.id) & (Mark.position == AttemptItem.position))
        .join(Assignment, Assignment.id == Attempt.assignment_id)
        .join(Cohort, Cohort.id == Assignment.cohort_id)
        .outerjoin(ScopeResult, (ScopeResult.learner_id == Attempt.learner_id) & (ScopeResult.scope == Attempt.scope))
        .join(Learner, Learner.id == Attempt.learner_id)
        .outerjoin(User, User.id == Learner.user_id)
        .outerjoin(AssignmentException, assignment_sql.is_exception_of(Attempt))
        .where(Attempt.id == attempt_id, AttemptItem.position == position, teaches(viewer, Assignment.cohort_id))
        .where(Attempt.state == AttemptState.SUBMITTED)
    )
    if for_update:
        active_corrections.lock_shared(session)
        found = lock_rows(found, Attempt, Mark).execution_options(populate_existing=True)
    row = session.execute(found).one_or_none()
    if row is None:
        return None
    attempt, item, mark, assignment, cohort, author, result, exception = row
    has_total = attempt.points is not None and result is not None
    is_released = has_total and is_score_released(assignment, result.attempts, now, exception)
    name, author_id = (author.name, author.id) if author else (None, None)
    return TaughtMark(attempt, item, mark, assignment, cohort, name, is_released, author_id)


def get_unmarked(session: Session, viewer: Viewer, attempt_id: int, position: int) -> Attempt | None:
    """Return the attempt if the viewer teaches its cohort and this mark is still to come.

    It is open, or open again, or people have to mark the answer.
    """
    return session.scalar(
        select(Attempt)
        .join(AttemptItem, AttemptItem.attempt_id == Attempt.id)
        .join(Assignment, Assignment.id == Attempt.assignment_id)
        .where(Attempt.id == attempt_id, AttemptItem.position == position, teaches(viewer, Assignment.cohort_id))
        .where(Attempt.points.is_(None))
    )


def list_changes(session: Session, marked: TaughtMark) -> Sequence[TaughtMarkChange]:
    """List the changes to a mark, latest first."""
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
    return [TaughtMarkChange(*row) for row in rows]


def _count_changes(session: Session, marked: TaughtMark) -> int:
    its = (MarkChange.attempt_id == marked.attempt.id, MarkChange.position == marked.item.position)
    return session.scalar(select(func.count(MarkChange.id)).where(*its)) or 0


def change_mark(
    session: Session,
    actor: User,
    marked: TaughtMark,
    points: float,
    reason: str,
    now: datetime,
    *,
    seen: int | None = None,
    may_lower: bool = False,
) -> None:
    """Set a mark to ``points``, and update the attempt's total and the learner's result.

    The mark must be loaded for update. ``points`` is 0 to :data:`MAX_POINTS`. ``seen`` is the number of earlier changes
    that the page showed. A released pass is taken away only if ``may_lower``.

    :raise MarkError: the change is refused.
    :raise ValueError: the points are out of range.
    """
    mark = marked.mark
    if not 0 <= points <= MAX_POINTS:
        raise ValueError(f"points must be 0 to {MAX_POINTS}: {points}")
    if marked.author_id == actor.id:
        raise MarkOfOwn
    if mark.is_void:
        raise MarkVoid
    if seen is not None and seen != _count_changes(session, marked):
        raise MarkChangedMeanwhile
    if points == mark.points:
        raise MarkUnchanged
    regrade = _build_change(session, marked, points)
    if regrade.is_kept(may_lower=may_lower):
        raise PassWouldBeLost
    writing = RegradeContext(actor.id, reason, secrets.token_hex(8), now)
    regrade_writer.apply(session, [regrade], writing)
    audit.record(
        session,
        actor,
        "mark.change",
        subjects.make_reference("attempt", marked.attempt.id),
        now,
        position=mark.position,
        old=regrade.mark.old_points,
        new=points,
        of=MAX_POINTS,
        batch=writing.batch,
        may_lower=may_lower,
    )


def _build_change(session: Session, marked: TaughtMark, points: float) -> AttemptChange:
    attempt, item, mark = marked.attempt, marked.item, marked.mark
    new = mark_by_points(points, item.response, item.certainty)
    changed = MarkChangePlan(item.position, mark.points, mark.max_points, new)
    items = regrade_plan.list_marked_items(session, item.version_id, {attempt.id: new})[attempt.id]
    before = AttemptOutcome(
        attempt.points or 0.0, attempt.max_points or 0.0, bool(attempt.is_passed), bool(attempt.is_critical_missed)
    )
    has_total = attempt.points is not None  # else people still mark other answers
    return AttemptChange(
        attempt_id=attempt.id,
        number=attempt.number,
        purpose=attempt.purpose,
        name=marked.name,
        assignment_title=marked.assignment.title,
        mark=changed,
        before=before if has_total else None,
        after=compute_outcome(items, attempt.pass_mark_percent, attempt.section_rules) if has_total else None,
        is_released=marked.is_released,
    )
