"""Writes changed marks together with their records, the attempts' totals and the learners' results."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Subquery, Table, and_, bindparam, insert, select, update
from sqlalchemy.orm import Session

from app.domain.attempt import AttemptOutcome, AttemptState, Purpose
from app.domain.marking import MarkResult
from app.domain.regrading import ScopeSummary, SubmittedAttempt, summarize
from app.models import Attempt, Mark, MarkChange, ScopeResult
from app.services.marking import card_updates
from app.services.marking.regrade_plan import AttemptChange, MarkChangePlan


@dataclass(frozen=True, slots=True)
class RegradeContext:
    """The actor, reason and time of a change of marks. ``batch`` is the same for all marks changed in one step."""

    actor_id: int | None
    reason: str
    batch: str
    now: datetime
    correction_id: int | None = None


_MARKS, _ATTEMPTS, _RESULTS = (cast(Table, table.__table__) for table in (Mark, Attempt, ScopeResult))


def _build_update(table: Table, keys: Sequence[str], columns: Sequence[str]) -> Any:
    return (
        update(table)
        .where(*(table.c[name] == bindparam(f"of_{name}") for name in keys))
        .values({name: bindparam(name) for name in columns})
    )


_WRITE_MARK = _build_update(
    _MARKS, ("attempt_id", "position"), ("points", "max_points", "is_right", "is_void", "certainty_points")
)
_WRITE_TOTAL = _build_update(_ATTEMPTS, ("id",), ("points", "max_points", "is_passed", "is_critical_missed"))
_WRITE_RESULT = _build_update(
    _RESULTS,
    ("learner_id", "scope"),
    (
        "attempts",
        "best_attempt_id",
        "best_percent",
        "latest_attempt_id",
        "latest_percent",
        "latest_is_passed",
        "latest_at",
        "passed_at",
    ),
)


def apply(session: Session, regrades: Sequence[AttemptChange], writing: RegradeContext) -> None:
    """Write the changed marks of a batch, the records of the changes, the totals and the results.

    Each change must have a new mark.
    """
    if not regrades:
        return
    connection = session.connection()
    connection.execute(_WRITE_MARK, [_get_mark_values(one.attempt_id, one.mark) for one in regrades])
    session.execute(insert(MarkChange), [_get_change_values(one.attempt_id, one.mark, writing) for one in regrades])
    card_updates.note(session, [one.attempt_id for one in regrades])
    totals = [_get_total_values(one, one.after) for one in regrades if one.after is not None]
    if totals:
        connection.execute(_WRITE_TOTAL, totals)
    recompute_results(session, [one.attempt_id for one in regrades if one.purpose is Purpose.TEST and one.after])


def _get_new(mark: MarkChangePlan) -> MarkResult:
    assert mark.new is not None
    return mark.new


def _get_mark_values(attempt_id: int, mark: MarkChangePlan) -> dict[str, object]:
    new = _get_new(mark)
    return {
        "of_attempt_id": attempt_id,
        "of_position": mark.position,
        "points": new.points,
        "max_points": new.max_points,
        "is_right": new.is_right,
        "is_void": new.is_void,
        "certainty_points": new.certainty_points,
    }


def _get_change_values(attempt_id: int, mark: MarkChangePlan, writing: RegradeContext) -> dict[str, object]:
    return {
        "attempt_id": attempt_id,
        "position": mark.position,
        "old_points": mark.old_points,
        "new_points": _get_new(mark).points,
        "old_max_points": mark.old_max_points,
        "new_max_points": _get_new(mark).max_points,
        "correction_id": writing.correction_id,
        "actor_id": writing.actor_id,
        "reason": writing.reason,
        "batch": writing.batch,
        "changed_at": writing.now,
    }


def _get_total_values(one: AttemptChange, total: AttemptOutcome) -> dict[str, object]:
    return {
        "of_id": one.attempt_id,
        "points": total.points,
        "max_points": total.max_points,
        "is_passed": total.is_passed if one.purpose is Purpose.TEST else None,
        "is_critical_missed": None if one.purpose is Purpose.CHECK else total.is_critical_missed,
    }


def recompute_results(session: Session, attempt_ids: Sequence[int]) -> None:
    """Recompute the learners' results in the scopes of these submitted tests."""
    if not attempt_ids:
        return
    lock_results(session, attempt_ids)
    of = _select_scopes(attempt_ids)
    rows = session.execute(
        select(Attempt)
        .join(of, and_(of.c.learner_id == Attempt.learner_id, of.c.scope == Attempt.scope))
        .where(Attempt.state == AttemptState.SUBMITTED, Attempt.points.is_not(None))
        .order_by(Attempt.learner_id, Attempt.scope, Attempt.number)
        .with_only_columns(
            Attempt.learner_id,
            Attempt.scope,
            Attempt.id,
            Attempt.points,
            Attempt.max_points,
            Attempt.is_passed,
            Attempt.submitted_at,
        )
    )
    attempts: dict[tuple[int, str], list[SubmittedAttempt]] = defaultdict(list)
    for row in rows:
        submitted = SubmittedAttempt(row.id, row.points, row.max_points, bool(row.is_passed), row.submitted_at)
        attempts[row.learner_id, row.scope].append(submitted)
    session.connection().execute(
        _WRITE_RESULT,
        [_get_result_values(learner_id, scope, summarize(found)) for (learner_id, scope), found in attempts.items()],
    )


def lock_results(session: Session, attempt_ids: Sequence[int]) -> None:
    """Lock the results of these attempts' scopes until commit, before attempts are read for them or counted in them.

    Otherwise a test that is closed at this moment is not counted. Whoever writes several results locks them here, always
    in the same order, after the attempts. SQLite has only one writer at a time.
    """
    if session.get_bind().dialect.name == "postgresql":
        of = _select_scopes(attempt_ids)
        session.execute(
            select(ScopeResult.learner_id)
            .join(of, and_(of.c.learner_id == ScopeResult.learner_id, of.c.scope == ScopeResult.scope))
            .order_by(ScopeResult.learner_id, ScopeResult.scope)
            .with_for_update(of=ScopeResult)
        )


def _select_scopes(attempt_ids: Sequence[int]) -> Subquery:
    return select(Attempt.learner_id, Attempt.scope).where(Attempt.id.in_(attempt_ids)).distinct().subquery()


def build_result(attempt: Attempt) -> ScopeResult:
    """Return the result of a scope with one marked attempt, in which the learner has had no result so far."""
    assert attempt.points is not None
    assert attempt.submitted_at is not None
    alone = SubmittedAttempt(
        attempt.id, attempt.points, attempt.max_points or 0.0, bool(attempt.is_passed), attempt.submitted_at
    )
    own = {"purpose": attempt.purpose, "module_id": attempt.module_id, "assignment_id": attempt.assignment_id}
    values = _get_result_values(attempt.learner_id, attempt.scope, summarize([alone]))
    return ScopeResult(**own, **{name.removeprefix("of_"): value for name, value in values.items()})


def _get_result_values(learner_id: int, scope: str, found: ScopeSummary) -> dict[str, object]:
    return {
        "of_learner_id": learner_id,
        "of_scope": scope,
        "attempts": found.attempts,
        "best_attempt_id": found.best.attempt_id,
        "best_percent": found.best.percent,
        "latest_attempt_id": found.latest.attempt_id,
        "latest_percent": found.latest.percent,
        "latest_is_passed": found.latest.is_passed,
        "latest_at": found.latest.submitted_at,
        "passed_at": found.passed_at,
    }
