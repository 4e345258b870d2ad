"""Changing existing marks after a correction, in steps that hold the write lock for a moment each.

Each step is a transaction of its own: the caller commits after it. Another process can continue where one stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.models import Correction, Regrading
from app.services.log import audit, subjects
from app.services.marking import active_corrections, regrade_plan, regrade_writer, settling
from app.services.marking.regrade_plan import AttemptChange
from app.services.marking.regrade_writer import RegradeContext

STEP_SIZE = 100
"""How many attempts a step looks at: some 60 ms on SQLite if all of them change."""


def start(session: Session, correction: Correction, passes_to_lower: int) -> Regrading:
    """Store that the marks of a correction's version are still to be changed, from the first attempt on.

    Released passes are protected, except for the first ``passes_to_lower``.
    """
    regrading = Regrading(correction_id=correction.id, passes_to_lower=passes_to_lower)
    session.add(regrading)
    return regrading


def list_unfinished(session: Session) -> Sequence[int]:
    """List the corrections whose regrading is not finished, by id."""
    unfinished = select(Regrading.correction_id).where(Regrading.finished_at.is_(None))
    return session.scalars(unfinished.order_by(Regrading.correction_id)).all()


def is_unfinished(session: Session, version_id: int) -> bool:
    """Whether marks of a version are still to be changed."""
    found = exists().where(
        Regrading.correction_id == Correction.id,
        Regrading.finished_at.is_(None),
        Correction.version_id == version_id,
    )
    return bool(session.scalar(select(found)))


def run_step(session: Session, correction_id: int, now: datetime) -> Regrading:
    """Change the marks of the next attempts by the corrections now in force. The last step sets ``finished_at``."""
    active_corrections.lock_shared(session)
    regrading = session.get_one(Regrading, correction_id, populate_existing=True, with_for_update=True)
    if regrading.finished_at is not None:
        return regrading
    correction = session.get_one(Correction, correction_id)
    batch = regrade_plan.plan_batch(
        session,
        correction.version_id,
        correction.assignment_id,
        active_corrections.list_all_in_force(session, correction.version_id),
        now,
        regrading.last_attempt_id,
        size=STEP_SIZE,
        is_writing=True,
    )
    to_write = [one for one in batch.changes if not _keeps_marks(regrading, one)]
    regrade_writer.apply(session, [one for one in to_write if one.mark.new], _get_context(correction, now))
    settling.take_back(session, [one for one in to_write if one.mark.new is None])
    regrading.changed += len(to_write)
    regrading.last_attempt_id = batch.last_attempt_id
    if batch.is_last:
        settled = settling.apply_corrections(
            session, correction.version_id, correction.assignment_id, now, limit=STEP_SIZE
        )
        regrading.changed += settled
        if settled < STEP_SIZE:
            _finish(session, regrading, correction, now)
    return regrading


def run_all_steps(session: Session, correction_id: int, now: datetime) -> Regrading:
    """Change all marks in one transaction, for a database without other users."""
    while (regrading := run_step(session, correction_id, now)).finished_at is None:
        session.flush()  # the next step reads the row again
    return regrading


def _keeps_marks(regrading: Regrading, one: AttemptChange) -> bool:
    """Count an attempt that would lose a released pass, and return whether it keeps its marks."""
    if not one.is_released_pass_lost:
        return False
    if regrading.lowered < regrading.passes_to_lower:
        regrading.lowered += 1
        return False
    regrading.kept += 1
    return True


def _get_context(correction: Correction, now: datetime) -> RegradeContext:
    batch = f"correction-{correction.id}"
    return RegradeContext(correction.actor_id, correction.reason, batch, now, correction.id)


def _finish(session: Session, regrading: Regrading, correction: Correction, now: datetime) -> None:
    regrading.finished_at = now
    audit.record(
        session,
        None,
        "question.regrade",
        subjects.make_reference("question_version", correction.version_id),
        now,
        correction=correction.id,
        changed=regrading.changed,
        lowered=regrading.lowered,
        kept=regrading.kept,
    )
