"""Notices to learners about corrections and changed marks, as far as they are released."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.domain.correction import Remedy
from app.domain.question import QuestionText
from app.domain.release import Release
from app.models import Correction, MarkChange
from app.services.marking import active_corrections


@dataclass(frozen=True, slots=True)
class CorrectionNotice:
    """An active correction. ``reason`` and ``also``, the accepted answer, are None until the key is released."""

    remedy: Remedy
    made_at: datetime
    reason: str | None
    also: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class MarkChangeNotice:
    """A later change to a mark. ``reason`` is None if a correction made it; the correction has its own notice."""

    old_points: float
    new_points: float
    new_max_points: float
    reason: str | None
    changed_at: datetime


def list_notices(
    shown: QuestionText, corrections: Sequence[Correction], release: Release, order: Sequence[int]
) -> tuple[CorrectionNotice, ...]:
    """List the active corrections that the learner may see.

    That a question is void or credited to all reveals nothing about its key, so it is shown with the score. That
    another answer is accepted reveals which answers are right, so it is shown with correctness. Any reason may mention
    the key.
    """
    is_score_shown = release.mark or release.correctness
    return tuple(
        CorrectionNotice(
            one.remedy,
            one.corrected_at,
            one.reason if release.key else None,
            shown.kind.describe_key(shown, key, order)
            if release.key and (key := active_corrections.get_accepted_key(shown.kind, one)) is not None
            else None,
        )
        for one in corrections
        if (release.correctness if one.remedy is Remedy.ACCEPT else is_score_shown)
    )


_CHANGES = (
    select(MarkChange)
    .where(MarkChange.attempt_id == bindparam("attempt_id"), MarkChange.reopening_id.is_(None))
    .order_by(MarkChange.id)
)


def list_mark_changes(session: Session, attempt_id: int) -> Mapping[int, Sequence[MarkChangeNotice]]:
    """Return the changes to an attempt's current marks by position, oldest first.

    They reveal which answers were right.
    """
    found: dict[int, list[MarkChangeNotice]] = defaultdict(list)
    for row in session.scalars(_CHANGES, {"attempt_id": attempt_id}):
        reason = row.reason if row.correction_id is None else None
        found[row.position].append(
            MarkChangeNotice(row.old_points, row.new_points, row.new_max_points, reason, row.changed_at)
        )
    return found
