"""Reading markings: what people awarded to answers, and the points that settle them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.correction import ManualMark
from app.domain.markings import Marking, settle
from app.models import Assignment, Attempt, AttemptItem, MarkingRow


def list_markings(session: Session, attempt_id: int, position: int) -> Sequence[MarkingRow]:
    """List the current markings of an answer, in the order in which they were given."""
    its = (MarkingRow.attempt_id == attempt_id, MarkingRow.position == position, MarkingRow.reopening_id.is_(None))
    return session.scalars(select(MarkingRow).where(*its).order_by(MarkingRow.id)).all()


def list_settled(session: Session, version_id: int, attempt_ids: Sequence[int]) -> dict[tuple[int, int], ManualMark]:
    """Return the points that people settled on for answers to a version, by attempt and position."""
    rows = session.execute(
        select(MarkingRow, Assignment.needs_second_marker)
        .join(
            AttemptItem,
            (AttemptItem.attempt_id == MarkingRow.attempt_id) & (AttemptItem.position == MarkingRow.position),
        )
        .join(Attempt, Attempt.id == MarkingRow.attempt_id)
        .join(Assignment, Assignment.id == Attempt.assignment_id)
        .where(
            MarkingRow.attempt_id.in_(attempt_ids),
            MarkingRow.reopening_id.is_(None),
            AttemptItem.version_id == version_id,
        )
        .order_by(MarkingRow.id)
    ).all()
    found: dict[tuple[int, int], list[MarkingRow]] = defaultdict(list)
    for row, _ in rows:
        found[row.attempt_id, row.position].append(row)
    needs_second = {row.attempt_id: needs for row, needs in rows}
    settled: dict[tuple[int, int], ManualMark] = {}
    for place, given in found.items():
        points = settle([to_marking(row) for row in given], needs_second=needs_second[place[0]])
        if points is not None:
            settled[place] = ManualMark(points, max(row.marked_at for row in given))
    return settled


def to_marking(row: MarkingRow) -> Marking:
    return Marking(row.role, row.marker_id, row.points)
