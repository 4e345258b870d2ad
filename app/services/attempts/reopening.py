"""Reopen submitted attempts and give open ones more time, on a trainer's decision and with a reason.

Answers and their log stay. Marks are withdrawn: they are kept in ``withdrawn_mark``, and their changes stay in
``mark_change``. The next submission marks all answers anew, by the corrections in force then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, delete, func, insert, literal, select, update
from sqlalchemy.orm import Session, aliased

from app.db import lock_rows
from app.domain import reopening as rules
from app.domain.assignment import resolve_terms
from app.domain.attempt import AttemptState
from app.domain.names import get_sort_name
from app.domain.notifications import NotificationKind
from app.domain.release import Release, ReleaseFacts, decide_release, decide_release_in_progress
from app.domain.reopening import AttemptRecency, ReopeningKind, ReopeningObstacle
from app.models import (
    Assignment,
    AssignmentException,
    Attempt,
    AttemptItem,
    AttemptReopening,
    Cohort,
    Learner,
    Mark,
    MarkChange,
    MarkingRow,
    Membership,
    ScopeResult,
    User,
    WithdrawnMark,
)
from app.permissions import Viewer, teaches
from app.services.assignments import assignment_sql, deadlines
from app.services.assignments.assignments import TaughtAssignment
from app.services.attempts import releases
from app.services.cohorts import cohorts
from app.services.log import audit, subjects
from app.services.marking import active_corrections, card_updates, regrade_writer, submission
from app.services.people import notifications


class ReopeningRefused(Exception):
    """The attempt must stay as it is, for the reason in ``obstacle``."""

    def __init__(self, obstacle: ReopeningObstacle) -> None:
        super().__init__(obstacle)
        self.obstacle = obstacle


class AttemptChangedMeanwhile(Exception):
    """The attempt was submitted or reopened since the page was loaded."""


@dataclass(frozen=True, slots=True)
class ReopenableAttempt:
    """An attempt of which its viewer teaches the cohort, with the facts to decide about reopening it.

    ``name``, ``email`` and ``user_id`` are None if the account was erased. ``may_see`` is what the learner can see of it now.
    ``changed_marks`` counts the marks that were changed by hand. ``obstacle`` is None if it can be reopened.
    """

    attempt: Attempt
    assignment: Assignment
    cohort: Cohort
    exception: AssignmentException | None
    name: str | None
    email: str | None
    user_id: int | None
    language: str
    wants_mail: bool
    kind: ReopeningKind
    obstacle: ReopeningObstacle | None
    may_see: Release
    changed_marks: int

    @property
    def version(self) -> str:
        """Identifies the state that a page showed: it changes whenever the attempt ends or is reopened."""
        attempt = self.attempt
        moments = (attempt.submitted_at, attempt.reopened_at)
        return "-".join([self.kind.value, *(str(int(one.timestamp() * 1000)) if one else "" for one in moments)])

    @property
    def minutes_left(self) -> int | None:
        """The minutes that were left when the attempt was submitted early."""
        return rules.get_minutes_left(self.attempt.deadline_at, self.attempt.submitted_at)

    def get_recency(self, now: datetime) -> AttemptRecency:
        return rules.get_recency(self.kind, self.attempt.submitted_at or self.attempt.deadline_at, now)


@dataclass(frozen=True, slots=True)
class ReopeningLine:
    """A reopening of an attempt. ``actor`` is None if the account was erased."""

    reopened_at: datetime
    actor: str | None
    reason: str
    minutes: int | None
    was_submitted: bool
    old_submitted_at: datetime | None
    old_points: float | None
    old_max_points: float | None
    old_is_passed: bool | None


# -- loading -----------------------------------------------------------------------------------------------------------


def get_for(
    session: Session, viewer: Viewer, attempt_id: int, now: datetime, *, for_update: bool = False
) -> ReopenableAttempt | None:
    """Return an attempt at an assignment of a cohort that the viewer teaches, or None."""
    if for_update:
        _lock(session, select(Attempt.assignment_id).where(Attempt.id == attempt_id), Attempt.id == attempt_id)
    found = _select(now).where(Attempt.id == attempt_id, teaches(viewer, Assignment.cohort_id))
    rows = session.execute(found.execution_options(populate_existing=for_update)).all()
    return _build(rows[0], now) if rows else None


def list_latest(
    session: Session, taught: TaughtAssignment, now: datetime, *, for_update: bool = False
) -> list[ReopenableAttempt]:
    """List the latest attempt of each learner at an assignment, by family name, without those who left the cohort."""
    its = Attempt.assignment_id == taught.assignment.id
    if for_update:
        _lock(session, select(Assignment.id).where(Assignment.id == taught.assignment.id), its)
    found = _select(now).where(its).order_by(User.folded, Attempt.id)
    rows = session.execute(found.execution_options(populate_existing=for_update)).all()
    rows = sorted(rows, key=lambda row: get_sort_name(row.name or "", row.sort_name))
    built = [_build(row, now) for row in rows if row.is_latest]
    return [
        one for one in built if one.obstacle not in (ReopeningObstacle.LEFT_COHORT, ReopeningObstacle.ACCOUNT_CLOSED)
    ]


def _lock(session: Session, assignment_ids: Select[Any], condition: Any) -> None:
    """Lock the assignment and these attempts against learners who submit or start, and against other trainers.

    The order is that of all code that writes marks or changes terms: corrections, assignment, attempts.
    """
    active_corrections.lock_shared(session)
    session.execute(lock_rows(select(Assignment.id).where(Assignment.id.in_(assignment_ids)), Assignment))
    session.execute(lock_rows(select(Attempt.id).where(condition).order_by(Attempt.id), Attempt))


def _select(now: datetime) -> Select[Any]:
    later = aliased(Attempt)
    is_latest = (
        ~select(later.id)
        .where(later.learner_id == Attempt.learner_id, later.scope == Attempt.scope, later.number > Attempt.number)
        .correlate(Attempt)
        .exists()
    )
    by_hand = (
        select(func.count())
        .where(
            MarkChange.attempt_id == Attempt.id,
            MarkChange.correction_id.is_(None),
            MarkChange.reopening_id.is_(None),
        )
        .correlate(Attempt)
        .scalar_subquery()
    )
    columns: Any = (
        select(
            Attempt,
            Assignment,
            Cohort,
            AssignmentException,
            User.name,
            User.email,
            User.id.label("user_id"),
            Learner.language,
            notifications.is_mail_wanted(NotificationKind.MESSAGES, User.id).label("wants_mail"),
            User.active,
            Membership.sort_name,
            Membership.removed_at.is_(None).label("is_member"),
            is_latest.label("is_latest"),
            by_hand.label("changed_marks"),
            releases.is_pool_in_use(now).label("is_pool_in_use"),
        )
        .join(Assignment, Assignment.id == Attempt.assignment_id)
        .join(Cohort, Cohort.id == Assignment.cohort_id)
        .join(Learner, Learner.id == Attempt.learner_id)
        .join(Membership, and_(Membership.cohort_id == Cohort.id, Membership.learner_id == Learner.id))
        .outerjoin(User, User.id == Learner.user_id)
        .outerjoin(AssignmentException, assignment_sql.is_exception_of(Attempt))
    )
    found: Select[Any] = columns
    return found


def _build(row: Any, now: datetime) -> ReopenableAttempt:
    attempt, assignment = row.Attempt, row.Assignment
    kind = rules.get_kind(attempt.state, attempt.deadline_at, now)
    return ReopenableAttempt(
        attempt=attempt,
        assignment=assignment,
        cohort=row.Cohort,
        exception=row.AssignmentException,
        name=row.name,
        email=row.email,
        user_id=row.user_id,
        language=row.language,
        wants_mail=bool(row.active and row.wants_mail),
        kind=kind,
        obstacle=rules.find_obstacle(
            kind,
            is_member=bool(row.is_member),
            is_active=bool(row.active),
            is_withdrawn=assignment.withdrawn_at is not None,
            is_latest=bool(row.is_latest),
            has_deadline=attempt.deadline_at is not None,
        ),
        may_see=_get_release(row, now),
        changed_marks=row.changed_marks,
    )


def _get_release(row: Any, now: datetime) -> Release:
    attempt, assignment, exception = row.Attempt, row.Assignment, row.AssignmentException
    terms = resolve_terms(assignment.base_terms, exception.terms if exception else None)
    facts = ReleaseFacts(
        purpose=attempt.purpose,
        state=attempt.state,
        deadline_at=attempt.deadline_at,
        is_settled=attempt.points is not None or releases.is_unfinished_shown(attempt, assignment),
        policy=assignment.policy,
        number=attempt.number,
        attempts_allowed=terms.attempts_allowed,
        closes_at=terms.over_at,
        is_pool_in_use=bool(row.is_pool_in_use),
    )
    if attempt.checks_each and attempt.state is AttemptState.OPEN:
        return decide_release_in_progress(facts)
    return decide_release(facts, now)


# -- reopening ---------------------------------------------------------------------------------------------------------


def reopen(
    session: Session, actor: User, found: ReopenableAttempt, minutes: int, reason: str, now: datetime, *, seen: str
) -> AttemptReopening:
    """Give ``minutes`` to an attempt, from now if it is submitted, else beyond its deadline.

    ``found`` must be loaded for update. ``seen`` is its ``version`` on the page that the trainer confirmed.

    :raise ReopeningRefused: see :class:`app.domain.reopening.ReopeningObstacle`.
    :raise AttemptChangedMeanwhile: see there.
    :raise ArchivedError: see :func:`app.services.cohorts.cohorts.require_active`.
    """
    cohorts.require_active(found.cohort)
    if seen != found.version:
        raise AttemptChangedMeanwhile
    if found.obstacle is not None:
        raise ReopeningRefused(found.obstacle)
    attempt = found.attempt
    record = _record(session, actor, found, minutes, reason, now)
    if attempt.state is AttemptState.SUBMITTED:
        _withdraw_marks(session, attempt, record)
        _reopen(session, attempt, now)
    attempt.deadline_at, attempt.reopened_at = record.deadline_at, now
    deadlines.note_extension(session, found.assignment, now)
    audit.record(
        session,
        actor,
        "attempt.reopen" if found.kind is ReopeningKind.REOPEN else "attempt.give_time",
        subjects.make_reference("attempt", attempt.id),
        now,
        minutes=record.minutes,
        reason=reason,
    )
    return record


def _record(
    session: Session, actor: User, found: ReopenableAttempt, minutes: int, reason: str, now: datetime
) -> AttemptReopening:
    attempt = found.attempt
    ended_at = attempt.submitted_at or (attempt.deadline_at if found.kind is ReopeningKind.REOPEN else None)
    record = AttemptReopening(
        attempt_id=attempt.id,
        actor_id=actor.id,
        reason=reason,
        reopened_at=now,
        minutes=None if attempt.deadline_at is None else minutes,
        deadline_at=rules.compute_new_deadline(found.kind, attempt.deadline_at, minutes, now),
        old_deadline_at=attempt.deadline_at,
        old_submitted_at=ended_at,
        old_points=attempt.points,
        old_max_points=attempt.max_points,
        old_is_passed=attempt.is_passed,
    )
    session.add(record)
    session.flush()  # the withdrawn marks need its id
    return record


def _withdraw_marks(session: Session, attempt: Attempt, record: AttemptReopening) -> None:
    """Keep the marks, their changes and markings with the reopening, and remove them from the attempt."""
    names = ("position", "points", "max_points", "is_right", "is_void", "certainty_points", "marked_at")
    marks = select(literal(record.id), *(getattr(Mark, name) for name in names)).where(Mark.attempt_id == attempt.id)
    session.execute(insert(WithdrawnMark).from_select(["reopening_id", *names], marks))
    session.execute(
        update(MarkChange)
        .where(MarkChange.attempt_id == attempt.id, MarkChange.reopening_id.is_(None))
        .values(reopening_id=record.id)
    )
    session.execute(delete(Mark).where(Mark.attempt_id == attempt.id))
    card_updates.note(session, [attempt.id])
    session.execute(
        update(MarkingRow)
        .where(MarkingRow.attempt_id == attempt.id, MarkingRow.reopening_id.is_(None))
        .values(reopening_id=record.id)
    )


def _reopen(session: Session, attempt: Attempt, now: datetime) -> None:
    attempt.state, attempt.submitted_at = AttemptState.OPEN, None
    attempt.points = attempt.max_points = attempt.is_passed = attempt.is_critical_missed = None
    session.flush()  # the statements below read the attempt
    if attempt.checks_each:
        _mark_checked_answers(session, attempt, now)
    others = session.scalars(
        select(Attempt.id).where(
            Attempt.learner_id == attempt.learner_id,
            Attempt.scope == attempt.scope,
            Attempt.state == AttemptState.SUBMITTED,
            Attempt.points.is_not(None),
        )
    ).all()
    if others:
        regrade_writer.recompute_results(session, others)
    else:
        session.execute(
            delete(ScopeResult).where(ScopeResult.learner_id == attempt.learner_id, ScopeResult.scope == attempt.scope)
        )


def _mark_checked_answers(session: Session, attempt: Attempt, now: datetime) -> None:
    """Mark answers that are final anew. Only the questions without an answer can be answered now."""
    items = session.scalars(
        select(AttemptItem).where(AttemptItem.attempt_id == attempt.id).order_by(AttemptItem.position)
    ).all()
    submission.write_marks(session, attempt, [item for item in items if item.response is not None], now)


# -- history -----------------------------------------------------------------------------------------------------------


def list_reopenings(session: Session, attempt: Attempt) -> Sequence[ReopeningLine]:
    """List the reopenings of an attempt, latest first."""
    return [_build_line(*row) for row in session.execute(_select_lines(attempt.id))]


def get_latest(session: Session, attempt_id: int) -> ReopeningLine | None:
    """Return the latest reopening of an attempt."""
    row = session.execute(_select_lines(attempt_id).limit(1)).one_or_none()
    return _build_line(*row) if row else None


def _select_lines(attempt_id: int) -> Select[AttemptReopening, str]:
    return (
        select(AttemptReopening, User.name)
        .outerjoin(User, User.id == AttemptReopening.actor_id)
        .where(AttemptReopening.attempt_id == attempt_id)
        .order_by(AttemptReopening.id.desc())
    )


def _build_line(row: AttemptReopening, actor: str | None) -> ReopeningLine:
    return ReopeningLine(
        reopened_at=row.reopened_at,
        actor=actor,
        reason=row.reason,
        minutes=row.minutes,
        was_submitted=row.old_submitted_at is not None,
        old_submitted_at=row.old_submitted_at,
        old_points=row.old_points,
        old_max_points=row.old_max_points,
        old_is_passed=row.old_is_passed,
    )
