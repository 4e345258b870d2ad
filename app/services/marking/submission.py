"""Settling: marks are written where an answer is checked, at submission, and when an overdue attempt is closed.

Whatever is settled is marked as the corrections say that are in force then; marks that stand already are changed by
:mod:`app.services.marking.corrections` and :mod:`app.services.marking.marks` alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session, selectinload

from app.domain.attempt import CLOSING_DELAY, Outcome, Purpose, State, is_closable, outcome, state_at
from app.domain.correction import corrected
from app.domain.marking import Result
from app.domain.regrading import HandedIn, counted, is_better
from app.models import Attempt, AttemptItem, Mark, Standing
from app.services.course import catalogue
from app.services.marking import rulings


def settle(
    session: Session, attempt: Attempt, items: Sequence[AttemptItem], now: datetime, *, is_corrected: bool = True
) -> list[Result]:
    """Mark these items and write their marks; return the results in the same order.

    ``is_corrected`` false says that no question of them was ever corrected, as a statement of this transaction saw.
    """
    results = _results(session, attempt, items, is_corrected=is_corrected)
    if items:
        session.execute(
            insert(Mark),
            [_row(session, attempt, item, result, now) for item, result in zip(items, results, strict=True)],
        )
    return results


def submit(session: Session, attempt: Attempt, now: datetime) -> bool:
    """Submit an attempt whose items are loaded: marks, total, and where the learner stands, in one go.

    Return False where it was submitted before (by another tab, or by its deadline): then nothing is changed.
    """
    if state_at(attempt.state, attempt.deadline_at, now) is not State.OPEN:
        return close_if_overdue(session, attempt, now)
    return _close(session, attempt, now, now)


def close_if_overdue(session: Session, attempt: Attempt, now: datetime) -> bool:
    """Close an attempt whose time is up, as of its deadline, once no answer that came in time can still be on its way."""
    if not is_closable(attempt.state, attempt.deadline_at, now) or attempt.deadline_at is None:
        return False
    return _close(session, attempt, attempt.deadline_at, now)


def close_expired(session: Session, now: datetime, limit: int = 100) -> int:
    """Close up to ``limit`` overdue attempts, the longest overdue first; return how many. Two statements where there is none."""
    rulings.hold(session)
    overdue = session.scalars(
        select(Attempt)
        .where(Attempt.state == State.OPEN, Attempt.deadline_at < now - CLOSING_DELAY)
        .order_by(Attempt.deadline_at)
        .limit(limit)
        .options(selectinload(Attempt.items))
        .with_for_update(skip_locked=True, of=Attempt)
    ).all()
    return sum(close_if_overdue(session, attempt, now) for attempt in overdue)


def has_expired(session: Session, now: datetime) -> bool:
    """Whether anything is there for :func:`close_expired`, without taking a lock."""
    return (
        session.scalar(
            select(Attempt.id).where(Attempt.state == State.OPEN, Attempt.deadline_at < now - CLOSING_DELAY).limit(1)
        )
        is not None
    )


def _close(session: Session, attempt: Attempt, submitted_at: datetime, now: datetime) -> bool:
    items = _items(session, attempt)
    results = _results(session, attempt, items)
    shown = catalogue.shown(session, [item.version_id for item in items])
    total = outcome(
        [
            counted(result, is_critical=shown[item.version_id].is_critical)
            for item, result in zip(items, results, strict=True)
        ],
        attempt.pass_mark_percent,
    )
    closed = session.execute(
        update(Attempt)
        .where(Attempt.id == attempt.id, Attempt.state == State.OPEN)
        .values(**_closing(attempt, submitted_at, total))
    )
    if closed.rowcount != 1:  # type: ignore[attr-defined]
        return False
    unsettled = [
        _row(session, attempt, item, result, submitted_at)
        for item, result in zip(items, results, strict=True)
        # A checked answer has its mark already.
        if not attempt.checks_each or item.response is None
    ]
    if unsettled:
        session.execute(insert(Mark), unsettled)
    if attempt.purpose is Purpose.TEST:
        _stand(session, attempt, total, submitted_at)
    return True


def _closing(attempt: Attempt, submitted_at: datetime, total: Outcome) -> dict[str, object]:
    is_test = attempt.purpose is Purpose.TEST
    return {
        "state": State.SUBMITTED,
        "submitted_at": submitted_at,
        "points": total.points,
        "max_points": total.max_points,
        "is_passed": total.is_passed if is_test else None,
        "is_critical_missed": total.is_critical_missed,
    }


def _items(session: Session, attempt: Attempt) -> Sequence[AttemptItem]:
    if "items" in attempt.__dict__:
        return attempt.items
    return session.scalars(
        select(AttemptItem).where(AttemptItem.attempt_id == attempt.id).order_by(AttemptItem.position)
    ).all()


def _results(
    session: Session, attempt: Attempt, items: Sequence[AttemptItem], *, is_corrected: bool = True
) -> list[Result]:
    ids = [item.version_id for item in items]
    shown, keys = catalogue.shown(session, ids), catalogue.keys(session, ids)
    corrections = rulings.in_force(session, ids, attempt.assignment_id) if is_corrected else {}
    return [
        corrected(
            shown[item.version_id].kind,
            keys[item.version_id].key,
            item.response,
            item.certainty,
            [rulings.ruling(one) for one in corrections.get(item.version_id, ())],
        )
        for item in items
    ]


def _row(
    session: Session, attempt: Attempt, item: AttemptItem, result: Result, settled_at: datetime
) -> dict[str, object]:
    return {
        "attempt_id": attempt.id,
        "position": item.position,
        "learner_id": attempt.learner_id,
        "version_id": item.version_id,
        "objective_id": catalogue.shown(session, [item.version_id])[item.version_id].objective_id,
        "points": result.points,
        "max_points": result.max_points,
        "is_right": result.is_right,
        "is_void": result.is_void,
        "certainty_points": result.certainty_points,
        "settled_at": settled_at,
    }


def _stand(session: Session, attempt: Attempt, total: Outcome, submitted_at: datetime) -> None:
    """Keep where the learner stands in this scope: the attempt itself was closed just once, so this is counted once.

    What comes of it is what :func:`app.domain.regrading.stood` says of all the attempts.
    """
    latest = HandedIn(attempt.id, total.points, total.max_points, total.is_passed, submitted_at)
    standing = session.get(Standing, (attempt.learner_id, attempt.scope))
    if standing is None:
        standing = Standing(
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
        session.add(standing)
    standing.attempts += 1
    standing.latest_attempt_id, standing.latest_percent, standing.latest_at = attempt.id, latest.percent, submitted_at
    standing.latest_is_passed = total.is_passed
    best = HandedIn(
        standing.best_attempt_id, standing.best_percent, 100.0, standing.passed_at is not None, submitted_at
    )
    if is_better(latest, best):
        standing.best_attempt_id, standing.best_percent = attempt.id, latest.percent
    if total.is_passed and standing.passed_at is None:
        standing.passed_at = submitted_at
