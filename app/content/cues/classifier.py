"""A classifier that sees only options: it learns the style of right answers from some questions and tries it on others.

Options become vectors of words and pairs of words (TF-IDF, each vector of length 1), with two features for length. A
logistic regression with a quadratic penalty learns which options are right. It guesses the option with the highest
score in its question. Everything is plain Python without randomness, so a course has the same figures on every machine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log, sqrt
from operator import mul

from app.content.cues.bank import CueItem
from app.content.words import split_words, strip_emphasis

PENALTY = 1.0
"""The weight of the data relative to the penalty, which scikit-learn calls ``C``."""

MIN_OPTIONS = 2
"""A term that occurs in fewer options says nothing about other questions."""

LENGTH_SCALE = 0.3
"""Scales the length features to about the size of word features."""

_ROUNDS = 12
_STEPS = 30
_PRECISION = 1e-3

Vector = Mapping[str, float]


def count_terms(text: str) -> Counter[str]:
    """Count the words and the pairs of neighbouring words of an option."""
    single = split_words(text)
    return Counter([*single, *(" ".join(pair) for pair in pairwise(single))])


def _lengths(item: CueItem) -> list[Vector]:
    """Return how much longer each option is than the average of its question, in characters and in words."""
    found: list[dict[str, float]] = [{} for _ in item.options]
    for name, sizes in (
        ("(characters)", [len(strip_emphasis(text)) for text in item.options]),
        ("(words)", [len(split_words(text)) for text in item.options]),
    ):
        average = sum(sizes) / len(sizes) or 1
        for vector, size in zip(found, sizes, strict=True):
            vector[name] = LENGTH_SCALE * (size / average - 1)
    return list(found)


@dataclass(frozen=True, slots=True)
class CueModel:
    """A fitted classifier.

    ``rarity`` is the inverse document frequency of each known term, ``weights`` its evidence for or against an option.
    """

    rarity: Mapping[str, float]
    weights: Mapping[str, float]

    def contributions(self, item: CueItem) -> list[dict[str, float]]:
        """Return for each option what each of its terms adds to the score."""
        return [
            {term: value * self.weights[term] for term, value in vector.items() if term in self.weights}
            for vector in _vectors(item, self.rarity)
        ]

    def scores(self, item: CueItem) -> list[float]:
        """Return the score of each option; only differences within a question are meaningful."""
        return [sum(found.values()) for found in self.contributions(item)]


def fit(items: Sequence[CueItem], penalty: float = PENALTY) -> CueModel:
    """Learn from questions whose keys are known."""
    seen = Counter(term for item in items for text in item.options for term in count_terms(text))
    count = sum(len(item.options) for item in items)
    rarity = {term: log((1 + count) / (1 + n)) + 1 for term, n in seen.items() if n >= MIN_OPTIONS}
    vectors = [vector for item in items for vector in _vectors(item, rarity)]
    labels = [float(at == item.key) for item in items for at in range(len(item.options))]
    return CueModel(rarity, _Regression(vectors, labels, penalty).solve() if items else {})


def _vectors(item: CueItem, rarity: Mapping[str, float]) -> list[Vector]:
    found: list[Vector] = []
    for text, lengths in zip(item.options, _lengths(item), strict=True):
        weighed = {term: n * rarity[term] for term, n in count_terms(text).items() if term in rarity}
        size = sqrt(sum(value * value for value in weighed.values())) or 1.0
        found.append({**{term: value / size for term, value in weighed.items()}, **lengths})
    return found


class _Regression:
    """Minimise ``½|w|² + C Σ log loss`` by Newton's method; conjugate gradients solve each step.

    The last weight is the intercept, which is not penalised.
    """

    def __init__(self, vectors: Sequence[Vector], labels: Sequence[float], penalty: float) -> None:
        self.names = sorted({name for vector in vectors for name in vector})
        place = {name: at for at, name in enumerate(self.names)}
        self.size = len(self.names) + 1
        self.rows = [
            ([*(place[name] for name in vector), self.size - 1], [*vector.values(), 1.0]) for vector in vectors
        ]
        self.labels, self.penalty = labels, penalty
        self.columns: list[tuple[list[int], list[float]]] = [([], []) for _ in range(self.size)]
        for at, (places, values) in enumerate(self.rows):
            for name, value in zip(places, values, strict=True):
                self.columns[name][0].append(at)
                self.columns[name][1].append(value)

    def solve(self) -> dict[str, float]:
        weights = [0.0] * self.size
        start = 0.0
        for _ in range(_ROUNDS):
            chances = [1 / (1 + exp(-margin)) for margin in _times(self.rows, weights)]
            errors = [chance - label for chance, label in zip(chances, self.labels, strict=True)]
            gradient = self._penalised(weights, errors)
            size = _length(gradient)
            start = start or size
            if size <= _PRECISION * start:
                break
            step = self._newton_step(gradient, [chance * (1 - chance) for chance in chances])
            weights = [weight - change for weight, change in zip(weights, step, strict=True)]
        return dict(zip(self.names, weights, strict=False))

    def _penalised(self, weights: Sequence[float], by_row: Sequence[float]) -> list[float]:
        """Return ``w + C Xᵀr``, without ``w`` for the intercept."""
        data = _times(self.columns, by_row)
        found = [weight + self.penalty * value for weight, value in zip(weights, data, strict=True)]
        found[-1] -= weights[-1]
        return found

    def _newton_step(self, gradient: Sequence[float], curvature: Sequence[float]) -> list[float]:
        step, direction, rest = [0.0] * self.size, list(gradient), list(gradient)
        before = _dot(rest, rest)
        goal = before * _PRECISION
        for _ in range(_STEPS):
            margins = _times(self.rows, direction)
            bent = self._penalised(direction, list(map(mul, curvature, margins)))
            along = before / _dot(direction, bent)
            step = [value + along * change for value, change in zip(step, direction, strict=True)]
            rest = [value - along * change for value, change in zip(rest, bent, strict=True)]
            after = _dot(rest, rest)
            if after <= goal:
                break
            direction = [value + after / before * old for value, old in zip(rest, direction, strict=True)]
            before = after
        return step


def _times(matrix: Iterable[tuple[Sequence[int], Sequence[float]]], vector: Sequence[float]) -> list[float]:
    return [sum(map(mul, map(vector.__getitem__, places), values)) for places, values in matrix]


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return float(sum(map(mul, one, other)))


def _length(vector: Sequence[float]) -> float:
    return sqrt(_dot(vector, vector))
