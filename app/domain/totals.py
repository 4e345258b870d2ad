"""The gradebook's total of a learner: a weighted average of the scores that count so far.

Totals and means are computed from exact scores, as in Insight, and shown rounded down to a tenth (``round_down``). The
rules and their reasons are recorded in ``docs/decisions/``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.domain.analysis import moments
from app.domain.assignment import AssignmentState
from app.domain.attempt import round_down
from app.domain.gradebook import GradebookCell, GradebookColumn

DEFAULT_WEIGHT = 1
MAX_WEIGHT = 1000
MAX_DROPPED = 20


class Counting(StrEnum):
    """What a cell contributes to the total."""

    COUNTS = "counts"
    DROPPED = "dropped"
    """One of the learner's lowest scores, which the cohort's settings leave out."""
    OVERDUE = "overdue"
    """Counts as 0, because the due date has passed without a submission."""
    LEFT_OUT = "left_out"
    """No weight, withdrawn, excused, not for the learner, or not yet submitted and not overdue."""


@dataclass(frozen=True, slots=True)
class Total:
    """A learner's total.

    ``score`` is the exact total in per cent, or None if nothing counts yet; ``percent`` is what is shown. ``parts``
    says for each column what its cell contributes.
    """

    score: float | None
    parts: tuple[Counting, ...]

    @property
    def percent(self) -> float | None:
        return None if self.score is None else round_down(self.score)


def resolve_weight(weight: int | None, *, is_pretest: bool) -> int:
    """Return the weight that counts: without one of its own, an assignment has weight 1 and a pre-test none."""
    if weight is None:
        return 0 if is_pretest else DEFAULT_WEIGHT
    return weight


def compute_total(columns: Sequence[GradebookColumn], cells: Sequence[GradebookCell], drop_lowest: int) -> Total:
    """Compute the total of one learner, without the ``drop_lowest`` lowest scores. At least one score always counts.

    Of equal scores, the one with the larger weight is dropped first, which favours the learner; then the later column.
    """
    parts = [_classify(column, cell) for column, cell in zip(columns, cells, strict=True)]
    counted = [at for at, part in enumerate(parts) if part is not Counting.LEFT_OUT]
    counted.sort(key=lambda at: (_get_score(cells[at]), -columns[at].weight, -at))
    for at in counted[: min(drop_lowest, len(counted) - 1)] if counted else ():
        parts[at] = Counting.DROPPED
    left = [at for at in counted if parts[at] is not Counting.DROPPED]
    weights = sum(columns[at].weight for at in left)
    if not weights:
        return Total(None, tuple(parts))
    points = math.fsum(columns[at].weight * _get_score(cells[at]) for at in left)
    return Total(points / weights, tuple(parts))


def compute_mean(scores: Iterable[float | None]) -> float | None:
    """Return the mean of the scores that are known, rounded down to a tenth, or None if none is."""
    mean = moments.mean([score for score in scores if score is not None])
    return None if mean is None else round_down(mean)


def is_scored(column: GradebookColumn, cell: GradebookCell) -> bool:
    """Return whether a cell counts in the average of its column: it has a score, and the learner is not excused."""
    return cell.score is not None and cell.state is not AssignmentState.EXCUSED and not column.is_withdrawn


def _classify(column: GradebookColumn, cell: GradebookCell) -> Counting:
    if not column.weight or column.is_withdrawn or cell.state is AssignmentState.EXCUSED:
        return Counting.LEFT_OUT
    if cell.score is not None:
        return Counting.COUNTS
    return Counting.OVERDUE if cell.is_overdue else Counting.LEFT_OUT


def _get_score(cell: GradebookCell) -> float:
    """Return the exact score in per cent; an overdue cell without one counts as 0."""
    return cell.score or 0.0
