"""Which learners need attention, and why: four simple rules with fixed thresholds that a trainer can explain.

Nothing is weighted or predicted. Each rule considers only work that is assigned to the learner in this cohort. Everybody
whose due date has passed without a pass needs attention.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.assignment import AssignmentState
from app.domain.gradebook import GradebookCell

INACTIVE_AFTER = timedelta(days=10)
"""A week may be a holiday; ten days of inactivity while work is due deserve a question."""

FAILED_OFTEN = 2
"""After this many submitted attempts without a pass, reading the feedback alone has not helped."""

STUCK_AFTER = 3
"""The number of wrong answers in a row on one objective that counts as being stuck.

With four options, three in a row are wrong for a guesser in two of five cases, and for a learner who knows seven in ten
answers in one of forty.
"""

STUCK_WITHIN = timedelta(days=28)
"""Only answers of the last four weeks count, because a learner may have recovered from earlier problems."""


class ReasonType(StrEnum):
    """The reasons, in the order in which they are listed.

    ``MISSED``: due, and not passed. ``FAILED``: not due, but submitted :data:`FAILED_OFTEN` times without a pass.
    """

    MISSED = "missed"
    FAILED = "failed"
    STUCK = "stuck"
    INACTIVE = "inactive"


@dataclass(frozen=True, slots=True)
class AttentionReason:
    """One reason. ``columns`` are indexes of the assignments concerned, ``objectives`` are titles.

    ``critical`` counts the assignments in which a safety-critical question was wrong. ``scores`` are those of the
    assignments in per cent, 0 where nothing was submitted. ``since`` is when the learner was last active.
    """

    why: ReasonType
    columns: tuple[int, ...] = ()
    objectives: tuple[str, ...] = ()
    since: datetime | None = None
    critical: int = 0
    scores: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class LearnerActivity:
    """What a learner did apart from the cohort's tests.

    ``read_at`` is when the learner last opened a lesson of its modules. ``has_practised`` says whether they answered
    practice questions on these modules within :data:`INACTIVE_AFTER`; no other detail of practice is known here.
    """

    joined_at: datetime
    read_at: datetime | None = None
    has_practised: bool = False


def find_reasons(
    cells: Sequence[GradebookCell], activity: LearnerActivity, stuck: Sequence[str], now: datetime
) -> tuple[AttentionReason, ...]:
    """Return why a learner needs attention.

    ``cells`` are the learner's cells in the order of the columns. ``stuck`` are the titles of the objectives selected
    by :func:`is_stuck`.
    """
    found = []
    missed = tuple(at for at, it in enumerate(cells) if it.is_missed(now))
    if missed:
        found.append(_build_reason(ReasonType.MISSED, missed, cells))
    failed = tuple(at for at, it in enumerate(cells) if _is_failed_often(it) and at not in missed)
    if failed:
        found.append(_build_reason(ReasonType.FAILED, failed, cells))
    if stuck:
        found.append(AttentionReason(ReasonType.STUCK, objectives=tuple(stuck)))
    since = _inactive_since(cells, activity, now)
    if since is not None:
        found.append(
            AttentionReason(
                ReasonType.INACTIVE, tuple(at for at, it in enumerate(cells) if it.is_waited_for), since=since
            )
        )
    return tuple(found)


def _is_failed_often(cell: GradebookCell) -> bool:
    return cell.state is AssignmentState.NOT_PASSED and cell.attempts >= FAILED_OFTEN


def _build_reason(why: ReasonType, columns: tuple[int, ...], cells: Sequence[GradebookCell]) -> AttentionReason:
    return AttentionReason(
        why,
        columns,
        critical=sum(cells[at].is_critical_missed for at in columns),
        scores=tuple(cells[at].percent or 0 for at in columns),
    )


def _inactive_since(cells: Sequence[GradebookCell], activity: LearnerActivity, now: datetime) -> datetime | None:
    """Return the time of the last activity if work is due and that time is too long ago."""
    if activity.has_practised or not any(it.is_waited_for for it in cells):
        return None
    moments = (activity.joined_at, activity.read_at, *(it.active_at for it in cells))
    latest = max(moment for moment in moments if moment is not None)
    return latest if now - latest > INACTIVE_AFTER else None


def is_stuck(latest_right: int, wrong: Iterable[int]) -> bool:
    """Return whether :data:`STUCK_AFTER` or more wrong answers on an objective followed the latest right one.

    Answers are numbered by time; ``latest_right`` is 0 if there is none.
    """
    return sum(at > latest_right for at in wrong) >= STUCK_AFTER


def get_urgency(found: Sequence[AttentionReason]) -> tuple[int, int, float, int]:
    """Return a sort key that puts the most urgent learner first.

    Compared are the safety-critical questions missed, then the number of assignments, then their mean score (the lowest
    first), then the number of reasons. No reasons sort last.
    """
    scores = [score for reason in found for score in reason.scores]
    mean = sum(scores) / len(scores) if scores else 100.0
    return -sum(reason.critical for reason in found), -len(scores), mean, -len(found)
