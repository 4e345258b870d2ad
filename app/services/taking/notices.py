"""What learners are told of corrections and changed marks, as far as it is released."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.domain.correction import Remedy
from app.domain.question import Shown
from app.domain.release import Release
from app.models import Correction, MarkChange
from app.services.marking import rulings
from app.services.taking.wording import right_texts


@dataclass(frozen=True, slots=True)
class Notice:
    """A correction that holds for an answer. ``reason`` and the answer that is ``also`` right are None while the key is not released."""

    remedy: Remedy
    made_at: datetime
    reason: str | None
    also: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class ChangedMark:
    """A change of a mark after it was settled; ``reason`` is None where a correction made it, which says so itself."""

    old_points: float
    new_points: float
    new_max_points: float
    reason: str | None
    changed_at: datetime


def notices(shown: Shown, corrections: Sequence[Correction], release: Release) -> tuple[Notice, ...]:
    """The corrections in force that may be told.

    That a question is out of the score, or credited to all, says nothing of its key, so it is told with the score. That another answer is
    accepted tells who is right; and reasons may name the key, whatever they are of.
    """
    is_told = release.mark or release.correctness
    return tuple(
        Notice(
            one.remedy,
            one.corrected_at,
            one.reason if release.key else None,
            right_texts(shown, key) if release.key and (key := rulings.accepted(one)) else None,
        )
        for one in corrections
        if (release.correctness if one.remedy is Remedy.ACCEPT else is_told)
    )


_CHANGES = select(MarkChange).where(MarkChange.attempt_id == bindparam("attempt_id")).order_by(MarkChange.id)


def list_changes(session: Session, attempt_id: int) -> Mapping[int, Sequence[ChangedMark]]:
    """The changes of an attempt's marks by position, the first first: one statement. They tell which answers were right."""
    found: dict[int, list[ChangedMark]] = defaultdict(list)
    for row in session.scalars(_CHANGES, {"attempt_id": attempt_id}):
        reason = row.reason if row.correction_id is None else None
        found[row.position].append(
            ChangedMark(row.old_points, row.new_points, row.new_max_points, reason, row.changed_at)
        )
    return found
