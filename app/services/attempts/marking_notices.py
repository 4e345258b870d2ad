"""What markers tell learners about answers that people mark, as far as it is released."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.markings import MarkerRole, get_most
from app.domain.paper import PaperItem
from app.domain.release import Release
from app.models import Mark, MarkingRow
from app.services.course import catalogue


@dataclass(frozen=True, slots=True)
class CriterionScore:
    """A criterion of the rubric with the points that it earned."""

    text: str
    points: float
    most: int


@dataclass(frozen=True, slots=True)
class MarkingNotice:
    """The marking of one answer: its points of ``most``, and the comments of its markers.

    ``criteria`` are empty until the key is released, or if the marker gave one mark for the whole.
    """

    points: float
    most: int
    comments: tuple[str, ...]
    criteria: tuple[CriterionScore, ...]


def list_notices(
    session: Session, attempt_id: int, items: Sequence[PaperItem], release: Release
) -> Mapping[int, MarkingNotice]:
    """Return the markings of the attempt's answers by position, without a query if people mark none of them.

    They reveal which answers were right, and the criteria are part of the key.
    """
    shown = catalogue.get_texts(session, [item.version_id for item in items])
    marked = {item.position: item for item in items if shown[item.version_id].kind.is_marked_by_people}
    if not marked or not release.correctness:
        return {}
    rows = session.execute(
        select(MarkingRow)
        .join(Mark, (Mark.attempt_id == MarkingRow.attempt_id) & (Mark.position == MarkingRow.position))
        .where(MarkingRow.attempt_id == attempt_id, MarkingRow.reopening_id.is_(None), Mark.is_void.is_(False))
        .order_by(MarkingRow.id)
    ).scalars()
    found: dict[int, list[MarkingRow]] = {}
    for row in rows:
        found.setdefault(row.position, []).append(row)
    return {position: _build(session, marked[position], given, release) for position, given in found.items()}


def _build(session: Session, item: PaperItem, given: Sequence[MarkingRow], release: Release) -> MarkingNotice:
    """Build the notice from the marking that decided: the one that settled a difference, else the first."""
    decisive = next((row for row in given if row.role is MarkerRole.SETTLING), given[0])
    kind = catalogue.get_texts(session, [item.version_id])[item.version_id].kind
    criteria = kind.list_criteria(catalogue.get_solutions(session, [item.version_id])[item.version_id].key)
    points = decisive.criteria or ()
    scores = tuple(CriterionScore(one.text, value, one.points) for one, value in zip(criteria, points, strict=False))
    return MarkingNotice(
        points=decisive.points * get_most(criteria),
        most=get_most(criteria),
        comments=tuple(row.comment for row in given if row.comment),
        criteria=scores if release.key else (),
    )
