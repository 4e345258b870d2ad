"""Which corrections of a question version are in force: for marking, and for telling learners."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import ColumnElement, bindparam, exists, or_, select, text
from sqlalchemy.orm import Session, aliased

from app.domain.content import Key
from app.domain.correction import Remedy, Ruling
from app.models import Correction


def is_in_force() -> ColumnElement[bool]:
    """A condition on rows of ``Correction``: a remedy that no later row withdraws."""
    withdrawal = aliased(Correction)
    return (Correction.remedy != Remedy.WITHDRAW) & ~exists().where(withdrawal.withdraws_id == Correction.id).correlate(
        Correction
    )


# Each submission asks this: it is built once.
_IN_FORCE = (
    select(Correction)
    .where(Correction.version_id.in_(bindparam("ids", expanding=True)), is_in_force())
    .order_by(Correction.id)
)
_HERE = _IN_FORCE.where(or_(Correction.assignment_id.is_(None), Correction.assignment_id == bindparam("assignment_id")))


def in_force(
    session: Session, version_ids: Iterable[int], assignment_id: int | None
) -> Mapping[int, Sequence[Correction]]:
    """The corrections that hold for these versions in an assignment (None: in what is no assignment), by version: one statement.

    Whoever marks by them must not be overtaken by a new one: see :func:`app.services.marking.corrections.apply`.
    """
    found: dict[int, list[Correction]] = defaultdict(list)
    for row in session.scalars(_HERE, {"ids": list(version_ids), "assignment_id": assignment_id}):
        found[row.version_id].append(row)
    return found


def hold(session: Session) -> None:
    """Keep the corrections as they are until the commit, before attempts are locked whose marks are then written.

    On PostgreSQL whoever reads the table holds off a new correction, and a new correction holds off whoever reads, or writes what refers to
    it: in the other order the two would wait for one another. On SQLite one writer works at a time.
    """
    session.execute(select(Correction.id).limit(1))


def make_way(session: Session) -> None:
    """Be alone with the corrections until the commit: who marks by the old ones is done, and who comes after marks by the new one."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE correction IN ACCESS EXCLUSIVE MODE"))


def all_in_force(session: Session, version_id: int) -> Sequence[Correction]:
    """The corrections that hold for a version, everywhere and in each assignment."""
    return session.scalars(_IN_FORCE, {"ids": [version_id]}).all()


def ruling(correction: Correction) -> Ruling:
    return Ruling(correction.remedy, correction.corrected_at, accepted(correction))


def accepted(correction: Correction) -> Key | None:
    """The other key that a correction accepts."""
    stored = correction.key
    return None if stored is None else Key(tuple(stored["correct"]), (), stored["value"], stored["tolerance"])


def stored(key: Key) -> dict[str, object]:
    """A key as corrections keep it."""
    return {"correct": list(key.correct), "value": key.value, "tolerance": key.tolerance}
