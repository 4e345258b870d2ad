"""Answers that people mark: which of them wait, and writing the mark and the total once an answer is settled.

An answer that waits has no mark, and its attempt has no points. The last mark of an attempt completes it: it gets its
total, and the learner's result is updated.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, exists, insert, select
from sqlalchemy.orm import Session

from app.db import lock_rows
from app.domain.attempt import AttemptState, compute_outcome
from app.domain.correction import ManualMark, Remedy, mark_by_points, mark_corrected
from app.domain.marking import MarkResult
from app.domain.markings import settle
from app.domain.sections import MarkedItem
from app.models import Assignment, Attempt, AttemptItem, Correction, Learner, Mark, QuestionVersion
from app.services.course import catalogue
from app.services.marking import active_corrections, card_updates, marking_points, scope_results, submission
from app.services.marking.regrade_plan import AttemptChange

_IS_MARKED = exists().where(Mark.attempt_id == AttemptItem.attempt_id, Mark.position == AttemptItem.position)


def is_being_marked() -> ColumnElement[bool]:
    """Whether the statement's ``Attempt`` is submitted and waits for people to mark its answers."""
    return and_(Attempt.state == AttemptState.SUBMITTED, Attempt.points.is_(None))


def is_waiting() -> ColumnElement[bool]:
    """Whether the statement's ``AttemptItem`` of ``Attempt`` waits to be marked by people.

    The answers of an erased account no longer wait: their text is gone.
    """
    has_account = exists().where(Learner.id == Attempt.learner_id, Learner.user_id.is_not(None))
    return and_(is_being_marked(), ~_IS_MARKED.correlate(AttemptItem), has_account.correlate(Attempt))


def settle_answer(session: Session, attempt: Attempt, item: AttemptItem, now: datetime) -> bool:
    """Write the mark of an answer if its markings settle it; return whether they do.

    The attempt must be locked, and the corrections as well (:func:`active_corrections.lock_shared`).
    """
    assignment = session.get_one(Assignment, attempt.assignment_id)
    rows = marking_points.list_markings(session, attempt.id, item.position)
    points = settle([marking_points.to_marking(row) for row in rows], needs_second=assignment.needs_second_marker)
    if points is None:
        return False
    _write_mark(session, attempt, item, _mark(session, attempt, item, points, now))
    complete(session, attempt)
    return True


def settle_waiting(session: Session, assignment: Assignment, now: datetime) -> int:
    """Settle the answers of an assignment that no longer need a second marker; return how many."""
    active_corrections.lock_shared(session)
    rows = session.execute(
        lock_rows(
            select(Attempt, AttemptItem)
            .join(AttemptItem, AttemptItem.attempt_id == Attempt.id)
            .where(Attempt.assignment_id == assignment.id, is_waiting())
            .order_by(Attempt.id, AttemptItem.position),
            Attempt,
        )
    ).all()
    return sum(settle_answer(session, attempt, item, now) for attempt, item in rows)


def apply_corrections(session: Session, version_id: int, assignment_id: int | None, now: datetime, limit: int) -> int:
    """Mark up to ``limit`` answers that wait although a correction now decides them; return how many.

    ``assignment_id`` None means the attempts at all assignments.
    """
    if not catalogue.get_texts(session, [version_id])[version_id].kind.is_marked_by_people:
        return 0
    in_force = active_corrections.list_all_in_force(session, version_id)
    deciding = [one for one in in_force if one.remedy in (Remedy.VOID, Remedy.CREDIT)]
    found = (
        select(Attempt, AttemptItem)
        .join(AttemptItem, AttemptItem.attempt_id == Attempt.id)
        .where(AttemptItem.version_id == version_id, is_being_marked(), ~_IS_MARKED.correlate(AttemptItem))
        .order_by(Attempt.id)
        .limit(limit)
    )
    if assignment_id is not None:
        found = found.where(Attempt.assignment_id == assignment_id)
    if all(one.assignment_id is not None for one in deciding):
        found = found.where(Attempt.assignment_id.in_([one.assignment_id for one in deciding]))
    rows = session.execute(lock_rows(found, Attempt)).all()
    for attempt, item in rows:
        held = [one for one in in_force if one.assignment_id in (None, attempt.assignment_id)]
        _write_mark(session, attempt, item, _mark(session, attempt, item, None, now, held))
        complete(session, attempt)
    return len(rows)


