"""An index in memory: which words stand in which passages, and the entries that match a query best."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log, sqrt

from app.domain.search.entries import FoundEntry, Passage, SearchEntry, SearchGroup
from app.domain.search.excerpts import make_excerpt, mark_words
from app.domain.search.spelling import Speller
from app.domain.search.words import split_words

TITLE_WEIGHT, HEADING_WEIGHT = 12.0, 4.0
"""How much a word counts in a title and a heading. In a text it counts 1."""

_GROUP_WEIGHTS = dict.fromkeys(SearchGroup, 1.0) | {SearchGroup.QUESTIONS: 0.4, SearchGroup.SOURCES: 0.3}
"""Readers look for an explanation first, and then for what it rests on."""

EXACT, BEGINNING, SIMILAR = 1.0, 0.6, 0.5
"""How much a word counts that is the one looked for, begins with it, or is spelt like it."""

_SHORTEST_BEGINNING = 2
_SHORTEST_PLURAL = 4


@dataclass(frozen=True, slots=True)
class Matches:
    """For each word of a query, the known words that match it, with how much each counts.

    ``similar`` are those words of the query that occur nowhere, with the known word nearest to each.
    """

    by_word: Mapping[str, Mapping[str, float]]
    similar: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry that was found, with the passage that matches best."""

    entry: SearchEntry
    passage: Passage
    score: float


class SearchIndex:
    """Entries that never change, so threads may share an index."""

    __slots__ = ("_entries", "_passages", "_places", "_speller", "_words")

    def __init__(self, entries: Iterable[SearchEntry]) -> None:
        self._entries = tuple(entries)
        self._passages = [(at, passage) for at, entry in enumerate(self._entries) for passage in entry.passages]
        self._places: dict[str, dict[int, float]] = {}
        for number, (at, passage) in enumerate(self._passages):
            entry = self._entries[at]
            for text, weight in ((entry.title, TITLE_WEIGHT), (passage.heading, HEADING_WEIGHT), (passage.text, 1.0)):
                counts = _count_words(text)
                # A word of a short title says more. In a text, length does not matter.
                share = weight / sqrt(len(counts)) if weight > 1 and counts else weight
                for word, count in counts.items():
                    places = self._places.setdefault(word, {})
                    # A word that is repeated counts more, but not in proportion.
                    places[number] = places.get(number, 0.0) + share * (1 + log(count)) * _GROUP_WEIGHTS[entry.group]
        self._words = sorted(self._places)
        self._speller = Speller(self._words)

    @property
    def entries(self) -> tuple[SearchEntry, ...]:
        return self._entries

    def knows(self, word: str) -> bool:
        """Return whether a word (folded) occurs, begins another or is the plural of one."""
        return bool(self._list_matches(word))

    def match(self, words: Sequence[str], misspelt: Collection[str]) -> Matches:
        """Find the known words for each word of a query (folded), and the nearest ones for those that are misspelt."""
        by_word: dict[str, dict[str, float]] = {}
        similar: dict[str, str] = {}
        for word in words:
            by_word[word] = self._list_matches(word)
            if word in misspelt and (near := self._speller.list_similar(word)):
                by_word[word] = dict.fromkeys(near, SIMILAR)
                similar[word] = max(near, key=lambda known: (len(self._places[known]), known))
        return Matches(by_word, similar)

    def find(self, matches: Matches, *, needs_all: bool = True) -> list[Hit]:
        """Return the entries with every word of a query, or with some of them, the best first."""
        best: dict[int, tuple[float, int]] = {}
        seen: dict[int, set[str]] = {}
        for number, by_word in self._score(matches).items():
            at = self._passages[number][0]
            seen.setdefault(at, set()).update(by_word)
            # Of passages that are equally good, the first.
            best[at] = max(best.get(at, (0.0, 0)), (sum(by_word.values()), -number))
        kept = [at for at in best if not needs_all or len(seen[at]) == len(matches.by_word)]
        kept.sort(key=lambda at: (-len(seen[at]), -best[at][0], at))
        return [Hit(self._entries[at], self._passages[-best[at][1]][1], best[at][0]) for at in kept]

    def _list_matches(self, word: str) -> dict[str, float]:
        found: dict[str, float] = {}
        if len(word) >= _SHORTEST_BEGINNING:
            for at in range(bisect_left(self._words, word), len(self._words)):
                if not self._words[at].startswith(word):
                    break
                found[self._words[at]] = BEGINNING
        for same in (word, *_list_singulars(word)):
            if same in self._places:
                found[same] = EXACT
        return found

    def _score(self, matches: Matches) -> dict[int, dict[str, float]]:
        """Return how well each passage matches each word of the query."""
        scores: dict[int, dict[str, float]] = {}
        for word, known_words in matches.by_word.items():
            for known, quality in known_words.items():
                places = self._places[known]
                rarity = 1 + log(len(self._passages) / len(places))
                for number, weight in places.items():
                    by_word = scores.setdefault(number, {})
                    by_word[word] = max(by_word.get(word, 0.0), quality * rarity * weight)
        return scores


def describe(hit: Hit, matches: Matches) -> FoundEntry:
    """Add an excerpt, with the words marked, to an entry that was found."""
    wanted = {known for known_words in matches.by_word.values() for known in known_words}
    return FoundEntry(
        hit.entry, hit.passage, mark_words(hit.entry.title, wanted), make_excerpt(hit.passage.text, wanted)
    )


def _list_singulars(word: str) -> list[str]:
    """List what a word may be the plural of."""
    if len(word) < _SHORTEST_PLURAL or not word.endswith("s") or word.endswith("ss"):
        return []
    return [word[:-1], word[:-2]] if word.endswith("es") else [word[:-1]]


@lru_cache(maxsize=4096)
def _count_words(text: str) -> Mapping[str, int]:
    """Count the words of a text. It is kept, because each reader has a small index of the questions they have seen."""
    counts: dict[str, int] = {}
    for word in split_words(text):
        counts[word.folded] = counts.get(word.folded, 0) + 1
    return counts
