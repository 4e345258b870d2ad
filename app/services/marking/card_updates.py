"""Notes that marks changed, from which :mod:`app.services.attempts.cards` learns which cards to rebuild."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import Table, bindparam, insert, select
from sqlalchemy.orm import Session

from app.models import Attempt, CardUpdate, Learner

_NOTE = insert(cast(Table, CardUpdate.__table__)).from_select(
    ["attempt_id"],
    select(Attempt.id)
    .join(Learner, Learner.id == Attempt.learner_id)
    .where(Attempt.id.in_(bindparam("attempt_ids", expanding=True)), Learner.user_id.is_not(None)),
)


def note(session: Session, attempt_ids: Sequence[int]) -> None:
    """Note that marks of these attempts were written, changed or withdrawn. Those of guests are left out.

    Each call adds rows and never waits for another transaction: a note that is being worked off may have been read
    before the marks of this transaction.
    """
    if attempt_ids:
        session.execute(_NOTE, {"attempt_ids": list(attempt_ids)})


def note_all(session: Session, learner: Learner) -> None:
    """Note all attempts of a learner, who was a guest before."""
    note(session, session.scalars(select(Attempt.id).where(Attempt.learner_id == learner.id)).all())
