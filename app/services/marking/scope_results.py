"""A learner's result in one scope, from the attempts whose answers are all marked."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.domain.attempt import AttemptState
from app.models import Attempt, ScopeResult
from app.services.marking import regrade_writer


def update_result(session: Session, attempt: Attempt) -> None:
    """Compute the result again in the scope of an attempt, whose total was written, changed or taken back."""
    marked = session.scalars(
        select(Attempt)
        .where(
            Attempt.learner_id == attempt.learner_id,
            Attempt.scope == attempt.scope,
            Attempt.state == AttemptState.SUBMITTED,
            Attempt.points.is_not(None),
        )
        .order_by(Attempt.number)
    ).all()
    if not marked:
        of_scope = (ScopeResult.learner_id == attempt.learner_id, ScopeResult.scope == attempt.scope)
        session.execute(delete(ScopeResult).where(*of_scope))
        return
    if session.get(ScopeResult, (attempt.learner_id, attempt.scope)) is None:
        session.add(regrade_writer.build_result(marked[0]))
        session.flush()  # the update below finds it
    regrade_writer.recompute_results(session, [one.id for one in marked])
