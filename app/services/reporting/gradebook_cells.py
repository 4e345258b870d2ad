"""Gradebook cells, built from assignments, exceptions, open attempts and results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Text, and_, case, cast, exists, false, func, literal, null, select, true, union_all
from sqlalchemy.orm import Session

from app.db import UtcDateTimeType
from app.domain.assignment import ExceptionTerms, GradingMethod, resolve_terms, was_due_before_joining
from app.domain.gradebook import (
    AttemptBeingMarked,
    AttemptInProgress,
    CellResult,
    GradebookCell,
    GradebookColumn,
    build_cell,
)
from app.domain.scope import build_assignment_scope
from app.domain.totals import resolve_weight
from app.models import (
    Assignment,
    AssignmentException,
    AssignmentRecipient,
    Attempt,
    AttemptItem,
    Cohort,
    ModuleRow,
    ScopeResult,
)
from app.permissions import draws_on
from app.services.reporting.gradebook_members import GradebookMember

CellsByPlace = dict[tuple[int, int], GradebookCell]
"""Cells by learner and assignment."""


def list_columns(session: Session, cohort: Cohort) -> tuple[GradebookColumn, ...]:
    """Return the cohort's assignments, including withdrawn ones, by due date; those without one come last."""
    found = session.execute(
        select(Assignment, ModuleRow.retired_at)
        .join(ModuleRow, ModuleRow.id == Assignment.module_id)
        .where(Assignment.cohort_id == cohort.id)
        .order_by(Assignment.due_at.is_(None), Assignment.due_at, Assignment.id)
    ).all()
    pretests = {row.pretest_id for row, _retired in found if row.pretest_id and row.withdrawn_at is None}
    return tuple(
        build_column(row, is_pretest=row.id in pretests, is_retired=retired_at is not None) for row, retired_at in found
    )


def asked_modules(columns: Iterable[GradebookColumn]) -> Select[int]:
    """Select the ids of the modules about which these assignments ask; a composed test asks about several."""
    ids = [column.assignment_id for column in columns]
    its = exists().where(Assignment.id.in_(ids), draws_on(Assignment, ModuleRow.id))
    return select(ModuleRow.id).where(its.correlate_except(Assignment))


def build_column(assignment: Assignment, *, is_pretest: bool = False, is_retired: bool = False) -> GradebookColumn:
    """Return an assignment as a column."""
    return GradebookColumn(
        assignment_id=assignment.id,
        module_id=assignment.module_id,
        title=assignment.title,
        terms=assignment.base_terms,
        counts=assignment.counts,
        is_for_all=assignment.is_for_all,
        is_withdrawn=assignment.withdrawn_at is not None,
        is_retired=is_retired and assignment.test_id is None,
        weight=resolve_weight(assignment.weight, is_pretest=is_pretest),
        is_pretest=is_pretest,
    )


def is_used_as_pretest(session: Session, assignment: Assignment) -> bool:
    """Return whether another assignment's gain is measured from this one."""
    uses = exists().where(Assignment.pretest_id == assignment.id, Assignment.withdrawn_at.is_(None))
    return bool(session.scalar(select(uses)))


def load_cells(
    session: Session, columns: Sequence[GradebookColumn], members: Sequence[GradebookMember], now: datetime
) -> CellsByPlace:
    """Return the cell of each of these members in each of these assignments."""
    if not columns or not members:
        return {}
    learners = [member.learner_id for member in members]
    scopes = [build_assignment_scope(column.assignment_id) for column in columns]
    results = _load_results(session, columns, scopes, learners)
    unfinished = _load_unfinished(session, scopes, learners)
    grants, recipients = _load_exceptions(session, columns, learners)
    found = {}
    for column in columns:
        untouched: dict[bool, GradebookCell] = {}
        for member in members:
            place = (member.learner_id, column.assignment_id)
            result, under_way, grant = results.get(place), unfinished.begun.get(place), grants.get(place)
            is_recipient = place in recipients
            in_marking = unfinished.marking.get(place)
            is_untouched = not (result or under_way or in_marking or grant or is_recipient)
            joined_late = was_due_before_joining(column.due_at, member.joined_at)
            if is_untouched and joined_late in untouched:
                found[place] = untouched[joined_late]
                continue
            terms = resolve_terms(column.terms, grant, joined_at=member.joined_at)
            found[place] = build_cell(
                column, terms, now, is_recipient=is_recipient, result=result, begun=under_way, marking=in_marking
            )
            if is_untouched:
                untouched[joined_late] = found[place]
    return found


