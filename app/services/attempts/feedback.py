"""Feedback on one answered question, as far as it is released."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.domain.attempt import Purpose
from app.domain.content import Source
from app.domain.correction import mark_corrected
from app.domain.kinds import FeedbackRow, QuestionKind, Response
from app.domain.marking import Outcome, get_outcome
from app.domain.question import QuestionSolution, QuestionText
from app.domain.release import Release
from app.models import Attempt, Correction, Mark
from app.services.attempts.notices import CorrectionNotice, list_notices
from app.services.course import catalogue
from app.services.marking import active_corrections
from app.services.marking.paper_items import AnyItem


@dataclass(frozen=True, slots=True)
class Feedback:
    """One answered question whose correctness is released. Its key and explanation are None unless released.

    A void question does not count. ``chosen``, ``right_texts`` and the rows name options with their letters on this
    learner's paper.
    """

    kind: QuestionKind[Any]
    is_right: bool
    is_void: bool
    notices: tuple[CorrectionNotice, ...]
    points: float
    max_points: float
    is_blank: bool
    chosen: tuple[str, ...]
    rows: tuple[FeedbackRow, ...]
    picture: Markup | None
    right_texts: tuple[str, ...] | None
    explanation: str | None
    sources: tuple[Source, ...]

    @property
    def outcome(self) -> Outcome:
        return get_outcome(self.points, is_right=self.is_right, is_void=self.is_void)

    @property
    def right_rows(self) -> int:
        """The number of rows that are right."""
        return sum(row.is_right is True for row in self.rows)


def get_feedback(session: Session, item: AnyItem, release: Release, corrections: Sequence[Correction] = ()) -> Feedback:
    """Mark one answer by its key and the active corrections, and build its feedback."""
    ids = [item.version_id]
    shown, explained = (
        catalogue.get_texts(session, ids)[item.version_id],
        catalogue.get_solutions(session, ids)[item.version_id],
    )
    held = [active_corrections.to_active(shown.kind, one) for one in corrections]
    result = mark_corrected(shown.kind, explained.key, item.response, item.certainty, held)
    sources = catalogue.list_sources(session, explained.sources) if release.explanation else {}
    return build_feedback(
        item, shown, explained, sources, release, MarkView(result.points, result.is_right, result.is_void), corrections
    )


# Built once, because every question of a practice runs it.
_MARKS = select(Mark.position, Mark.points, Mark.is_right, Mark.is_void).where(
    Mark.attempt_id == bindparam("attempt_id")
)


def list_outcomes(session: Session, attempt: Attempt) -> dict[int, Outcome]:
    """Return how each answer of a practice turned out, by position; nothing for a test, whatever it checks."""
    if attempt.purpose is Purpose.TEST:
        return {}
    rows = session.execute(_MARKS, {"attempt_id": attempt.id})
    return {
        position: get_outcome(points, is_right=is_right, is_void=is_void)
        for position, points, is_right, is_void in rows
    }


@dataclass(frozen=True, slots=True)
class MarkView:
    """The mark shown in feedback. A correction or a trainer may have changed the mark given by the key."""

    points: float
    is_right: bool
    is_void: bool = False


def build_feedback(
    item: AnyItem,
    shown: QuestionText,
    explained: QuestionSolution,
    sources: Mapping[str, Source],
    release: Release,
    earned: MarkView,
    corrections: Sequence[Correction] = (),
) -> Feedback:
    """Build the feedback that ``release`` allows."""
    kind, order, response = shown.kind, item.option_order, item.response
    key = _choose_shown_key(kind, explained.key, corrections, response) if release.key else None
    reasons = explained.key if release.explanation else None
    rows = kind.feedback_rows(shown, order, response, key, reasons)
    return Feedback(
        kind=kind,
        is_right=earned.is_right,
        is_void=earned.is_void,
        notices=list_notices(shown, corrections, release, order),
        points=earned.points,
        max_points=1.0,
        is_blank=response is None,
        chosen=kind.describe_response(shown, response, order),
        rows=rows,
        picture=kind.marked_picture(shown, order, response, key),
        right_texts=kind.describe_key(shown, key, order) if key is not None else None,
        explanation=explained.explanation if release.explanation else None,
        sources=tuple(sources[slug] for slug in explained.sources if slug in sources) if release.explanation else (),
    )


def _choose_shown_key(
    kind: QuestionKind[Any], key: Any, corrections: Sequence[Correction], response: Response | None
) -> Any:
    """Return the key that rows are compared with: the question's own, combined with those that corrections accept."""
    accepted = (active_corrections.get_accepted_key(kind, one) for one in corrections)
    keys = [key, *(other for other in accepted if other is not None)]
    return kind.combine_keys(keys, response) if len(keys) > 1 else key
