"""Learners grouped by score, and the answers of each group."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from app.domain.analysis.items import ItemResponses

MIN_GROUP_SIZE = 4
"""The smallest useful group."""

_MIN_ANSWERS = {5: 50, 3: 12, 2: 12}
"""The number of answers from which there are this many groups."""

GROUP_NAMES = {
    5: ("lowest", "low", "middle", "high", "highest"),
    3: ("lowest", "middle", "highest"),
    2: ("lower half", "upper half"),
}


@dataclass(frozen=True, slots=True)
class ScoreGroup:
    """Learners with similar scores, at least :data:`MIN_GROUP_SIZE`; ``at`` are places in :class:`ItemResponses`."""

    name: str
    at: tuple[int, ...]

    def share(self, chosen: Collection[int]) -> float:
        """Return the percentage of the group that is among ``chosen``."""
        return 100 * sum(i in chosen for i in self.at) / len(self.at)

    def mean(self, points: Sequence[float], max_points: float) -> float:
        """Return the mean score of the group on the question, in per cent."""
        return 100 * sum(points[i] for i in self.at) / (max_points * len(self.at))


def group_by_score(answers: ItemResponses) -> tuple[ScoreGroup, ...]:
    """Group learners by their score on the *other* questions, because a right answer alone would lift its learner.

    There are five groups from fifty answers, three from twelve, or two; none if all are too small. Equal scores stay
    together: each has the middle of the ranks that they occupy. So groups may differ in size, and if one would be too
    small, there are fewer.
    """
    scores = [round(rest, 8) for rest in answers.rests()]
    ranked = sorted(scores)
    middles = [(bisect_left(ranked, score) + bisect_right(ranked, score)) / (2 * len(ranked)) for score in scores]
    for many, names in GROUP_NAMES.items():
        members: list[list[int]] = [[] for _ in names]
        for at, middle in enumerate(middles):
            members[min(many - 1, int(many * middle))].append(at)
        if len(answers) >= _MIN_ANSWERS[many] and all(len(group) >= MIN_GROUP_SIZE for group in members):
            return tuple(ScoreGroup(name, tuple(group)) for name, group in zip(names, members, strict=True))
    return ()