def complete(session: Session, attempt: Attempt) -> bool:
    """Write the total of an attempt and update the learner's result if all its answers are marked."""
    session.flush()  # the statements below read marks
    waiting = select(AttemptItem.position).where(AttemptItem.attempt_id == attempt.id, ~_IS_MARKED)
    if attempt.points is not None or session.scalar(waiting.limit(1)) is not None:
        return False
    total = compute_outcome(_list_marked_items(session, attempt), attempt.pass_mark_percent, attempt.section_rules)
    attempt.points, attempt.max_points = total.points, total.max_points
    attempt.is_passed, attempt.is_critical_missed = total.is_passed, total.is_critical_missed
    session.flush()  # the result is computed from the attempts
    scope_results.update_result(session, attempt)
    return True


def take_back(session: Session, changes: Sequence[AttemptChange]) -> None:
    """Remove the marks of answers that people have to mark again, and the totals of their attempts."""
    for one in changes:
        its = (Mark.attempt_id == one.attempt_id, Mark.position == one.mark.position)
        session.execute(delete(Mark).where(*its))
        attempt = session.get_one(Attempt, one.attempt_id, populate_existing=True)
        if attempt.state is AttemptState.SUBMITTED:
            attempt.points = attempt.max_points = attempt.is_passed = attempt.is_critical_missed = None
            session.flush()  # the result is computed from the attempts
            scope_results.update_result(session, attempt)
    card_updates.note(session, [one.attempt_id for one in changes])


def _mark(
    session: Session,
    attempt: Attempt,
    item: AttemptItem,
    points: float | None,
    now: datetime,
    corrections: Sequence[Correction] | None = None,
) -> MarkResult:
    """Return the mark of an answer that people gave ``points``; None if only corrections decide it."""
    version_id = item.version_id
    kind = catalogue.get_texts(session, [version_id])[version_id].kind
    if corrections is None:
        held = active_corrections.list_in_force(session, [version_id], attempt.assignment_id)
        corrections = held.get(version_id, ())
    if points is not None and not corrections:
        return mark_by_points(points, item.response, item.certainty)
    key = catalogue.get_solutions(session, [version_id])[version_id].key
    hand = None if points is None else ManualMark(points, now)
    rulings = [active_corrections.to_active(kind, one) for one in corrections]
    return mark_corrected(kind, key, item.response, item.certainty, rulings, hand)


def _write_mark(session: Session, attempt: Attempt, item: AttemptItem, result: MarkResult) -> None:
    """Store a mark. Its time is that of the submission, as for all others: the learner answered then, not today."""
    assert attempt.submitted_at is not None
    session.execute(insert(Mark), [submission.build_row(session, attempt, item, result, attempt.submitted_at)])
    card_updates.note(session, [attempt.id])


def _list_marked_items(session: Session, attempt: Attempt) -> list[MarkedItem]:
    rows = session.execute(
        select(
            Mark.points,
            Mark.max_points,
            Mark.is_right,
            QuestionVersion.is_critical & Mark.is_void.is_(False),
            AttemptItem.section,
        )
        .join(QuestionVersion, QuestionVersion.id == Mark.version_id)
        .join(AttemptItem, and_(AttemptItem.attempt_id == Mark.attempt_id, AttemptItem.position == Mark.position))
        .where(Mark.attempt_id == attempt.id)
    )
    return [MarkedItem(*row) for row in rows]
