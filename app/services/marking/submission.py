"""Marking of answers: when an answer is checked, at submission, and when an overdue attempt is closed.

New marks follow the corrections in force at that time. Only :mod:`app.services.marking.corrections` and
:mod:`app.services.marking.marks` change existing marks. Answers that people mark get theirs from
:mod:`app.services.marking.settling`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, exists, insert, select, update
from sqlalchemy.orm import Session

from app.domain.attempt import (
    CLOSING_DELAY,
    AttemptOutcome,
    AttemptState,
    Purpose,
    compute_outcome,
    is_closable,
    resolve_state,
)
from app.domain.correction import VOID_MARK, mark_corrected
from app.domain.marking import MarkResult
from app.domain.markings import is_unmarkable, waits_for_people
from app.domain.regrading import SubmittedAttempt, is_better, to_marked_item
from app.models import Assignment, Attempt, AttemptReopening, Cohort, Mark, ScopeResult
from app.services.course import catalogue
from app.services.marking import active_corrections, card_updates, paper_items, regrade_writer
from app.services.marking.paper_items import AnyItem


def write_marks(
    session: Session, attempt: Attempt, items: Sequence[AnyItem], now: datetime, *, is_corrected: bool = True
) -> list[MarkResult]:
    """Mark these items, store the marks and return them in the same order, without answers that people mark.

    ``is_corrected`` may be false only if a query in this transaction showed that none of the questions was ever
    corrected.
    """
    results = _mark_items(session, attempt, items, is_corrected=is_corrected)
    rows = [
        build_row(session, attempt, item, result, now) for item, result in zip(items, results, strict=True) if result
    ]
    if rows:
        session.execute(insert(Mark), rows)
        card_updates.note(session, [attempt.id])
    return [result for result in results if result]


def submit(session: Session, attempt: Attempt, now: datetime, items: Sequence[AnyItem] | None = None) -> bool:
    """Submit an attempt: write its marks and total, and update the learner's result.

    If it has answers that people mark, the total is written when the last of them is marked
    (:mod:`app.services.marking.settling`).

    ``items`` are those of the attempt, if they were read since it was locked.

    An overdue attempt is closed as of its deadline. Return False, with no effect, if the attempt is already submitted
    or cannot be closed yet, or if the request arrived before a trainer reopened the attempt: it concerned the time
    before that.
    """
    if _is_reopened_since(session, attempt, now):
        return False
    if resolve_state(attempt.state, attempt.deadline_at, now) is not AttemptState.OPEN:
        return close_if_overdue(session, attempt, now)
    return _close(session, attempt, now, now, items)


def _is_reopened_since(session: Session, attempt: Attempt, arrived_at: datetime) -> bool:
    if attempt.reopened_at is None or attempt.reopened_at <= arrived_at:
        return False
    later = select(AttemptReopening.id).where(
        AttemptReopening.attempt_id == attempt.id,
        AttemptReopening.reopened_at > arrived_at,
        AttemptReopening.old_submitted_at.is_not(None),
    )
    return session.scalar(later.limit(1)) is not None


def close_if_overdue(session: Session, attempt: Attempt, now: datetime) -> bool:
    """Close an overdue attempt as of its deadline, once no answer in time can still arrive; return whether it did."""
    if not is_closable(attempt.state, attempt.deadline_at, now) or attempt.deadline_at is None:
        return False
    return _close(session, attempt, attempt.deadline_at, now)


def close_expired(
    session: Session, now: datetime, limit: int = 100, *, cohort: Cohort | None = None, learner_id: int | None = None
) -> int:
    """Close up to ``limit`` overdue attempts, the longest overdue first; return how many.

    ``cohort`` limits this to attempts at its assignments, ``learner_id`` to those of one learner.
    """
    active_corrections.lock_shared(session)
    overdue = session.scalars(
        select(Attempt)
        .where(*_is_expired(now, cohort, learner_id))
        .order_by(Attempt.deadline_at)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Attempt)
    ).all()
    if overdue:
        regrade_writer.lock_results(session, [attempt.id for attempt in overdue])
    return sum(close_if_overdue(session, attempt, now) for attempt in overdue)


def has_expired(
    session: Session, now: datetime, *, cohort: Cohort | None = None, learner_id: int | None = None
) -> bool:
    """Whether there are attempts for :func:`close_expired`, without taking a lock."""
    return session.scalar(select(Attempt.id).where(*_is_expired(now, cohort, learner_id)).limit(1)) is not None


def _is_expired(now: datetime, cohort: Cohort | None, learner_id: int | None) -> list[ColumnElement[bool]]:
    """Return :func:`app.domain.attempt.is_closable` as SQL, for a cohort's assignments or a learner's attempts."""
    found = [Attempt.state == AttemptState.OPEN, Attempt.deadline_at < now - CLOSING_DELAY]
    if cohort is not None:
        # Overdue attempts are few. Looking up the assignment of each avoids reading all past attempts of the cohort.
        its = exists().where(Assignment.id == Attempt.assignment_id, Assignment.cohort_id == cohort.id)
        found.append(its.correlate(Attempt))
    if learner_id is not None:
        found.append(Attempt.learner_id == learner_id)
    return found


def _close(
    session: Session,
    attempt: Attempt,
    submitted_at: datetime,
    now: datetime,
    items: Sequence[AnyItem] | None = None,
) -> bool:
    if items is None:
        items = paper_items.list_items(session, attempt.id)
    results = _mark_items(session, attempt, items)
    total = _compute_total(session, attempt, items, results)
    closed = session.execute(
        update(Attempt)
        .where(Attempt.id == attempt.id, Attempt.state == AttemptState.OPEN)
        .values(**_get_closing_values(attempt, submitted_at, total))
    )
    if closed.rowcount != 1:  # type: ignore[attr-defined]
        return False
    # Checked answers already have marks, unless a correction has decided an answer that waited for people.
    settled = _list_marked_positions(session, attempt) if attempt.checks_each else frozenset()
    unsettled = [
        build_row(session, attempt, item, result, submitted_at)
        for item, result in zip(items, results, strict=True)
        if result and item.position not in settled
    ]
    if unsettled:
        session.execute(insert(Mark), unsettled)
    if attempt.purpose is Purpose.TEST:
        card_updates.note(session, [attempt.id])
    if attempt.purpose is Purpose.TEST and total is not None:
        _update_result(session, attempt, total, submitted_at)
    return True


def _list_marked_positions(session: Session, attempt: Attempt) -> frozenset[int]:
    return frozenset(session.scalars(select(Mark.position).where(Mark.attempt_id == attempt.id)))


def _compute_total(
    session: Session, attempt: Attempt, items: Sequence[AnyItem], results: Sequence[MarkResult | None]
) -> AttemptOutcome | None:
    """Return the total of an attempt, or None while people have to mark an answer."""
    shown = catalogue.get_texts(session, [item.version_id for item in items])
    marked = [
        to_marked_item(result, is_critical=shown[item.version_id].is_critical, section=item.section)
        for item, result in zip(items, results, strict=True)
        if result
    ]
    if len(marked) < len(items):
        return None
    return compute_outcome(marked, attempt.pass_mark_percent, attempt.section_rules)


def _get_closing_values(attempt: Attempt, submitted_at: datetime, total: AttemptOutcome | None) -> dict[str, object]:
    is_test = attempt.purpose is Purpose.TEST
    closed: dict[str, object] = {"state": AttemptState.SUBMITTED, "submitted_at": submitted_at}
    if total is None:
        return closed
    return closed | {
        "points": total.points,
        "max_points": total.max_points,
        "is_passed": total.is_passed if is_test else None,
        "is_critical_missed": total.is_critical_missed,
    }


def _mark_items(
    session: Session, attempt: Attempt, items: Sequence[AnyItem], *, is_corrected: bool = True
) -> list[MarkResult | None]:
    """Return the mark of each item; None for an answer that people have to mark."""
    ids = [item.version_id for item in items]
    shown, keys = catalogue.get_texts(session, ids), catalogue.get_solutions(session, ids)
    corrections = active_corrections.list_in_force(session, ids, attempt.assignment_id) if is_corrected else {}

    def mark(item: AnyItem) -> MarkResult | None:
        kind, held = shown[item.version_id].kind, corrections.get(item.version_id, ())
        if is_unmarkable(kind, attempt.assignment_id):
            return VOID_MARK
        if waits_for_people(kind, item.response, [one.remedy for one in held]):
            return None
        rulings = [active_corrections.to_active(kind, one) for one in held]
        return mark_corrected(kind, keys[item.version_id].key, item.response, item.certainty, rulings)

    return [mark(item) for item in items]


def build_row(
    session: Session, attempt: Attempt, item: AnyItem, result: MarkResult, marked_at: datetime
) -> dict[str, object]:
    """Return a mark as the values of its row."""
    return {
        "attempt_id": attempt.id,
        "position": item.position,
        "learner_id": attempt.learner_id,
        "version_id": item.version_id,
        "objective_id": catalogue.get_texts(session, [item.version_id])[item.version_id].objective_id,
        "points": result.points,
        "max_points": result.max_points,
        "is_right": result.is_right,
        "is_void": result.is_void,
        "certainty_points": result.certainty_points,
        "marked_at": marked_at,
    }


def _update_result(session: Session, attempt: Attempt, total: AttemptOutcome, submitted_at: datetime) -> None:
    """Update the learner's result in this scope. Each attempt is counted once, because it is closed only once.

    The result equals :func:`app.domain.regrading.summarize` of all the attempts.
    """
    latest = SubmittedAttempt(attempt.id, total.points, total.max_points, total.is_passed, submitted_at)
    result = session.get(ScopeResult, (attempt.learner_id, attempt.scope), with_for_update=True)
    if result is None:
        result = ScopeResult(
            learner_id=attempt.learner_id,
            scope=attempt.scope,
            purpose=attempt.purpose,
            module_id=attempt.module_id,
            assignment_id=attempt.assignment_id,
            attempts=0,
            best_attempt_id=attempt.id,
            best_percent=latest.percent,
            latest_is_passed=total.is_passed,
        )
        session.add(result)
    result.attempts += 1
    result.latest_attempt_id, result.latest_percent, result.latest_at = attempt.id, latest.percent, submitted_at
    result.latest_is_passed = total.is_passed
    best = SubmittedAttempt(
        result.best_attempt_id, result.best_percent, 100.0, result.passed_at is not None, submitted_at
    )
    if is_better(latest, best):
        result.best_attempt_id, result.best_percent = attempt.id, latest.percent
    if total.is_passed and result.passed_at is None:
        result.passed_at = submitted_at