def _load_results(
    session: Session, columns: Sequence[GradebookColumn], scopes: Sequence[str], learners: Sequence[int]
) -> dict[tuple[int, int], CellResult]:
    latest = [column.assignment_id for column in columns if column.counts is GradingMethod.LATEST]
    is_latest = ScopeResult.assignment_id.in_(latest) if latest else false()
    counted = case((is_latest, ScopeResult.latest_attempt_id), else_=ScopeResult.best_attempt_id)
    rows = session.execute(
        select(
            ScopeResult.learner_id,
            ScopeResult.assignment_id,
            Attempt.id,
            ScopeResult.attempts,
            case((is_latest, ScopeResult.latest_percent), else_=ScopeResult.best_percent),
            case((is_latest, ScopeResult.latest_is_passed), else_=ScopeResult.passed_at.is_not(None)),
            Attempt.is_critical_missed,
            Attempt.submitted_at,
            ScopeResult.latest_at,
        )
        .join(Attempt, Attempt.id == counted)
        # Both columns of the primary key, so that the database reads no other results of these learners or assignments.
        .where(ScopeResult.learner_id.in_(learners), ScopeResult.scope.in_(scopes))
    )
    return {
        (learner_id, assignment_id): CellResult(
            attempt_id, attempts, score, bool(is_passed), bool(is_critical_missed), submitted_at, latest_at
        )
        for (
            learner_id,
            assignment_id,
            attempt_id,
            attempts,
            score,
            is_passed,
            is_critical_missed,
            submitted_at,
            latest_at,
        ) in rows
    }


@dataclass(frozen=True, slots=True)
class _Unfinished:
    """The attempts without points, by learner and assignment: in progress, and those that people mark."""

    begun: dict[tuple[int, int], AttemptInProgress]
    marking: dict[tuple[int, int], AttemptBeingMarked]


def _load_unfinished(session: Session, scopes: Sequence[str], learners: Sequence[int]) -> _Unfinished:
    item_count = select(func.count()).where(AttemptItem.attempt_id == Attempt.id).correlate(Attempt)
    # A cleared answer is JSON null; an answer never given is SQL NULL.
    is_answered = and_(AttemptItem.response.is_not(None), cast(AttemptItem.response, Text) != "null")
    rows = session.execute(
        select(
            Attempt.learner_id,
            Attempt.assignment_id,
            Attempt.id,
            Attempt.started_at,
            item_count.where(is_answered).scalar_subquery().label("answered"),
            item_count.scalar_subquery().label("questions"),
            Attempt.deadline_at,
            Attempt.submitted_at,
        )
        .where(Attempt.learner_id.in_(learners), Attempt.scope.in_(scopes), Attempt.points.is_(None))
        .order_by(Attempt.number)
    )
    found = _Unfinished({}, {})
    for row in rows:
        place = (row.learner_id, row.assignment_id)
        if row.submitted_at is None:
            found.begun[place] = AttemptInProgress(row.id, row.started_at, row.answered, row.questions, row.deadline_at)
        else:
            before = found.marking[place].attempts if place in found.marking else 0
            found.marking[place] = AttemptBeingMarked(row.id, row.submitted_at, before + 1)
    return found


def _load_exceptions(
    session: Session, columns: Sequence[GradebookColumn], learners: Sequence[int]
) -> tuple[dict[tuple[int, int], ExceptionTerms], set[tuple[int, int]]]:
    """Load exceptions, and the recipients of assignments that are not for all, in one statement."""
    restricted_ids = [column.assignment_id for column in columns if not column.is_for_all]
    granted = select(
        AssignmentException.learner_id,
        AssignmentException.assignment_id,
        AssignmentException.extra_time_percent,
        AssignmentException.due_at,
        AssignmentException.more_attempts,
        AssignmentException.is_excused,
        false().label("is_recipient"),
    ).where(
        AssignmentException.assignment_id.in_([column.assignment_id for column in columns]),
        AssignmentException.learner_id.in_(learners),
    )
    recipient_rows = select(
        AssignmentRecipient.learner_id,
        AssignmentRecipient.assignment_id,
        literal(0),
        cast(null(), UtcDateTimeType()),
        literal(0),
        false(),
        true(),
    ).where(AssignmentRecipient.assignment_id.in_(restricted_ids), AssignmentRecipient.learner_id.in_(learners))
    wanted: Any = union_all(granted, recipient_rows) if restricted_ids else granted
    grants: dict[tuple[int, int], ExceptionTerms] = {}
    recipients: set[tuple[int, int]] = set()
    for learner_id, assignment_id, extra_time, due_at, more, is_excused, is_recipient in session.execute(wanted):
        if is_recipient:
            recipients.add((learner_id, assignment_id))
        else:
            grants[learner_id, assignment_id] = ExceptionTerms(extra_time, due_at, more, bool(is_excused))
    return grants, recipients
