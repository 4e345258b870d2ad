"""The corrections of a question version that are in force."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, or_, select, text
from sqlalchemy.orm import Session, aliased

from app.domain.correction import ActiveCorrection, Remedy
from app.domain.kinds import QuestionKind
from app.models import Correction


def is_in_force() -> ColumnElement[bool]:
    """Whether a row of ``Correction`` is a remedy that no other row withdraws."""
    withdrawal = aliased(Correction)
    return (Correction.remedy != Remedy.WITHDRAW) & ~exists().where(withdrawal.withdraws_id == Correction.id).correlate(
        Correction
    )


# Built once, because every submission runs it.
_IN_FORCE = (
    select(Correction)
    .where(Correction.version_id.in_(bindparam("ids", expanding=True)), is_in_force())
    .order_by(Correction.id)
)
_IN_FORCE_HERE = _IN_FORCE.where(
    or_(Correction.assignment_id.is_(None), Correction.assignment_id == bindparam("assignment_id"))
)


def list_in_force(
    session: Session, version_ids: Iterable[int], assignment_id: int | None
) -> Mapping[int, Sequence[Correction]]:
    """Return the corrections in force for these versions by version. ``assignment_id`` is None outside assignments.

    Marking by them must exclude a concurrent correction; see :func:`lock_shared`.
    """
    found: dict[int, list[Correction]] = defaultdict(list)
    for row in session.scalars(_IN_FORCE_HERE, {"ids": list(version_ids), "assignment_id": assignment_id}):
        found[row.version_id].append(row)
    return found


def lock_shared(session: Session) -> None:
    """Keep the corrections unchanged until commit. Call this before locking attempts whose marks will be written.

    On PostgreSQL, reading the table blocks :func:`lock_exclusive` until commit, and the reverse. Locking attempts first
    could deadlock with a new correction. SQLite has only one writer at a time.
    """
    session.execute(select(Correction.id).limit(1))


def lock_exclusive(session: Session) -> None:
    """Lock the correction table until commit, so concurrent marking uses either the old or the new set."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE correction IN ACCESS EXCLUSIVE MODE"))


def list_all_in_force(session: Session, version_id: int) -> Sequence[Correction]:
    """List the corrections in force for a version, both everywhere and in single assignments."""
    return session.scalars(_IN_FORCE, {"ids": [version_id]}).all()


def to_active(kind: QuestionKind[Any], correction: Correction) -> ActiveCorrection:
    return ActiveCorrection(correction.remedy, correction.corrected_at, get_accepted_key(kind, correction))


def get_accepted_key(kind: QuestionKind[Any], correction: Correction) -> Any:
    """Return the additional key that a correction accepts, or None."""
    return None if correction.key is None else kind.load_key(correction.key)
