"""The cells of the gradebook, out of what was set, granted, begun and handed in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Text, and_, case, cast, false, func, null, or_, select, true, union_all
from sqlalchemy.orm import Session

from app.db import UTCDateTime
from app.domain.assignment import Counts
from app.domain.attempt import State
from app.domain.gradebook import Begun, Cell, Column, Grant, Result, cell
from app.models import Assignment, AssignmentException, AssignmentRecipient, Attempt, AttemptItem, Cohort, Standing
from app.services.assigned.terms import assignment_scope

Places = dict[tuple[int, int], Cell]
"""Cells by learner and assignment."""


def list_columns(session: Session, cohort: Cohort) -> tuple[Column, ...]:
    """What is, or was, assigned, by due date; those without one come last."""
    rows = session.execute(
        select(
            Assignment.id,
            Assignment.module_id,
            Assignment.title,
            Assignment.opens_at,
            Assignment.due_at,
            Assignment.counts,
            Assignment.is_for_all,
            Assignment.withdrawn_at.is_not(None),
        )
        .where(Assignment.cohort_id == cohort.id)
        .order_by(Assignment.due_at.is_(None), Assignment.due_at, Assignment.id)
    )
    return tuple(Column(*row) for row in rows)


def cells(session: Session, columns: Sequence[Column], learners: Sequence[int], now: datetime) -> Places:
    """The cell of each of these learners in each of these assignments: three statements."""
    if not columns or not learners:
        return {}
    scopes = [assignment_scope(column.assignment_id) for column in columns]
    results = _results(session, columns, scopes, learners)
    begun = _begun(session, scopes, learners)
    grants = _grants(session, columns, learners)
    found = {}
    for column in columns:
        untouched = cell(column, now)
        for learner_id in learners:
            place = (learner_id, column.assignment_id)
            result, under_way, grant = results.get(place), begun.get(place), grants.get(place)
            is_untouched = result is None and under_way is None and grant is None
            found[place] = untouched if is_untouched else cell(column, now, result=result, begun=under_way, grant=grant)
    return found


def _results(
    session: Session, columns: Sequence[Column], scopes: Sequence[str], learners: Sequence[int]
) -> dict[tuple[int, int], Result]:
    latest = [column.assignment_id for column in columns if column.counts is Counts.LATEST]
    is_latest = Standing.assignment_id.in_(latest) if latest else false()
    counted = case((is_latest, Standing.latest_attempt_id), else_=Standing.best_attempt_id)
    rows = session.execute(
        select(
            Standing.learner_id,
            Standing.assignment_id,
            Attempt.id,
            Standing.attempts,
            case((is_latest, Standing.latest_percent), else_=Standing.best_percent),
            case((is_latest, Standing.latest_is_passed), else_=Standing.passed_at.is_not(None)),
            Attempt.is_critical_missed,
            Attempt.submitted_at,
            Standing.latest_at,
        )
        .join(Attempt, Attempt.id == counted)
        # By both, the primary key finds each at once, whatever else these learners or these assignments have.
        .where(Standing.learner_id.in_(learners), Standing.scope.in_(scopes))
    )
    return {
        (learner_id, assignment_id): Result(
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


def _begun(session: Session, scopes: Sequence[str], learners: Sequence[int]) -> dict[tuple[int, int], Begun]:
    of_it = select(func.count()).where(AttemptItem.attempt_id == Attempt.id).correlate(Attempt)
    # An answer that was cleared is JSON's null, one never given is SQL's.
    is_answered = and_(AttemptItem.response.is_not(None), cast(AttemptItem.response, Text) != "null")
    rows = session.execute(
        select(
            Attempt.learner_id,
            Attempt.assignment_id,
            Attempt.id,
            Attempt.started_at,
            of_it.where(is_answered).scalar_subquery(),
            of_it.scalar_subquery(),
        ).where(Attempt.learner_id.in_(learners), Attempt.scope.in_(scopes), Attempt.state == State.OPEN)
    )
    return {(learner_id, assignment_id): Begun(*its) for learner_id, assignment_id, *its in rows if assignment_id}


def _grants(session: Session, columns: Sequence[Column], learners: Sequence[int]) -> dict[tuple[int, int], Grant]:
    """Exceptions, and who an assignment is for that is not for all: one statement."""
    ids = [column.assignment_id for column in columns]
    some = [column.assignment_id for column in columns if not column.is_for_all]
    granted = select(
        AssignmentException.learner_id,
        AssignmentException.assignment_id,
        AssignmentException.is_excused,
        AssignmentException.due_at,
        false().label("is_recipient"),
    ).where(
        AssignmentException.assignment_id.in_(ids),
        AssignmentException.learner_id.in_(learners),
        or_(AssignmentException.is_excused, AssignmentException.due_at.is_not(None)),
    )
    meant = select(
        AssignmentRecipient.learner_id,
        AssignmentRecipient.assignment_id,
        false(),
        cast(null(), UTCDateTime()),
        true(),
    ).where(AssignmentRecipient.assignment_id.in_(some), AssignmentRecipient.learner_id.in_(learners))
    wanted: Any = union_all(granted, meant) if some else granted
    both: dict[tuple[int, int], list[tuple[bool, datetime | None, bool]]] = defaultdict(list)
    for learner_id, assignment_id, *its in session.execute(wanted):
        both[learner_id, assignment_id].append((bool(its[0]), its[1], bool(its[2])))
    return {
        place: Grant(
            is_excused=any(excused for excused, _, _ in its),
            due_at=next((due_at for _, due_at, _ in its if due_at is not None), None),
            is_recipient=any(recipient for _, _, recipient in its),
        )
        for place, its in both.items()
    }
