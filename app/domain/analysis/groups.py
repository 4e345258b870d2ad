"""Learners in groups by score, and what each group answered."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from app.domain.analysis.items import Answers

FEWEST = 4
"""A group of fewer learners is no group."""

_FROM = {5: 50, 3: 12, 2: 12}
"""From how many answers on there are so many groups."""

_NAMES = {
    5: ("lowest", "low", "middle", "high", "highest"),
    3: ("lowest", "middle", "highest"),
    2: ("lower half", "upper half"),
}


@dataclass(frozen=True, slots=True)
class Group:
    """Learners who scored about the same, at least :data:`FEWEST`: their places in :class:`Answers`."""

    name: str
    at: tuple[int, ...]

    def share(self, chosen: Collection[int]) -> float:
        """How many of the group are among ``chosen``, in per cent."""
        return 100 * sum(i in chosen for i in self.at) / len(self.at)

    def mean(self, points: Sequence[float], max_points: float) -> float:
        """What the group earned of the question, in per cent."""
        return 100 * sum(points[i] for i in self.at) / (max_points * len(self.at))


def by_score(answers: Answers) -> tuple[Group, ...]:
    """Groups by the score on the *other* questions: five from fifty answers, three from twelve, or two; none where all are too small.

    By the other ones, because a right answer alone would lift its learner. Equal scores stay together: each has the middle of the places
    that the equal ones take. Groups may thus differ in size, and where one is left with too few, there are fewer groups.
    """
    scores = [round(rest, 8) for rest in answers.rests()]
    ranked = sorted(scores)
    middles = [(bisect_left(ranked, score) + bisect_right(ranked, score)) / (2 * len(ranked)) for score in scores]
    for many, names in _NAMES.items():
        members: list[list[int]] = [[] for _ in names]
        for at, middle in enumerate(middles):
            members[min(many - 1, int(many * middle))].append(at)
        if len(answers) >= _FROM[many] and all(len(group) >= FEWEST for group in members):
            return tuple(Group(name, tuple(group)) for name, group in zip(names, members, strict=True))
    return ()
