"""Test whether somebody without knowledge could pass by the form of the options alone.

A guesser follows one rule ("choose the longest option") and picks at random among ties. If each option is equally
likely to be the key, the number of questions won has a known distribution: with one key each, equal numbers of options
and no ties it is binomial. It is computed exactly here, including ties and several keys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import comb

from app.content.kinds import QuestionEntry
from app.content.words import HEDGES, count_words, stem_content_words, strip_emphasis

SIGNIFICANCE = 0.05
BANK_MARGIN = 0.05
MIN_BANK = 40
# Shares of up to six tied options are whole numbers of sixtieths.
_UNITS = 60

Score = Callable[[QuestionEntry, str], int]
STRATEGIES: Mapping[str, Score] = {
    "choose the longest": lambda question, text: len(strip_emphasis(text)),
    "choose the most hedged": lambda question, text: count_words(text, HEDGES),
    "choose the one that shares most words with the stem": lambda question, text: len(
        stem_content_words(text) & stem_content_words(question.stem)
    ),
}


@dataclass(frozen=True, slots=True)
class Guess:
    """The result of a rule on one question in sixtieths of a point, and the probability of each result by chance."""

    question: str
    earned: int
    chances: Mapping[int, float]

    @property
    def by_chance(self) -> float:
        return sum(units * chance for units, chance in self.chances.items())


@dataclass(frozen=True, slots=True)
class StrategyOutcome:
    """The result of a rule over several questions; ``probability`` is that of winning as many by chance."""

    won: float
    expected: float
    probability: float
    questions: int
    helped_by: tuple[str, ...]

    @property
    def excess(self) -> float:
        """Points per question above chance, as a share from -1 to 1."""
        return (self.won - self.expected) / self.questions if self.questions else 0.0


def follow_strategy(score: Score, questions: Sequence[QuestionEntry]) -> StrategyOutcome:
    """Let a guesser follow ``score`` through ``questions``, which must have guessable options."""
    guesses = [_guess(score, question) for question in questions]
    won = sum(guess.earned for guess in guesses)
    expected = sum(guess.by_chance for guess in guesses)
    helped = tuple(guess.question for guess in guesses if guess.earned > guess.by_chance + 1e-9)
    return StrategyOutcome(won / _UNITS, expected / _UNITS, _at_least(won, guesses), len(guesses), helped)


def _guess(score: Score, question: QuestionEntry) -> Guess:
    scores = [score(question, option.text) for option in question.guessable]
    tied = [option for option, value in zip(question.guessable, scores, strict=True) if value == max(scores)]
    keys = sum(option.correct for option in question.guessable)
    among = sum(option.correct for option in tied)
    return Guess(question.id, among * _UNITS // len(tied), _chances(len(scores), keys, len(tied)))


def _chances(options: int, keys: int, tied: int) -> dict[int, float]:
    """Return the hypergeometric distribution of the share of keys among ``tied`` of ``options``, in sixtieths."""
    return {
        right * _UNITS // tied: comb(keys, right) * comb(options - keys, tied - right) / comb(options, tied)
        for right in range(max(0, tied - (options - keys)), min(keys, tied) + 1)
    }


def _at_least(won: int, guesses: Sequence[Guess]) -> float:
    """Return the exact one-sided probability of earning ``won`` or more by chance."""
    totals = {0: 1.0}
    for guess in guesses:
        following: dict[int, float] = {}
        for total, probability in totals.items():
            for units, chance in guess.chances.items():
                following[total + units] = following.get(total + units, 0.0) + probability * chance
        totals = following
    return min(1.0, sum(probability for total, probability in totals.items() if total >= won))
